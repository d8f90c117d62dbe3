import { isId } from './ids';
import { type InputError, invalidInput } from './errors';
import { isStorable } from './naming';

/** Arguments of a list from a client. `readPage` checks them. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly limit?: number | null;
  readonly offset?: number | null;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
  readonly hasMore: boolean;
  readonly limit: number;
  readonly offset: number | null;
  /** Counts on the first call only. */
  readonly total: () => Promise<number>;
}

/** One page of a list, built by `toPage`. */
export interface Page<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly node: T; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
}

export const defaultLimit = 50;
export const largestLimit = 500;

/**
 * Type of one part of a sort key. Times must be stored in milliseconds (`timestamptz(3)`); otherwise rows of the same
 * millisecond get lost between pages.
 */
export type CursorPart = 'time' | 'text' | 'number' | 'id';
type PartValue = { readonly time: Date; readonly text: string; readonly number: number; readonly id: string };
export type CursorKey<Parts extends readonly CursorPart[]> = { readonly [I in keyof Parts]: PartValue[Parts[I]] };

/** Encodes and decodes the cursors of one list in one order. */
export interface CursorCodec<Key extends readonly unknown[]> {
  encode(key: Key): string;
  decode(cursor: string): Key;
}

/**
 * A cursor holds the sort key of its node, so that an index finds the next page without counting. It is encoded, not
 * signed, and opaque to clients; all of it is checked when it is used. `list` names the list and its order, because a
 * cursor of another list would be well-formed and point to a random place.
 */
export function cursorCodec<const Parts extends readonly CursorPart[]>(
  list: string,
  ...parts: Parts
): CursorCodec<CursorKey<Parts>> {
  return {
    encode: (key) => Buffer.from(JSON.stringify([list, ...key])).toString('base64url'),
    decode(cursor) {
      const [name, ...values] = parseList(cursor);
      const key = parts.map((part, index) => parsePart(part, values[index]));
      if (name !== list || values.length !== parts.length || key.includes(undefined)) throw badCursor(cursor);
      return key as unknown as CursorKey<Parts>;
    },
  };
}

export interface PageRequest<Key extends readonly unknown[]> {
  readonly limit: number;
  /** Number of rows to fetch: one more than the page, to detect another page. */
  readonly fetch: number;
  readonly offset: number;
  readonly after: Key | undefined;
}

/** Checks the arguments of a list. Throws one error for each broken rule. */
export function readPage<Key extends readonly unknown[]>(
  given: PageArguments,
  codec: CursorCodec<Key>,
): PageRequest<Key> {
  const { first = null, after = null, limit = null, offset = null } = given;
  const errors: InputError[] = [];
  if (first !== null && limit !== null) {
    errors.push(broken('limit', limit, 'EXCLUSIVE', '"first" and "limit" mean the same: give only one of them.'));
  }
  if (after !== null && offset !== null) {
    errors.push(
      broken('offset', offset, 'EXCLUSIVE', '"after" and "offset" can’t be combined: give only one of them.'),
    );
  }
  for (const [field, value] of [
    ['first', first],
    ['limit', limit],
  ] as const) {
    if (value !== null && (value < 1 || value > largestLimit)) {
      errors.push(broken(field, value, 'RANGE', `"${field}" must be from 1 to ${largestLimit}; it is ${value}.`));
    }
  }
  if (offset !== null && offset < 0) {
    errors.push(broken('offset', offset, 'RANGE', `"offset" must not be negative; it is ${offset}.`));
  }
  if (errors.length > 0) throw invalidInput(errors);
  const size = first ?? limit ?? defaultLimit;
  return { limit: size, fetch: size + 1, offset: offset ?? 0, after: after === null ? undefined : codec.decode(after) };
}

export interface PageSource<T> {
  /** In the order of the list: `request.fetch` rows if there are that many. */
  readonly rows: readonly T[];
  readonly cursor: (row: T) => string;
  readonly countTotal: () => Promise<number>;
}

/**
 * Builds the page of a request from the fetched rows. Creates cursors only if edges are requested, and counts the total
 * only if requested.
 */
export function toPage<T>(
  request: PageRequest<readonly unknown[]>,
  { rows, cursor, countTotal }: PageSource<T>,
): Page<T> {
  const nodes = rows.slice(0, request.limit);
  const first = nodes[0];
  const last = nodes.at(-1);
  const hasNextPage = rows.length > request.limit;
  let total: Promise<number> | undefined;
  const pageInfo: PageInfo = {
    hasNextPage,
    hasPreviousPage: request.after !== undefined || request.offset > 0,
    hasMore: hasNextPage,
    get startCursor() {
      return first === undefined ? null : cursor(first);
    },
    endCursor: last === undefined ? null : cursor(last),
    limit: request.limit,
    offset: request.after ? null : request.offset,
    total: () => {
      total ??= countTotal();
      return total;
    },
  };
  return {
    nodes,
    pageInfo,
    get edges() {
      return nodes.map((node) => ({ node, cursor: cursor(node) }));
    },
  };
}

/**
 * Condition for everything after a cursor. All columns sort in the same direction, are never null, and are unique
 * together.
 */
export function afterCondition(
  columns: readonly string[],
  direction: 'ASC' | 'DESC',
  key: readonly unknown[],
  parameters: unknown[],
): string {
  const placeholders = key.map((value) => `$${parameters.push(value)}`);
  return `(${columns.join(', ')}) ${direction === 'ASC' ? '>' : '<'} (${placeholders.join(', ')})`;
}

function parseList(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value)) return value;
  } catch {
    // Falls through, because a cursor may be any text.
  }
  throw badCursor(cursor);
}

function parsePart(part: CursorPart, value: unknown): Date | string | number | undefined {
  if (part === 'number') return Number.isSafeInteger(value) ? (value as number) : undefined;
  if (typeof value !== 'string' || !isStorable(value)) return undefined;
  if (part === 'text') return value;
  // PostgreSQL would reject the statement, and a forged cursor deserves a proper error.
  if (part === 'id') return isId(value) ? value : undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) || time.toISOString() !== value || !/^(?!0000)\d{4}-/.test(value)
    ? undefined
    : time;
}

export function badCursor(cursor: string) {
  return invalidInput([
    broken(
      'after',
      cursor,
      'CURSOR',
      `"${cursor}" is not a cursor of this list. Take it from "pageInfo.endCursor" or an edge’s "cursor".`,
    ),
  ]);
}

function broken(field: string, value: unknown, rule: string, message: string): InputError {
  return { field, value, rule, message };
}
