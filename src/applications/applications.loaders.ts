import { columnsOf } from '../database/table';
import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Application } from './application';
import { applicationTable } from './applications.table';

/** By id; also those that were deleted, because the history refers to them. */
export const applicationById: BatchLoad<Application> = async (app, ids) => {
  const columns = columnsOf(applicationTable, 'row');
  const rows = await app.database.rows<Application>(
    `SELECT ${columns} FROM application row WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  return byKey(rows, (row) => row.id);
};
