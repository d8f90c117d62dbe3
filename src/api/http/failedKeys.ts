import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock';
import type { SharedCounts } from '../../kernel/database/sharedCounts';
import { Refusal } from '../../kernel/errors';
import { hashSecret } from '../../kernel/ids';
import { addressGroup } from './addressGroup';
import { rateLimited } from './rateLimit';

/** Free failures per address. Covers typing errors and a script with an old key. */
const FREE_FAILURES = 10;
const FIRST_LOCK_MS = 1_000;
const LONGEST_LOCK_MS = 60_000;
/** After this time, the count of an address starts over. */
const FORGOTTEN_AFTER_SECONDS = 15 * 60;
const MOST_KEPT = 10_000;

/**
 * Slows down callers that try keys, across all servers. Each invalid key counts once for its address; past a limit the
 * address must wait, twice as long each time. Repeats of one key count only for that key, so a script with an old key
 * slows down no one else.
 *
 * Recently valid keys pass a locked address, because all callers behind an untrusted proxy share one. They are still
 * authenticated each time.
 */
export class FailedKeys {
  private readonly failures: ReturnType<SharedCounts>;
  /** Time until which an address, or a key from it, is rejected without a check. */
  private readonly lockedUntil = new LRUCache<string, number>({ max: MOST_KEPT });
  private readonly validKeys = new LRUCache<string, true>({ max: MOST_KEPT });

  constructor(
    name: string,
    private readonly clock: Clock,
    counts: SharedCounts,
    /** Called for each invalid key. */
    private readonly onFailure: (address: string) => void = () => undefined,
  ) {
    this.failures = counts(name, FORGOTTEN_AFTER_SECONDS);
  }

  /** Runs `authenticate` unless the address or the key is locked, and remembers the outcome. Throws RATE_LIMITED. */
  async judge<T>(key: string, address: string, authenticate: () => Promise<T>): Promise<T> {
    // Keys are not kept longer than their request.
    const known = hashSecret(key);
    if (!this.validKeys.has(known)) {
      const group = addressGroup(address);
      this.requireUnlocked(group, 'Too many keys from this address were not valid');
      this.requireUnlocked(`${group} ${known}`, 'This key is not valid and was sent too often');
    }
    try {
      const value = await authenticate();
      this.validKeys.set(known, true);
      return value;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') {
        this.onFailure(address);
        const group = addressGroup(address);
        if ((await this.noteFailure(`${group} ${known}`)) === 1) await this.noteFailure(group);
      }
      throw error;
    }
  }

  private requireUnlocked(caller: string, why: string): void {
    const lockedMs = (this.lockedUntil.get(caller) ?? 0) - this.clock.now().getTime();
    if (lockedMs > 0) throw rateLimited(lockedMs / 1000, why);
  }

  private async noteFailure(caller: string): Promise<number> {
    const { consumedPoints } = await this.failures.penalty(caller, 1);
    if (consumedPoints >= FREE_FAILURES) {
      const lockMs = Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** (consumedPoints - FREE_FAILURES));
      this.lockedUntil.set(caller, this.clock.now().getTime() + lockMs);
    }
    return consumedPoints;
  }
}
