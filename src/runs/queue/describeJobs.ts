import { spanIdOf, type TracePlace, traceIdOf, traceparentOf } from '../../contract/traceIds';
import type { Tracing } from '../../kernel/tracing';
import type { ValueRule } from '../../contract/valueRules';
import { scopedValues } from '../../catalog/language/scopedTasks';
import type { StopSignal } from '../../contract/stopSignals';
import type { App } from '../app';
import { artifactSource, isOptional, sourceName } from '../../catalog/language/artifactSource';
import { findTaken, type Taker } from '../artifacts/takenArtifacts.store';
import type { ClaimedJob, JobInput } from '../../contract/agentProtocol';
import type { JobCheckout, JobContainer, JobService } from '../../contract/jobContainer';
import { envOfTask, TextFiller } from '../../catalog/language/taskTexts';
import { describePlace } from './describePlace';
import { findRestoredAttempt } from '../restores/restores.store';
import { composeEnvironment, type EnvironmentSources } from '../../catalog/language/environmentValues';
import { baseName, matrixVariables, registerOf } from '../../catalog/language/matrix';
import { commandText, type Shell, shellOf } from '../../catalog/language/shell';
import {
  type ArtifactsWhen,
  type OutputStreams,
  secretsNeeded,
  secretsOfTask,
  streamsOf,
  type TaskArtifacts,
  type WorkflowDefinition,
  type TaskDefinition,
} from '../../catalog/language/workflow';
import { matches } from '../../catalog/language/labelSelectors';
import { returnBound } from './boundJobs';
import type { ClaimedJobRow } from './claimedJobs.store';
import { moveRuns } from '../faults';
import { type OpenedSecrets, openSecrets } from './openSecrets';

/** Everything that an agent needs to run a job. */
export interface JobDescription {
  readonly jobId: string;
  readonly executionId: string;
  readonly runId: string;
  readonly task: string;
  readonly attempt: number;
  readonly command: string;
  readonly shell: Shell;
  /** Relative to the working folder, or absolute; null: the working folder. */
  readonly workingDir: string | null;
  readonly cleanEnv: boolean;
  readonly env: Readonly<Record<string, string>>;
  /**
   * Values that nobody but the agent may see. Separate from `env`, so that an agent that can't hide them never passes
   * them to commands.
   */
  readonly secrets: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, Exclude<ValueRule, 'any'>>>;
  /** Reason for which the agent must end the job without running it. */
  readonly refused: ClaimedJob['refused'];
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly stopSignal: StopSignal;
  readonly cache: TaskDefinition['cache'];
  readonly reports: TaskDefinition['reports'];
  readonly inputs: readonly JobInput[];
  /** Sources named in `artifacts.from` that produced no files: the job can't run. */
  readonly missing: readonly string[];
  readonly outputs: readonly string[];
  /** Result of the command after which they are uploaded. */
  readonly outputsWhen: ArtifactsWhen;
  /** Separate pipes for standard output and standard error, or a shared one. */
  readonly streams: OutputStreams;
  /** Null: the command runs on the agent itself. */
  readonly container: JobContainer | null;
  readonly services: readonly JobService[];
  readonly checkout: JobCheckout | null;
  /** Place in the trace of the run. Undefined if tracing is off. */
  readonly traceparent?: string | undefined;
  /** Variable that gets the last line of standard output. */
  readonly register: string | null;
}

const nothing: OpenedSecrets = { agents: [], values: {}, parts: {}, refused: null };

/**
 * Describes jobs for the agent with these labels that claimed them. A job whose environment or secrets are bound to
 * other agents is left out and returned to the queue. So is a job that can't be described: its run is eventually given
 * up.
 */
export async function describeJobs(
  app: App,
  claimed: readonly ClaimedJobRow[],
  labels: readonly string[],
): Promise<JobDescription[]> {
  const described: JobDescription[] = [];
  app.knownJobs.describe(claimed);
  await moveRuns(app, 'description of jobs', claimed, async (rows) => {
    described.push(...(await describeAll(app, rows, labels)));
  });
  return described;
}

