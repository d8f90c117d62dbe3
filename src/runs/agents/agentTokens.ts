import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { auditDetail } from '../../access/audit/auditDetail';
import { audit } from '../../access/audit/audited';
import { hashSecret, isId, newId, newSecret, secretMatches } from '../../kernel/ids';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import { type Agent, type AgentToken, agentStatus, effectiveLabels, isPaused, labelList } from '../../contract/labels';
import {
  findAgents,
  findApplicationIds,
  findNamesake,
  findValidToken,
  insertAgent,
  insertAgentToken,
  lockToken,
  noteTokenUse,
} from './agents.store';
import { broken, readIds } from '../../access/permissionInput';
import type { Db } from '../../kernel/database/database';
import { updateRows } from '../../kernel/database/table';
import { labelSetOf } from '../queue/labelMatches.store';
import { agentTokenTable } from './agents.table';
import { readLabels } from './labelInput';
import { removeAgentsOfToken } from './removeAgentsOfToken';

export interface NewAgentToken {
  readonly name: string;
  readonly labels?: readonly string[] | null;
  readonly applicationIds?: readonly string[] | null;
  readonly expiresAt?: Date | null;
}

/** Creates a registration token, which turns a machine into an agent. The value is returned only here. */
export async function createAgentToken(
  app: App,
  actor: Actor,
  input: NewAgentToken,
): Promise<{ token: AgentToken; value: string }> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const errors: InputError[] = [];
  const name = input.name.trim();
  if (name.length === 0 || name.length > 100) {
    const message = 'name must have 1 to 100 characters.';
    errors.push({ field: 'name', value: input.name, rule: 'LENGTH', message });
  }
  const labels = input.labels == null ? null : readLabels(input.labels, 'labels', errors);
  const ids = input.applicationIds ?? null;
  const applicationIds = ids === null ? null : readIds(ids, 'applicationIds', errors);
  if (input.expiresAt != null && input.expiresAt <= app.clock.now()) {
    errors.push(broken('expiresAt', input.expiresAt, 'FUTURE', 'must be in the future.'));
  }
  if (errors.length > 0) throw invalidInput(errors);
  const value = `swr_${newSecret()}`;
  const token: AgentToken = {
    ...{ id: newId(), name, secretHash: hashSecret(value), labels, applicationIds },
    ...{ createdAt: app.clock.now(), createdBy: actor.name, expiresAt: input.expiresAt ?? null },
    ...{ revokedAt: null, revokedBy: null, lastUsedAt: null },
  };
  await app.database.transaction(async (db) => {
    await requireApplications(db, applicationIds ?? []);
    await insertAgentToken(db, token);
    auditDetail(db, { kind: 'agentToken', id: token.id, name, after: token });
  });
  return { token, value };
}

async function requireApplications(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const found = await findApplicationIds(db, ids);
  const unknown = ids.filter((id) => !found.includes(id));
  if (unknown.length === 0) return;
  throw invalidInput(
    unknown.map((id) => broken('applicationIds', id, 'UNKNOWN', `no application has the ID "${id}".`)),
  );
}

/**
 * Revokes a registration token: it registers no more agents. Agents that it registered stay, or are removed. Revoking it
 * again changes nothing but can still remove its agents.
 */
export async function revokeAgentToken(
  app: App,
  actor: Actor,
  { agentTokenId: id, agents }: { readonly agentTokenId: string; readonly agents: 'KEEP' | 'FINISH' | 'LOSE' },
): Promise<AgentToken> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  return app.database.transaction(async (db) => {
    const before = isId(id) ? await lockToken(db, id) : undefined;
    if (before === undefined) throw notFound('agent token', id);
    const now = app.clock.now();
    const after = before.revokedAt === null ? { ...before, revokedAt: now, revokedBy: actor.name } : before;
    await updateRows(db, agentTokenTable, [{ before, after }], ['revokedAt', 'revokedBy']);
    const { secretHash: _, ...shown } = after;
    auditDetail(db, { kind: 'agentToken', id, name: before.name, after: shown });
    if (agents !== 'KEEP') await removeAgentsOfToken(db, id, agents, now);
    return after;
  });
}

