import { z } from 'zod';
import { jobCheckout, jobContainer, jobService } from './jobContainer';
import { type JobFacts, jobFacts } from './jobFacts';
import { shellNames } from './shell';
import { stopSignals } from './stopSignals';

/**
 * Messages of the agent protocol, described in src/api/http/AGENTS.md. The server validates requests, and the agent
 * validates responses: a version mismatch causes one clear error instead of a job that runs with half of its fields.
 * Both sides ignore unknown fields.
 */
const count = z.number().int().nonnegative();
const waitMs = count.max(60_000);
const unstorable = /\0|\p{Surrogate}/gu;
/** Text in a request that may be rejected. */
const storable = z.string().regex(/^[^\0\p{Surrogate}]*$/u, 'must have no NUL and no unpaired surrogate');
/** Text in a job's result. It is repaired, because nobody would learn of a rejected result. */
const words = (most: number) =>
  z
    .string()
    .max(most)
    .transform((text) => text.replace(unstorable, '\ufffd'));
const label = storable
  .min(1)
  .max(100)
  .regex(/^[^=,\s]+$/, 'must have no "=", "," or white space');

/** A job as one claim holds it. */
const held = z.object({ jobId: z.uuid(), token: z.string().min(1).max(200) });
export type HeldClaim = Readonly<z.output<typeof held>>;

/** Version of the protocol. Agents of version 1 don't know `agent` in responses: they learn nothing about themselves. */
export const PROTOCOL = 2;

export const registerRequest = z.object({
  name: storable.trim().min(1).max(100),
  labels: z.record(label, label).default({}),
  slots: count.min(1).max(1000),
  version: storable.max(100).nullish(),
  host: storable.max(255).nullish(),
  protocol: count.min(1).default(1),
  /** Time of the agent's clock, from which the server computes its skew. */
  now: z.iso.datetime({ offset: true }).nullish(),
});
export type AgentIdentity = Readonly<z.input<typeof registerRequest>>;

const settings = z.object({
  /** Time for which the server may hold a claim request. */
  claimWaitMs: count.default(30_000),
  leaseMs: count.positive().default(60_000),
  /** Longest interval between two renewals. */
  renewMs: count.positive().default(15_000),
  logFlushMs: count.default(250),
  /** Applies to one append. */
  logMaxBytes: count.positive().default(1_048_576),
  /** True if frames may have `data`. */
  logData: z.boolean().default(false),
});
export type AgentSettings = Readonly<z.output<typeof settings>>;

/** State of an agent on the server. A person may pause, drain, relabel or remove it. */
const orders = z.object({
  /** Grows with each change. An agent sends the last one that it knows. */
  revision: count,
  /** DRAINING: finish the running jobs and leave. REMOVED: kill them and leave. PAUSED needs no action. */
  state: z.enum(['ACTIVE', 'PAUSED', 'DRAINING', 'REMOVED']),
  labels: z.array(z.string()),
  note: z.string().nullish(),
  until: z.string().nullish(),
});
export type AgentOrders = Readonly<z.output<typeof orders>>;

export const registerResponse = z.object({
  agentId: z.string(),
  token: z.string().min(1),
  settings,
  agent: orders.optional(),
  /** Time of the server's clock. */
  now: z.iso.datetime({ offset: true }).optional(),
});

/** Load of the agent's machine. */
const sample = z.object({
  /** Share of all processors in use since the sample before. */
  cpu: z.number().min(0).max(1),
  memoryUsedBytes: count,
  memoryBytes: count,
});
export type LoadSample = Readonly<z.output<typeof sample>>;

/** Parts of a request that an agent sends when it waits for news. */
const news = {
  /** Last revision of its orders that the agent knows. Without it, the server doesn't answer early. */
  revision: count.nullish(),
  /** At most one every 30 seconds. */
  sample: sample.nullish(),
};

export const claimRequest = z.object({ slots: count.min(1).max(1000), waitMs, ...news });

