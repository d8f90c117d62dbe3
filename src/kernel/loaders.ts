import DataLoader from 'dataloader';
import type { App } from './app';

/**
 * Loads objects by key in batches: `loaders.load(applicationById, id)`. The function returns the objects that it found;
 * a key that is missing in the map is undefined. Folders export such functions from `<folder>.loaders.ts`; there is no
 * registration.
 */
export type BatchLoad<Value, A extends App = App> = (
  app: A,
  keys: readonly string[],
) => Promise<ReadonlyMap<string, Value>>;

/** DataLoaders of one request, or of one delivered event. */
export class Loaders<A extends App = App> {
  private readonly loaders = new Map<unknown, DataLoader<string, unknown>>();

  constructor(private readonly app: A) {}

  load<Value>(batch: BatchLoad<Value, A>, key: string): Promise<Value | undefined> {
    let loader = this.loaders.get(batch);
    if (loader === undefined) {
      loader = new DataLoader<string, unknown>(async (keys) => {
        const found = await batch(this.app, keys);
        return keys.map((key) => found.get(key));
      });
      this.loaders.set(batch, loader);
    }
    return loader.load(key) as Promise<Value | undefined>;
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
