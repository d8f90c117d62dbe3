/** File that a job uploaded. Its content is in the data directory, under its SHA-256. */
export interface Artifact {
  readonly id: string;
  readonly runId: string;
  readonly executionId: string;
  readonly taskExecutionId: string;
  readonly jobId: string;
  /** Relative path in the job's working directory, with `/`. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: Date;
}