/** The content of a link is its target; a folder has none. Only empty folders are transferred separately. */
export const artifactTypes = ['FILE', 'LINK', 'FOLDER'] as const;
export type ArtifactType = (typeof artifactTypes)[number];
/** Permission bits in octal. */
export const artifactMode = z.string().regex(/^[0-7]{3}$/);
const input = z.object({
  artifactId: z.string(),
  name: z.string(),
  size: count,
  sha256: z.string(),
  type: z.enum(artifactTypes).default('FILE'),
  mode: artifactMode.default('644'),
});
export type JobInput = Readonly<z.output<typeof input>>;

const job = z.object({
  jobId: z.string().min(1),
  token: z.string().min(1),
  executionId: z.string(),
  runId: z.string(),
  task: z.string(),
  attempt: count,
  command: z.string(),
  /** Program that runs the command, unless the command begins with `#!`. */
  shell: z.union([z.enum(shellNames), z.array(z.string()).min(1)]).default('sh'),
  /** Absolute, or relative to the job's working directory. Null for that directory itself. */
  workingDir: z.string().nullable().default(null),
  /** True if the command inherits nothing from the agent's environment. */
  cleanEnv: z.boolean().default(false),
  env: z.record(z.string(), z.string()).default({}),
  /** Environment variables with secret values. Separate from `env`, so that an agent without masking gets none. */
  secrets: z.record(z.string(), z.string()).default({}),
  /** Reason why the agent must not run the job. The agent finishes it with this reason. */
  refused: z
    .object({ reason: z.enum(['SECRET_MISSING', 'SECRET_UNREADABLE', 'UNDEFINED_VARIABLE']), message: z.string() })
    .nullable()
    .default(null),
  /** Required form of variables' values where a command could execute them. */
  checks: z.record(z.string(), z.enum(['word', 'number'])).default({}),
  timeoutMs: count,
  graceMs: count,
  /** Signal that asks the command to end. */
  stopSignal: z.enum(stopSignals).default('SIGTERM'),
  inputs: z.array(input).default([]),
  /** Input sources without uploads. */
  missing: z.array(z.string()).default([]),
  outputs: z.array(z.string()).default([]),
  /** Result of the command after which its outputs are uploaded. */
  outputsWhen: z.enum(['success', 'failure', 'always']).default('success'),
  /** Whether standard output and standard error share a pipe, which preserves their order. */
  streams: z.enum(['merged', 'separate']).default('separate'),
  /** Files to restore before the command and to save after its success. Keys may have checksums of files. */
  cache: z
    .object({ key: z.string(), paths: z.array(z.string()), restoreKeys: z.array(z.string()).default([]) })
    .nullable()
    .default(null),
  /** Paths of test reports in the working directory, as in `outputs`. */
  reports: z
    .object({ junit: z.array(z.string()) })
    .nullable()
    .default(null),
  /** Variable that receives the last line of standard output; null if none. */
  register: z.string().nullable().default(null),
  /** Token for the command: uploads and downloads files of this job while its claim lasts, nothing else. */
  artifactToken: z.string().nullable().default(null),
  /** Null: the command runs on the agent itself. */
  container: jobContainer.nullable().default(null),
  /** Containers that run alongside the command. */
  services: z.array(jobService).default([]),
  checkout: jobCheckout.nullable().default(null),
  /** Place of its task in the trace of its run. Null if the server does not trace. */
  traceparent: z.string().nullable().default(null),
});
export type ClaimedJob = Readonly<z.output<typeof job>>;

/** Prefixes of keys in a request for a cache: a list in JSON. */
export const cacheRestoreKeys = z
  .string()
  .max(10_000)
  .default('[]')
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.array(storable.min(1).max(500)).max(10));

/** Files that a job may download. */
export const artifactsResponse = z.object({ artifacts: z.array(input) });

export const claimResponse = z.object({ jobs: z.array(job), agent: orders.optional() });

export const startRequest = z.object({ jobs: z.array(held).max(1000) });
export const renewRequest = startRequest.extend({ waitMs, ...news });

const renewed = z.object({
  jobId: z.string(),
  action: z.enum(['continue', 'cancel', 'drop']),
  graceMs: count.optional(),
});
export type RenewedJob = Readonly<z.output<typeof renewed>>;

export const renewResponse = z.object({ jobs: z.array(renewed), agent: orders.optional() });

