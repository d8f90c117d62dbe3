import type { ExecutionStatus } from '../contract/statuses';
import type { ActorRef } from '../access/actor';
import type { TaskType, WorkflowMode } from '../catalog/language/workflow';
import type { StatusOf } from './machine';

/**
 * Status of several elements that run in parallel. While one of them is active, the most active one counts. When all
 * are final, the failure that comes first in a fixed order counts. SKIPPED elements do not count if there are others.
 */
export function rollUp<Status extends ExecutionStatus>(statuses: readonly Status[]): Status | 'SUCCESS' | 'SKIPPED' {
  const active: ExecutionStatus[] = ['RESTORING', 'RESUMING', 'RUNNING', 'PAUSED', 'WAITING', 'QUEUED'];
  const failed: ExecutionStatus[] = ['ABORTED', 'REJECTED', 'EXPIRED', 'ERROR', 'FAILED'];
  for (const one of [...active, ...failed]) {
    const found = statuses.find((status) => status === one);
    if (found !== undefined) return found;
  }
  return statuses.length > 0 && statuses.every((status) => status === 'SKIPPED') ? 'SKIPPED' : 'SUCCESS';
}

export type ExecutionKind = 'PIPELINE' | 'WORKFLOW';

/** One run of a pipeline, or of a workflow: standalone, or inside a stage. */
export interface Execution {
  readonly id: string;
  readonly kind: ExecutionKind;
  /** Execution at the root of the run: itself, or the pipeline execution that it is a member of. */
  readonly runId: string;
  readonly parentStageExecutionId: string | null;
  readonly applicationId: string;
  /** Pipeline or workflow. */
  readonly entityId: string;
  /** Revision that is pinned. */
  readonly revisionId: string;
  readonly environmentId: string | null;
  readonly status: StatusOf<'run' | 'workflow'>;
  /** Number of the newest attempt, from 1; grows by one with each resume, rerun and extension. */
  readonly attempt: number;
  /** Grows with every change of this row's status; callers compare it for optimistic locking. */
  readonly version: number;
  /** Sequence of the newest event of the run (kept on the root only) and of this execution. */
  readonly lastSequence: number;
  readonly lastExecutionSequence: number;
  /** Resolved values of the declared variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Service id → image. */
  readonly images: Readonly<Record<string, string>>;
  readonly notes: string | null;
  readonly cause: ActorRef;
  readonly failureCode: string | null;
  readonly failureDetails: string | null;
  /**
   * Set while a person pauses it: nothing of it starts, and its status is PAUSED. A stage that asks for runtime inputs
   * is PAUSED without it.
   */
  readonly pause: Pause | null;
  /** Set if its newest attempt may deploy in spite of freezes. */
  readonly freezeOverride: FreezeOverride | null;
  /** Place of the request that started it, in a trace of its caller. Null if there is none, and for members of a run. */
  readonly traceparent: string | null;
  readonly maxParallel: number | null;
  /** Priority of the jobs of a run. Null: that of its pipeline, workflow or application. Members of a run have none. */
  readonly priority: number | null;
  /** Mode in which the graph of a workflow execution runs. */
  readonly mode: WorkflowMode;
  /**
   * Tasks that are not final, and tasks that have a job. Maintained under the run's lock, so that no step counts rows.
   */
  readonly openTasks: number;
  readonly busyTasks: number;
  /** Tasks that wait for a person. */
  readonly waitingTasks: number;
  /**
   * Detached tasks that are not final; for a pipeline execution, including those of its members. Its status waits only
   * for those of `finally`.
   */
  readonly detachedTasks: number;
  /** Tasks of `finally` that are not final; null until they begin, after the graph of the newest attempt has ended. */
  readonly finallyTasks: number | null;
  readonly createdAt: Date;
  /** Time at which it first ran; `attemptStartedAt` is the same for the newest attempt. */
  readonly startedAt: Date | null;
  readonly attemptStartedAt: Date | null;
  readonly endedAt: Date | null;
  /** Milliseconds that earlier attempts were active. The time between attempts does not count. */
  readonly earlierMs: number;
  /**
   * True while it holds slots or waits to begin: its end frees its place. For a standalone workflow, and for the group
   * of a pipeline.
   */
  readonly hasPlace: boolean;
  /** Time at which it becomes EXPIRED; once its graph has ended, the time limit of the tasks of `finally`. */
  readonly expiresAt: Date;
}

/** Actor that lets an attempt deploy in spite of freezes, and why. */
export interface FreezeOverride {
  readonly by: ActorRef;
  readonly reason: string;
}

/** Actor that paused an execution, since when, and why. */
export interface Pause {
  readonly by: ActorRef;
  readonly at: string;
  readonly reason: string | null;
}

