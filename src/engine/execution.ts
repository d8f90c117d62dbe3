import type { ExecutionStatus } from '../contract/statuses';
import type { ActorRef } from '../access/actor';
import type { TaskType, WorkflowMode } from '../catalog/language/workflow';
import type { StatusOf } from './machine';

/**
 * Status of several elements that run in parallel. While one of them is active, the most active one counts. When all
 * are final, the failure that comes first in a fixed order counts. SKIPPED elements do not count next to others.
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

/** One run of a pipeline, or of a workflow: alone, or inside a stage. */
export interface Execution {
  readonly id: string;
  readonly kind: ExecutionKind;
  /** The execution that nobody started from another one: itself, or the pipeline execution that it is a member of. */
  readonly runId: string;
  readonly parentStageExecutionId: string | null;
  readonly applicationId: string;
  /** The pipeline or workflow. */
  readonly entityId: string;
  /** The revision that was pinned at the start. */
  readonly revisionId: string;
  readonly environmentId: string | null;
  readonly status: StatusOf<'run' | 'workflow'>;
  /** From 1; grows by one with each resume, rerun, extension. */
  readonly attempt: number;
  /** Grows with every change of this row's status: what an optimistic caller compares. */
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
   * A person holds it: nothing of it starts. Its status is PAUSED then; it is PAUSED without this where a stage asks
   * for runtime inputs.
   */
  readonly pause: Pause | null;
  readonly maxParallel: number | null;
  /** Of a workflow execution: how its graph is run. */
  readonly mode: WorkflowMode;
  /**
   * Tasks that are not final, and tasks that have a job: kept in step under the run's lock, so that no step counts
   * rows.
   */
  readonly openTasks: number;
  readonly busyTasks: number;
  /** Tasks that wait for a person. */
  readonly waitingTasks: number;
  /**
   * Detached tasks that are not final; of a pipeline execution, those of its members too. Its status waits for those of
   * `finally` only.
   */
  readonly detachedTasks: number;
  /** Tasks of `finally` that are not final; null until they begin, after the graph of the newest attempt has ended. */
  readonly finallyTasks: number | null;
  readonly createdAt: Date;
  /** When it first ran; `attemptStartedAt` is the same for the newest attempt. */
  readonly startedAt: Date | null;
  readonly attemptStartedAt: Date | null;
  readonly endedAt: Date | null;
  /** Milliseconds that earlier attempts were active. The time between attempts counts for none. */
  readonly earlierMs: number;
  /** When it becomes EXPIRED; once its graph has ended, the time limit of the tasks of `finally`. */
  readonly expiresAt: Date;
}

/** Who holds an execution, since when, and why. */
export interface Pause {
  readonly by: ActorRef;
  readonly at: string;
  readonly reason: string | null;
}

/** Where an execution stands that has begun nothing, or something, when nobody holds it (any more). */
export const unheldStatus = ({ attempt, attemptStartedAt }: Pick<Execution, 'attempt' | 'attemptStartedAt'>) =>
  attemptStartedAt !== null ? 'RUNNING' : attempt > 1 ? 'RESUMING' : 'QUEUED';

export const attemptKinds = ['START', 'RESUME', 'RERUN', 'EXTEND', 'RESTORE'] as const;
export type AttemptKind = (typeof attemptKinds)[number];

