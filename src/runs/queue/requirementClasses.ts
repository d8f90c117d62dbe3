import type { Db } from '../../kernel/database/database';

/**
 * A set of required labels is stored once and jobs refer to it by number, so that a claim matches a few sets instead of
 * every job. Sets are never removed or changed, so a committed number is cached for the lifetime of the process.
 */
export class RequirementClasses {
  private readonly known = new Map<string, number>();

  /** Creates missing numbers for these sets of sorted `key=value` labels, outside of any transaction. */
  async ensure(database: Db, sets: readonly (readonly string[])[]): Promise<void> {
    for (const labels of sets) {
      const key = labels.join('\n');
      if (!this.known.has(key)) this.known.set(key, await store(database, labels));
    }
  }

  /**
   * Numbers of these sets, in order. A number that this transaction creates is not cached, because it could be rolled
   * back.
   */
  async numbersOf(db: Db, sets: readonly (readonly string[])[]): Promise<number[]> {
    const made = new Map<string, number>();
    for (const labels of sets) {
      const key = labels.join('\n');
      if (!this.known.has(key) && !made.has(key)) made.set(key, await store(db, labels));
    }
    return sets.map((labels) => {
      const key = labels.join('\n');
      return this.known.get(key) ?? made.get(key) ?? 0;
    });
  }
}

async function store(db: Db, labels: readonly string[]): Promise<number> {
  // The no-op update makes RETURNING include rows that already existed.
  const [row] = await db.rows<{ id: number }>(
    `INSERT INTO requirement_class (labels) VALUES ($1) ON CONFLICT (labels) DO UPDATE SET labels = excluded.labels RETURNING id`,
    [labels],
  );
  if (row === undefined) throw new Error('requirement_class answered no row');
  return row.id;
}
