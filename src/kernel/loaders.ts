import DataLoader from 'dataloader';
import type { App } from './app';
import { remembered } from './remembered';

interface HasDatabase {
  readonly database: object;
}

/**
 * Loads objects by key in batches: `loaders.load(applicationById, id)`. The function returns the objects that it found;
 * a key that is missing in the map is undefined. Folders export such functions from `<folder>.loaders.ts`; there is no
 * registration. Requests share batches, so a key must be one that can't fail: of a row, or checked with `isId`.
 */
export type BatchLoad<Value, A extends HasDatabase = App> = (
  app: A,
  keys: readonly string[],
) => Promise<ReadonlyMap<string, Value>>;

/** Bounds the time for which one batch holds up the next. */
const LARGEST_BATCH = 200;

/** Loaders that requests share, by database handle and function. */
const shared = remembered((_database: object) => new WeakMap<object, object>());

/**
 * Loads one object. Everything that any request loads with the same function while the previous statement is in progress
 * is one statement, which is sent after all of these calls: nobody gets a row that is older than its call.
 */
export function load<Value, A extends HasDatabase>(
  app: A,
  batchLoad: BatchLoad<Value, A>,
  key: string,
): Promise<Value | undefined> {
  const known = shared(app.database);
  let loader = known.get(batchLoad) as DataLoader<string, Value | undefined> | undefined;
  if (loader === undefined) {
    loader = sharedLoader(app, batchLoad);
    known.set(batchLoad, loader);
  }
  return loader.load(key);
}

function sharedLoader<Value, A extends HasDatabase>(app: A, batchLoad: BatchLoad<Value, A>) {
  let previous: Promise<unknown> = Promise.resolve();
  const loadAll = async (keys: readonly string[]) => {
    const answer = batchLoad(app, [...new Set(keys)]);
    previous = answer.catch(() => undefined);
    const found = await answer;
    return keys.map((key) => found.get(key));
  };
  return new DataLoader(loadAll, {
    // A cache would outlive the requests.
    cache: false,
    maxBatchSize: LARGEST_BATCH,
    batchScheduleFn: (send) => void previous.then(() => setImmediate(send)),
  });
}

/** What one request, or one delivered event, has loaded: each object once. */
export class Loaders<A extends App = App> {
  private readonly loaded = new Map<unknown, Map<string, Promise<unknown>>>();

  constructor(private readonly app: A) {}

  load<Value>(batch: BatchLoad<Value, A>, key: string): Promise<Value | undefined> {
    let known = this.loaded.get(batch);
    if (known === undefined) {
      known = new Map();
      this.loaded.set(batch, known);
    }
    let value = known.get(key) as Promise<Value | undefined> | undefined;
    if (value === undefined) {
      value = load(this.app, batch, key);
      known.set(key, value);
    }
    return value;
  }
}

/** Rows by a unique property. */
export function byKey<Row>(rows: readonly Row[], key: (row: Row) => string): Map<string, Row> {
  return new Map(rows.map((row) => [key(row), row]));
}

/** Rows in groups, each in the order of the rows. Keys without rows are missing. */
export function groupBy<Row>(rows: readonly Row[], key: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}

/** Target of a reference. The database enforces references, so a missing one is a defect, not the caller's error. */
export function found<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that another one refers to does not exist');
  return row;
}
