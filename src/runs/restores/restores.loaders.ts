import type { TaskExecution } from '../../engine/execution';
import { type BatchLoad, byKey, groupBy } from '../../kernel/loaders';
import type { Operation } from './restore';
import {
  findConsumers,
  findLogTexts,
  findOperations,
  findOperationsOfRuns,
  findOperationTasks,
  findRestorePointHeads,
  type RestorePointHead,
} from './restores.store';

export const operationById: BatchLoad<Operation> = async (app, ids) =>
  byKey(await findOperations(app.database, ids), (row) => row.id);

/** The newest first. */
export const operationsOfRun: BatchLoad<Operation[]> = async (app, ids) =>
  groupBy(await findOperationsOfRuns(app.database, ids), (row) => row.runId);

export const tasksOfOperation: BatchLoad<TaskExecution[]> = async (app, ids) =>
  groupBy(await findOperationTasks(app.database, ids), (row) => row.operationId);

export const logOfOperation: BatchLoad<string> = async (app, ids) =>
  new Map((await findLogTexts(app.database, ids)).map((row) => [row.operationId, row.text]));

/** The newest one of each run. */
export const restorePointOfRun: BatchLoad<RestorePointHead> = async (app, ids) =>
  byKey(await findRestorePointHeads(app.database, ids), (row) => row.runId);

/** The restore that used a point. */
export const consumerOfPoint: BatchLoad<Operation> = async (app, ids) =>
  byKey(await findConsumers(app.database, ids), (row) => row.restorePointId ?? '');
