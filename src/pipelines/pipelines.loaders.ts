import { columnsOf } from '../database/table';
import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Pipeline } from './pipeline';
import { pipelineTable } from './pipelines.table';

/** By id; also those that were deleted, because the history refers to them. */
export const pipelineById: BatchLoad<Pipeline> = async (app, ids) => {
  const columns = columnsOf(pipelineTable, 'row');
  const rows = await app.database.rows<Pipeline>(`SELECT ${columns} FROM pipeline row WHERE id = ANY ($1::uuid[])`, [
    ids,
  ]);
  return byKey(rows, (row) => row.id);
};
