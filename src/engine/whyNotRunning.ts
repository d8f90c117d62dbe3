import type { ActorRef } from '../access/actor';
import { missingText, type Requirement } from './approvalVotes';
import type { DelayCode } from './beginning';
import type { MatrixRules } from '../catalog/language/combinations';
import { isFinal } from '../contract/statuses';
import { groupsOf } from '../catalog/language/approvalPolicy';
import type { Approval } from './approval';
import { type Hold, holdOf } from './dispatchTasks';
import { type Execution, isHeldBack, type StageExecution, type TaskExecution, waitsForApproval } from './execution';
import type { AgentState } from '../contract/labels';

export const whyCodes = [
  'PAUSED',
  'APPROVAL',
  'INTERVENTION',
  'RUNTIME_INPUTS',
  'WAITING_FOR_SLOT',
  'FROZEN',
  'APPROVAL_CHANGED',
  'EARLIER_STAGE',
  'DEPENDENCIES',
  'RETRY',
  'FAILING',
  'PARALLEL_LIMIT',
  'MATRIX_LIMIT',
  'NO_AGENT',
  'QUEUE',
  'QUEUE_PAUSED',
  'OFFERED',
] as const;
export type WhyCode = (typeof whyCodes)[number];

/** An agent that has most of the labels that a job requires. */
export interface NearestAgent {
  readonly id: string;
  readonly name: string;
  /** Required labels that it does not have. If there are none, its state keeps it from the job. */
  readonly lacks: readonly string[];
  readonly lastSeenAt: Date;
  readonly state: AgentState;
  readonly pauseNote: string | null;
}

/** One reason why something does not run. */
export interface WhyNotRunning {
  readonly code: WhyCode;
  readonly message: string;
  readonly since: Date | null;
  /** Time at which it changes at the latest, without anybody’s help. */
  readonly until: Date | null;
  readonly stageExecutionId: string | null;
  readonly taskExecutionId: string | null;
  /** Number of tasks that wait for the same reason. */
  readonly tasks: number;
  readonly userGroups: readonly string[];
  /** True if nobody is left who may decide an approval. */
  readonly undecidable: boolean;
  readonly pausedBy: ActorRef | null;
  readonly dependencies: readonly string[];
  readonly labels: readonly string[];
  readonly nearestAgent: NearestAgent | null;
  readonly position: number | null;
  readonly estimateSeconds: number | null;
  readonly holderExecutionId: string | null;
}

const nothing = {
  since: null,
  until: null,
  stageExecutionId: null,
  taskExecutionId: null,
  tasks: 0,
  userGroups: [],
  undecidable: false,
  pausedBy: null,
  dependencies: [],
  labels: [],
  nearestAgent: null,
  position: null,
  estimateSeconds: null,
  holderExecutionId: null,
} as const satisfies Omit<WhyNotRunning, 'code' | 'message'>;

/** Row of what waits to begin. */
export interface DelayedBeginning {
  readonly code: DelayCode;
  readonly reason: string;
  readonly until: Date | null;
  readonly since: Date;
  readonly position: number | null;
  readonly holderExecutionId: string | null;
}

/** A job that no agent has been offered. */
export interface WaitingJob {
  readonly labels: readonly string[];
  readonly queuedAt: Date;
  /** Number of online agents that have its labels. */
  readonly agents: number;
  /** Place among the jobs that these agents can take, from 1. */
  readonly position: number;
  /** Jobs that these agents run, and for how long they have run on average, in seconds. */
  readonly running: number;
  readonly runningSeconds: number | null;
  readonly nearest: NearestAgent | null;
  /** Pause of the queue that holds it back. */
  readonly pause: JobPause | null;
}

/** A person keeps jobs with certain labels from being claimed. */
export interface JobPause {
  readonly by: ActorRef;
  readonly at: Date;
  readonly note: string | null;
  readonly until: Date | null;
}

/** A task that has not started, with what keeps it from it. */
export interface WaitingTask
  extends Pick<
    TaskExecution,
    'id' | 'executionId' | 'name' | 'status' | 'jobId' | 'nextTryAt' | 'waitsUntil' | 'waitingOn' | 'createdAt'
  > {
  /** Names of tasks that have to pass before it: up to five. */
  readonly dependencies: readonly string[];
  /** Tasks of the same execution that wait for the same reason. */
  readonly alike: number;
  /** Null if it has no job, or if an agent was offered its job. */
  readonly job: WaitingJob | null;
  /** Approval that it waits for. */
  readonly approval: AskedApproval | null;
  /** Rules of its matrix. */
  readonly matrix: MatrixRules | null;
}

