import type { ActorRef } from '../access/actor';
import type { ArtifactType } from '../contract/agentProtocol';
import type { TaskType } from '../catalog/language/workflow';
import type { ExecutionStatus } from '../contract/statuses';
import type { SubjectChange } from './subjectChange';
import type { GivenInput } from './approvalInputs';
import type { DeploymentStatus } from './deployment';

interface Drift {
  deploymentId: string;
  environmentId: string;
  serviceId: string;
  image: string;
  observed: string | null;
  observationId: string;
}

/**
 * Data of each type of event. Every committed change that the API shows has its event. Fields and types are only ever
 * added; a new type needs its class in `events.types.ts`, which the compiler enforces.
 */
export interface ExecutionEventData {
  /** An execution was created: a run was started, or a stage began its workflow. */
  EXECUTION_CREATED: { kind: 'PIPELINE' | 'WORKFLOW'; name: string; stageExecutionId?: string; tasks?: number };
  /** The next attempt of a final execution began. */
  ATTEMPT_STARTED: {
    attempt: number;
    kind: string;
    from: ExecutionStatus;
    fromStage: string | null;
    reason: string | null;
  };
  EXECUTION_STATUS: StatusChange & { attempt: number };
  /**
   * The execution can no longer succeed: nothing new begins, running tasks may finish. Its status changes when
   * everything is final.
   */
  EXECUTION_FAILING: { reasonCode: string; reason: string };
  STAGE_STATUS: StatusChange & { stageExecutionId: string; elementId: string; stageName: string; stepName: string };
  TASK_STATUS: StatusChange & {
    taskExecutionId: string;
    name: string;
    jobId: string | null;
    exitCode: number | null;
    /** Try of the task. */
    try: number;
    /** For a detached task. */
    taskType?: TaskType;
  };
  /** The graph of a workflow has ended with this status, and the tasks of `finally` begin. The execution ends after them. */
  FINALLY_STARTED: {
    status: ExecutionStatus;
    reasonCode: string | null;
    reason: string | null;
    tasks: readonly string[];
    expiresAt: string;
  };
  /** A detached task was created: a failure handler, a task of `finally`, or part of a restore. Its TASK_STATUS events report its end. */
  BESIDE_TASK_CREATED: {
    taskExecutionId: string;
    name: string;
    taskType: TaskType;
    /** Task that a handler handles. Null for the handler of the workflow, and for parts of a restore. */
    failedTaskExecutionId: string | null;
  };
  /**
   * A task waits for an agent, was started by one, or lost it. The TASK_STATUS of its task reports the end of a job,
   * because both are one change.
   */
  JOB_QUEUED: { jobId: string; taskExecutionId: string; name: string; attempt: number };
  JOB_STARTED: { jobId: string; taskExecutionId: string; name: string; attempt: number; agentId: string };
  /** Images and commit of a job that ends, as its agent reports them. */
  JOB_FACTS: {
    jobId: string;
    taskExecutionId: string;
    name: string;
    attempt: number;
    image: string | null;
    digest: string | null;
    repository: string | null;
    ref: string | null;
    commit: string | null;
  };
  /** A person changed the place of a waiting job, or its priority. */
  JOB_MOVED: { jobId: string; taskExecutionId: string; name: string; attempt: number; priority: number };
  /** The run has another priority, its own or that of its pipeline, workflow or application; its waiting jobs moved. */
  PRIORITY_CHANGED: { priority: number };
  JOB_LOST: { jobId: string; taskExecutionId: string; name: string; attempt: number; retried: boolean };
  APPROVAL_REQUESTED: ApprovalPlace & {
    approvers: readonly string[];
    message: string | null;
    expiresAt: string;
    /** People who have to approve: `2 of Managers, and 1 of Security`. */
    needs: string;
    digest: string;
    /** Approval that it renews, and the changes that caused the new request. */
    renewsId: string | null;
    changes: readonly SubjectChange[];
  };
  /** A person has approved, and others still have to: `missing`. */
  APPROVAL_VOTED: ApprovalPlace & { comments: string | null; missing: string };
  /** The subject of a waiting approval has changed: it is requested again, and earlier votes no longer count. */
  APPROVAL_CHANGED: ApprovalPlace & {
    approvers: readonly string[];
    digest: string;
    changes: readonly SubjectChange[];
  };
  /** Nobody is left who could decide a waiting approval. */
  APPROVAL_UNDECIDABLE: ApprovalPlace & { approvers: readonly string[] };
  /** Somebody can decide such an approval again. */
  APPROVAL_DECIDABLE: ApprovalPlace & { approvers: readonly string[] };
  /** An administrator assigned other groups. */
  APPROVAL_REASSIGNED: ApprovalPlace & {
    approvers: readonly string[];
    previousApprovers: readonly string[];
    reason: string | null;
  };
  /** The approvers of an approval that still waits were reminded. */
  APPROVAL_REMINDED: ApprovalPlace & {
    approvers: readonly string[];
    /** Number of the reminder, from 1. */
    reminder: number;
    expiresAt: string;
  };
  /** An approval that still waits was escalated: members of `to` may decide as well. */
  APPROVAL_ESCALATED: ApprovalPlace & {
    to: readonly string[];
    approvers: readonly string[];
    /** Number of the step, from 1. */
    step: number;
  };
  APPROVAL_DECIDED: ApprovalPlace & {
    status: string;
    comments: string | null;
    /** Values of its form. */
    inputs: readonly GivenInput[];
  };
  /** A stage is PAUSED until its runtime inputs are given. */
  RUNTIME_INPUTS_REQUESTED: {
    stageExecutionId: string;
    elementId: string;
    stageName: string;
    stepName: string;
    variables: readonly string[];
    expiresAt: string;
  };
  /** Names of the variables that were given: none if the time limit passed and it continues with the defaults. */
  RUNTIME_INPUTS_GIVEN: { stageExecutionId: string; elementId: string; variables: readonly string[] };
  /** A failure waits for a person: of a task, or of a stage element. */
  INTERVENTION_REQUESTED: Intervening & { reason: string | null; expiresAt: string };
  INTERVENED: Intervening & { action: string; reason: string | null };
  /** A failure was taken back while the workflow is still running, with everything that was skipped because of it. */
  TASK_RETRIED: { taskExecutionId: string; name: string; reason: string | null; restored: number };
  /**
   * An element of a stage, or an execution, may not begin yet: it waits for a slot, or for the end of a freeze. Repeated
   * when the holder of the slot or its place in the queue changes.
   */
  BEGIN_DELAYED: {
    /** Null for a standalone workflow, and for a run that waits for the slot of its pipeline. */
    stageExecutionId: string | null;
    reasonCode: string;
    reason: string;
    /** Known end of the wait. */
    until: string | null;
    /** Environment or group whose slot it waits for. */
    group: string | null;
    holderExecutionId: string | null;
    position: number | null;
  };
  /** An element of a stage, or a standalone workflow, begins in spite of a freeze. */
  FREEZE_OVERRIDDEN: {
    /** Null for a standalone workflow. */
    stageExecutionId: string | null;
    environmentId: string;
    freezeId: string;
    /** Name of the freeze. */
    freeze: string;
    by: ActorRef;
    reason: string;
  };
  ABORT_REQUESTED: { reason: string | null };
  PAUSE_REQUESTED: { reason: string | null };
  CONTINUE_REQUESTED: { reason: string | null };
  ARTIFACT_ADDED: {
    artifactId: string;
    taskExecutionId: string;
    name: string;
    artifactType: ArtifactType;
    mode: string;
    size: number;
    sha256: string;
  };
  /** A restore of the run to its restore point began. */
  RESTORE_STARTED: { operationId: string; restorePointId: string };
  /** The restore ended: the run shows its earlier state again, or is unchanged. */
  RESTORE_ENDED: {
    operationId: string;
    status: 'SUCCESS' | 'FAILED' | 'CANCELLED';
    reasonCode: string | null;
    reason: string | null;
  };
  /** A stage with `on_failure: rollback` failed: a run that rolls an environment back was started, or was refused. */
  ROLLED_BACK: {
    environmentId: string;
    rollbackRunId: string | null;
    reasonCode: string | null;
    reason: string | null;
  };
  /** An observation found a different image than this run deployed. Null: the service is not running. */
  DRIFTED: Drift;
  /** An observation found the image again, or a newer deployment of the service. */
  DRIFT_RESOLVED: Drift;
  /**
   * A deployment began or ended, with its new status: IN_PROGRESS, SUCCEEDED, FAILED or UNKNOWN; or a restore deployed
   * an image again, or marked it as REMOVED.
   */
  DEPLOYMENT_STATUS: {
    deploymentId: string;
    environmentId: string;
    serviceId: string;
    image: string;
    status: DeploymentStatus;
    task: string | null;
  };
  /** An event subscription was turned off when an event of this run could not be delivered. */
  SUBSCRIPTION_SWITCHED_OFF: { subscriptionId: string; name: string; reasonCode: string; reason: string };
  /** A deployment SUCCEEDED: follows its DEPLOYMENT_STATUS. */
  DEPLOYED: { environmentId: string; serviceId: string; image: string };
}

interface ApprovalPlace {
  approvalId: string;
  /** The task itself in a standalone workflow. */
  stageExecutionId: string;
  /** Null unless a task asks. */
  taskExecutionId: string | null;
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
