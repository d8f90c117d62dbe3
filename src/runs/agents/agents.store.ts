import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { Agent, AgentToken } from '../../contract/labels';
import { agentTable, agentTokenTable } from './agents.table';

const agent = columnsOf(agentTable, 'agent');

export async function insertAgent(db: Db, row: Agent): Promise<void> {
  await insertRows(db, agentTable, [row]);
}

export function findAgents(db: Db, ids: readonly string[]): Promise<Agent[]> {
  return db.rows(`SELECT ${agent} FROM agent WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** Agents seen since this time, by name. */
export function findOnlineAgents(db: Db, since: Date): Promise<Agent[]> {
  return db.rows(`SELECT ${agent} FROM agent WHERE left_at IS NULL AND last_seen_at >= $1 ORDER BY name, id`, [since]);
}

/**
 * Updates the time at which agents were last seen. It is accurate to a few seconds, because agents send requests often.
 */
export async function noteSeen(db: Db, ids: readonly string[], now: Date): Promise<void> {
  await db.write('UPDATE agent SET last_seen_at = $2, left_at = NULL WHERE id = ANY ($1::uuid[])', [ids, now]);
}

export async function noteLeft(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE agent SET left_at = $2, last_seen_at = $2 WHERE id = $1 AND left_at IS NULL', [id, now]);
}

export async function insertAgentToken(db: Db, row: AgentToken): Promise<void> {
  await insertRows(db, agentTokenTable, [row]);
}

export async function findAgentToken(db: Db, secretHash: string): Promise<AgentToken | undefined> {
  const [row] = await db.rows<AgentToken>(
    `SELECT ${columnsOf(agentTokenTable, 'token')} FROM agent_token token WHERE secret_hash = $1 AND revoked_at IS NULL`,
    [secretHash],
  );
  return row;
}
