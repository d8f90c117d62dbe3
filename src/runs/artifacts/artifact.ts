/** A file that a job left behind. Its bytes are in the data folder, under their SHA-256. */
export interface Artifact {
  readonly id: string;
  readonly runId: string;
  readonly executionId: string;
  readonly taskExecutionId: string;
  readonly jobId: string;
  /** Relative path in the job's working folder, with `/`. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: Date;
}
