import type { StatusOf } from '../../engine/machine';

export type JobStatus = StatusOf<'job'>;

/** One attempt of one task: what an agent claims. Immutable once it ended. */
export interface Job {
  readonly id: string;
  readonly taskExecutionId: string;
  readonly executionId: string;
  readonly runId: string;
  /** Which try of the task it is, from 1. */
  readonly attempt: number;
  readonly status: JobStatus;
  readonly requirementClassId: number;
  /** The task's own limits, as the definition says them. */
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly agentId: string | null;
  /** Hash of the claim token that started it: a repeated finish is recognized by it. */
  readonly claimHash: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** A job that may be claimed. The table holds those only, so that a claim never scans history. */
export interface ReadyJob {
  readonly rank: number;
  readonly jobId: string;
  readonly requirementClassId: number;
}

/** A distinct set of required labels; few, whatever the number of jobs. */
export interface RequirementClass {
  readonly id: number;
  readonly labels: readonly string[];
}

/** Who holds a job, and until when. Exists from the claim to the end of the job. */
export interface JobLease {
  readonly jobId: string;
  readonly agentId: string;
  readonly runId: string;
  readonly tokenHash: string;
  /** Whether the agent said that the command runs; before, the claim is an offer. */
  readonly started: boolean;
  readonly expiresAt: Date;
  /** When the task's time is over and the agent should have said so; the server ends it then. */
  readonly timeoutAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  /** When a canceled job is final, whatever the agent does. */
  readonly killAt: Date | null;
}

/** A piece of a job's log. Pieces are only ever added, at the end. */
export interface LogChunk {
  readonly jobId: string;
  /** Bytes before it. */
  readonly start: number;
  readonly length: number;
  readonly data: Buffer;
  /** What the bytes are, in order. */
  readonly frames: readonly LogFrame[];
}

export interface LogFrame {
  readonly stream: 'stdout' | 'stderr';
  readonly at: string;
  readonly bytes: number;
}

/** Where a job's log stands. A job that has written nothing has none. The log is complete when the job has ended. */
export interface JobLog {
  readonly jobId: string;
  readonly bytes: number;
  /** The agent could not deliver all of it, or it was longer than the limit. */
  readonly truncated: boolean;
}
