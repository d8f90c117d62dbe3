import type { ArtifactType } from '../../contract/agentProtocol';

/** File, link or empty folder that a job uploaded. Its content is in the data directory, named by its SHA-256. */
export interface Artifact {
  readonly id: string;
  readonly runId: string;
  readonly executionId: string;
  readonly taskExecutionId: string;
  readonly jobId: string;
  /** Relative path in the job's working directory, with `/`. */
  readonly name: string;
  /** The content of a link is its target; a folder has none. */
  readonly type: ArtifactType;
  /** Permission bits in octal. */
  readonly mode: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: Date;
}
