import { LRUCache } from 'lru-cache';
import type { Agent } from '../../contract/labels';
import { hashSecret } from '../../kernel/ids';
import type { App } from '../app';
import { noteSeen } from './agents.store';
import { authenticateAgent } from './agentTokens';

const MOST_KEPT = 10_000;
/** A registration never changes, but the database may be restored from a backup. */
const KEPT_MS = 10 * 60_000;
/** Intervals at which the last-seen time of an agent is written, and for which such times are collected. */
const SEEN_PERIOD_MS = 10_000;
const COLLECT_MS = 5_000;

/**
 * Cache of the agents that this server has seen. A registration never changes and its token can't be revoked, so one
 * read from the database is enough. The last-seen times of all agents are written together.
 */
export class KnownAgents {
  private readonly agents = new LRUCache<string, Agent>({ max: MOST_KEPT, ttl: KEPT_MS });
  /** Time at which the last-seen time of an agent was last written. */
  private readonly notedAt = new LRUCache<string, number>({ max: MOST_KEPT });
  private readonly heard = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly app: App) {}

  async authenticate(token: string): Promise<Agent> {
    const key = hashSecret(token);
    const known = this.agents.get(key);
    if (known !== undefined) return known;
    const agent = await authenticateAgent(this.app, token);
    this.agents.set(key, agent);
    return agent;
  }

  /** Records a request of the agent. The first request, and the first after it left, is written immediately. */
  async heardFrom({ id }: Agent): Promise<void> {
    const now = this.app.clock.now();
    const notedAt = this.notedAt.get(id);
    if (notedAt !== undefined && now.getTime() - notedAt <= SEEN_PERIOD_MS) return;
    this.notedAt.set(id, now.getTime());
    if (notedAt === undefined) return noteSeen(this.app.database, [id], now);
    this.heard.add(id);
    this.timer ??= setTimeout(() => void this.write(), COLLECT_MS).unref();
  }

  left({ id }: Agent): void {
    this.notedAt.delete(id);
    this.heard.delete(id);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private async write(): Promise<void> {
    this.timer = undefined;
    const ids = [...this.heard];
    this.heard.clear();
    try {
      await noteSeen(this.app.database, ids, this.app.clock.now());
    } catch (error) {
      // The next request of each agent tries again.
      for (const id of ids) this.notedAt.set(id, 0);
      this.app.log.warn({ err: error }, 'could not record which agents are online; retrying');
    }
  }
}
