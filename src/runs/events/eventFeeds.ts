import type { Database } from '../../kernel/database/database';
import { type FeedKind, Feeds } from '../../kernel/database/feed';
import { topic } from '../../kernel/database/wakeups';
import type { Execution } from '../../engine/execution';
import { logEnd } from '../../engine/execution';
import { findExecution } from '../execution/executions.store';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { Log } from '../../kernel/log';
import { comparePlaces, encodePlace, type LogEvent, type Place, placeBefore, type WatchedEvent } from './eventLog';
import { type CommittedEvent, findCommitted, findDatabaseIdentity, findEvents, findGrown } from './eventLog.store';

/** Number of events per read. Bounds the memory of a stream whose client does not read. */
export const EVENT_PAGE = 100;
/** Number of recent events kept in memory for clients that reconnect. */
const KEPT = 64;
/** Delay before the next look for events that are committed behind a transaction still in progress. */
const WAITING_MS = 50;
/** Commits can arrive faster than anyone reads a list. */
const REST_MS = 20;

/** Selection of events of all runs that clients watch. */
export interface CommittedQuery<Item extends CommittedItem> {
  /** Equal keys mean equal results. */
  readonly key: string;
  /** Same as in `findCommitted`. */
  readonly where: (parameters: unknown[]) => string;
  /** Builds the messages for a page of events. May omit events. */
  readonly complete: (events: readonly PlacedEvent[]) => Promise<readonly Item[]>;
}

export interface PlacedEvent {
  readonly cursor: string;
  readonly readAt: number;
  readonly place: Place;
  readonly event: LogEvent;
}

export interface CommittedItem extends StreamEvent {
  readonly cursor: string;
  readonly place: Place;
}

/** One reader per process for each watched object; see `kernel/database/feed.ts`. */
export interface EventFeeds {
  /** Event log of one execution. */
  readonly events: Feeds<Execution, WatchedEvent, number>;
  /** Current state of one execution; only the newest state matters. */
  readonly states: Feeds<Execution, Execution, number>;
  /** Events of all runs. */
  readonly committed: Feeds<CommittedQuery<CommittedItem>, CommittedItem, Place>;
  /** Identity of this database, used in cursors. */
  readonly identity: () => Promise<string>;
}

/** `onLive`: called with the time of an event as soon as a live stream has read it. */
export function createEventFeeds(
  database: Database,
  pollMs: number,
  log: Log,
  onLive?: (at: Date) => void,
): EventFeeds {
  const options = { wakeups: database.wakeups, pollMs, log };
  const live = onLive && {
    onLive: ([oldest]: readonly StreamEvent[]) => {
      const { event } = (oldest ?? {}) as Partial<WatchedEvent>;
      if (event != null) onLive(event.at);
    },
  };
  let known: Promise<string> | undefined;
  const identity = () => {
    known ??= findDatabaseIdentity(database).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    events: new Feeds({ ...eventsOf(database), ...live }, options),
    states: new Feeds(statesOf(database), options),
    committed: new Feeds({ ...committedIn(database, identity), ...live }, options),
    identity,
  };
}

/** Shared settings of the feeds of one execution. */
const ofExecution = (database: Database) => ({
  key: ({ id }: Execution) => id,
  topics: ({ runId }: Execution) => [topic.run(runId)],
  compare: (a: number, b: number) => a - b,
  moved: (positions: ReadonlyMap<string, number>) => findGrown(database, positions),
});

function eventsOf(database: Database): FeedKind<Execution, WatchedEvent, number> {
  return {
    ...ofExecution(database),
    keep: KEPT,
    positionOf: (item) => Number(item.cursor),
    async read(execution, after) {
      const items = await readEvents(database, execution, after);
      return { items, position: Number(items.at(-1)?.cursor ?? after), more: items.length === EVENT_PAGE };
    },
  };
}

/** Page of the event log of an execution. */
export async function readEvents(database: Database, execution: Execution, after: number): Promise<WatchedEvent[]> {
  const events = await findEvents(database, execution, after, EVENT_PAGE);
  const readAt = performance.now();
  return events.map((event) => ({
    cursor: String(event.sequence),
    readAt,
    execution,
    event,
    snapshot: null,
    gap: null,
  }));
}

function statesOf(database: Database): FeedKind<Execution, Execution, number> {
  return {
    ...ofExecution(database),
    keep: 0,
    positionOf: logEnd,
    async read({ id }, after) {
      const execution = await findExecution(database, id);
      if (execution === undefined || logEnd(execution) <= after) return { items: [], position: after };
      return { items: [execution], position: logEnd(execution) };
    },
  };
}

function committedIn(
  database: Database,
  identity: () => Promise<string>,
): FeedKind<CommittedQuery<CommittedItem>, CommittedItem, Place> {
  return {
    key: ({ key }) => key,
    topics: () => [topic.events],
    compare: comparePlaces,
    keep: KEPT,
    restMs: REST_MS,
    positionOf: ({ place }) => place,
    read: async (query, after) => readCommitted(database, await identity(), query, after),
  };
}

/** Page of the events of all runs, with the position up to which the log was searched. */
export async function readCommitted<Item extends CommittedItem>(
  database: Database,
  identity: string,
  query: CommittedQuery<Item>,
  after: Place,
) {
  const { events, horizon, waiting } = await findCommitted(database, after, query.where, EVENT_PAGE);
  const readAt = performance.now();
  const placed = events.map((event) => ({ ...placeOf(event, identity), readAt }));
  const last = placed.at(-1);
  const more = placed.length === EVENT_PAGE && last !== undefined;
  const end = placeBefore(horizon);
  return {
    items: placed.length === 0 ? [] : await query.complete(placed),
    position: more ? last.place : comparePlaces(end, after) > 0 ? end : after,
    more,
    ...(waiting && { againMs: WAITING_MS }),
  };
}

function placeOf(
  { transactionId, runSequence, ...event }: CommittedEvent,
  identity: string,
): Omit<PlacedEvent, 'readAt'> {
  const place = { transactionId, runId: event.runId, sequence: runSequence };
  return { cursor: encodePlace(identity, place), place, event };
}
