import { LRUCache } from 'lru-cache';
import type { EntitySchema } from 'typeorm';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Revision } from '../language/definition';

/** Revisions never change, so a process reads each once. */
export class RevisionCache<Definition> {
  private readonly known = new LRUCache<string, Revision<Definition>>({ max: 1000 });

  constructor(private readonly schema: EntitySchema<Revision<Definition>>) {}

  async get(db: Db, id: string): Promise<Revision<Definition>> {
    const [revision] = await this.getAll(db, [id]);
    if (revision === undefined) throw new Error(`${this.schema.options.name} ${id} does not exist`);
    return revision;
  }

  /** In the order of the ids; unknown ids are left out. */
  async getAll(db: Db, ids: readonly string[]): Promise<Revision<Definition>[]> {
    const missing = [...new Set(ids)].filter((id) => !this.known.has(id));
    const read =
      missing.length === 0
        ? []
        : await db.rows<Revision<Definition>>(
            `SELECT ${columnsOf(this.schema, 'revision')} FROM ${this.schema.options.name} revision WHERE id = ANY ($1::uuid[])`,
            [missing],
          );
    const found = new Map(read.map((revision) => [revision.id, revision]));
    return ids.flatMap((id) => {
      const revision = found.get(id) ?? this.known.get(id);
      if (revision === undefined) return [];
      // A revision of a transaction that is still open could be rolled back: its id is never used again, so keeping it harms nobody.
      this.known.set(id, revision);
      return [revision];
    });
  }
}