/** One attempt of an execution. Immutable once it ended: the database refuses a change. */
export interface ExecutionAttempt
  extends Pick<Execution, 'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel'> {
  readonly executionId: string;
  readonly attempt: number;
  readonly kind: AttemptKind;
  /** Attempt that it continues; of a RESTORE, the attempt that it restores. Null for a START. */
  readonly base: number | null;
  /** Attempts whose rows it shows, newest first. A RESTORE has no rows of its own and shows those of its base. */
  readonly lineage: readonly number[];
  /** Tasks that earlier attempts of the lineage ran, but that are not in the revision of this one: not shown. */
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

/** Who answered what a stage asked for; the server itself when the time was over. */
export interface RuntimeAnswers {
  readonly by: ActorRef;
  readonly at: string;
  /** The variables that were asked for, and what was given; the others have their defaults. */
  readonly asked: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/** An attempt of an execution; without a number, the newest one. */
export interface AttemptRef {
  readonly executionId: string;
  readonly attempt?: number | null;
}

/** One element of an attempt's plan, with the row that it shows: one of the attempt itself, or of an earlier one. */
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
  /** The same for the same element in every execution of the pipeline. */
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
  /** How its workflow is run, in place of what the definition says; null: as that says. */
  readonly mode: WorkflowMode | null;
  readonly maxParallel: number | null;
  readonly workflowExecutionId: string | null;
  /** Attempt of that workflow execution that belongs to this element. */
  readonly workflowAttempt: number | null;
  /** Of an extension that keeps tasks: what becomes of the element's workflow once the stage is reached. */
  readonly goesOn: GoesOn | null;
  /** Until when it waits for a person: PAUSED for runtime inputs, WAITING for a decision about its failure. */
  readonly waitsUntil: Date | null;
  /** The runtime inputs that it was given; they are among `variables`. */
  readonly answers: RuntimeAnswers | null;
  /** How often its workflow failed and ran again. */
  readonly failures: number;
  /** It failed, and that does not count. */
  readonly ignored: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** Workflow execution that continues with other inputs, and its tasks that run again. The others keep their results. */
export interface GoesOn {
  readonly executionId: string;
  readonly tasks: readonly string[];
}

/** One node of a workflow's graph in the attempt that runs it; or a detached task, which is never part of the graph. */
export interface TaskExecution {
  readonly id: string;
  readonly executionId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly type: TaskType;
  readonly name: string;
  /** How far from a task that depends on nothing. */
  readonly level: number;
  /** Position in the order of the graph: by level, then by name. */
  readonly ordinal: number;
  readonly status: StatusOf<'task'>;
  /** Dependencies that have not succeeded yet. At 0 the task is ready. */
  readonly waitingOn: number;
  /** The newest job. */
  readonly jobId: string | null;
  /** Jobs made for it so far. */
  readonly tries: number;
  /**
   * How many of them failed and were followed by another try, and how many were lost with their agent: two counts, each
   * with its own limit.
   */
  readonly failures: number;
  readonly losses: number;
  /** When a task that failed may be tried again; until then it is not ready. */
  readonly nextTryAt: Date | null;
  /** Until when it waits for a person to decide about its failure. */
  readonly waitsUntil: Date | null;
  /** Its dependents proceed: it succeeded, or its failure is ignored. A resume keeps it. */
  readonly passed: boolean;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** What a detached task runs with, whatever becomes of its execution meanwhile: detachedTasks.ts. */
export interface DetachedTaskRow {
  readonly taskId: string;
  readonly executionId: string;
  readonly revisionId: string;
  readonly environmentId: string | null;
  readonly variables: Execution['variables'];
  readonly images: Execution['images'];
  /** Additional environment of its command; takes precedence over everything else. */
  readonly env: Readonly<Record<string, string>>;
  /** Of a task's failure handler: the task that failed. It has one handler, once. */
  readonly failedTaskId: string | null;
  /** Of a workflow's failure handler: the attempt that failed. It has one handler, once. */
  readonly failedAttempt: number | null;
  /** It fails unless an agent has started its job by then; null once that was looked at. */
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
  /** The name of the task. */
  readonly setBy: string;
  readonly setAt: Date;
}

/** Which environments an execution touches: known from its start, so that a filter finds it before it gets there. */
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
  /** The execution of the run that it is about, and its own gap-free sequence. */
  readonly executionId: string;
  readonly executionSequence: number;
  /** Its place among the events of all runs: events/README.md. */
  readonly transactionId: number;
  readonly type: string;
  readonly at: Date;
  readonly actor: ActorRef;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How far old events have been deleted: one row. */
export interface EventHorizon {
  readonly id: number;
  /** The largest that was deleted. */
  readonly transactionId: number;
}

/** The newest sequence in the log of an execution: of the whole run, if it is one. */
export const logEnd = ({ id, runId, lastSequence, lastExecutionSequence }: Execution): number =>
  id === runId ? lastSequence : lastExecutionSequence;
