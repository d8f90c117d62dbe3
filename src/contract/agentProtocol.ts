import { z } from 'zod';

/**
 * What goes over the wire, as `src/agents/README.md` says it. The two answers that everything else rests on are checked here, so that a
 * server of another version shows as one clear line and not as a job that runs with half of its fields.
 */
const count = z.number().int().nonnegative();

const settings = z.object({
  /** How long a claim may be parked. */
  claimWaitMs: count.default(20_000),
  leaseMs: count.positive().default(60_000),
  /** How often at least to renew. */
  renewMs: count.positive().default(15_000),
  logFlushMs: count.default(250),
  /** Of one append. */
  logMaxBytes: count.positive().default(1_048_576),
});

const job = z.object({
  jobId: z.string().min(1),
  token: z.string().min(1),
  executionId: z.string(),
  runId: z.string(),
  task: z.string(),
  attempt: count,
  command: z.string(),
  /** Within the working folder; null: there. */
  workingDir: z.string().nullable().default(null),
  /** Nothing of the agent's own environment. */
  cleanEnv: z.boolean().default(false),
  env: z.record(z.string(), z.string()).default({}),
  /** Environment variables that nobody may see; apart from `env`, so that an agent that hides nothing gets none. */
  secrets: z.record(z.string(), z.string()).default({}),
  /** Why it must not run, after all: its end is this. */
  refused: z
    .object({ reason: z.enum(['SECRET_MISSING', 'SECRET_UNREADABLE']), message: z.string() })
    .nullable()
    .default(null),
  timeoutMs: count,
  graceMs: count,
  inputs: z.array(z.object({ artifactId: z.string(), name: z.string(), size: count, sha256: z.string() })).default([]),
  /** Sources of inputs that left nothing. */
  missing: z.array(z.string()).default([]),
  outputs: z.array(z.string()).default([]),
  /** After which end of the command they are uploaded. */
  outputsWhen: z.enum(['success', 'failure', 'always']).default('success'),
  /** The variable that gets the last line of standard output; null: none does. */
  register: z.string().nullable().default(null),
});

export const registerAnswer = z.object({ agentId: z.string(), token: z.string().min(1), settings });
export const claimAnswer = z.object({ jobs: z.array(job) });

export type AgentSettings = Readonly<z.infer<typeof settings>>;
export type ClaimedJob = Readonly<z.infer<typeof job>>;
export type JobInput = ClaimedJob['inputs'][number];

/** One entry of `start` and `renew`. */
export interface JobReference {
  readonly jobId: string;
  readonly token: string;
}

export interface RenewedJob {
  readonly jobId: string;
  readonly action: 'continue' | 'cancel' | 'drop';
  readonly graceMs?: number;
}

/** Why a job did not end by itself. */
export type EndReason =
  | 'TIMED_OUT'
  | 'CANCELLED'
  | 'AGENT_ERROR'
  | 'INPUT_MISSING'
  | 'OUTPUT_MISSING'
  | 'UPLOAD_FAILED'
  | 'BAD_OUTPUT'
  | 'SECRET_IN_OUTPUT'
  | 'SECRET_MISSING'
  | 'SECRET_UNREADABLE';

/** A value that a command leaves for later tasks. */
export interface JobOutput {
  readonly name: string;
  readonly value: string;
}

export interface JobEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason: EndReason | null;
  readonly message: string | null;
  /** Of a job that succeeded. */
  readonly outputs?: readonly JobOutput[];
}

export interface JobResult extends JobEnd, JobReference {
  /** Null when the log could not be delivered in full. */
  readonly logBytes: number | null;
}

/** The answer to one entry of `start` and `finish`. */
export interface EntryAnswer {
  readonly jobId: string;
  readonly ok: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly offset?: number;
}

export type OutputStream = 'stdout' | 'stderr';
