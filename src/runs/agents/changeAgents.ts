import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { broken } from '../../access/permissionInput';
import { type Agent, type AgentToken, effectiveLabels, isPaused, type Removal } from '../../contract/labels';
import type { Transaction } from '../../kernel/database/database';
import { updateRows } from '../../kernel/database/table';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import type { App } from '../app';
import { labelSetOf } from '../queue/labelMatches.store';
import { findTokens, lockAgent } from './agents.store';
import { agentTable } from './agents.table';
import { readLabelKeys, readLabels } from './labelInput';
import { endClaims } from './removeAgentsOfToken';

const MOST_NOTE = 2000;

type Change = (agent: Agent, db: Transaction) => Promise<Partial<Agent> | null> | Partial<Agent> | null;

/**
 * Changes one agent, which has not left, and tells it. A change of nothing (null) leaves the agent as it is. The claim
 * statement reads the row, so nothing that begins after the commit gives the agent what it may no longer have.
 */
async function changeAgent(app: App, actor: Actor, id: string, change: Change): Promise<Agent> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  return app.database.transaction(async (db) => {
    const before = isId(id) ? await lockAgent(db, id) : undefined;
    if (before === undefined) throw notFound('agent', id);
    const refusal = refuseLeft(before);
    if (refusal !== null) throw refusal;
    const changes = await change(before, db);
    if (changes === null) return before;
    const after: Agent = { ...before, ...changes, revision: before.revision + 1 };
    const changed = Object.keys(changes) as (keyof Agent)[];
    await updateRows(db, agentTable, [{ before, after }], [...changed, 'revision']);
    auditDetail(db, { kind: 'agent', id, name: before.name, before: shown(before), after: shown(after) });
    db.wake(topic.agents, topic.agent(id));
    return after;
  });
}

function refuseLeft({ name, leftAt, removedAt }: Agent): Refusal | null {
  if (leftAt === null && removedAt === null) return null;
  const how = removedAt === null ? `left at ${leftAt?.toISOString()}` : 'was removed';
  return new Refusal('AGENT_LEFT', `The agent "${name}" ${how}.`);
}

const shown = ({ secretHash: _, ...agent }: Agent) => agent;

/** Keeps new jobs away from an agent until a time, or until a person resumes it. Its running jobs continue. */
export function pauseAgent(
  app: App,
  actor: Actor,
  { agentId, note, until }: { readonly agentId: string; readonly note?: string | null; readonly until?: Date | null },
): Promise<Agent> {
  const errors: InputError[] = [];
  const text = note?.trim() || null;
  if (text !== null && (text.length > MOST_NOTE || !isStorable(text))) {
    errors.push(broken('note', text, 'LENGTH', 'must have at most 2,000 characters that can be stored.'));
  }
  if (until != null && until <= app.clock.now()) {
    errors.push(broken('until', until, 'FUTURE', 'must be in the future.'));
  }
  return changeAgent(app, actor, agentId, (agent) => {
    if (errors.length > 0) throw invalidInput(errors);
    requireTaking(agent);
    return { pausedAt: app.clock.now(), pausedBy: actor.name, pauseNote: text, pausedUntil: until ?? null };
  });
}

/** Ends a pause. Resuming an agent that is not paused changes nothing. */
export const resumeAgent = (app: App, actor: Actor, agentId: string): Promise<Agent> =>
  changeAgent(app, actor, agentId, (agent, db) => {
    requireTaking(agent);
    if (agent.pausedAt === null) return null;
    db.wake(topic.queue);
    return { pausedAt: null, pausedBy: null, pauseNote: null, pausedUntil: null };
  });

/** The agent takes no more jobs, finishes those that it has, and leaves. */
export const drainAgent = (app: App, actor: Actor, agentId: string): Promise<Agent> =>
  changeAgent(app, actor, agentId, ({ drainingAt }) => (drainingAt === null ? { drainingAt: app.clock.now() } : null));

/**
 * Removes an agent: its token is void. With FINISH, the token serves its running jobs until the last of them has ended.
 * With LOSE, their claims end now: they are lost, and end by `on_lost`.
 */
