import { LRUCache } from 'lru-cache';
import type { Db } from '../../kernel/database/database';
import type { Revision } from '../language/definition';
import type { DefinedRows } from './definedRows.store';

/** Revisions never change, so a process reads each once. */
export class RevisionCache<Definition> {
  private readonly known = new LRUCache<string, Revision<Definition>>({ max: 1000 });

  constructor(private readonly rows: DefinedRows<Definition>) {}

  async get(db: Db, id: string): Promise<Revision<Definition>> {
    const [revision] = await this.getAll(db, [id]);
    if (revision === undefined) throw new Error(`the ${this.rows.table} revision ${id} does not exist`);
    return revision;
  }

  /** Ordered like the IDs. Omits unknown IDs. */
  async getAll(db: Db, ids: readonly string[]): Promise<Revision<Definition>[]> {
    const missing = [...new Set(ids)].filter((id) => !this.known.has(id));
    const read = missing.length === 0 ? [] : await this.rows.revisions.find(db, missing);
    const found = new Map(read.map((revision) => [revision.id, revision]));
    return ids.flatMap((id) => {
      const revision = found.get(id) ?? this.known.get(id);
      if (revision === undefined) return [];
      // The revision of an open transaction may be rolled back. Its ID is never reused, so keeping it is harmless.
      this.known.set(id, revision);
      return [revision];
    });
  }
}
