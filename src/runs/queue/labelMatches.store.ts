import { matches } from '../../catalog/language/labelSelectors';
import type { Db } from '../../kernel/database/database';

/**
 * Which sets of labels meet which classes of requirements. Both are interned and never change, so a pair is decided
 * once, when the newer of the two is stored, and a claim finds the classes of an agent by an index. The lock makes sure
 * that each of two that are stored at the same time sees the other, or is seen.
 */
const lockMatches = (db: Db) => db.rows(`SELECT pg_advisory_xact_lock(hashtext('label_match'))`);

interface Interned {
  readonly id: number;
  readonly labels: readonly string[];
}

/** Number of a set of sorted `key=value` labels. Call it in a transaction. */
export async function labelSetOf(db: Db, labels: readonly string[]): Promise<number> {
  const find = () => db.rows<Interned>('SELECT id, labels FROM label_set WHERE labels = $1', [labels]);
  const [known] = await find();
  if (known !== undefined) return known.id;
  await lockMatches(db);
  const [meanwhile] = await find();
  if (meanwhile !== undefined) return meanwhile.id;
  const made = await insert(db, 'label_set', labels);
  const classes = await db.rows<Interned>('SELECT id, labels FROM requirement_class');
  const matching = classes.filter((one) => matches(one.labels, labels)).map(({ id }) => id);
  await insertMatches(db, [made], matching);
  return made;
}

/** Number of a class of sorted selectors. Call it in a transaction. */
export async function requirementClassOf(db: Db, selectors: readonly string[]): Promise<number> {
  const find = () => db.rows<Interned>('SELECT id, labels FROM requirement_class WHERE labels = $1', [selectors]);
  const [known] = await find();
  if (known !== undefined) return known.id;
  await lockMatches(db);
  const [meanwhile] = await find();
  if (meanwhile !== undefined) return meanwhile.id;
  const made = await insert(db, 'requirement_class', selectors);
  const sets = await db.rows<Interned>('SELECT id, labels FROM label_set');
  const matching = sets.filter((one) => matches(selectors, one.labels)).map(({ id }) => id);
  await insertMatches(db, matching, [made]);
  return made;
}

async function insert(db: Db, table: 'label_set' | 'requirement_class', labels: readonly string[]): Promise<number> {
  const [row] = await db.rows<{ id: number }>(`INSERT INTO ${table} (labels) VALUES ($1) RETURNING id`, [labels]);
  if (row === undefined) throw new Error(`${table} answered no row`);
  return row.id;
}

async function insertMatches(db: Db, setIds: readonly number[], classIds: readonly number[]): Promise<void> {
  await db.rows(
    `INSERT INTO label_match (label_set_id, requirement_class_id)
     SELECT set_id, class_id FROM unnest($1::int[]) set_id CROSS JOIN unnest($2::int[]) class_id`,
    [setIds, classIds],
  );
}

/** Sets of labels that meet all of these selectors. */
export async function findLabelSets(db: Db, selectors: readonly string[]): Promise<number[]> {
  const sets = await db.rows<Interned>('SELECT id, labels FROM label_set');
  return sets.filter((one) => matches(selectors, one.labels)).map(({ id }) => id);
}
