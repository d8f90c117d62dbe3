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

export const deploymentStatuses = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'UNKNOWN'] as const;

/** One service's image brought to one environment. Never changed once it is over; the newest success says what is deployed. */
export interface Deployment {
  readonly id: string;
  /** Position in the history of all environments. Deployments to one environment are numbered in the order of their commits. */
  readonly number: number;
  readonly environmentId: string;
  readonly serviceId: string;
  /** Null: a restore showed that nothing of the service is deployed. */
  readonly image: string | null;
  readonly status: (typeof deploymentStatuses)[number];
  /** The workflow execution that deployed it. */
  readonly executionId: string;
  /** The run that brought it there: with a start or an extension, or back with a restore. */
  readonly runId: string;
  readonly deployedAt: Date;
}
