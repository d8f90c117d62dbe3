import type { App } from './app';
import { type BatchLoad, groupBy, type Loaders } from './loaders';
import { type CursorCodec, type Page, type PageArguments, type PageRequest, readPage, toPage } from './paging';

export type ListOfParent<T> = (loaders: Loaders, parentId: string, page: PageArguments) => Promise<Page<T>>;

interface NestedList<T, Key extends readonly unknown[]> {
  readonly cursor: CursorCodec<Key>;
  readonly keyOf: (row: T) => Key;
  readonly parentOf: (row: T) => string;
  /** Page of each parent, in its order. */
  readonly find: (app: App, parentIds: readonly string[], request: PageRequest<Key>) => Promise<T[]>;
  /** Parents without any may be missing. */
  readonly count: (app: App, parentIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

/**
 * A list within each object of another list. The page arguments are part of the loader's key, and keys with the same
 * arguments are loaded together, with one statement for the pages of all objects.
 */
export function nestedList<T, Key extends readonly unknown[]>(list: NestedList<T, Key>): ListOfParent<T> {
  const load: BatchLoad<T[]> = async (app, keys) => {
    const pages = new Map<string, T[]>();
    for (const [page, group] of groupBy(keys, (key) => key.slice(key.indexOf(' ')))) {
      const request = readPage(JSON.parse(page) as PageArguments, list.cursor);
      const parents = group.map((key) => key.slice(0, key.indexOf(' ')));
      const rows = groupBy(await list.find(app, parents, request), list.parentOf);
      for (const parent of parents) pages.set(`${parent}${page}`, rows.get(parent) ?? []);
    }
    return pages;
  };
  const count: BatchLoad<number> = (app, parents) => list.count(app, parents);
  return async (loaders, parentId, page) => {
    const request = readPage(page, list.cursor);
    const { first = null, limit = null, offset = null, after = null } = page;
    const key = `${parentId} ${JSON.stringify({ first, limit, offset, after })}`;
    return toPage(request, {
      rows: (await loaders.load(load, key)) ?? [],
      cursor: (row) => list.cursor.encode(list.keyOf(row)),
      countTotal: async () => (await loaders.load(count, parentId)) ?? 0,
    });
  };
}
