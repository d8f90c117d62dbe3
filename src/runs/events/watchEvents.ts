import type { Database } from '../../kernel/database/database';
import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { isFinal } from '../../contract/statuses';
import { type Execution, logEnd } from '../../engine/execution';
import { readExecution } from '../execution/executions.queries';
import { findExecution } from '../execution/executions.store';
import { notFound } from '../../kernel/errors';
import { readEvents } from './eventFeeds';
import { besideAfter, type EventGap, finalAfter, readSequence, type WatchedEvent } from './eventLog';

/**
 * The log of an execution from a place on: each event once, in order, until the execution and what runs beside its graph are final and everything was given. Without a place, first
 * the execution as it stands, and then what comes after that.
 *
 * What was not kept, or never was, is said: a gap, with the execution as it stands, from where it goes on.
 */
export async function* watchEvents(
  app: App,
  actor: Actor,
  executionId: string,
  after: string | null,
  until: AbortSignal,
): AsyncGenerator<WatchedEvent> {
  let position = after === null ? 0 : readSequence(after);
  const execution = await readExecution(app, actor, executionId);
  /** What the row promises; up to here it says more about the status than the events that are still on their way. */
  let known = logEnd(execution);
  let final = isFinal(execution.status);
  let beside = execution.besideTasks;
  const follower = app.feeds.events.follow(execution, known);
  const stop = () => follower.close();
  until.addEventListener('abort', stop, { once: true });

  async function* snapshot(gap: EventGap | null): AsyncGenerator<WatchedEvent> {
    const taken = new Snapshot(app, execution, gap);
    yield taken;
    position = taken.sequence;
    known = position;
    final = isFinal(taken.execution.status);
    beside = taken.execution.besideTasks;
  }

  try {
    if (after === null) yield* snapshot(null);
    else if (position > known) yield* snapshot({ reason: 'UNKNOWN', after });
    while (!until.aborted) {
      let events = follower.after(position);
      if (events === undefined || (events.length === 0 && position < known)) {
        events = await readEvents(app.database, execution, position);
        if (events.length === 0) yield* snapshot({ reason: 'PRUNED', after: String(position) });
      } else if (events.length === 0) {
        if (final && beside === 0 && follower.settled) return;
        await follower.change();
      }
      for (const item of events) {
        if (Number(item.cursor) !== position + 1) {
          yield* snapshot({ reason: 'PRUNED', after: String(position) });
          break;
        }
        yield item;
        position++;
        if (position <= known || item.event === null) continue;
        final = finalAfter(item.event, executionId) ?? final;
        beside += besideAfter(item.event);
      }
    }
  } finally {
    until.removeEventListener('abort', stop);
    follower.close();
  }
}

/**
 * The execution and its place in the log, of one moment: everything that is asked of it is read in one snapshot of the database. Read when it is
 * delivered, so no transaction is held open for a client that takes its time.
 */
class Snapshot implements WatchedEvent {
  readonly event = null;

  constructor(
    private readonly app: App,
    public execution: Execution,
    readonly gap: EventGap | null,
  ) {}

  get sequence(): number {
    return logEnd(this.execution);
  }

  get cursor(): string {
    return String(this.sequence);
  }

  get snapshot() {
    return { sequence: this.sequence, execution: this.execution };
  }

  readonly within = <T>(work: (database: Database) => Promise<T>): Promise<T> =>
    this.app.database.snapshot(async (database) => {
      const execution = await findExecution(database, this.execution.id);
      if (execution === undefined) throw notFound('execution', this.execution.id);
      this.execution = execution;
      return work(database);
    });
}
