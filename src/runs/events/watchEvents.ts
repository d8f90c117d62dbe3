import type { Actor } from '../../access/actor';
import { isFinal } from '../../contract/statuses';
import { type Execution, logEnd } from '../../engine/execution';
import type { Database } from '../../kernel/database/database';
import { notFound } from '../../kernel/errors';
import { resolved, Source, type Steps } from '../../kernel/source';
import type { App } from '../app';
import { readExecution } from '../execution/executions.queries';
import { findExecution } from '../execution/executions.store';
import { readEvents } from './eventFeeds';
import { detachedAfter, type EventGap, finalAfter, readSequence, type WatchedEvent } from './eventLog';

/**
 * Event log of an execution from a position: each event once and in order, until the execution and its detached tasks
 * are final. Without a position, starts with a snapshot. Reports missing events as a gap with a fresh snapshot, and
 * continues from there.
 */
export const watchEvents = (
  app: App,
  actor: Actor,
  executionId: string,
  after: string | null,
  until: AbortSignal,
): Source<WatchedEvent> => new Source(steps(app, actor, executionId, after), until);

function* steps(app: App, actor: Actor, executionId: string, after: string | null): Steps<WatchedEvent> {
  let position = after === null ? 0 : readSequence(after);
  const execution = yield* resolved(readExecution(app, actor, executionId));
  /** Last sequence that the row reflects. Up to this point the row is newer than the events still to be delivered. */
  let known = logEnd(execution);
  let final = isFinal(execution.status);
  let detached = execution.detachedTasks;
  const follower = app.feeds.events.follow(execution, known);

  function* snapshot(gap: EventGap | null): Steps<WatchedEvent> {
    const taken = new Snapshot(app, execution, gap);
    yield { item: taken };
    position = taken.sequence;
    known = position;
    final = isFinal(taken.execution.status);
    detached = taken.execution.detachedTasks;
  }

  try {
    if (after === null) yield* snapshot(null);
    else if (position > known) yield* snapshot({ reason: 'UNKNOWN', after });
    for (;;) {
      let events = follower.after(position);
      if (events === undefined || (events.length === 0 && position < known)) {
        events = yield* resolved(readEvents(app.database, execution, position));
        if (events.length === 0) yield* snapshot({ reason: 'PRUNED', after: String(position) });
      } else if (events.length === 0) {
        if (final && detached === 0 && follower.settled) return;
        yield follower;
      }
      for (const item of events) {
        if (Number(item.cursor) !== position + 1) {
          yield* snapshot({ reason: 'PRUNED', after: String(position) });
          break;
        }
        yield { item };
        position++;
        if (position <= known || item.event === null) continue;
        final = finalAfter(item.event, executionId) ?? final;
        detached += detachedAfter(item.event);
      }
    }
  } finally {
    follower.close();
  }
}

/**
 * An execution and its log position at one moment: all requested fields come from one database snapshot. It is read on
 * delivery, so a slow client keeps no transaction open.
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
