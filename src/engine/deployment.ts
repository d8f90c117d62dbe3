import type { ActorRef } from '../access/actor';

/** REMOVED: a restore showed that nothing of the service is deployed; the image is the one that was there. */
export const deploymentStatuses = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'UNKNOWN', 'REMOVED'] as const;
export type DeploymentStatus = (typeof deploymentStatuses)[number];

/** A service in an environment. */
export interface DeploymentPlace {
  readonly environmentId: string;
  readonly serviceId: string;
}

/** One service's image brought to one environment by one workflow execution. Never changed once it has ended. */
export interface Deployment extends DeploymentPlace {
  readonly id: string;
  readonly image: string;
  readonly status: DeploymentStatus;
  readonly executionId: string;
  /** Attempt of that execution. */
  readonly attempt: number;
  /** The run that brought it there; of a restore, the run that was restored. */
  readonly runId: string;
  /** The task that deployed it; null where the workflow as a whole did. */
  readonly taskExecutionId: string | null;
  readonly task: string | null;
  /** The restore that brought it back. */
  readonly operationId: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** As in the history. */
export interface RecordedDeployment extends Deployment {
  /** Begins and ends of all deployments have one order: this is its begin, and `endNumber` its end. */
  readonly number: number;
  readonly endNumber: number | null;
  /** Actor that began the attempt of the run, or the restore. */
  readonly cause: ActorRef;
}

/** Reason why a workflow that ended has not deployed as a whole. */
export interface Doubts {
  /** A condition skipped a task. */
  readonly skipped: boolean;
  /** A task was stopped or lost, or its failure was ignored. */
  readonly unsure: boolean;
}
