import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { columnsOf } from '../../kernel/database/table';
import { afterCondition, cursorCodec, readPage, toPage } from '../../kernel/paging';
import type { Page, PageArguments } from '../../kernel/paging';
import type { Agent } from '../../contract/labels';
import { agentTable } from './agents.table';

const cursor = cursorCodec('agents', 'time', 'id');

/** Agents, newest first. */
export async function listAgents(
  app: App,
  actor: Actor,
  includeLeft: boolean,
  page: PageArguments,
): Promise<Page<Agent>> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const request = readPage(page, cursor);
  const parameters: unknown[] = [];
  const where = includeLeft ? 'TRUE' : 'left_at IS NULL';
  const after = request.after
    ? ` AND ${afterCondition(['registered_at', 'id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<Agent>(
    `SELECT ${columnsOf(agentTable, 'agent')} FROM agent WHERE ${where}${after} ORDER BY registered_at DESC, id DESC
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => cursor.encode([row.registeredAt, row.id]),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(`SELECT count(*) AS n FROM agent WHERE ${where}`);
      return Number(row?.n ?? 0);
    },
  });
}
