import type { Actor } from '../../access/actor';
import { rightsKey } from '../../access/rightsKey';
import type { Source } from '../../kernel/source';
import type { App } from '../app';
import { type ExecutionFilter, executionCondition } from '../execution/executions.queries';
import type { CommittedQuery, PlacedEvent } from './eventFeeds';
import type { EventGap, LogEvent } from './eventLog';
import { watchCommitted } from './watchCommitted';

/** Executions to watch. */
export interface WatchedExecutions {
  readonly filters: readonly ExecutionFilter[];
  readonly indirect: boolean;
}

/** Message to a watcher of executions: an event, or a snapshot. A gap always comes with a snapshot. */
export interface ExecutionsUpdate {
  readonly cursor: string;
  readonly event: LogEvent | null;
  readonly snapshot: WatchedExecutions | null;
  readonly gap: EventGap | null;
  /** Permissions under which it was read, from `rightsKey`. */
  readonly rights: string;
}

/**
 * Events of all executions that match the filters and that the actor may see, from a position. Without a position,
 * starts with a snapshot. Filters apply to the execution's state when the event is read. An execution that leaves a
 * status matches once more, so a client that lists running executions learns when one ends.
 */
export function watchExecutions(
  app: App,
  actor: Actor,
  watched: WatchedExecutions,
  after: string | null,
  until: AbortSignal,
): Source<ExecutionsUpdate> {
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
