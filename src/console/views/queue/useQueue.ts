import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import type { QueueFilter } from '../../../client/generated';
import { useAsk } from '../../data/hooks';
import { asApiError } from '../../data/server';
import { ConsoleQueueDocument, type QueueRowFragment } from './generated';

export type QueueRow = QueueRowFragment;
export const idOf = ({ job }: QueueRow): string => job.id;

const PAGE = 100;
/** Largest page of the API. */
const MOST = 500;
/** Least time between the ends and beginnings of two readings, and how much longer one waits than the last one took. */
const REST_MS = 250;
const REST_SHARE = 3;
/** Time after which an open menu is looked for again. */
const MENU_MS = 400;

interface State {
  readonly of: string;
  readonly rows: readonly QueueRow[];
  readonly cursor: string | null;
  readonly hasMore: boolean;
  readonly loaded: boolean;
  readonly loadingMore: boolean;
  readonly error?: ApiError;
}

export interface Queue {
  readonly rows: readonly QueueRow[];
  readonly loading: boolean;
  readonly loadingMore: boolean;
  readonly hasMore: boolean;
  readonly error: ApiError | undefined;
  readonly loadMore: () => void;
  /** Reads again all rows that are loaded, because one change may move all others. Changes that come fast share one reading. */
  readonly refresh: () => void;
  /** Shows another order until the next reading. */
  readonly reorder: (rows: readonly QueueRow[]) => void;
  /** Holds readings back while rows are being moved. Each call needs one of `release`. */
  readonly hold: () => void;
  readonly release: () => void;
}

/** Jobs of the queue in their order, page by page. Unlike a list by time, any row of it may change its place. */
export function useQueue(filters: readonly QueueFilter[]): Queue {
  const ask = useAsk();
  const of = JSON.stringify(filters);
  const empty = useMemo(
    (): State => ({ of, rows: [], cursor: null, hasMore: false, loaded: false, loadingMore: false }),
    [of],
  );
  const [kept, setKept] = useState(empty);
  const state = kept.of === of ? kept : empty;
  const latest = useRef({ of, state, reading: false, again: false, held: 0 });
  useEffect(() => {
    latest.current.of = of;
    latest.current.state = state;
  });
  const change = useCallback(
    (changes: Partial<State>) =>
      setKept((before) => ({ ...(before.of === of ? before : empty), error: undefined, ...changes })),
    [of, empty],
  );
  const read = useCallback(
    async (first: number, after: string | null) =>
      (await ask(ConsoleQueueDocument, { filters: JSON.parse(of) as QueueFilter[], first, after })).queue,
    [ask, of],
  );

  const refresh = useCallback(() => {
    const now = latest.current;
    if (now.reading || now.held > 0) {
      now.again = true;
      return;
    }
    // A row that changes its place closes its menu.
    if (document.querySelector('[popover]:popover-open') !== null && now.state.loaded) {
      now.reading = true;
      setTimeout(() => {
        now.reading = false;
        refreshLatest.current();
      }, MENU_MS);
      return;
    }
    const work = async () => {
      now.reading = true;
      now.again = false;
      const begun = performance.now();
      try {
        const wanted = Math.max(PAGE, now.of === of ? now.state.rows.length : 0);
        const rows = new Map<string, QueueRow>();
        let [cursor, hasMore]: [string | null, boolean] = [null, true];
        while (hasMore && rows.size < wanted) {
          const page = await read(Math.min(MOST, wanted - rows.size), cursor);
          for (const row of page.nodes) rows.set(idOf(row), row);
          cursor = page.pageInfo.endCursor ?? null;
          hasMore = page.pageInfo.hasNextPage;
        }
        // An order that was read before a move began would undo it on the screen.
        if (now.held > 0) now.again = true;
        else change({ rows: [...rows.values()], cursor, hasMore, loaded: true });
      } catch (error) {
        change({ error: asApiError(error), loaded: true });
      }
      setTimeout(
        () => {
          now.reading = false;
          if (now.again) refreshLatest.current();
        },
        REST_MS + REST_SHARE * (performance.now() - begun),
      );
    };
    void work();
  }, [change, read, of]);
  const refreshLatest = useRef(refresh);
  useEffect(() => {
    refreshLatest.current = refresh;
    // Other filters begin a new list at once, whatever is being read.
    latest.current.reading = false;
    refresh();
  }, [refresh]);

  const loadMore = useCallback(() => {
    const { cursor, hasMore, loadingMore } = latest.current.state;
    if (!hasMore || loadingMore) return;
    change({ loadingMore: true });
    read(PAGE, cursor)
      .then(({ nodes, pageInfo }) =>
        setKept((before) => {
          if (before.of !== of) return before;
          const known = new Set(before.rows.map(idOf));
          const rows = [...before.rows, ...nodes.filter((row) => !known.has(idOf(row)))];
          const { endCursor, hasNextPage } = pageInfo;
          return { ...before, rows, cursor: endCursor ?? null, hasMore: hasNextPage, loadingMore: false };
        }),
      )
      .catch((error: unknown) => change({ error: asApiError(error), loadingMore: false }));
  }, [change, read, of]);

  const reorder = useCallback((rows: readonly QueueRow[]) => change({ rows }), [change]);
  const hold = useCallback(() => {
    latest.current.held++;
  }, []);
  const release = useCallback(() => {
    latest.current.held--;
    if (latest.current.held === 0) refreshLatest.current();
  }, []);
  const { rows, loaded, loadingMore, hasMore, error } = state;
  return { rows, loading: !loaded, loadingMore, hasMore, error, loadMore, refresh, reorder, hold, release };
}
