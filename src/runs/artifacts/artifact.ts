import type { ActorRef } from '../../access/actor';
import type { ArtifactType } from '../../contract/agentProtocol';

/** File, link or empty folder that a job uploaded. `contents` has its content. */
export interface Artifact {
  readonly id: string;
  readonly applicationId: string;
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
  /** Kept by a person, regardless of the retention. */
  readonly pin: ArtifactPin | null;
  /** Null while there is content. The row stays, so that a deleted artifact is not mistaken for one that never was. */
  readonly deletedAt: Date | null;
  readonly deletion: ArtifactDeletion | null;
}

export interface ArtifactPin {
  readonly at: string;
  readonly by: ActorRef;
  readonly note: string | null;
}

export const deletionReason = {
  name: 'ArtifactDeletionReason',
  description: 'Reason why the content of an artifact was deleted.',
  values: {
    PERSON: 'A user deleted it with `deleteArtifact`.',
    AGE: 'It was older than `SLIPWAY_ARTIFACT_RETENTION_DAYS`.',
    COUNT: 'More than `SLIPWAY_ARTIFACT_RETENTION_RUNS` newer runs of the same pipeline or workflow left artifacts.',
    SIZE: 'All artifacts together were larger than `SLIPWAY_ARTIFACT_RETENTION_BYTES`, and this was the oldest.',
  },
} as const;
export type DeletionReason = keyof (typeof deletionReason)['values'];

export interface ArtifactDeletion {
  readonly by: ActorRef;
  readonly reason: DeletionReason;
}

export const artifactHold = {
  name: 'ArtifactHold',
  description: 'Reason why an artifact can’t be deleted.',
  values: {
    PERSON: 'A user pinned it with `pinArtifact`.',
    RUN: 'Its run has not ended, so a later task may need it.',
    APPROVAL: 'An approval of its run waits for a decision.',
    DEPLOYMENT: 'Its run deployed what an environment has, or what a rollback would bring back.',
    RESTORE_POINT: 'Its run can still be restored, and the restore may need it.',
  },
} as const;
export type ArtifactHold = keyof (typeof artifactHold)['values'];