/** Takes one more statement for each job that takes files of earlier jobs. */
async function describeAll(
  app: App,
  rows: readonly ClaimedJobRow[],
  labels: readonly string[],
): Promise<JobDescription[]> {
  await app.workflowRevisions.getAll(
    app.database,
    rows.map((row) => row.revisionId),
  );
  const wanted = await Promise.all(rows.map((row) => secretsWanted(app, row)));
  const secrets = await openSecrets(app, wanted);
  const isBound = rows.map(
    ({ environment }, index) => !matches([...(environment?.agents ?? []), ...(secrets[index]?.agents ?? [])], labels),
  );
  await returnBound(
    app,
    wanted.filter((_, index) => isBound[index]),
  );
  return Promise.all(rows.flatMap((row, index) => (isBound[index] ? [] : [describe(app, row, secrets[index])])));
}

async function secretsWanted(app: App, row: ClaimedJobRow) {
  const { definition } = await app.workflowRevisions.get(app.database, row.revisionId);
  const task = definition.tasks[baseName(row.task)];
  return { place: row, names: task === undefined ? [] : secretsNeeded(definition, task) };
}

async function describe(
  app: App,
  row: ClaimedJobRow,
  { values, parts, refused }: OpenedSecrets = nothing,
): Promise<JobDescription> {
  const { definition } = await app.workflowRevisions.get(app.database, row.revisionId);
  const task = definition.tasks[baseName(row.task)];
  if (task === undefined) throw new Error(`revision ${row.revisionId} has no task ${row.task}`);
  const { inputs, missing } = await findInputs(app, row, task.artifacts.from, definition.tasks);
  const { jobId, executionId, runId, attempt, timeoutMs, graceMs } = row;
  // Credentials of registries and repositories never reach the command.
  const own = secretsOfTask(definition, task);
  const credentials = own.flatMap((name) => parts[name] ?? []);
  const known = Object.assign(
    Object.fromEntries(Object.entries(values).filter(([name]) => own.includes(name))),
    ...credentials.map(({ hidden }) => hidden),
  ) as Record<string, string>;
  const sources: EnvironmentSources = {
    environment: Object.assign({}, ...credentials.map(({ shown }) => shown), row.environment?.variables),
    workflowEnv: task.scope === undefined ? definition.env : {},
    given: {
      ...(task.scope === undefined ? row.variables : {}),
      // A restore task gets the values that tasks had set by its restore point.
      ...(row.type === 'restore' ? {} : scopedValues(task, row.set ?? {})),
      ...matrixVariables(row.task, task),
    },
    taskEnv: envOfTask(definition, task),
    own: { ...ownVariables(row), ...row.detachedEnv },
    secrets: known,
  };
  const composed = composeEnvironment(sources);
  const { problem: unfilled, ...place } = await describePlace(app, row, definition, task, {
    ...sources,
    secrets: values,
  });
  const { cache, problem: cacheProblem } = describeCache(task, sources);
  const problem = composed.problem ?? unfilled ?? cacheProblem;
  return {
    jobId,
    executionId,
    runId,
    attempt,
    timeoutMs,
    graceMs,
    task: row.task,
    command: commandText(shellOf(definition, task), task.run),
    shell: shellOf(definition, task),
    workingDir: task.workingDir,
    cleanEnv: task.cleanEnv,
    env: composed.values,
    secrets: { ...known, ...composed.secrets },
    checks: checksOf(task),
    refused: refused ?? (problem === null ? null : { reason: 'UNDEFINED_VARIABLE', message: problem }),
    inputs,
    missing,
    outputs: task.artifacts.paths,
    outputsWhen: task.artifacts.when,
    streams: streamsOf(task),
    ...place,
    stopSignal: task.stopSignal,
    cache,
    reports: task.reports,
    traceparent: app.tracing === null ? undefined : traceparentOf(placeOfTask(app.tracing, row)),
    register: task.register && registerOf(row.task, { ...task, register: task.register }, composed.values),
  };
}

