import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock';
import { hashSecret } from '../kernel/ids';
import type { Access } from './access';

/** Time for which rights count without another look at the database, in milliseconds. */
const KNOWN_MS = 1_000;
const MOST_KNOWN = 10_000;

interface Known {
  readonly access: Access;
  readonly readAt: number;
}

/**
 * Callers that were authenticated within the last second, by a digest of their key or token. A change of rights drops
 * all of them: immediately in its own process, and at the wake-up in others. A lost wake-up costs that second.
 */
export class KnownCallers {
  private readonly known = new LRUCache<string, Known>({ max: MOST_KNOWN });
  private changes = 0;

  constructor(private readonly clock: Clock) {}

  /** Returns a separate access for each request, read by `authenticate` unless the caller is known. */
  async accessOf(credential: string, authenticate: () => Promise<Access>): Promise<Access> {
    const key = hashSecret(credential);
    const known = this.known.get(key);
    if (known !== undefined && this.counts(known)) return known.access.forRequest();
    const { changes } = this;
    const readAt = performance.now();
    const access = await authenticate();
    // A read from before a change must not count after it.
    if (changes === this.changes) this.known.set(key, { access, readAt });
    return access;
  }

  forget(): void {
    this.changes++;
    this.known.clear();
  }

  private counts({ access: { principal }, readAt }: Known): boolean {
    const expiresAt = principal?.expiresAt ?? null;
    return performance.now() - readAt < KNOWN_MS && (expiresAt === null || expiresAt > this.clock.now());
  }
}