export interface Registration {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly slots: number;
  readonly version: string | null;
  readonly host: string | null;
  readonly protocol: number;
  /** Time of the agent's clock; null if it is too old to report it. */
  readonly now: Date | null;
}

/** Labels, applications and identity that a registration token gives. */
type Grant = Pick<AgentToken, 'labels' | 'applicationIds'> & { readonly tokenId: string | null };

async function grantOf(app: App, registrationToken: string): Promise<Grant> {
  const hash = hashSecret(registrationToken);
  const configured = app.config.SLIPWAY_AGENT_TOKEN;
  if (configured !== undefined && secretMatches(registrationToken, hashSecret(configured))) {
    return { tokenId: null, labels: null, applicationIds: null };
  }
  const token = await findValidToken(app.database, hash, app.clock.now());
  if (token === undefined) {
    throw new Refusal('UNAUTHENTICATED', 'This registration token is not valid: it is unknown, expired or revoked.');
  }
  return { tokenId: token.id, labels: token.labels, applicationIds: token.applicationIds };
}

/** Registers an agent with a registration token. */
export async function registerAgent(
  app: App,
  registrationToken: string,
  registration: Registration,
  request: { readonly id: string; readonly address: string },
): Promise<{ agent: Agent; token: string }> {
  const grant = await grantOf(app, registrationToken);
  const secret = newSecret();
  const now = app.clock.now();
  const ownLabels = labelList(registration.labels);
  const agent = await app.database.transaction(async (db) => {
    const namesake = await findNamesake(db, registration.name, grant.tokenId);
    const kept = namesake !== undefined && continues(namesake, registration, now) ? namesake : undefined;
    const labelEdits = kept?.labelEdits ?? {};
    const labels = effectiveLabels(ownLabels, labelEdits, grant.labels);
    const paused = kept !== undefined && isPaused(kept, now) ? kept : undefined;
    const made: Agent = {
      ...{ id: newId(), name: registration.name, host: registration.host, version: registration.version },
      ...{ protocol: registration.protocol, slots: registration.slots, secretHash: hashSecret(secret) },
      ...{ ownLabels, labelEdits, labels, labelSetId: await labelSetOf(db, labels) },
      ...{ tokenId: grant.tokenId, applicationIds: grant.applicationIds },
      ...{ registeredAt: now, lastSeenAt: now, leftAt: null },
      clockSkewMs: registration.now === null ? null : now.getTime() - registration.now.getTime(),
      ...{ pausedAt: paused?.pausedAt ?? null, pausedBy: paused?.pausedBy ?? null },
      ...{ pauseNote: paused?.pauseNote ?? null, pausedUntil: paused?.pausedUntil ?? null },
      ...{ drainingAt: null, removedAt: null, removal: null, revision: 0, jobsDone: 0, jobsLost: 0 },
    };
    await insertAgent(db, made);
    if (grant.tokenId !== null) {
      await noteTokenUse(db, grant.tokenId, now);
    }
    const { id, name } = made;
    const attempt = { actor: { kind: 'AGENT', id, name }, address: request.address, requestId: request.id } as const;
    const { secretHash: _, ...after } = made;
    await audit(
      app,
      db,
      { ...attempt, action: 'agent.register', input: registration },
      { kind: 'agent', id, name, after },
    );
    return made;
  });
  return { agent, token: `swa_${agent.id}_${secret}` };
}

/**
 * True if a new registration is the same agent to a person: one that has restarted, on this machine or after the old one
 * was gone. It keeps its pause and the edits of its labels. A second agent under the name of one that is online on
 * another machine keeps nothing of it.
 */
const continues = (namesake: Agent, { host }: Registration, now: Date): boolean =>
  namesake.removedAt === null && (agentStatus(namesake, now) !== 'ONLINE' || (host !== null && host === namesake.host));

/** Agent that a token belongs to. */
export async function authenticateAgent(app: App, token: string): Promise<Agent> {
  const [, id, secret] = /^swa_([0-9a-f-]{36})_(.+)$/.exec(token) ?? [];
  const [agent] = id !== undefined && isId(id) ? await findAgents(app.database, [id]) : [];
  if (agent === undefined || secret === undefined || !secretMatches(secret, agent.secretHash)) {
    throw new Refusal('UNAUTHENTICATED', 'This agent token is not valid.');
  }
  return agent;
}
