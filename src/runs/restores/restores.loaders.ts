import type { TaskExecution } from '../../engine/execution';
import { attemptKey, attemptOfKey } from '../execution/executions.loaders';
import { type BatchLoad, byKey, groupBy } from '../../kernel/loaders';
import type { Operation, RestorePoint } from './restore';
import {
  findConsumers,
  findLogTexts,
  findOperationsOfRuns,
  findOperationTasks,
  findRestorePoints,
  findRestoresOf,
} from './restores.store';

/** Newest first. */
export const operationsOfRun: BatchLoad<Operation[]> = async (app, ids) =>
  groupBy(await findOperationsOfRuns(app.database, ids), (row) => row.runId);

export const tasksOfOperation: BatchLoad<TaskExecution[]> = async (app, ids) =>
  groupBy(await findOperationTasks(app.database, ids), (row) => row.operationId);

export const logOfOperation: BatchLoad<string> = async (app, ids) =>
  new Map((await findLogTexts(app.database, ids)).map((row) => [row.operationId, row.text]));

/** Newest restore point of each run. */
export const restorePointOfRun: BatchLoad<RestorePoint> = async (app, ids) =>
  byKey(await findRestorePoints(app.database, ids), (row) => row.runId);

/** Restore that used a point. */
export const consumerOfPoint: BatchLoad<Operation> = async (app, ids) =>
  byKey(await findConsumers(app.database, ids), (row) => row.restorePointId ?? '');

/** Restore that undid an attempt of a run; the keys are those of `attemptKey`. */
export const restoreOfAttempt: BatchLoad<Operation> = async (app, keys) =>
  byKey(
    await findRestoresOf(
      app.database,
      keys.map(attemptOfKey).map(({ executionId, attempt }) => ({ runId: executionId, attempt })),
    ),
    ({ runId, undone }) => attemptKey({ executionId: runId, attempt: undone }),
  );
