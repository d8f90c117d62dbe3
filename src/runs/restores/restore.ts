import type { ActorRef } from '../../access/actor';
import type { StatusOf } from '../../engine/machine';
import type { StatusBefore } from '../../engine/restoreRun';

/** State of a run before it was extended. Created with the extension, immutable, and used at most once. */
export interface RestorePoint {
  readonly id: string;
  readonly runId: string;
  /** Attempt that had succeeded. */
  readonly attempt: number;
  /** Number of the newest deployment at that time: earlier entries of the history define what was deployed then. */
  readonly lastDeployment: number;
  readonly createdAt: Date;
  /** Actor that extended the run. */
  readonly createdBy: ActorRef;
}

export const operationKinds = ['EXTEND', 'RESTORE'] as const;

/** One extension or restore of a run, with a separate log. */
export interface Operation {
  readonly id: string;
  readonly runId: string;
  readonly kind: (typeof operationKinds)[number];
  readonly status: StatusOf<'operation'>;
  /** Point that an extension created, or to which a restore returns. */
  readonly restorePointId: string | null;
  /** Attempt of the run that it began; for a restore, null until it has succeeded. */
  readonly attempt: number | null;
  readonly actor: ActorRef;
  readonly debug: boolean;
  /** True if the caller knows that other runs have deployed in the environments since, and overrules them. */
  readonly conflictsConfirmed: boolean;
  /** State of the run before the operation; a failure brings it back. */
  readonly before: StatusBefore;
  /** Number of steps of a restore that have begun. */
  readonly step: number;
  readonly startedAt: Date;
  /** A restore that has not finished by this time fails. */
  readonly deadlineAt: Date;
  readonly endedAt: Date | null;
  /** May be set on a RUNNING operation, which then ends as soon as nothing of it runs. */
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** A task that runs for an operation. */
export interface OperationTask {
  readonly operationId: string;
  readonly taskExecutionId: string;
  readonly step: number;
}

export const logLevels = ['DEBUG', 'INFO', 'ERROR'] as const;

export interface OperationLogLine {
  readonly operationId: string;
  /** From 1, without gaps. */
  readonly number: number;
  readonly at: Date;
  readonly level: (typeof logLevels)[number];
  readonly message: string;
}
