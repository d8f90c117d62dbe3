import type { DeploymentPlace } from './deployment';

/** A service that a rollback brings back, with the deployments that it replaces and repeats. */
export interface RolledBack extends DeploymentPlace {
  readonly image: string;
  /** Deployment that the environment had; null: none. */
  readonly fromId: string | null;
  /** Deployment whose image it brings back. */
  readonly toId: string;
}

/** Origin of a run that brings an environment back to earlier images. Written with the run, and never changed. */
export interface Rollback {
  readonly runId: string;
  /** Null if it brings several environments back. */
  readonly environmentId: string | null;
  readonly services: readonly RolledBack[];
  /** Run whose stage failed, for a rollback that its definition asks for. */
  readonly failedRunId: string | null;
  /** Moment to which it brings environments back; null for a rollback of one environment. */
  readonly time: Date | null;
  readonly createdAt: Date;
}

/** A stage with `on_failure: rollback` has failed. A server carries it out, once. */
export interface RollbackRequest {
  readonly id: string;
  readonly runId: string;
  readonly attempt: number;
  readonly stageIndex: number;
  readonly requestedAt: Date;
  readonly doneAt: Date | null;
}
