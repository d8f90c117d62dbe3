export const environmentTypes = ['PROD', 'NON_PROD'] as const;
export type EnvironmentType = (typeof environmentTypes)[number];

/** A target of an application. */
export interface Environment {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly type: EnvironmentType;
  readonly description: string | null;
  /** Given to every task that runs for this environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** What runs in an environment: the image that the last successful deployment of a service left there. */
export interface Deployment {
  readonly id: string;
  readonly environmentId: string;
  readonly serviceId: string;
  readonly image: string;
  /** The workflow execution that deployed it. */
  readonly executionId: string;
  readonly runId: string;
  readonly deployedAt: Date;
  /** False once a later deployment of the same service took its place; the row stays as history. */
  readonly current: boolean;
  /** The restore that undid it; null: it stands. */
  readonly revertedBy: string | null;
}
