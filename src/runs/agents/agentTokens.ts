import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { auditDetail } from '../../access/audit/auditDetail';
import { audit } from '../../access/audit/audited';
import { hashSecret, isId, newId, newSecret, secretMatches } from '../../kernel/ids';
import { invalidInput, Refusal } from '../../kernel/errors';
import { type Agent, type AgentToken, labelList } from '../../contract/labels';
import { findAgents, findAgentToken, insertAgent, insertAgentToken } from './agents.store';

/** Creates a registration token, which turns a machine into an agent. The value is returned only here. */
export async function createAgentToken(
  app: App,
  actor: Actor,
  input: { readonly name: string },
): Promise<{ token: AgentToken; value: string }> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const name = input.name.trim();
  if (name.length === 0 || name.length > 100) {
    const message = 'name must have 1 to 100 characters.';
    throw invalidInput([{ field: 'name', value: input.name, rule: 'LENGTH', message }]);
  }
  const value = `swr_${newSecret()}`;
  const token = {
    id: newId(),
    name,
    secretHash: hashSecret(value),
    createdAt: app.clock.now(),
    createdBy: actor.name,
    revokedAt: null,
  };
  await app.database.transaction(async (db) => {
    await insertAgentToken(db, token);
    auditDetail(db, { kind: 'agentToken', id: token.id, name, after: token });
  });
  return { token, value };
}

export interface Registration {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly slots: number;
  readonly version: string | null;
}

/** Registers an agent with a registration token. */
export async function registerAgent(
  app: App,
  registrationToken: string,
  registration: Registration,
  request: { readonly id: string; readonly address: string },
): Promise<{ agent: Agent; token: string }> {
  const hash = hashSecret(registrationToken);
  const configured = app.config.SLIPWAY_AGENT_TOKEN;
  const known =
    (configured !== undefined && secretMatches(registrationToken, hashSecret(configured))) ||
    (await findAgentToken(app.database, hash)) !== undefined;
  if (!known) throw new Refusal('UNAUTHENTICATED', 'This registration token is not valid.');
  const secret = newSecret();
  const now = app.clock.now();
  const agent: Agent = {
    id: newId(),
    name: registration.name,
    labels: labelList(registration.labels),
    slots: registration.slots,
    version: registration.version,
    secretHash: hashSecret(secret),
    registeredAt: now,
    lastSeenAt: now,
    leftAt: null,
  };
  await app.database.transaction(async (db) => {
    await insertAgent(db, agent);
    const { id, name } = agent;
    const attempt = { actor: { kind: 'AGENT', id, name }, address: request.address, requestId: request.id } as const;
    const { secretHash: _, ...after } = agent;
    await audit(
      app,
      db,
      { ...attempt, action: 'agent.register', input: registration },
      { kind: 'agent', id, name, after },
    );
  });
  return { agent, token: `swa_${agent.id}_${secret}` };
}

/** Agent that a token belongs to. */
export async function authenticateAgent(app: App, token: string): Promise<Agent> {
  const [, id, secret] = /^swa_([0-9a-f-]{36})_(.+)$/.exec(token) ?? [];
  const [agent] = id !== undefined && isId(id) ? await findAgents(app.database, [id]) : [];
  if (agent === undefined || secret === undefined || !secretMatches(secret, agent.secretHash)) {
    throw new Refusal('UNAUTHENTICATED', 'This agent token is not valid.');
  }
  return agent;
}
