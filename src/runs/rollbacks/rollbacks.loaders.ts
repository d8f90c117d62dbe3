import type { RecordedDeployment } from '../../engine/deployment';
import type { Rollback } from '../../engine/rollback';
import { type BatchLoad, byKey, groupBy } from '../../kernel/loaders';
import { findDeploymentsById, findRollbacks, findRollbacksOfFailed } from './rollbacks.store';

/** Origin of a run; missing unless it is a rollback. */
export const rollbackOfRun: BatchLoad<Rollback> = async (app, ids) =>
  byKey(await findRollbacks(app.database, ids), ({ runId }) => runId);

/** Rollbacks that failed stages of a run have started, oldest first. */
export const rollbacksOfFailedRun: BatchLoad<Rollback[]> = async (app, ids) =>
  groupBy(await findRollbacksOfFailed(app.database, ids), ({ failedRunId }) => failedRunId ?? '');

export const deploymentById: BatchLoad<RecordedDeployment> = async (app, ids) =>
  byKey(await findDeploymentsById(app.database, ids), ({ id }) => id);