/** Status of an execution that is not paused, from what has begun in its newest attempt. */
export const unheldStatus = ({ attempt, attemptStartedAt }: Pick<Execution, 'attempt' | 'attemptStartedAt'>) =>
  attemptStartedAt !== null ? 'RUNNING' : attempt > 1 ? 'RESUMING' : 'QUEUED';

/** The first attempt of a run is a START, a ROLLBACK if it brings environments back, or an OBSERVE. */
export const attemptKinds = ['START', 'RESUME', 'RERUN', 'EXTEND', 'RESTORE', 'ROLLBACK', 'OBSERVE'] as const;
export type AttemptKind = (typeof attemptKinds)[number];

/** One attempt of an execution. Immutable once it has ended: the database rejects changes. */
export interface ExecutionAttempt
  extends Pick<
    Execution,
    'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel' | 'freezeOverride'
  > {
  readonly executionId: string;
  readonly attempt: number;
  readonly kind: AttemptKind;
  /** Attempt that it continues; for a RESTORE, the attempt that it restores. Null for the first one. */
  readonly base: number | null;
  /** Attempts whose rows it shows, newest first. A RESTORE has no rows and shows those of its base. */
  readonly lineage: readonly number[];
  /** Tasks of earlier attempts in the lineage that are not in the revision of this one: not shown. */
  readonly dropped: readonly string[];
  /** Attempt of the run in which it began. */
  readonly runAttempt: number;
  readonly cause: ActorRef;
  readonly reason: string | null;
  /** Stage from which it resumed; null for the first stage, and for workflows. */
  readonly fromStage: string | null;
  /** Null while it is not final. */
  readonly status: Execution['status'] | null;
  readonly failureCode: string | null;
  readonly failureDetails: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** Actor that answered the runtime inputs of a stage; the server if the time limit passed. */
export interface RuntimeAnswers {
  readonly by: ActorRef;
  readonly at: string;
  /** Variables that were requested, and values that were given; the others have their defaults. */
  readonly asked: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/** An attempt of an execution; without a number, the newest one. */
export interface AttemptRef {
  readonly executionId: string;
  readonly attempt?: number | null;
}

/** One element of an attempt's plan, with the row that it shows: of this attempt, or of an earlier one. */
export interface AttemptElement
  extends Pick<StageExecution, 'executionId' | 'stageIndex' | 'elementIndex' | 'elementId' | 'stageName'> {
  readonly attempt: number;
  readonly stageExecutionId: string;
}

/**
 * One element of one stage. Belongs to the attempt that runs it; later attempts that keep its result show the same row.
 */
export interface StageExecution {
  readonly id: string;
  readonly executionId: string;
  readonly attempt: number;
  readonly kind: 'APPROVAL' | 'WORKFLOW';
  readonly stageIndex: number;
  readonly elementIndex: number;
  /** Id of the element, the same in every execution of the pipeline. */
  readonly elementId: string;
  readonly stageName: string;
  readonly stepName: string;
  readonly status: StatusOf<'element'>;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly workflowId: string | null;
  readonly workflowRevisionId: string | null;
  readonly environmentId: string | null;
  /** Resolved values for the workflow's variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Service id → image, of the services that this element deploys. */
  readonly images: Readonly<Record<string, string>>;
  /** Override of the mode in the workflow's definition; null: no override. */
  readonly mode: WorkflowMode | null;
  readonly maxParallel: number | null;
  readonly workflowExecutionId: string | null;
  /** Attempt of that workflow execution that belongs to this element. */
  readonly workflowAttempt: number | null;
  /** For an element that keeps tasks: workflow execution that it continues once it begins. */
  readonly continues: Continuation | null;
  /** Time limit of waiting for a person: PAUSED for runtime inputs, WAITING for a decision about its failure. */
  readonly waitsUntil: Date | null;
  /** Runtime inputs that were given; they are also in `variables`. */
  readonly answers: RuntimeAnswers | null;
  /** Number of times that its workflow failed and ran again. */
  readonly failures: number;
  /** True if it failed, and its failure is ignored. */
  readonly ignored: boolean;
  /** True while it holds slots or waits to begin: its end frees its place. */
  readonly hasPlace: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** Workflow execution that continues with other inputs, and its tasks that run again. The others keep their results. */
export interface Continuation {
  readonly executionId: string;
  readonly tasks: readonly string[];
  /** Tasks of earlier attempts that it does not show; null: the same as for its base. */
  readonly dropped?: readonly string[] | null;
}

/** One node of a workflow's graph in the attempt that runs it; or a detached task, which is never part of the graph. */
export interface TaskExecution {
  readonly id: string;
  readonly executionId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly type: TaskType;
  readonly name: string;
  /** Length of the longest path from a task without dependencies. */
  readonly level: number;
  /** Position in the graph, ordered by level, then by name. */
  readonly ordinal: number;
  readonly status: StatusOf<'task'>;
  /** Number of dependencies that have not passed yet. At 0 the task is ready. */
  readonly waitingOn: number;
  /** Newest job. */
  readonly jobId: string | null;
  /** Number of jobs created so far. */
  readonly tries: number;
  /**
   * Number of jobs that failed and were followed by another try, and number of jobs that were lost with their agent.
   * Each has a separate limit.
   */
  readonly failures: number;
  readonly losses: number;
  /** Time at which a failed task is retried; until then it is not ready. */
  readonly nextTryAt: Date | null;
  /** Time limit of waiting for a person to decide about its failure. */
  readonly waitsUntil: Date | null;
  /**
   * True if its dependents proceed: it succeeded, its condition was false, or its failure is ignored. A resume keeps
   * it.
   */
  readonly passed: boolean;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** Inputs of a detached task, independent of later changes of its execution (detachedTasks.ts). */
export interface DetachedTaskRow {
  readonly taskId: string;
  readonly executionId: string;
  readonly revisionId: string;
  readonly environmentId: string | null;
  readonly variables: Execution['variables'];
  readonly images: Execution['images'];
  /** Additional environment of its command; takes precedence over everything else. */
  readonly env: Readonly<Record<string, string>>;
  /** For a task's failure handler: the failed task. It has one handler, once. */
  readonly failedTaskId: string | null;
  /** For a workflow's failure handler: the failed attempt. It has one handler, once. */
  readonly failedAttempt: number | null;
  /** Time by which an agent must have started its job, or it fails; null once that was checked. */
  readonly startBy: Date | null;
}

/** Either side may be a gate. */
export interface TaskDependency {
  readonly taskId: string;
  readonly dependsOnId: string;
}

/** All combinations of a task's matrix as one dependency: `waitingOn` counts those that have not passed. */
export interface TaskGate {
  readonly id: string;
  readonly executionId: string;
  readonly waitingOn: number;
}

export const variableTypes = ['string', 'int', 'float', 'bool', 'json'] as const;
export type VariableType = (typeof variableTypes)[number];

/** A value that a task has set for later ones. It counts wherever the row of its task is shown. */
export interface ExecutionVariable {
  readonly executionId: string;
  readonly name: string;
  readonly taskExecutionId: string;
  readonly type: VariableType;
  readonly value: string;
  /** Name of the task. */
  readonly setBy: string;
  readonly setAt: Date;
}

/** Environments of an execution, known from its start, so that a filter finds it before it reaches them. */
export interface ExecutionEnvironment {
  readonly executionId: string;
  readonly environmentId: string;
}

export interface ExecutionService {
  readonly executionId: string;
  readonly serviceId: string;
}

/** One committed change of a run. Sequences have no gaps, and commit order is sequence order. */
export interface ExecutionEvent {
  readonly runId: string;
  readonly sequence: number;
  /** Execution of the run that the event concerns, and the gap-free sequence of that execution. */
  readonly executionId: string;
  readonly executionSequence: number;
  /** Position among the events of all runs (events/README.md). */
  readonly transactionId: number;
  readonly type: string;
  readonly at: Date;
  readonly actor: ActorRef;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Position up to which old events have been deleted; a single row. */
export interface EventHorizon {
  readonly id: number;
  /** Largest transaction id among the deleted events. */
  readonly transactionId: number;
}

/** Newest sequence in the log of an execution; for a run, in the log of the whole run. */
export const logEnd = ({ id, runId, lastSequence, lastExecutionSequence }: Execution): number =>
  id === runId ? lastSequence : lastExecutionSequence;

/** True for an element that was reached and may not begin yet. */
export const isHeldBack = (
  stage: Pick<StageExecution, 'kind' | 'status' | 'workflowExecutionId' | 'waitsUntil'>,
): boolean =>
  stage.kind === 'WORKFLOW' &&
  stage.status === 'WAITING' &&
  stage.workflowExecutionId === null &&
  stage.waitsUntil === null;

/** True for a task that waits for an approval. One that waits for a decision about its failure has a time limit. */
export const waitsForApproval = ({ status, waitsUntil }: Pick<TaskExecution, 'status' | 'waitsUntil'>): boolean =>
  status === 'WAITING' && waitsUntil === null;

/** True for a run or standalone workflow that may not begin yet. */
export const isRunHeldBack = ({ status, attemptStartedAt }: Pick<Execution, 'status' | 'attemptStartedAt'>): boolean =>
  status === 'WAITING' && attemptStartedAt === null;