/** An approval, and people who have to approve it. */
export type AskedApproval = Approval & { readonly requirements: readonly Requirement[] };

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
const list = (names: readonly string[], more = 0): string => names.join(', ') + (more > 0 ? ` and ${more} more` : '');

/** A job that runs for `runningSeconds` on average so far will run about as long again. */
export const estimatedSeconds = ({ position, running, runningSeconds }: WaitingJob): number | null =>
  running === 0 || runningSeconds === null ? null : Math.ceil((position * runningSeconds) / running);

/** Why a task has not started; null if it has started or ended. */
export function whyTaskWaits(execution: Execution, task: WaitingTask): WhyNotRunning | null {
  if (task.status !== 'QUEUED' && task.status !== 'WAITING') return null;
  const { name, waitsUntil, nextTryAt, job } = task;
  const own = { ...nothing, taskExecutionId: task.id, tasks: task.alike };
  if (task.approval !== null && waitsForApproval(task)) {
    const message = `Task "${name}" waits for an approval${whoHasTo(task.approval)}.`;
    return { ...own, code: 'APPROVAL', message, ...askedOf(task.approval) };
  }
  if (task.status === 'WAITING') {
    const message = `Task "${name}" failed and waits for a person to decide.`;
    return { ...own, code: 'INTERVENTION', message, until: waitsUntil };
  }
  const hold = task.jobId === null ? holdOf(execution, task.matrix?.failFast === false) : null;
  if (hold === 'PAUSED') return whyPaused(execution, own);
  if (task.waitingOn > 0) {
    const message = `Task "${name}" waits for ${list(task.dependencies, task.waitingOn - task.dependencies.length)}.`;
    return { ...own, code: 'DEPENDENCIES', message, dependencies: task.dependencies };
  }
  if (nextTryAt !== null) {
    const message = `Task "${name}" failed and is tried again at ${nextTryAt.toISOString()}.`;
    return { ...own, code: 'RETRY', message, until: nextTryAt };
  }
  if (task.jobId === null) return hold === 'NOT_ACTIVE' ? null : { ...own, ...whyHeld(execution, task, hold) };
  if (job === null) return { ...own, code: 'OFFERED', message: `Task "${name}" was offered to an agent.` };
  return { ...own, ...whyQueued(name, job) };
}

function whyHeld({ maxParallel, mode }: Execution, { name, matrix }: WaitingTask, hold: Hold | null) {
  if (hold === 'FAILING') {
    return { code: 'FAILING', message: `Task "${name}" does not start, because its workflow is failing.` } as const;
  }
  if (hold === null && matrix?.maxParallel != null) {
    const message = `Task "${name}" waits for other combinations of its matrix: at most ${matrix.maxParallel} of them run at once.`;
    return { code: 'MATRIX_LIMIT', message } as const;
  }
  const limit = maxParallel === null ? `it runs in mode ${mode}` : `at most ${maxParallel} of its tasks run at once`;
  return {
    code: 'PARALLEL_LIMIT',
    message: `Task "${name}" waits for other tasks of its workflow: ${limit}.`,
  } as const;
}

function whyQueued(name: string, job: WaitingJob) {
  const { labels, position, nearest, agents, pause, queuedAt: since } = job;
  if (pause !== null) {
    const { by, until, note } = pause;
    const ends = until === null ? '' : ` until ${until.toISOString()}`;
    const message = `Task "${name}" waits: ${by.name} paused the queue${ends}${note === null ? '' : `: ${note}`}.`;
    return { code: 'QUEUE_PAUSED', message, labels, position, since: pause.at, until, pausedBy: by } as const;
  }
  if (agents > 0) {
    const seconds = estimatedSeconds(job);
    const about = seconds === null ? '' : `, about ${seconds} s`;
    const message = `Task "${name}" is number ${position} in the queue${about}.`;
    return { code: 'QUEUE', message, labels, position, estimateSeconds: seconds, since } as const;
  }
  const isThere = nearest?.lacks.length === 0 && nearest.state !== 'LOST';
  const missing = labels.length === 0 ? 'no agent is online' : `no online agent has the labels ${list(labels)}`;
  const lacking =
    nearest === null
      ? ''
      : nearest.lacks.length > 0
        ? `; the nearest one lacks ${list(nearest.lacks)}`
        : '; the nearest one is offline';
  const message = isThere
    ? `Task "${name}" waits for an agent: ${standing(nearest)}.`
    : `Task "${name}" waits for an agent: ${missing}${lacking}.`;
  return { code: 'NO_AGENT', message, labels, nearestAgent: nearest, since } as const;
}