/** Response to one entry of `start` or `finish`. */
const entry = z.object({
  jobId: z.string(),
  ok: z.boolean(),
  code: z.string().optional(),
  message: z.string().optional(),
  offset: count.optional(),
});
export type EntryAnswer = Readonly<z.output<typeof entry>>;

export const startResponse = z.object({ jobs: z.array(entry) });

const frame = z.object({
  stream: z.enum(['stdout', 'stderr']),
  /** PostgreSQL has no year 0. */
  at: z.iso.datetime({ offset: true }).regex(/^(?!0000)/),
  text: z.string().default(''),
  /** Base64 of output that is not UTF-8, instead of `text`. */
  data: z.string().optional(),
});
export type OutputStream = z.output<typeof frame>['stream'];

export const logRequest = z.object({
  offset: count,
  frames: z.array(frame).max(10_000),
  /** SHA-256 of the bytes of the frames, in hex. Older agents send none. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export const logResponse = z.object({ offset: count });

/** Pieces of the logs of several jobs. */
export const logsRequest = z.object({ logs: z.array(logRequest.extend(held.shape)).max(200) });
/** `offset` is the new end of a log, also after a LOG_GAP. */
export const logsResponse = z.object({ logs: z.array(entry) });

const output = z.object({ name: words(1000), value: z.string() });
/** Value that a command passes to later tasks. */
export type JobOutput = Readonly<z.output<typeof output>>;

/** Reason why a job did not end on its own. */
export type EndReason =
  | 'TIMED_OUT'
  | 'CANCELLED'
  /** The agent was asked to stop. */
  | 'AGENT_STOPPED'
  | 'AGENT_ERROR'
  | 'INPUT_MISSING'
  | 'OUTPUT_MISSING'
  | 'UPLOAD_FAILED'
  | 'BAD_OUTPUT'
  | 'SECRET_IN_OUTPUT'
  | 'SHELL_NOT_FOUND'
  | 'SECRET_MISSING'
  | 'SECRET_UNREADABLE'
  | 'UNDEFINED_VARIABLE'
  | 'UNSAFE_VALUE'
  | 'WORKING_DIR_REFUSED'
  /** The agent has no container runtime, or its configuration forbids what the container needs. */
  | 'CONTAINER_UNAVAILABLE'
  | 'CONTAINER_REFUSED'
  | 'CONTAINER_FAILED'
  | 'IMAGE_NOT_FOUND'
  | 'IMAGE_PULL_REFUSED'
  | 'IMAGE_PULL_FAILED'
  | 'SERVICE_UNHEALTHY'
  | 'CHECKOUT_REFUSED'
  | 'CHECKOUT_UNAUTHORIZED'
  | 'CHECKOUT_NOT_FOUND'
  | 'CHECKOUT_FAILED';

const result = held.extend({
  exitCode: z.number().int().min(-2147483648).max(2147483647).nullable(),
  signal: words(20).nullable(),
  /** An EndReason, possibly from a newer agent. */
  reason: words(50).nullable(),
  message: words(10_000).nullable(),
  /** False only if the command certainly did not begin. */
  commandStarted: z.boolean().default(true),
  /** Length of the agent's log; null if the agent could not deliver all of it. */
  logBytes: count.nullable(),
  /** SHA-256 of that log. */
  logSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null),
  /** Size of all output of the command, including what was not delivered. */
  logWritten: count.nullable().default(null),
  /** Outputs of a successful job. */
  outputs: z.array(output).max(1000).default([]),
  facts: jobFacts.nullable().default(null),
});

export const finishRequest = z.object({ results: z.array(result).max(1000) });
export const finishResponse = z.object({ results: z.array(entry) });

/** Result of a command, as the agent sees it. */
export type JobEnd = Readonly<
  Omit<
    z.input<typeof result>,
    'jobId' | 'token' | 'logBytes' | 'logSha256' | 'logWritten' | 'reason' | 'outputs' | 'facts'
  > & {
    reason: EndReason | null;
    outputs?: readonly JobOutput[];
    facts?: JobFacts | null;
  }
>;
export type JobResult = JobEnd &
  HeldClaim & {
    readonly logBytes: number | null;
    readonly logSha256: string | null;
    readonly logWritten: number | null;
  };
