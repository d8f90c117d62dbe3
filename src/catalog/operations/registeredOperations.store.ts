import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import { type RegisteredOperation, registeredOperationTable } from './registeredOperations';

const columns = columnsOf(registeredOperationTable, 'operation');

export async function findOperationText(db: Db, hash: string): Promise<string | undefined> {
  const [row] = await db.rows<{ text: string }>('SELECT text FROM registered_operation WHERE hash = $1', [hash]);
  return row?.text;
}

export function findOperations(db: Db, hashes: readonly string[]): Promise<RegisteredOperation[]> {
  return db.rows(`SELECT ${columns} FROM registered_operation operation WHERE hash = ANY ($1::text[])`, [hashes]);
}

/** Sorted by hash. */
export function findOperationsAfter(db: Db, after: string, limit: number): Promise<RegisteredOperation[]> {
  return db.rows(`SELECT ${columns} FROM registered_operation operation WHERE hash > $1 ORDER BY hash LIMIT $2`, [
    after,
    limit,
  ]);
}

export async function insertOperations(db: Db, rows: readonly RegisteredOperation[]): Promise<void> {
  await insertRows(db, registeredOperationTable, rows);
}

/** Registrations run one after the other, so that two of the same document don't collide. */
export async function lockOperations(db: Db): Promise<void> {
  await db.write('LOCK TABLE registered_operation IN SHARE ROW EXCLUSIVE MODE', []);
}

export async function deleteOperation(db: Db, hash: string): Promise<void> {
  await db.write('DELETE FROM registered_operation WHERE hash = $1', [hash]);
}
