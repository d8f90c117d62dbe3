import type { App } from '../app';
import { type CommittedItem, type CommittedQuery, readCommitted } from './eventFeeds';
import { decodePlace, type EventGap, encodePlace, type Place, placeBefore } from './eventLog';
import { findLogBounds, type LogBounds } from './eventLog.store';

/**
 * Events of all runs that match a query, from a position, for as long as the client wants. Without a position, or with
 * an unknown one, starts with what `begin` returns. That is read after its position, so a change in between comes again
 * as an event, and nothing is missing.
 */
export async function* watchCommitted<Item extends CommittedItem, Begin extends object>(
  app: App,
  query: CommittedQuery<Item>,
  after: string | null,
  until: AbortSignal,
  begin: (cursor: string, gap: EventGap | null) => Begin,
): AsyncGenerator<Awaited<Item | Begin>> {
  // Errors in a query belong to the caller; a feed would only retry.
  query.where([]);
  const given = after === null ? null : decodePlace(after);
  const identity = await app.feeds.identity();
  const bounds = await findLogBounds(app.database);
  const end = placeBefore(bounds.horizon);
  const follower = app.feeds.committed.follow(query, end);
  const stop = () => follower.close();
  until.addEventListener('abort', stop, { once: true });
  try {
    const reason = given && gapReason(given, identity, bounds);
    const gap = reason && after !== null ? { reason, after } : null;
    let position = given === null || gap !== null ? end : given.place;
    if (given === null || gap !== null) yield begin(encodePlace(identity, end), gap) as Awaited<Begin>;
    while (!until.aborted) {
      // Equal keys mean equal items, whichever client opened the feed.
      const recent = follower.after(position) as readonly Awaited<Item>[] | undefined;
      if (recent === undefined) {
        const read = await readCommitted(app.database, identity, query, position);
        yield* read.items as readonly Awaited<Item>[];
        position = read.position;
      } else if (recent.length === 0) {
        await follower.change();
      } else {
        yield* recent;
        position = recent.at(-1)?.place ?? position;
      }
    }
  } finally {
    until.removeEventListener('abort', stop);
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
