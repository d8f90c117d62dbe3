import type { ActorRef } from '../access/actor';

/** REMOVED: a restore found that nothing of the service is deployed; the image is the previous one. */
export const deploymentStatuses = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'UNKNOWN', 'REMOVED'] as const;
export type DeploymentStatus = (typeof deploymentStatuses)[number];

/** A service in an environment. */
export interface DeploymentPlace {
  readonly environmentId: string;
  readonly serviceId: string;
}

/** Delivery of one service's image to one environment by one workflow execution. Never changes once it has ended. */
export interface Deployment extends DeploymentPlace {
  readonly id: string;
  readonly image: string;
  readonly status: DeploymentStatus;
  readonly executionId: string;
  /** Attempt of that execution. */
  readonly attempt: number;
  /** Run that made the deployment; for a restore, the restored run. */
  readonly runId: string;
  /** Task that deployed it; null if the workflow as a whole did. */
  readonly taskExecutionId: string | null;
  readonly task: string | null;
  /** Restore that made the deployment. */
  readonly operationId: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** Newest successful deployment of a service to an environment; its image is null if a restore removed it. */
export interface Standing {
  readonly id: string;
  readonly image: string | null;
  readonly runId: string;
}

/** A deployment as recorded in the history. */
export interface RecordedDeployment extends Deployment {
  /** Begins and ends of all deployments share one order: this is the begin, and `endNumber` the end. */
  readonly number: number;
  readonly endNumber: number | null;
  /** Actor that began the attempt of the run, or the restore. */
  readonly cause: ActorRef;
}

/** Reason why a workflow that ended has not deployed as a whole. */
export interface Doubts {
  /** True if a condition skipped a task. */
  readonly skipped: boolean;
  /** True if a task was stopped or lost, or its failure was ignored. */
  readonly unsure: boolean;
}