export const removeAgent = (app: App, actor: Actor, agentId: string, removal: Removal): Promise<Agent> =>
  changeAgent(app, actor, agentId, async (_agent, db) => {
    const now = app.clock.now();
    await endClaims(db, agentId, removal, now);
    db.wake(topic.queue);
    return { removedAt: now, removal, leftAt: now };
  });

export interface LabelChanges {
  readonly agentId: string;
  readonly set?: readonly string[] | null;
  readonly remove?: readonly string[] | null;
  readonly reset?: readonly string[] | null;
}

/** Edits labels on the server. They count from the next claim; running jobs continue. */
export function relabelAgent(app: App, actor: Actor, { agentId, ...given }: LabelChanges): Promise<Agent> {
  const errors: InputError[] = [];
  const set = readLabels(given.set ?? [], 'set', errors);
  const remove = readLabelKeys(given.remove ?? [], 'remove', errors);
  const reset = readLabelKeys(given.reset ?? [], 'reset', errors);
  const keys = [...set.map(keyOf), ...remove, ...reset];
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice !== undefined) errors.push(broken('set', twice, 'UNIQUE', `the label "${twice}" is changed twice.`));
  return changeAgent(app, actor, agentId, async (agent, db) => {
    if (errors.length > 0) throw invalidInput(errors);
    const [token] = agent.tokenId === null ? [] : await findTokens(db, [agent.tokenId]);
    const refusal = refuseRelabel(token, set);
    if (refusal !== null) throw refusal;
    const kept = Object.entries(agent.labelEdits).filter(([key]) => !keys.includes(key));
    const labelEdits = Object.fromEntries([
      ...kept,
      ...set.map((label) => [keyOf(label), label.slice(keyOf(label).length + 1)] as const),
      ...remove.map((key) => [key, null] as const),
    ]);
    const labels = effectiveLabels(agent.ownLabels, labelEdits, null);
    db.wake(topic.queue);
    return { labelEdits, labels, labelSetId: await labelSetOf(db, labels) };
  });
}

const keyOf = (label: string): string => label.slice(0, label.indexOf('='));

function refuseRelabel(token: AgentToken | undefined, set: readonly string[]): Refusal | null {
  if (token === undefined || token.labels === null) return null;
  const message = `the registration token "${token.name}" determines the labels of this agent.`;
  return invalidInput([broken('set', [...set], 'FIXED_BY_TOKEN', message)]);
}

function refuseDraining({ name, drainingAt }: Agent): Refusal | null {
  if (drainingAt === null) return null;
  return new Refusal('AGENT_DRAINING', `The agent "${name}" is draining: it finishes its jobs and leaves.`);
}

function requireTaking(agent: Agent): void {
  const refusal = refuseDraining(agent);
  if (refusal !== null) throw refusal;
}

export interface AgentAction {
  readonly action: 'pause' | 'resume' | 'drain' | 'remove' | 'relabel';
  readonly allowed: boolean;
  readonly code: string | null;
  readonly message: string | null;
}

/** Actions that the caller can take on an agent now, by the same decisions as the commands. */
export function agentActions({ access }: Actor, agent: Agent, token: AgentToken | undefined, now: Date): AgentAction[] {
  const right = access.explainAccount('MANAGE_DELEGATES');
  const left = refuseLeft(agent);
  const draining = refuseDraining(agent);
  // An action that would change nothing is not offered, although the command accepts it.
  const running = isPaused(agent, now) ? null : new Refusal('CONFLICT', `The agent "${agent.name}" is not paused.`);
  const refusals: Readonly<Record<AgentAction['action'], Refusal | null>> = {
    pause: left ?? draining,
    resume: left ?? draining ?? running,
    drain: left ?? draining,
    remove: left,
    relabel: left ?? refuseRelabel(token, []),
  };
  return (Object.keys(refusals) as AgentAction['action'][]).map((action) => {
    const { code, message } = refusals[action] ?? right;
    return { action, allowed: code === null, code, message };
  });
}
