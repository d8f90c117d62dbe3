import type { Actor } from '../../access/actor';
import { withRareTags } from '../../catalog/tags/rareTags.store';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { StageExecution, TaskExecution } from '../../engine/execution';
import { type ExecutionFilter, executionCondition } from '../execution/executions.queries';
import { stageExecutionTable, taskExecutionTable } from '../execution/executions.table';
import type { ExecutionExport } from './executionExport';
import { exportTable } from './exports.table';

const columns = columnsOf(exportTable, 'execution_export');

/** Executions that the filters select and the actor may see, newest first. */
export async function findSelected(
  db: Db,
  actor: Actor,
  filters: readonly ExecutionFilter[],
  limit: number,
): Promise<string[]> {
  const parameters: unknown[] = [];
  const where = executionCondition(actor, await withRareTags(db, filters), false, parameters);
  const rows = await db.rows<{ id: string }>(
    `SELECT e.id FROM execution e WHERE ${where} ORDER BY e.created_at DESC, e.id DESC LIMIT $${parameters.push(limit)}`,
    parameters,
  );
  return rows.map(({ id }) => id);
}

/** Workflow executions of runs that the actor may see. */
export async function findSeenMembers(db: Db, actor: Actor, runIds: readonly string[]): Promise<string[]> {
  const parameters: unknown[] = [runIds];
  const seen = actor.access.condition('READ', 'Execution', 'e', parameters);
  const rows = await db.rows<{ id: string }>(
    `SELECT e.id FROM execution e WHERE e.run_id = ANY ($1::uuid[]) AND e.id <> e.run_id AND ${seen}`,
    parameters,
  );
  return rows.map(({ id }) => id);
}

/** Times of the exports of a caller since then, oldest first. Other requests of the caller wait until the commit. */
export async function lockRecent(db: Db, requestedBy: string, since: Date): Promise<Date[]> {
  await db.rows(`SELECT pg_advisory_xact_lock(hashtextextended('slipway.exports.' || $1, 0))`, [requestedBy]);
  const rows = await db.rows<{ createdAt: Date }>(
    `SELECT created_at AS "createdAt" FROM execution_export WHERE requested_by = $1 AND created_at > $2 ORDER BY created_at`,
    [requestedBy, since],
  );
  return rows.map(({ createdAt }) => createdAt);
}

export const insertExport = (db: Db, row: ExecutionExport): Promise<void> => insertRows(db, exportTable, [row]);

export async function findExport(db: Db, id: string): Promise<ExecutionExport | undefined> {
  const [row] = await db.rows<ExecutionExport>(`SELECT ${columns} FROM execution_export WHERE id = $1`, [id]);
  return row && read(row);
}

/** Earliest time at which an export is due; null if none waits. */
export async function findNextDue(db: Db): Promise<Date | null> {
  const [row] = await db.rows<{ at: Date | null }>(
    'SELECT min(due_at) AS at FROM execution_export WHERE due_at IS NOT NULL',
  );
  return row?.at ?? null;
}

/** Takes an export that is due. No other server takes it before `until`. */
export async function claimExport(db: Db, now: Date, until: Date): Promise<ExecutionExport | undefined> {
  const [row] = await db.rows<ExecutionExport>(
    `UPDATE execution_export SET due_at = $2, tries = tries + 1 WHERE id = (
       SELECT id FROM execution_export WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
     ) RETURNING ${columns}`,
    [now, until],
  );
  return row && read(row);
}

/** An export as a server took it. */
export type Claimed = Pick<ExecutionExport, 'id' | 'tries'>;
const IS_MINE = `id = $1 AND tries = $2 AND status = 'QUEUED'`;

/** Moves the time from which a server may take it. False if another one has taken it. */
export const postpone = async (db: Db, { id, tries }: Claimed, dueAt: Date): Promise<boolean> =>
  (await db.write(`UPDATE execution_export SET due_at = $3 WHERE ${IS_MINE}`, [id, tries, dueAt])) > 0;

/** Returns it as if it had not been taken. */
export const handBack = (db: Db, { id, tries }: Claimed, now: Date): Promise<number> =>
  db.write(`UPDATE execution_export SET due_at = $3, tries = tries - 1 WHERE ${IS_MINE}`, [id, tries, now]);

export const setReady = (db: Db, { id, tries }: Claimed, sha256: string, size: number): Promise<number> =>
  db.write(`UPDATE execution_export SET status = 'READY', due_at = NULL, sha256 = $3, size = $4 WHERE ${IS_MINE}`, [
    id,
    tries,
    sha256,
    size,
  ]);

export const setFailed = (db: Db, { id, tries }: Claimed, message: string): Promise<number> =>
  db.write(`UPDATE execution_export SET status = 'FAILED', due_at = NULL, error_message = $3 WHERE ${IS_MINE}`, [
    id,
    tries,
    message,
  ]);

/** Ends exports that expired before then. Returns their content. */
export const expireBefore = (db: Db, before: Date): Promise<{ id: string; sha256: string | null }[]> =>
  db.rows(
    `WITH old AS (
       SELECT id, sha256 FROM execution_export WHERE expires_at <= $1 AND status <> 'EXPIRED' FOR UPDATE SKIP LOCKED
     )
     UPDATE execution_export SET status = 'EXPIRED', due_at = NULL, sha256 = NULL
     FROM old WHERE execution_export.id = old.id RETURNING old.id, old.sha256`,
    [before],
  );

export const deleteExpired = (db: Db, before: Date): Promise<number> =>
  db.write(`DELETE FROM execution_export WHERE expires_at < $1 AND status = 'EXPIRED'`, [before]);

export const findStagesOf = (db: Db, executionId: string): Promise<StageExecution[]> =>
  db.rows(
    `SELECT ${columnsOf(stageExecutionTable, 's')} FROM stage_execution s
     WHERE s.execution_id = $1 ORDER BY s.attempt, s.stage_index, s.element_index`,
    [executionId],
  );

export const findTasksOf = (db: Db, executionId: string): Promise<TaskExecution[]> =>
  db.rows(
    `SELECT ${columnsOf(taskExecutionTable, 't')} FROM task_execution t
     WHERE t.execution_id = $1 ORDER BY t.attempt, t.level, t.ordinal`,
    [executionId],
  );

const read = (row: ExecutionExport): ExecutionExport => ({ ...row, size: row.size === null ? null : Number(row.size) });
