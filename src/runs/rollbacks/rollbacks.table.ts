import type { Rollback, RollbackRequest } from '../../engine/rollback';
import { column, references, table } from '../../kernel/database/table';

/** Append-only: one row for each run that is a rollback. */
export const rollbackTable = table<Rollback>('rollback', {
  columns: {
    runId: { ...column.uuid, primary: true },
    environmentId: column.uuidOrNull,
    services: column.json,
    failedRunId: column.uuidOrNull,
    time: column.timeOrNull,
    createdAt: column.time,
  },
  foreignKeys: [
    references('execution', 'runId'),
    references('execution', 'failedRunId'),
    references('environment', 'environmentId'),
  ],
  indices: [{ name: 'rollback_failed_run', columns: ['failedRunId'], where: 'failed_run_id IS NOT NULL' }],
});

export const rollbackRequestTable = table<RollbackRequest>('rollback_request', {
  columns: {
    id: column.id,
    runId: column.uuid,
    attempt: column.integer,
    stageIndex: column.integer,
    requestedAt: column.time,
    doneAt: column.timeOrNull,
  },
  foreignKeys: [references('execution', 'runId')],
  // A stage of an attempt fails once, so it is rolled back once.
  uniques: [{ name: 'rollback_request_stage', columns: ['runId', 'attempt', 'stageIndex'] }],
  indices: [{ name: 'rollback_request_open', columns: ['requestedAt'], where: 'done_at IS NULL' }],
});
