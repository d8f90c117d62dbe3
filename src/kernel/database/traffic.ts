import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A prepared statement takes memory on every connection for the lifetime of the connection. */
const MAX_NAMES = 1000;
/** Texts that are built for a caller's request are often used only once. */
const USES_BEFORE_NAME = 3;

/** Counts statements sent to PostgreSQL, for all connections of a database, and names the statements to prepare. */
export class Traffic {
  statements = 0;
  /** Round trips. */
  flushes = 0;
  /** True from a statement that ran out of disk space until a statement finds space again. */
  storageFull = false;
  /** Number of connections that were given up because a response did not come. */
  silences = 0;
  /** For tests: called with the statements of a flush before they are sent. */
  beforeFlush: ((statements: readonly string[]) => void) | undefined;
  private readonly uses = new LRUCache<string, number>({ max: 5000 });
  private readonly names = new Map<string, string>();

  /** `prepared`: false if a pooler in transaction mode gives each transaction another connection. */
  constructor(private readonly prepared: boolean) {}

  flushing(statements: readonly string[]): void {
    this.beforeFlush?.(statements);
    this.flushes++;
    this.statements += statements.length;
  }

  /**
   * Name under which PostgreSQL keeps the parsed statement and its plan; undefined for statements not worth keeping.
   */
  nameOf(text: string): string | undefined {
    if (!this.prepared || /^(BEGIN|COMMIT|ROLLBACK)/.test(text)) return undefined;
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= MAX_NAMES) return known;
    const uses = (this.uses.get(text) ?? 0) + 1;
    this.uses.set(text, uses);
    if (uses < USES_BEFORE_NAME) return undefined;
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    this.names.set(text, name);
    return name;
  }
}
