import type { TaskType } from '../catalog/language/workflow';
import type { ExecutionStatus } from '../contract/statuses';

/**
 * What each type of event tells. Every committed change that the API shows has its event. Fields and types are only ever added; a new type needs
 * its class in `events.types.ts`, which the compiler asks for.
 */
export interface ExecutionEventData {
  /** An execution exists: a run was started, or a stage began its workflow. */
  EXECUTION_CREATED: { kind: 'PIPELINE' | 'WORKFLOW'; name: string; stageExecutionId?: string; tasks?: number };
  /** A final execution goes on. */
  ATTEMPT_STARTED: {
    attempt: number;
    kind: string;
    from: ExecutionStatus;
    fromStage: string | null;
    reason: string | null;
  };
  EXECUTION_STATUS: StatusChange & { attempt: number };
  /** It will not succeed any more: nothing new of it begins, what runs may still finish. Its status says so when the last of it is final. */
  EXECUTION_FAILING: { reasonCode: string; reason: string };
  STAGE_STATUS: StatusChange & { stageExecutionId: string; elementId: string; stageName: string; stepName: string };
  TASK_STATUS: StatusChange & {
    taskExecutionId: string;
    name: string;
    jobId: string | null;
    exitCode: number | null;
    /** Which try of the task. */
    try: number;
    /** Of a task beside the graph. */
    taskType?: TaskType;
  };
  /** A task runs beside the graph: a failure handler, or a part of a restore. Its end is told by its TASK_STATUS. */
  BESIDE_TASK_CREATED: {
    taskExecutionId: string;
    name: string;
    taskType: TaskType;
    /** The task that a handler is for; null for the handler of the workflow, and for parts of a restore. */
    failedTaskExecutionId: string | null;
  };
  /** A task waits for an agent, was taken by one, or lost it. How a job ended is told by its task's TASK_STATUS: the two are one change. */
  JOB_QUEUED: { jobId: string; taskExecutionId: string; name: string; attempt: number };
  JOB_STARTED: { jobId: string; taskExecutionId: string; name: string; attempt: number; agentId: string };
  JOB_LOST: { jobId: string; taskExecutionId: string; name: string; attempt: number; retried: boolean };
  APPROVAL_REQUESTED: { approvalId: string; stageExecutionId: string; approvers: readonly string[]; expiresAt: string };
  APPROVAL_DECIDED: { approvalId: string; stageExecutionId: string; status: string; comments: string | null };
  /** A stage is PAUSED until somebody answers. */
  RUNTIME_INPUTS_REQUESTED: {
    stageExecutionId: string;
    elementId: string;
    stageName: string;
    stepName: string;
    variables: readonly string[];
    expiresAt: string;
  };
  /** Its names tell what was answered: none of them when the time was over, and it goes on with the defaults. */
  RUNTIME_INPUTS_GIVEN: { stageExecutionId: string; elementId: string; variables: readonly string[] };
  /** A failure waits for a person: of a task, or of an element of a stage. */
  INTERVENTION_REQUESTED: Intervening & { reason: string | null; expiresAt: string };
  INTERVENED: Intervening & { action: string; reason: string | null };
  /** A failure was taken back while the workflow still runs, with what was skipped because of it. */
  TASK_RETRIED: { taskExecutionId: string; name: string; reason: string | null; restored: number };
  ABORT_REQUESTED: { reason: string | null };
  PAUSE_REQUESTED: { reason: string | null };
  CONTINUE_REQUESTED: { reason: string | null };
  ARTIFACT_ADDED: { artifactId: string; taskExecutionId: string; name: string; size: number; sha256: string };
  /** The run is being brought back to its restore point. */
  RESTORE_STARTED: { operationId: string; restorePointId: string };
  /** It is back there, and shows what it was; or it could not be brought there, and is what it was before. */
  RESTORE_ENDED: {
    operationId: string;
    status: 'SUCCESS' | 'FAILED' | 'CANCELLED';
    reasonCode: string | null;
    reason: string | null;
  };
  DEPLOYED: { environmentId: string; serviceId: string; image: string };
}

export type ExecutionEventType = keyof ExecutionEventData;

interface Intervening {
  taskExecutionId: string | null;
  stageExecutionId: string | null;
  elementId: string | null;
  name: string;
}

interface StatusChange {
  from: ExecutionStatus;
  to: ExecutionStatus;
  reasonCode: string | null;
  reason: string | null;
}
