import type { ActorRef } from '../../access/actor';
import type { JobFacts } from '../../contract/jobFacts';
import type { StatusOf } from '../../engine/machine';

export type JobStatus = StatusOf<'job'>;

/** One attempt of one task; agents claim jobs. Immutable once it has ended. */
export interface Job {
  readonly id: string;
  readonly taskExecutionId: string;
  readonly executionId: string;
  readonly runId: string;
  /** Number of this try of the task, from 1. */
  readonly attempt: number;
  readonly status: JobStatus;
  readonly requirementClassId: number;
  /** Priority that a person gave to this job or an earlier one of its task; null: that of the run applies. */
  readonly priority: number | null;
  /** Limits of the task, from its definition. */
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly agentId: string | null;
  /** Hash of the claim token that started it, by which a repeated finish is recognized. */
  readonly claimHash: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  /** Reported by its agent; null if it has no container, no services and no checkout. */
  readonly facts: JobFacts | null;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** Place of a job in the queue: compared field by field, the smaller one is taken first. */
export interface Place {
  /** Its priority, negated. */
  readonly precedence: number;
  /** Virtual time at which its run is due for it: the fair share. */
  readonly share: number;
  /** Order of arrival. Values are far apart, so that jobs can be moved between others. */
  readonly rank: number;
}

/** A job that may be claimed. The table holds only those, so that a claim never scans history. */
export interface ReadyJob extends Place {
  readonly jobId: string;
  readonly runId: string;
  readonly requirementClassId: number;
  /** Virtual time while this job is the next one of its class and priority. */
  readonly virtualTime: number;
  /** Virtual time at which the next job of its run is due. Null for a job that was moved: it counts for no share. */
  readonly finish: number | null;
  readonly queuedAt: Date;
}

/** No job that requires all of these labels is claimed. */
export interface QueuePause {
  readonly id: string;
  /** Empty: no job at all. */
  readonly labels: readonly string[];
  readonly note: string | null;
  readonly until: Date | null;
  readonly by: ActorRef;
  readonly at: Date;
}

/** Priority and weight that a person gave to all runs of an application, a pipeline or a workflow. */
export interface QueueSetting {
  readonly id: string;
  readonly priority: number | null;
  readonly weight: number | null;
}

/** A distinct set of required labels, as sorted selectors; there are few, whatever the number of jobs. */
export interface RequirementClass {
  readonly id: number;
  readonly labels: readonly string[];
}

/** A distinct set of labels that agents have, as sorted `key=value`. */
export interface LabelSet {
  readonly id: number;
  readonly labels: readonly string[];
}

/** Agents with these labels can run jobs of this class. */
export interface LabelMatch {
  readonly labelSetId: number;
  readonly requirementClassId: number;
}

/** Holder of a job, and the end of its lease. Exists from the claim to the end of the job. */
export interface JobLease extends Place {
  readonly jobId: string;
  readonly agentId: string;
  readonly runId: string;
  readonly tokenHash: string;
  /** True if the agent has reported that the command runs; until then, the claim is an offer. */
  readonly started: boolean;
  readonly expiresAt: Date;
  /** Time by which the agent should have reported the task's timeout; the server ends the job then. */
  readonly timeoutAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  /** Time at which a canceled job is final, whatever the agent does. */
  readonly killAt: Date | null;
}
