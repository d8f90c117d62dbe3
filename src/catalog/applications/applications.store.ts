import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { RowCondition } from '../../kernel/database/namedRows';
import { isId } from '../../kernel/ids';
import { notFound } from '../../kernel/errors';
import type { PartRow } from '../resourceFields';
import type { PartRows } from '../resources.store';
import { type Application, applications } from './applications';

const columns = columnsOf(applications.schema, 'application');

export function findApplicationsByName(db: Db, names: readonly string[]): Promise<Application[]> {
  return applications.findAll(db, 'row.name = ANY ($1::text[])', [names]);
}

/**
 * Every change of an application's configuration first locks its row, so that changes run one after another: anything
 * that a change has checked stays true until it commits. Starts of executions hold the row FOR SHARE: they don't block
 * each other, but no start runs during a change.
 */
export async function lockApplication(db: Db, id: string): Promise<Application> {
  const [application] = isId(id) ? await lock(db, 'id = $1', [id]) : [];
  if (application === undefined) throw notFound('application', id);
  return application;
}

/**
 * The same for applications that a source names, which need not exist yet. The names are locked first, in a fixed
 * order, so that two sources can't both create the same application.
 */
export async function lockApplicationsByName(db: Db, names: readonly string[]): Promise<Application[]> {
  await lockApplicationNames(db, names);
  return lock(db, 'name = ANY ($1::text[])', [names]);
}

export async function lockApplicationNames(db: Db, names: readonly string[]): Promise<void> {
  await db.rows(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT hashtextextended('slipway.application.' || name, 0) AS key FROM unnest($1::text[]) AS name ORDER BY key
     ) AS keys`,
    [names],
  );
}

function lock(db: Db, condition: string, parameters: readonly unknown[]): Promise<Application[]> {
  return db.rows(
    `SELECT ${columns} FROM application WHERE ${condition} AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
    parameters,
  );
}

/** Locks the application of a part, then reads the current row of the part. */
export async function lockPart<T extends PartRow>(
  db: Db,
  parts: PartRows<T>,
  id: string,
): Promise<{ readonly part: T; readonly application: Application }> {
  const found = isId(id) ? await parts.find(db, id) : undefined;
  const [application] = found === undefined ? [] : await lock(db, 'id = $1', [found.applicationId]);
  // Read again, because it may have been renamed or deleted while this waited for the lock.
  const part = application === undefined ? undefined : await parts.find(db, id);
  if (application === undefined || part === undefined) throw notFound(parts.table, id);
  return { part, application };
}

/**
 * Executions of an application that are not final and match a condition on `execution`; only as many as an error names.
 */
export function findActiveExecutions(
  db: Db,
  applicationId: string,
  conditionOf: RowCondition,
  limit: number,
): Promise<{ id: string; kind: string; status: string }[]> {
  const parameters: unknown[] = [applicationId, limit];
  return db.rows(
    `SELECT id, kind, status FROM execution
     WHERE application_id = $1 AND ended_at IS NULL AND ${conditionOf(parameters)} ORDER BY created_at LIMIT $2`,
    parameters,
  );
}

export async function countActiveExecutions(db: Db, applicationId: string): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM execution WHERE application_id = $1 AND ended_at IS NULL`,
    [applicationId],
  );
  return row?.count ?? 0;
}
