import type { Db } from '../../kernel/database/database';
import { isId } from '../../kernel/ids';

/** Tables of the types that `node` finds. IDs are UUIDs, unique over all of them. */
const tables = {
  Application: 'application',
  Environment: 'environment',
  Service: 'service',
  Workflow: 'workflow',
  Pipeline: 'pipeline',
  Trigger: 'start_trigger',
  Freeze: 'deployment_freeze',
  Template: 'template',
  Execution: 'execution',
  Job: 'job',
  Artifact: 'artifact',
  Agent: 'agent',
  User: 'user_account',
  UserGroup: 'user_group',
} as const;
export type NodeType = keyof typeof tables;

const FIND = Object.entries(tables)
  .map(([type, table]) => `SELECT '${type}' AS type FROM ${table} WHERE id = $1`)
  .join(' UNION ALL ');

/** Type of the object with this ID, from one statement over primary keys. Says nothing about rights. */
export async function findNodeType(db: Db, id: string): Promise<NodeType | undefined> {
  const [row] = isId(id) ? await db.rows<{ type: NodeType }>(`${FIND} LIMIT 1`, [id]) : [];
  return row?.type;
}
