import type { ActorRef } from '../../access/actor';
import type { StatusOf } from '../../engine/machine';
import type { StatusBefore } from '../../engine/restoreRun';

/**
 * The attempt that a run stood at before it was extended. Made with the extension, never changed, used at most once.
 */
export interface RestorePoint {
  readonly id: string;
  readonly runId: string;
  /** The attempt that had succeeded. */
  readonly attempt: number;
  /** The newest deployment of all at that time: what came before it in the history was deployed then. */
  readonly lastDeployment: number;
  readonly createdAt: Date;
  /** Who extended the run. */
  readonly createdBy: ActorRef;
}

export const operationKinds = ['EXTEND', 'RESTORE'] as const;

/** One extension or restore of a run, with a log of its own. */
export interface Operation {
  readonly id: string;
  readonly runId: string;
  readonly kind: (typeof operationKinds)[number];
  readonly status: StatusOf<'operation'>;
  /** The point that an extension made, or that a restore goes back to. */
  readonly restorePointId: string | null;
  /** The attempt of the run that it began; of a restore null until it has succeeded. */
  readonly attempt: number | null;
  readonly actor: ActorRef;
  readonly debug: boolean;
  /** The caller knows that other runs have deployed in the environments since, and overrules them. */
  readonly conflictsConfirmed: boolean;
  /** How the run stood before; what a failure brings back. */
  readonly before: StatusBefore;
  /** How many steps of a restore have begun. */
  readonly step: number;
  readonly startedAt: Date;
  /** A restore that is not done by then fails. */
  readonly deadlineAt: Date;
  readonly endedAt: Date | null;
  /** Set on a RUNNING operation too: then it ends as soon as nothing of it runs. */
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
