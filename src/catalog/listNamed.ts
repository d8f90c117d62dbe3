import type { Access } from '../access/access';
import type { Actor } from '../access/actor';
import type { SubjectType } from '../access/subjects';
import type { App as KernelApp } from '../kernel/app';
import type { App } from './app';
import { allOf } from '../kernel/filters';
import { type BatchLoad, groupBy, type Loaders } from '../kernel/loaders';
import { type CursorCodec, cursorCodec, type PageRequest, readPage, toPage } from '../kernel/paging';
import type { Page, PageArguments } from '../kernel/paging';
import { isId } from '../kernel/ids';
import { invalidInput, type Refusal } from '../kernel/errors';
import type { ApplicationParts, NamedRow, NamedRows, RowCondition } from './namedRows.store';

type NameKey = readonly [name: string, id: string];

/** Cursors of a list of configured things: they are in the order of their names, which is how people look for them. */
export function nameCursor(list: string): CursorCodec<NameKey> {
  const codec = cursorCodec(list, 'text', 'text');
  return {
    encode: codec.encode,
    decode(cursor) {
      const key = codec.decode(cursor);
      // PostgreSQL would refuse the statement for what is no UUID.
      if (isId(key[1])) return key;
      throw badCursor(cursor);
    },
  };
}

export function badCursor(cursor: string): Refusal {
  const message = `"${cursor}" is not a cursor of this list.`;
  return invalidInput([{ field: 'after', value: cursor, rule: 'CURSOR', message }]);
}

const keyOf = ({ name, id }: NamedRow): NameKey => [name, id];

/** A page of all rows that the actor may see and for which the conditions hold: one statement, and one more if the total is asked for. */
export async function listNamed<T extends NamedRow>(
  app: App,
  actor: Actor,
  type: SubjectType,
  rows: NamedRows<T>,
  cursor: CursorCodec<NameKey>,
  where: { readonly conditions: readonly string[]; readonly parameters: readonly unknown[] },
  page: PageArguments,
): Promise<Page<T>> {
  const request = readPage(page, cursor);
  const parameters = [...where.parameters];
  const condition = allOf([...where.conditions, actor.access.condition('READ', type, 'row', parameters)]);
  const found = await rows.page(app.database, condition, parameters, request);
  return toPage(request, {
    rows: found,
    cursor: (row) => cursor.encode(keyOf(row)),
    countTotal: () => rows.count(app.database, condition, parameters),
  });
}

type ListOfParent<T> = (loaders: Loaders, parentId: string, page: PageArguments) => Promise<Page<T>>;

export interface NestedList<T, Key extends readonly unknown[]> {
  readonly cursor: CursorCodec<Key>;
  readonly keyOf: (row: T) => Key;
  readonly parentOf: (row: T) => string;
  /** The page of each parent, in its order. */
  readonly find: (app: KernelApp, parentIds: readonly string[], request: PageRequest<Key>) => Promise<T[]>;
  /** Parents that have none may be left out. */
  readonly count: (app: KernelApp, parentIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

/**
 * A list within each object of another list. The pages of all objects are one statement, as long as they are asked for with the same
 * arguments: the arguments are a part of the loader's key, and keys with the same arguments are loaded together.
 */
export function nestedList<T, Key extends readonly unknown[]>(list: NestedList<T, Key>): ListOfParent<T> {
  const load: BatchLoad<T[]> = async (app, keys) => {
    const pages = new Map<string, T[]>();
    for (const [page, group] of groupBy(keys, (key) => key.slice(key.indexOf(' ')))) {
      const [first, after] = JSON.parse(page) as [PageArguments, string | null];
      const request = readPage({ ...first, after }, list.cursor);
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
    const key = `${parentId} ${JSON.stringify([{ first, limit, offset }, after])}`;
    return toPage(request, {
      rows: (await loaders.load(load, key)) ?? [],
      cursor: (row) => list.cursor.encode(list.keyOf(row)),
      countTotal: async () => (await loaders.load(count, parentId)) ?? 0,
    });
  };
}

/**
 * The parts of one kind within their applications, as the actor may see them. What a caller may see is a part of the statement, so each
 * caller's list is loaded by itself.
 */
export function listOfApplication<T extends NamedRow & { readonly applicationId: string }>(
  type: SubjectType,
  parts: ApplicationParts<T>,
  cursor: CursorCodec<NameKey>,
): (loaders: Loaders, actor: Actor, parentId: string, page: PageArguments) => Promise<Page<T>> {
  const lists = new WeakMap<Access, ListOfParent<T>>();
  const listFor = (access: Access): ListOfParent<T> => {
    const known = lists.get(access);
    if (known !== undefined) return known;
    const seen: RowCondition = (parameters) => access.condition('READ', type, 'row', parameters);
    const list = nestedList<T, NameKey>({
      cursor,
      keyOf,
      parentOf: (row) => row.applicationId,
      find: (app, ids, request) => parts.pages(app.database, ids, seen, request),
      count: async (app, ids) =>
        new Map(
          (await parts.counts(app.database, ids, seen)).map(({ applicationId, count }) => [applicationId, count]),
        ),
    });
    lists.set(access, list);
    return list;
  };
  return (loaders, actor, parentId, page) => listFor(actor.access)(loaders, parentId, page);
}