function placeOfTask(tracing: Tracing, { runId, taskExecutionId }: ClaimedJobRow): TracePlace {
  const traceId = traceIdOf(runId);
  return { traceId, spanId: spanIdOf('task', taskExecutionId), sampled: tracing.sampled(traceId) };
}

/** The cache with the values of variables in its keys. A key is visible to everybody, so it can’t contain a secret. */
function describeCache({ cache }: Pick<TaskDefinition, 'cache'>, sources: EnvironmentSources) {
  if (cache === null) return { cache, problem: null };
  const filler = new TextFiller(sources);
  const fill = (text: string) => {
    // Checksums are made by the agent.
    const parts = text.split(/(\$\{\{.*?\}\})/);
    return parts
      .map((part) => {
        if (part.startsWith('${{')) return part;
        const filled = filler.fill(part);
        if (filled.secret) filler.problem ??= 'the key of a cache would contain a secret';
        return filled.secret ? '' : filled.text;
      })
      .join('');
  };
  const described = { ...cache, key: fill(cache.key), restoreKeys: cache.restoreKeys.map(fill) };
  return { cache: described, problem: filler.problem };
}

/** Values that an agent has to check before it runs the command, because the command could execute them. */
const checksOf = ({ requires }: TaskDefinition): JobDescription['checks'] =>
  Object.fromEntries(Object.entries(requires).flatMap(([name, rule]) => (rule === 'any' ? [] : [[name, rule]])));

/** Variables that Slipway sets for a command. */
function ownVariables(row: ClaimedJobRow): Record<string, string> {
  const images = Object.entries(row.images).map(([id, image]) => [row.services?.[id] ?? id, image] as const);
  const [only] = images;
  return {
    SLIPWAY_EXECUTION_ID: row.executionId,
    SLIPWAY_RUN_ID: row.runId,
    SLIPWAY_APPLICATION: row.application,
    SLIPWAY_WORKFLOW: row.workflow,
    SLIPWAY_TASK: row.task,
    SLIPWAY_JOB_ID: row.jobId,
    SLIPWAY_ATTEMPT: String(row.attempt),
    SLIPWAY_SERVICES: JSON.stringify(Object.fromEntries(images)),
    ...(row.environment && {
      SLIPWAY_ENVIRONMENT: row.environment.name,
      SLIPWAY_ENVIRONMENT_TYPE: row.environment.type,
    }),
    ...(images.length === 1 && only !== undefined && { SLIPWAY_SERVICE: only[0], SLIPWAY_IMAGE: only[1] }),
  };
}

async function findInputs(
  { database: db }: App,
  row: ClaimedJobRow,
  sources: TaskArtifacts['from'],
  tasks: WorkflowDefinition['tasks'],
) {
  const inputs = new Map<string, JobInput>();
  const missing: string[] = [];
  if (sources.length === 0) return { inputs: [], missing };
  const restored = row.type === 'restore' ? await findRestoredAttempt(db, row.taskExecutionId) : null;
  const taker: Taker = { ...row, restored };
  for (const source of sources) {
    const taken = await findTaken(db, taker, artifactSource(source, tasks), tasks);
    // Missing files don't stop a task of `finally`: there is nothing to clean up.
    const isNeeded = !taken.isSkipped && !isOptional(source) && row.type !== 'finally';
    if (taken.deleted !== null && isNeeded) {
      const { name, at } = taken.deleted;
      missing.push(`${sourceName(source)} (its file ${name} was deleted at ${at.toISOString()})`);
    } else if (taken.inputs.length === 0 && isNeeded) missing.push(sourceName(source));
    // Two sources may refer to the same file.
    for (const input of taken.inputs) inputs.set(input.artifactId, input);
  }
  return { inputs: [...inputs.values()], missing };
}
