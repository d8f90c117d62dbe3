import { LRUCache } from 'lru-cache';
import { type Agent, isPaused } from '../../contract/labels';
import { hashSecret } from '../../kernel/ids';
import type { App } from '../app';
import { countRunning, findChangedAgents } from './agents.store';
import { authenticateAgent } from './agentTokens';
import type { AgentOrders } from '../../contract/agentProtocol';
import { topic } from '../../kernel/database/wakeups';
import { Refusal } from '../../kernel/errors';
import { SAMPLES_KEPT_MS } from './agentNotes';
import { writeNotes } from './agentNotes.store';

const MOST_KEPT = 10_000;
/** Wake-ups tell of every change, but the database may be restored from a backup. */
const KEPT_MS = 10 * 60_000;
/** Interval at which the last-seen time of an agent is written. */
const SEEN_PERIOD_MS = 10_000;

interface Known {
  agent: Agent;
  /** Aborts when the row changes. */
  changing: AbortController;
}

/**
 * Cache of the agents that this server has seen, kept up to date: people pause, drain, relabel and remove them on any
 * server. What a stale row allows is decided again by the claim statement.
 */
export class KnownAgents {
  private readonly tokens = new LRUCache<string, string>({ max: MOST_KEPT, ttl: KEPT_MS });
  private readonly agents = new LRUCache<string, Known>({ max: MOST_KEPT, ttl: KEPT_MS });
  /** Time at which the last-seen time of an agent was last written. */
  private readonly notedAt = new LRUCache<string, number>({ max: MOST_KEPT });
  private readonly stop = new AbortController();
  private readonly following: Promise<void>;

  constructor(private readonly app: App) {
    this.following = this.follow();
  }

  async authenticate(token: string): Promise<Agent> {
    const key = hashSecret(token);
    const known = this.agents.get(this.tokens.get(key) ?? '');
    const agent = known?.agent ?? (await authenticateAgent(this.app, token));
    if (known === undefined) {
      this.tokens.set(key, agent.id);
      this.agents.set(agent.id, { agent, changing: new AbortController() });
    }
    await this.refuseRemoved(agent);
    return agent;
  }

  /** A removed agent may finish its jobs, if it was removed so. Its token is void otherwise. */
  private async refuseRemoved({ id, removedAt, removal }: Agent): Promise<void> {
    if (removedAt === null) return;
    if (removal === 'FINISH' && (await countRunning(this.app.database, [id])).length > 0) return;
    throw new Refusal('AGENT_REMOVED', 'A person removed this agent.');
  }

  /** Newest state of an agent that this server has authenticated, and a signal that aborts when it changes. */
  current(agent: Agent): { readonly agent: Agent; readonly changed: AbortSignal } {
    const known = this.agents.get(agent.id);
    if (known === undefined) return { agent, changed: AbortSignal.abort() };
    return { agent: known.agent, changed: known.changing.signal };
  }

  /** The same, read again first: for a response to a change whose notification may not have arrived yet. */
  async fresh(agent: Agent): Promise<Agent> {
    await this.refresh([this.current(agent).agent]);
    return this.current(agent).agent;
  }

  /** Records a request of the agent. The first request, and the first after it left, is written immediately. */
  async heardFrom({ id }: Agent): Promise<void> {
    const now = this.app.clock.now();
    const notedAt = this.notedAt.get(id);
    if (notedAt !== undefined && now.getTime() - notedAt <= SEEN_PERIOD_MS) return;
    this.notedAt.set(id, now.getTime());
    if (notedAt !== undefined) return this.app.agentNotes.seen(id, now);
    const keptSince = new Date(now.getTime() - SAMPLES_KEPT_MS);
    await writeNotes(this.app.database, [{ id, seenAt: now, jobsDone: 0, jobsLost: 0 }], [], keptSince);
  }

  left({ id }: Agent): void {
    this.notedAt.delete(id);
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.following;
  }

  /** Reads the agents that have changed, after each wake-up and poll. */
  private async follow(): Promise<void> {
    const { database, config, log } = this.app;
    const listener = database.wakeups.listen([topic.agents]);
    while (!this.stop.signal.aborted) {
      await listener.wait(config.SLIPWAY_POLL_MS, this.stop.signal);
      if (this.agents.size === 0 || this.stop.signal.aborted) continue;
      try {
        await this.refresh([...this.agents.values()].map(({ agent }) => agent));
      } catch (error) {
        log.warn({ err: error }, 'could not read which agents have changed; retrying');
      }
    }
    listener.close();
  }

  private async refresh(known: readonly Agent[]): Promise<void> {
    for (const agent of await findChangedAgents(this.app.database, known)) {
      const entry = this.agents.get(agent.id);
      if (entry === undefined || entry.agent.revision === agent.revision) continue;
      entry.agent = agent;
      entry.changing.abort();
      entry.changing = new AbortController();
    }
  }
}

/** What an agent has to know about itself. */
export function ordersOf(agent: Agent, now: Date): AgentOrders {
  const { revision, labels, pauseNote, pausedUntil } = agent;
  const paused = isPaused(agent, now);
  const state =
    agent.removal === 'LOSE'
      ? 'REMOVED'
      : agent.drainingAt !== null || agent.removedAt !== null
        ? 'DRAINING'
        : paused
          ? 'PAUSED'
          : 'ACTIVE';
  return {
    ...{ revision, state, labels: [...labels] },
    ...(paused && { note: pauseNote, until: pausedUntil?.toISOString() ?? null }),
  };
}
