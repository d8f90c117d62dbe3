import { columnsOf } from '../database/table';
import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Workflow } from './workflow';
import { workflowTable } from './workflows.table';

/** By id; also those that were deleted, because the history refers to them. */
export const workflowById: BatchLoad<Workflow> = async (app, ids) => {
  const columns = columnsOf(workflowTable, 'row');
  const rows = await app.database.rows<Workflow>(`SELECT ${columns} FROM workflow row WHERE id = ANY ($1::uuid[])`, [
    ids,
  ]);
  return byKey(rows, (row) => row.id);
};
