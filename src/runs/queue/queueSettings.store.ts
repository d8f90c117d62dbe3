import type { Db } from '../../kernel/database/database';
import type { QueueSetting } from './job';
import { DEFAULT_PRIORITY } from './priorities';

export function findSettings(db: Db, ids: readonly string[]): Promise<QueueSetting[]> {
  return db.rows('SELECT id, priority, weight FROM queue_setting WHERE id = ANY ($1::uuid[])', [ids]);
}

/** A setting without values is no setting. */
export async function writeSetting(db: Db, { id, priority, weight }: QueueSetting): Promise<void> {
  if (priority === null && weight === null) {
    await db.write('DELETE FROM queue_setting WHERE id = $1', [id]);
    return;
  }
  await db.write(
    `INSERT INTO queue_setting (id, priority, weight) VALUES ($1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, weight = excluded.weight`,
    [id, priority, weight],
  );
}

/** Priority of the first of these that has one. */
export async function firstPriority(db: Db, ids: readonly string[]): Promise<number> {
  const settings = await findSettings(db, ids);
  const own = ids.map((id) => settings.find((one) => one.id === id)?.priority ?? null);
  return own.find((priority) => priority !== null) ?? DEFAULT_PRIORITY;
}

/** Priority of a run that has none of its own. */
export const inheritedPriority = (
  db: Db,
  { entityId, applicationId }: { readonly entityId: string; readonly applicationId: string },
): Promise<number> => firstPriority(db, [entityId, applicationId]);

export const setRunPriority = (db: Db, id: string, priority: number | null): Promise<number> =>
  db.write('UPDATE execution SET priority = $2 WHERE id = $1', [id, priority]);