/** Why an agent that has the labels takes no jobs. Without its name, which not everybody may see. */
const standing = ({ state, pauseNote }: NearestAgent): string =>
  state === 'DRAINING'
    ? 'the nearest one is draining'
    : `the nearest one is paused${pauseNote === null ? '' : `: ${pauseNote}`}`;

function whyPaused(
  { pause }: Execution,
  own: typeof nothing | Omit<WhyNotRunning, 'code' | 'message'> = nothing,
): WhyNotRunning {
  const by = pause === null ? '' : ` by ${pause.by.name}`;
  const reason = pause?.reason ? `: ${pause.reason}` : '';
  const since = pause === null ? null : new Date(pause.at);
  return { ...own, code: 'PAUSED', message: `Paused${by}${reason}.`, pausedBy: pause?.by ?? null, since };
}

/** Why something waits at its beginning. */
export const whyDelayed = (
  { code, reason, until, since, position, holderExecutionId }: DelayedBeginning,
  stageExecutionId: string | null,
): WhyNotRunning => ({
  ...{ ...nothing, code, message: `${sentence(reason)}.`, stageExecutionId },
  ...{ until, since, position, holderExecutionId },
});

export interface WaitingElement {
  /** The pipeline execution. */
  readonly execution: Execution;
  readonly stage: StageExecution;
  /** Stage that has to end first. */
  readonly earlierStage: string | null;
  /** Newest approval that it asks for, and who has to approve it. */
  readonly approval: AskedApproval | null;
  readonly delayed: DelayedBeginning | null;
}

/**
 * Why an element of a stage waits; null if it has ended, or if what it waits for is a matter of the tasks of its
 * workflow.
 */
export function whyElementWaits({
  execution,
  stage,
  earlierStage,
  approval,
  delayed,
}: WaitingElement): WhyNotRunning | null {
  const { id, stepName, status, waitsUntil, workflowExecutionId } = stage;
  if (isFinal(status)) return null;
  const own = { ...nothing, stageExecutionId: id };
  if (stage.kind === 'APPROVAL' && approval?.status === 'WAITING') {
    const message = `"${stepName}" waits for an approval${whoHasTo(approval)}.`;
    return { ...own, code: 'APPROVAL', message, ...askedOf(approval) };
  }
  if (status === 'PAUSED' && waitsUntil !== null) {
    return { ...own, code: 'RUNTIME_INPUTS', message: `"${stepName}" waits for inputs.`, until: waitsUntil };
  }
  if (status === 'WAITING' && waitsUntil !== null) {
    const message = `"${stepName}" failed and waits for a person to decide.`;
    return { ...own, code: 'INTERVENTION', message, until: waitsUntil };
  }
  if (isHeldBack(stage) && delayed !== null) {
    const why = whyDelayed(delayed, id);
    if (delayed.code !== 'APPROVAL_CHANGED' || approval?.status !== 'WAITING') return why;
    const message = `"${stepName}" ${delayed.reason}. It needs an approval${whoHasTo(approval)}.`;
    return { ...why, message, ...askedOf(approval) };
  }
  if (workflowExecutionId !== null) return null;
  if (earlierStage !== null) {
    return { ...own, code: 'EARLIER_STAGE', message: `"${stepName}" waits for stage "${earlierStage}".` };
  }
  return execution.status === 'PAUSED' ? whyPaused(execution, own) : null;
}

function whoHasTo({ requirements, undecidableSince }: AskedApproval): string {
  const one = requirements.length === 1 && requirements[0]?.needed === 1 ? requirements[0].groups : null;
  const people = one === null ? missingText(requirements) : list(one);
  return ` by ${people}${undecidableSince === null ? '' : ', but nobody is left who can decide'}`;
}

const askedOf = (approval: Approval) => ({
  ...{ userGroups: groupsOf(approval), undecidable: approval.undecidableSince !== null },
  ...{ until: approval.expiresAt, since: approval.requestedAt },
});

/** Why an execution as a whole does not proceed; null if that is a matter of its parts. */
export function whyExecutionWaits(execution: Execution, delayed: DelayedBeginning | null): WhyNotRunning | null {
  if (isFinal(execution.status)) return null;
  if (execution.pause !== null) return whyPaused(execution);
  return delayed === null ? null : whyDelayed(delayed, null);
}
