import { resolved, Source, type Steps } from '../../kernel/source';
import type { App } from '../app';
import { type CommittedItem, type CommittedQuery, readCommitted } from './eventFeeds';
import { decodePlace, type EventGap, encodePlace, type Place, placeBefore } from './eventLog';
import { findLogBounds, type LogBounds } from './eventLog.store';

/**
 * Events of all runs that match a query, from a position, until the client stops. Without a known position, the stream
 * starts with the result of `begin`. That result is read after its position, so a change in between arrives again as an
 * event and none is lost.
 */
export const watchCommitted = <Item extends CommittedItem, Begin extends object>(
  app: App,
  query: CommittedQuery<Item>,
  after: string | null,
  until: AbortSignal,
  begin: (cursor: string, gap: EventGap | null) => Begin,
): Source<Item | Begin> => new Source(committedSteps(app, query, after, begin), until);

export function* committedSteps<Item extends CommittedItem, Begin extends object>(
  app: App,
  query: CommittedQuery<Item>,
  after: string | null,
  begin: (cursor: string, gap: EventGap | null) => Begin,
): Steps<Item | Begin> {
  // Errors in the query are the caller's; a feed would only retry them.
  query.where([]);
  const given = after === null ? null : decodePlace(after);
  const identity = yield* resolved(app.feeds.identity());
  const bounds = yield* resolved(findLogBounds(app.database));
  const end = placeBefore(bounds.horizon);
  const follower = app.feeds.committed.follow(query, end);
  try {
    const reason = given && gapReason(given, identity, bounds);
    const gap = reason && after !== null ? { reason, after } : null;
    let position = given === null || gap !== null ? end : given.place;
    if (given === null || gap !== null) yield { item: begin(encodePlace(identity, end), gap) };
    for (;;) {
      // Equal keys mean equal items, no matter which client opened the feed.
      const recent = follower.after(position) as readonly Item[] | undefined;
      if (recent === undefined) {
        const read = yield* resolved(readCommitted(app.database, identity, query, position));
        for (const item of read.items) yield { item };
        position = read.position;
      } else if (recent.length === 0) {
        yield follower;
      } else {
        for (const item of recent) yield { item };
        position = recent.at(-1)?.place ?? position;
      }
    }
  } finally {
    follower.close();
  }
}

function gapReason(
  { database, place }: { readonly database: string; readonly place: Place },
  identity: string,
  { next, pruned }: LogBounds,
): EventGap['reason'] | null {
  if (database !== identity || place.transactionId > next) return 'UNKNOWN';
  return place.transactionId <= pruned ? 'PRUNED' : null;
}
