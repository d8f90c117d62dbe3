import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { type IdempotencyKey, idempotencyKeyTable } from './idempotencyKeys.table';

export async function findIdempotencyKey(
  db: Db,
  applicationId: string,
  key: string | null | undefined,
): Promise<IdempotencyKey | undefined> {
  if (key == null) return undefined;
  const [row] = await db.rows<IdempotencyKey>(
    `SELECT ${columnsOf(idempotencyKeyTable, 'used')} FROM idempotency_key used WHERE application_id = $1 AND key = $2`,
    [applicationId, key],
  );
  return row;
}

/** The same in the application of an execution. */
export async function findIdempotencyKeyFor(
  db: Db,
  executionId: string,
  key: string | null | undefined,
): Promise<IdempotencyKey | undefined> {
  if (key == null) return undefined;
  const [row] = await db.rows<IdempotencyKey>(
    `SELECT ${columnsOf(idempotencyKeyTable, 'used')} FROM idempotency_key used
     JOIN execution ON execution.application_id = used.application_id WHERE execution.id = $1 AND key = $2`,
    [executionId, key],
  );
  return row;
}

/** Inserts the key of a running command. Violates the primary key if another command inserted it first. */
export async function insertIdempotencyKey(db: Db, row: IdempotencyKey): Promise<void> {
  await db.write(
    `INSERT INTO idempotency_key (application_id, key, hash, execution_id, answer_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [row.applicationId, row.key, row.hash, row.executionId, row.answerId, row.createdAt],
  );
}
