import type { Database, Db } from '../../kernel/database/database';
import { requirementClassOf } from './labelMatches.store';

/**
 * A set of required labels is stored once and jobs refer to it by number, so that a claim matches a few sets instead of
 * every job. Sets are never removed or changed, so a committed number is cached for the lifetime of the process.
 */
export class RequirementClasses {
  private readonly known = new Map<string, number>();

  /** Creates missing numbers for these sets of sorted selectors, outside of any transaction. */
  async ensure(database: Database, sets: readonly (readonly string[])[]): Promise<void> {
    for (const labels of sets) {
      const key = labels.join('\n');
      if (this.known.has(key)) continue;
      this.known.set(key, await database.transaction((db) => requirementClassOf(db, labels)));
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
      if (!this.known.has(key) && !made.has(key)) made.set(key, await requirementClassOf(db, labels));
    }
    return sets.map((labels) => {
      const key = labels.join('\n');
      return this.known.get(key) ?? made.get(key) ?? 0;
    });
  }
}
