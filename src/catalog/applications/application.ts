/** The unit that groups environments, services, workflows and pipelines. Permissions are given per application. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  /** Deleted things keep their row, so that the history of what they did stays readable. */
  readonly deletedAt: Date | null;
}
