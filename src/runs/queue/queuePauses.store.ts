import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { QueuePause } from './job';
import { queuePauseTable } from './jobs.table';

/** Pauses that hold now, oldest first. */
export function findPauses(db: Db, now: Date): Promise<QueuePause[]> {
  return db.rows(
    `SELECT ${columnsOf(queuePauseTable, 'pause')} FROM queue_pause pause
     WHERE pause.until IS NULL OR pause.until > $1 ORDER BY pause.at, pause.id`,
    [now],
  );
}

/** Adds a pause and removes those that are over. */
export async function insertPause(db: Db, pause: QueuePause): Promise<void> {
  await Promise.all([
    db.write('DELETE FROM queue_pause WHERE until <= $1', [pause.at]),
    insertRows(db, queuePauseTable, [pause]),
  ]);
}

/** Removes a pause; undefined if there is none. */
export async function removePause(db: Db, id: string): Promise<QueuePause | undefined> {
  const [row] = await db.rows<QueuePause>(
    `DELETE FROM queue_pause pause WHERE id = $1 RETURNING ${columnsOf(queuePauseTable, 'pause')}`,
    [id],
  );
  return row;
}
