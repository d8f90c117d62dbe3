import type { Actor } from '../../access/actor';
import { rightsKey } from '../../access/rightsKey';
import type { App } from '../app';
import { type ExecutionFilter, executionCondition } from '../execution/executions.queries';
import type { CommittedQuery, PlacedEvent } from './eventFeeds';
import type { EventGap, LogEvent } from './eventLog';
import { watchCommitted } from './watchCommitted';

/** Which executions are watched. */
export interface WatchedExecutions {
  readonly filters: readonly ExecutionFilter[];
  readonly indirect: boolean;
}

/** One answer: an event, or a snapshot, which a gap always brings with it. */
export interface ExecutionsUpdate {
  readonly cursor: string;
  readonly event: LogEvent | null;
  readonly snapshot: WatchedExecutions | null;
  readonly gap: EventGap | null;
  /** Whose rights it was read for, as `rightsKey`. */
  readonly rights: string;
}

/**
 * The events of all executions that filters mean and the actor may see, from a place on. Without a place, first a snapshot.
 *
 * Filters are judged when an event is read, by the execution as it stands then; but an execution that leaves a status matches once more, or a
 * client that lists what runs would never hear that something ended.
 */
export function watchExecutions(
  app: App,
  actor: Actor,
  watched: WatchedExecutions,
  after: string | null,
  until: AbortSignal,
): AsyncGenerator<ExecutionsUpdate> {
  const rights = rightsKey(actor);
  const query: CommittedQuery<ExecutionsUpdate & PlacedEvent> = {
    key: `executions ${rights} ${JSON.stringify(watched)}`,
    where: (parameters) =>
      executionCondition(
        actor,
        watched.filters,
        watched.indirect,
        parameters,
        (on) =>
          `(${on('e.status')} OR event.type = 'EXECUTION_STATUS' AND (${on(`event.data->>'from'`)} OR ${on(`event.data->>'to'`)}))`,
      ),
    complete: async (events) => events.map((event) => ({ ...event, snapshot: null, gap: null, rights })),
  };
  return watchCommitted(app, query, after, until, (cursor, gap) => ({
    cursor,
    event: null,
    snapshot: watched,
    gap,
    rights,
  }));
}
