import { columnsOf } from '../../kernel/database/table';
import { snakeCase } from '../../kernel/database/naming';
import type { Db } from '../../kernel/database/database';
import { type Firing, firingTable } from './firings.table';

const columns = columnsOf(firingTable, 'firing');
const names = Object.keys(firingTable.options.columns) as (keyof Firing)[];
const isJson = new Set<keyof Firing>(['payload', 'inputs', 'facts', 'author']);

/**
 * Adds a firing, unless the same event has fired the trigger already, or the trigger has changed since `version`.
 * Returns true if it was added.
 */
export async function insertFiring(db: Db, firing: Firing): Promise<boolean> {
  const values = names.map((name) =>
    isJson.has(name) && firing[name] !== null ? JSON.stringify(firing[name]) : firing[name],
  );
  const count = await db.write(
    `INSERT INTO trigger_firing (${names.map(snakeCase).join(', ')})
     SELECT ${names.map((name, index) => `$${index + 1}${castOf(name)}`).join(', ')} FROM start_trigger t
     WHERE t.id = $${names.indexOf('triggerId') + 1} AND t.version = $${names.indexOf('version') + 1}
       AND t.enabled AND t.deleted_at IS NULL
     ON CONFLICT DO NOTHING`,
    values,
  );
  return count > 0;
}

function castOf(name: keyof Firing): string {
  const { type, array } = firingTable.options.columns[name] ?? {};
  return `::${String(type)}${array ? '[]' : ''}`;
}

/** The firing of the same event. */
export async function findSameFiring(db: Db, firing: Firing): Promise<Firing | undefined> {
  const { triggerId, dedupeKey, bodyHash } = firing;
  const [row] = await db.rows<Firing>(
    `SELECT ${columns} FROM trigger_firing firing
     WHERE trigger_id = $1 AND (dedupe_key = $2 OR body_hash = $3) ORDER BY created_at LIMIT 1`,
    [triggerId, dedupeKey, bodyHash],
  );
  return row;
}

/** Takes firings that are due, and gives this server time to carry them out; then others may take them. */
export function takeDueFirings(db: Db, now: Date, until: Date, most: number): Promise<Firing[]> {
  return db.rows(
    `WITH due AS (
       SELECT id FROM trigger_firing WHERE next_at <= $1 ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
     )
     UPDATE trigger_firing firing SET next_at = $2, tries = tries + 1 FROM due WHERE firing.id = due.id RETURNING ${columns}`,
    [now, until, most],
  );
}

export type FiringEnd = Pick<Firing, 'status' | 'reasonCode' | 'reason' | 'executionId'> &
  Partial<Pick<Firing, 'inputs' | 'chain' | 'payload'>>;

/** Records the outcome, unless another server has. Returns true if it was recorded. */
export async function endFiring(db: Db, id: string, end: FiringEnd, now: Date): Promise<boolean> {
  const count = await db.write(
    `UPDATE trigger_firing SET status = $2, reason_code = $3, reason = $4, execution_id = $5, ended_at = $6, next_at = NULL,
       inputs = coalesce($7::jsonb, inputs), chain = coalesce($8::uuid[], chain), payload = coalesce($9::jsonb, payload)
     WHERE id = $1 AND ended_at IS NULL`,
    [
      ...[id, end.status, end.reasonCode, end.reason, end.executionId, now],
      end.inputs == null ? null : JSON.stringify(end.inputs),
      end.chain ?? null,
      end.payload == null ? null : JSON.stringify(end.payload),
    ],
  );
  return count > 0;
}

/** Sets the time of the next try. */
export async function postponeFiring(
  db: Db,
  id: string,
  { nextAt, reasonCode, reason }: Pick<Firing, 'nextAt' | 'reasonCode' | 'reason'>,
): Promise<void> {
  await db.write(
    `UPDATE trigger_firing SET next_at = $2, reason_code = $3, reason = $4 WHERE id = $1 AND ended_at IS NULL`,
    [id, nextAt, reasonCode, reason],
  );
}

export async function findFiring(db: Db, id: string): Promise<Firing | undefined> {
  return (await db.rows<Firing>(`SELECT ${columns} FROM trigger_firing firing WHERE id = $1`, [id]))[0];
}

/** Deletes firings that ended before a time, oldest first. */
export function deleteOldFirings(db: Db, before: Date, most: number): Promise<number> {
  return db.write(
    `DELETE FROM trigger_firing WHERE id IN (
       SELECT id FROM trigger_firing WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [before, most],
  );
}

/** Repositories of the images that environments have of a service, without tags. */
export async function findImagesOf(db: Db, applicationId: string, service: string): Promise<string[]> {
  const rows = await db.rows<{ image: string }>(
    `SELECT DISTINCT image FROM (
       SELECT deployment.image FROM deployment JOIN service ON service.id = deployment.service_id
       WHERE service.application_id = $1 AND service.name = $2 AND service.deleted_at IS NULL
       ORDER BY deployment.number DESC LIMIT 200) AS newest`,
    [applicationId, service],
  );
  return rows.map(({ image }) => image);
}

/** Newest execution of a pipeline or workflow that ended with one of the statuses. */
export async function findNewestEnded(
  db: Db,
  entityId: string | null,
  statuses: readonly string[],
): Promise<string | null> {
  const [row] = await db.rows<{ id: string }>(
    `SELECT id FROM execution WHERE entity_id = $1 AND parent_stage_execution_id IS NULL AND status = ANY ($2::text[])
     ORDER BY created_at DESC, id DESC LIMIT 1`,
    [entityId, statuses],
  );
  return row?.id ?? null;
}
