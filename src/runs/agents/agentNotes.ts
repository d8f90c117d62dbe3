import type { Clock } from '../../kernel/clock';
import type { Database } from '../../kernel/database/database';
import type { Log } from '../../kernel/log';
import { type AgentNote, writeNotes } from './agentNotes.store';
import type { AgentSample } from './agents.table';

const COLLECT_MS = 5_000;
export const SAMPLES_KEPT_MS = 6 * 3_600_000;

/**
 * News about agents that can wait a few seconds: when they were seen, how many jobs they ended, and samples of their
 * load. All agents of a server share one statement. A crash loses the news of these seconds.
 */
export class AgentNotes {
  private notes = new Map<string, AgentNote>();
  private samples: AgentSample[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  seen(id: string, seenAt: Date): void {
    this.note(id, { seenAt });
  }

  sample(sample: AgentSample): void {
    this.samples.push(sample);
    this.note(sample.agentId, {});
  }

  /** Counts jobs that have ended. */
  ended(id: string, { done = 0, lost = 0 }: { readonly done?: number; readonly lost?: number }): void {
    const { jobsDone = 0, jobsLost = 0 } = this.notes.get(id) ?? {};
    this.note(id, { jobsDone: jobsDone + done, jobsLost: jobsLost + lost });
  }

  /** Writes everything now. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { notes, samples } = this;
    if (notes.size === 0) return;
    this.notes = new Map();
    this.samples = [];
    const sorted = [...notes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const keptSince = new Date(this.clock.now().getTime() - SAMPLES_KEPT_MS);
    try {
      await writeNotes(this.database, sorted, samples, keptSince);
    } catch (error) {
      this.log.warn({ err: error }, 'could not record news of agents; retrying');
      for (const { id, seenAt, jobsDone: done, jobsLost: lost } of sorted) {
        this.ended(id, { done, lost });
        if (seenAt !== null) this.seen(id, this.notes.get(id)?.seenAt ?? seenAt);
      }
    }
  }

  private note(id: string, change: Partial<AgentNote>): void {
    const before = this.notes.get(id) ?? { id, seenAt: null, jobsDone: 0, jobsLost: 0 };
    this.notes.set(id, { ...before, ...change });
    this.timer ??= setTimeout(() => void this.flush(), COLLECT_MS).unref();
  }
}
