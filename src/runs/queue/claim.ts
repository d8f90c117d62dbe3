import type { App } from '../app';
import { topic } from '../../kernel/database/wakeups';
import { hashSecret, newSecret } from '../../kernel/ids';
import { type Ability, type ClaimedJobRow, claimReadyJobs, type Slot, takeTurn } from './claimedJobs.store';
import type { Agent } from '../../contract/labels';

/** A claim has to be started within this time, or the job is offered to another agent. */
const OFFER_MS = 15_000;
const MAX_BATCH = 200;

export interface ClaimedJob {
  readonly row: ClaimedJobRow;
  readonly token: string;
}

interface Waiting {
  readonly agentId: string;
  readonly ability: Ability;
  readonly slots: number;
  readonly answer: (jobs: ClaimedJob[]) => void;
  readonly fail: (error: unknown) => void;
  /** True while a statement claims for it. It can't leave then, because its jobs would be offered to nobody. */
  asking: boolean;
  over: boolean;
}

/**
 * Waiting list of agents. One reader serves all claims that are parked in this process, with one statement for all
 * agents with the same labels. So a wake-up costs a few statements however many agents wait, and nothing queues for row
 * locks. Other servers of the database have separate desks; SKIP LOCKED keeps them apart.
 */
export class ClaimDesk {
  private readonly waiting = new Set<Waiting>();
  /** Wakes the reader of this desk only. */
  private readonly arrival = `desk:${newSecret()}`;
  private readonly stop = new AbortController();
  private listener: ReturnType<App['database']['wakeups']['listen']> | undefined;
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly app: App) {}

  start(): void {
    this.listener = this.app.database.wakeups.listen([topic.queue, this.arrival]);
    this.loop = this.serve(this.listener);
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.listener?.close();
    await this.loop;
    for (const claim of this.waiting) claim.answer([]);
    this.waiting.clear();
  }

  /** Returns up to `slots` jobs for an agent as soon as there are any, or none if `until` is aborted. */
  claim(agent: Agent, slots: number, until: AbortSignal): Promise<ClaimedJob[]> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.waiting.delete(claim);
        until.removeEventListener('abort', giveUp);
      };
      const claim: Waiting = {
        agentId: agent.id,
        ability: agent,
        slots: Math.min(slots, MAX_BATCH),
        answer: (jobs) => {
          settle();
          resolve(jobs);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
        asking: false,
        over: false,
      };
      const giveUp = () => {
        claim.over = true;
        if (!claim.asking) claim.answer([]);
      };
      if (until.aborted || this.stop.signal.aborted) return resolve([]);
      until.addEventListener('abort', giveUp, { once: true });
      this.waiting.add(claim);
      this.app.database.wakeups.signalHere(this.arrival);
    });
  }

  private async serve(listener: NonNullable<ClaimDesk['listener']>): Promise<void> {
    while (!this.stop.signal.aborted) {
      for (const group of this.groups()) {
        try {
          await this.serveGroup(group);
        } catch (error) {
          for (const claim of group) claim.fail(error);
        }
      }
      await listener.wait(this.app.config.SLIPWAY_POLL_MS, this.stop.signal);
    }
  }

  /** Waiting claims, grouped by equal labels and applications. */
  private groups(): Waiting[][] {
    const groups = new Map<string, Waiting[]>();
    for (const claim of this.waiting) {
      const { labelSetId, applicationIds } = claim.ability;
      const key = `${labelSetId} ${applicationIds?.join(' ') ?? ''}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [claim]);
      else group.push(claim);
    }
    return [...groups.values()];
  }

  private async serveGroup(grouped: readonly Waiting[]): Promise<void> {
    // Some may have been answered while another group was served.
    const group = grouped.filter((claim) => this.waiting.has(claim));
    const [first] = group;
    if (first === undefined) return;
    const { ability } = first;
    const tokens = new Map<string, { token: string; claim: Waiting }>();
    const hashes = new Map<Waiting, string>();
    for (const claim of group) {
      const token = `swc_${newSecret()}`;
      const tokenHash = hashSecret(token);
      tokens.set(tokenHash, { token, claim });
      hashes.set(claim, tokenHash);
    }
    const slots: Slot[] = [];
    for (const claim of inTurn(group)) {
      if (slots.length >= MAX_BATCH) break;
      slots.push({ agentId: claim.agentId, tokenHash: hashes.get(claim) ?? '' });
    }
    const now = this.app.clock.now();
    const offerUntil = new Date(now.getTime() + OFFER_MS);
    for (const claim of group) claim.asking = true;
    // An offer that a crash undoes was not started, so the job is offered again: a start is durable.
    const claimed = await this.app.database.atOnce(
      async (db) => (await Promise.all([takeTurn(db), claimReadyJobs(db, ability, slots, offerUntil, now)]))[1],
      { durable: false },
    );
    const answers = new Map<Waiting, ClaimedJob[]>();
    for (const { tokenHash, agentId: _, ...row } of claimed) {
      const slot = tokens.get(tokenHash);
      if (slot === undefined) continue;
      const jobs = answers.get(slot.claim) ?? [];
      jobs.push({ row, token: slot.token });
      answers.set(slot.claim, jobs);
    }
    for (const claim of group) {
      claim.asking = false;
      const jobs = answers.get(claim) ?? [];
      if (jobs.length > 0 || claim.over) claim.answer(jobs);
    }
    // A full batch may have left jobs behind for agents that still wait.
    if (claimed.length === slots.length && this.waiting.size > 0) this.app.database.wakeups.signalHere(this.arrival);
  }
}

/** One slot of each agent in turn, so that work spreads before it piles up. */
function* inTurn(group: readonly Waiting[]): Generator<Waiting> {
  const most = Math.max(...group.map((claim) => claim.slots));
  for (let round = 0; round < most; round++) {
    for (const claim of group) if (claim.slots > round) yield claim;
  }
}
