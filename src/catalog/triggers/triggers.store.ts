import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import { newSecret } from '../../kernel/ids';
import { type BatchLoad, byKey } from '../../kernel/loaders';
import { contentHash } from '../language/contentHash';
import { hookOf } from '../language/triggerShape';
import type { Secret } from '../secrets/secrets';
import {
  type Trigger,
  type TriggerHook,
  type TriggerVersion,
  triggerHookTable,
  triggers,
  triggerVersionTable,
} from './triggers';

/** Writes a new or changed trigger with its version, and an address if it receives webhooks. */
export async function writeTriggerRow(db: Db, before: Trigger | undefined, after: Trigger): Promise<void> {
  if (before === undefined) await triggers.insert(db, [after]);
  else await triggers.update(db, after.id, after);
  const { id: triggerId, version: number, definition, author, updatedAt: createdAt } = after;
  const version = { triggerId, number, definition, contentHash: contentHash(definition), author, createdAt };
  if (before?.version !== number) await insertRows(db, triggerVersionTable, [version]);
  if (hookOf(definition) !== null) await ensureHook(db, triggerId, createdAt);
}

async function ensureHook(db: Db, triggerId: string, now: Date): Promise<void> {
  await db.write(
    `INSERT INTO trigger_hook (trigger_id, path, secret_version, rotated_at) VALUES ($1, $2, 0, $3)
     ON CONFLICT (trigger_id) DO NOTHING`,
    [triggerId, newSecret(), now],
  );
}

const hookColumns = columnsOf(triggerHookTable, 'hook');

export async function findHookOf(db: Db, triggerId: string): Promise<TriggerHook | undefined> {
  const [row] = await db.rows<TriggerHook>(`SELECT ${hookColumns} FROM trigger_hook hook WHERE trigger_id = $1`, [
    triggerId,
  ]);
  return row;
}

export const hookOfTrigger: BatchLoad<TriggerHook> = async ({ database }, triggerIds) =>
  byKey(await findHooks(database, triggerIds), ({ triggerId }) => triggerId);

export async function findHookByPath(db: Db, path: string): Promise<TriggerHook | undefined> {
  const [row] = await db.rows<TriggerHook>(`SELECT ${hookColumns} FROM trigger_hook hook WHERE path = $1`, [path]);
  return row;
}

export const findHooks = (db: Db, triggerIds: readonly string[]): Promise<TriggerHook[]> =>
  db.rows(`SELECT ${hookColumns} FROM trigger_hook hook WHERE trigger_id = ANY ($1::uuid[])`, [triggerIds]);

/** Replaces the changed columns of an address. The caller holds the lock of the application, or of the row. */
export async function updateHook(db: Db, hook: TriggerHook): Promise<void> {
  await db.write(
    `UPDATE trigger_hook SET path = $2, key_id = $3, sealed = $4, secret_version = $5, previous_key_id = $6,
       previous_sealed = $7, previous_until = $8, rotated_at = $9 WHERE trigger_id = $1`,
    [
      ...[hook.triggerId, hook.path, hook.keyId, hook.sealed, hook.secretVersion],
      ...[hook.previousKeyId, hook.previousSealed, hook.previousUntil, hook.rotatedAt],
    ],
  );
}

/** Addresses with a secret that another key encrypts. */
export function lockHooksOfOtherKeys(db: Db, keyId: string): Promise<(TriggerHook & { applicationId: string })[]> {
  return db.rows(
    `SELECT ${hookColumns}, t.application_id AS "applicationId" FROM trigger_hook hook
     JOIN start_trigger t ON t.id = hook.trigger_id
     WHERE hook.key_id <> $1 OR hook.previous_key_id <> $1 ORDER BY hook.trigger_id FOR UPDATE OF hook`,
    [keyId],
  );
}

/** What the encrypted secret of an address is bound to. */
export const sealedAs = (
  { triggerId }: Pick<TriggerHook, 'triggerId'>,
  applicationId: string,
  version: number,
): Pick<Secret, 'id' | 'applicationId' | 'environmentId' | 'name' | 'version'> => ({
  ...{ id: triggerId, applicationId, environmentId: null, name: 'webhook secret', version },
});

export function versionPages(
  db: Db,
  triggerIds: readonly string[],
  page: { readonly before: number | undefined; readonly offset: number; readonly fetch: number },
): Promise<TriggerVersion[]> {
  return db.rows(
    `SELECT ${columnsOf(triggerVersionTable, 'one')} FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
       SELECT * FROM start_trigger_version WHERE trigger_id = wanted.id AND number < $2
       ORDER BY number DESC LIMIT $3 OFFSET $4
     ) AS one ORDER BY one.number DESC`,
    [triggerIds, page.before ?? 2_147_483_647, page.fetch, page.offset],
  );
}

/** Number of versions of each; they have no gaps. */
export async function countVersions(db: Db, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db.rows<{ triggerId: string; count: number }>(
    `SELECT trigger_id AS "triggerId", max(number) AS count FROM start_trigger_version
     WHERE trigger_id = ANY ($1::uuid[]) GROUP BY trigger_id`,
    [triggerIds],
  );
  return new Map(rows.map(({ triggerId, count }) => [triggerId, count]));
}

export async function findVersion(db: Db, triggerId: string, number: number): Promise<TriggerVersion | undefined> {
  const [row] = await db.rows<TriggerVersion>(
    `SELECT ${columnsOf(triggerVersionTable, 'one')} FROM start_trigger_version one WHERE trigger_id = $1 AND number = $2`,
    [triggerId, number],
  );
  return row;
}

/** Counts deliveries that were refused because of their signature. */
export async function countRejected(db: Db, counts: ReadonlyMap<string, number>, now: Date): Promise<void> {
  await db.write(
    `UPDATE trigger_hook hook SET rejected = rejected + given.count, last_rejected_at = $3
     FROM unnest($1::uuid[], $2::int[]) AS given (id, count) WHERE hook.trigger_id = given.id`,
    [[...counts.keys()], [...counts.values()], now],
  );
}

const triggerColumns = columnsOf(triggers.schema, 'one');

/** Triggers whose scheduled time has come, locked. */
export const lockDueTriggers = (db: Db, now: Date, most: number): Promise<Trigger[]> =>
  db.rows(
    `SELECT ${triggerColumns} FROM start_trigger one WHERE next_at <= $1 ORDER BY next_at LIMIT $2
     FOR NO KEY UPDATE SKIP LOCKED`,
    [now, most],
  );

export async function setNextTick(db: Db, triggerId: string, nextAt: Date | null): Promise<void> {
  await db.write('UPDATE start_trigger SET next_at = $2 WHERE id = $1', [triggerId, nextAt]);
}
