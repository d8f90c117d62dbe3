import { columnsOf } from '../database/table';
import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Environment } from './environment';
import { environmentTable } from './environments.table';

/** By id; also those that were deleted, because the history refers to them. */
export const environmentById: BatchLoad<Environment> = async (app, ids) => {
  const columns = columnsOf(environmentTable, 'row');
  const rows = await app.database.rows<Environment>(
    `SELECT ${columns} FROM environment row WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  return byKey(rows, (row) => row.id);
};
