import type { ExecutionStatus } from './execution';

/** What each type of event tells. Fields are only ever added. */
export interface ExecutionEventData {
  /** An execution exists: a run was started, or a stage began its workflow. */
  EXECUTION_CREATED: { kind: 'PIPELINE' | 'WORKFLOW'; name: string; stageExecutionId?: string; tasks?: number };
  /** A final execution goes on. */
  ATTEMPT_STARTED: { attempt: number; kind: string; from: ExecutionStatus; fromStage: string | null; reason: string | null };
  EXECUTION_STATUS: StatusChange & { attempt: number };
  STAGE_STATUS: StatusChange & { stageExecutionId: string; elementId: string; stageName: string; stepName: string };
  TASK_STATUS: StatusChange & {
    taskExecutionId: string;
    name: string;
    jobId: string | null;
    exitCode: number | null;
    /** Which try of the task. */
    try: number;
  };
  /** An agent took a job, or lost it. */
  JOB_STARTED: { jobId: string; taskExecutionId: string; name: string; attempt: number; agentId: string };
  JOB_LOST: { jobId: string; taskExecutionId: string; name: string; attempt: number; retried: boolean };
  APPROVAL_REQUESTED: { approvalId: string; stageExecutionId: string; approvers: readonly string[]; expiresAt: string };
  APPROVAL_DECIDED: { approvalId: string; stageExecutionId: string; status: string; comments: string | null };
  ABORT_REQUESTED: { reason: string | null };
  ARTIFACT_ADDED: { artifactId: string; taskExecutionId: string; name: string; size: number; sha256: string };
  DEPLOYED: { environmentId: string; serviceId: string; image: string };
}

export type ExecutionEventType = keyof ExecutionEventData;

interface StatusChange {
  from: ExecutionStatus;
  to: ExecutionStatus;
  reasonCode: string | null;
  reason: string | null;
}
