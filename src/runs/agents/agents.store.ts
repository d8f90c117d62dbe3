import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { Agent, AgentToken, Removal } from '../../contract/labels';
import { agentTable, agentTokenTable } from './agents.table';
import type { Job } from '../queue/job';
import { jobTable } from '../queue/jobs.table';

const agent = columnsOf(agentTable, 'agent');
const token = columnsOf(agentTokenTable, 'token');

export async function insertAgent(db: Db, row: Agent): Promise<void> {
  await insertRows(db, agentTable, [row]);
}

export function findAgents(db: Db, ids: readonly string[]): Promise<Agent[]> {
  return db.rows(`SELECT ${agent} FROM agent WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** The agent, which no other transaction can change until this one ends. */
export async function lockAgent(db: Db, id: string): Promise<Agent | undefined> {
  const [row] = await db.rows<Agent>(`SELECT ${agent} FROM agent WHERE id = $1 FOR UPDATE`, [id]);
  return row;
}

/** Newest agent with this name that was registered with the same token. */
export async function findNamesake(db: Db, name: string, tokenId: string | null): Promise<Agent | undefined> {
  const [row] = await db.rows<Agent>(
    `SELECT ${agent} FROM agent WHERE name = $1 AND token_id IS NOT DISTINCT FROM $2::uuid
     ORDER BY registered_at DESC, id DESC LIMIT 1`,
    [name, tokenId],
  );
  return row;
}

/** Agents of these that have changed since they were read: `revision` differs. */
export function findChangedAgents(db: Db, known: readonly Pick<Agent, 'id' | 'revision'>[]): Promise<Agent[]> {
  return db.rows(
    `SELECT ${agent} FROM agent JOIN unnest($1::uuid[], $2::int[]) known (id, revision) USING (id)
     WHERE agent.revision <> known.revision`,
    [known.map(({ id }) => id), known.map(({ revision }) => revision)],
  );
}

/** Agents seen since this time that take jobs, by name. */
export function findOnlineAgents(db: Db, since: Date): Promise<Agent[]> {
  return db.rows(`SELECT ${agent} FROM agent WHERE left_at IS NULL AND last_seen_at >= $1 ORDER BY name, id`, [since]);
}

export async function noteLeft(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE agent SET left_at = $2, last_seen_at = $2 WHERE id = $1 AND left_at IS NULL', [id, now]);
}

/** Running jobs of these agents: the slots in use. */
export function countRunning(db: Db, ids: readonly string[]): Promise<{ agentId: string; running: number }[]> {
  return db.rows(
    `SELECT agent_id AS "agentId", count(*)::int AS running FROM job_lease WHERE agent_id = ANY ($1::uuid[]) GROUP BY agent_id`,
    [ids],
  );
}

export async function insertAgentToken(db: Db, row: AgentToken): Promise<void> {
  await insertRows(db, agentTokenTable, [row]);
}

/** A token that can register agents now. */
export async function findValidToken(db: Db, secretHash: string, now: Date): Promise<AgentToken | undefined> {
  const [row] = await db.rows<AgentToken>(
    `SELECT ${token} FROM agent_token token
     WHERE secret_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
    [secretHash, now],
  );
  return row;
}

export async function lockToken(db: Db, id: string): Promise<AgentToken | undefined> {
  const [row] = await db.rows<AgentToken>(`SELECT ${token} FROM agent_token token WHERE id = $1 FOR UPDATE`, [id]);
  return row;
}

export function findTokens(db: Db, ids: readonly string[]): Promise<AgentToken[]> {
  return db.rows(`SELECT ${token} FROM agent_token token WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** Jobs that these agents have, offered or running, in the order in which they were queued. */
export function findJobsOfAgents(
  db: Db,
  agentIds: readonly string[],
): Promise<(Job & { readonly holderId: string })[]> {
  return db.rows(
    `SELECT lease.agent_id AS "holderId", ${columnsOf(jobTable, 'job')}
     FROM job_lease lease JOIN job ON job.id = lease.job_id WHERE lease.agent_id = ANY ($1::uuid[])
     ORDER BY job.queued_at, job.id`,
    [agentIds],
  );
}

/** Number of other online agents with the same name. */
export function countNamesakes(db: Db, ids: readonly string[], since: Date): Promise<{ id: string; others: number }[]> {
  return db.rows(
    `SELECT agent.id, count(*)::int AS others FROM agent JOIN agent other ON other.name = agent.name AND other.id <> agent.id
     WHERE agent.id = ANY ($1::uuid[]) AND other.left_at IS NULL AND other.last_seen_at >= $2 GROUP BY agent.id`,
    [ids, since],
  );
}

/** Those of these applications that exist. */
export async function findApplicationIds(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    'SELECT id FROM application WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL',
    [ids],
  );
  return rows.map(({ id }) => id);
}

export async function noteTokenUse(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE agent_token SET last_used_at = $2 WHERE id = $1', [id, now]);
}

/** Removes all agents that a registration token has registered; returns their ids. */
export async function markRemoved(db: Db, tokenId: string, removal: Removal, now: Date): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    `UPDATE agent SET removed_at = $2, left_at = $2, removal = $3, revision = revision + 1
     WHERE token_id = $1 AND left_at IS NULL AND removed_at IS NULL RETURNING id`,
    [tokenId, now, removal],
  );
  return rows.map(({ id }) => id);
}
