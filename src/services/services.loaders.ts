import { columnsOf } from '../database/table';
import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Service } from './service';
import { serviceTable } from './services.table';

/** By id; also those that were deleted, because the history refers to them. */
export const serviceById: BatchLoad<Service> = async (app, ids) => {
  const columns = columnsOf(serviceTable, 'row');
  const rows = await app.database.rows<Service>(`SELECT ${columns} FROM service row WHERE id = ANY ($1::uuid[])`, [
    ids,
  ]);
  return byKey(rows, (row) => row.id);
};
