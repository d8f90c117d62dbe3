import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ApiError } from '../../client/apiError';
import type { TypedDocumentString } from '../../client/generated';
import type { Given } from '../../client/requests';
import { useAsk } from './hooks';
import { asApiError } from './server';

export interface Page<Row> {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly endCursor?: string | null; readonly hasNextPage: boolean };
}

interface PageVariables {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

interface ListOptions<Data, Variables, Row> {
  readonly document: TypedDocumentString<Data, Variables>;
  /** Filters. The list begins anew when they change. */
  readonly variables: Variables;
  readonly pageOf: (data: Given<Data>) => Page<Row>;
  readonly idOf: (row: Row) => string;
  /** Variables that find only the rows with these ids, with the same filters. Needed for `update`. */
  readonly only?: (ids: readonly string[]) => Variables;
  readonly pageSize?: number;
}

export interface List<Row> {
  readonly rows: readonly Row[];
  readonly loading: boolean;
  readonly loadingMore: boolean;
  readonly hasMore: boolean;
  readonly error: ApiError | undefined;
  readonly loadMore: () => void;
  /** Reads the newest page again; with `only`, all rows behind it too. */
  readonly refresh: () => void;
  /** Reads these rows again. Rows that no longer match the filters leave; new ones appear at the top. */
  readonly update: (ids: readonly string[]) => void;
}

interface State<Row> {
  readonly of: string;
  readonly rows: readonly Row[];
  readonly cursor: string | null;
  readonly hasMore: boolean;
  readonly loaded: boolean;
  readonly loadingMore: boolean;
  readonly error?: ApiError;
}

const MOST_IDS = 100;

/** A list that the server pages by key, newest first: any number of pages, of which changes are read one by one. */
export function useList<Data, Variables extends PageVariables, Row>({
  document,
  variables,
  pageOf,
  idOf,
  only,
  pageSize = 50,
}: ListOptions<Data, Variables, Row>): List<Row> {
  const ask = useAsk();
  const of = JSON.stringify(variables);
  const empty = useMemo(
    (): State<Row> => ({ of, rows: [], cursor: null, hasMore: false, loaded: false, loadingMore: false }),
    [of],
  );
  const [kept, setKept] = useState(empty);
  const state = kept.of === of ? kept : empty;
  const latest = useRef({ document, variables, pageOf, idOf, only, pageSize, state });
  useEffect(() => {
    latest.current = { document, variables, pageOf, idOf, only, pageSize, state };
  });

  /** Applies an answer unless the filters have changed meanwhile. */
  const change = useCallback(
    (apply: (before: State<Row>) => Partial<State<Row>>) =>
      setKept((before) => {
        const base = before.of === of ? before : empty;
        return { ...base, error: undefined, ...apply(base) };
      }),
    [of, empty],
  );
  const read = useCallback(
    async (more: Partial<PageVariables>, base: Variables = latest.current.variables) => {
      const { document: asked, pageOf: page } = latest.current;
      return page(await ask(asked, { ...base, ...more }));
    },
    [ask],
  );
  const attempt = useCallback(
    async (work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        change(() => ({ error: asApiError(error), loaded: true, loadingMore: false }));
      }
    },
    [change],
  );

  /** Reads rows again by their ids; those that are not found leave. */
  const reread = useCallback(
    async (ids: readonly string[]) => {
      const { only: find, idOf: id } = latest.current;
      for (let at = 0; find !== undefined && at < ids.length; at += MOST_IDS) {
        const some = new Set(ids.slice(at, at + MOST_IDS));
        const { nodes } = await read({ first: some.size }, find([...some]));
        const found = new Map(nodes.map((row) => [id(row), row]));
        change(({ rows }) => ({
          rows: rows.flatMap((row) => (some.has(id(row)) ? (found.get(id(row)) ?? []) : row)),
        }));
      }
    },
    [change, read],
  );
  const refresh = useCallback(
    () =>
      void attempt(async () => {
        const { idOf: id, state: current, pageSize: first } = latest.current;
        const page = await read({ first });
        change((before) => withHead(before, page, id));
        const fresh = new Set(page.nodes.map(id));
        await reread(current.rows.map(id).filter((one) => !fresh.has(one)));
      }),
    [attempt, change, read, reread],
  );
  const loadMore = useCallback(
    () =>
      void attempt(async () => {
        const { cursor, hasMore, loadingMore } = latest.current.state;
        if (!hasMore || loadingMore) return;
        change(() => ({ loadingMore: true }));
        const { nodes, pageInfo } = await read({ first: latest.current.pageSize, after: cursor });
        change((before) => {
          const known = new Set(before.rows.map(latest.current.idOf));
          const rows = [...before.rows, ...nodes.filter((row) => !known.has(latest.current.idOf(row)))];
          return { rows, cursor: pageInfo.endCursor ?? null, hasMore: pageInfo.hasNextPage, loadingMore: false };
        });
      }),
    [attempt, change, read],
  );
  const update = useCallback(
    (ids: readonly string[]) =>
      void attempt(async () => {
        const { only: find, idOf: id, state: current } = latest.current;
        const known = new Set(current.rows.map(id));
        if (find === undefined || ids.length > MOST_IDS || ids.some((one) => !known.has(one))) return refresh();
        await reread(ids);
      }),
    [attempt, refresh, reread],
  );

  // A new function for each choice of filters, with which the list begins anew.
  useEffect(refresh, [refresh]);
  const { rows, loaded, loadingMore, hasMore, error } = state;
  return { rows, loading: !loaded, loadingMore, hasMore, error, loadMore, refresh, update };
}

/** The newest page in front of what is known. Without an overlap, rows are missing in between: the list begins anew. */
function withHead<Row>(before: State<Row>, { nodes, pageInfo }: Page<Row>, idOf: (row: Row) => string) {
  const fresh = new Set(nodes.map(idOf));
  const [last] = nodes.slice(-1);
  const end = last === undefined ? -1 : before.rows.findIndex((row) => idOf(row) === idOf(last));
  const whole = { rows: nodes, cursor: pageInfo.endCursor ?? null, hasMore: pageInfo.hasNextPage, loaded: true };
  if (end < 0 || !pageInfo.hasNextPage) return whole;
  const rest = before.rows.slice(end + 1).filter((row) => !fresh.has(idOf(row)));
  if (rest.length === 0) return whole;
  return { rows: [...nodes, ...rest], loaded: true };
}
