import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock';
import type { SharedCounts } from '../../kernel/database/sharedCounts';
import { Refusal } from '../../kernel/errors';
import { addressGroup } from './addressGroup';
import { rateLimited } from './rateLimit';

/** Typing errors and a script with an old key: failures that slow nothing down. */
const FREE_FAILURES = 10;
const FIRST_LOCK_MS = 1_000;
const LONGEST_LOCK_MS = 60_000;
/** After this time an address starts anew. */
const FORGOTTEN_AFTER_SECONDS = 15 * 60;
const MOST_KEPT = 10_000;

/**
 * Slows down callers that try keys: after some failures, on whichever server, an address has to wait, twice as long each time.
 *
 * Keys that were valid lately pass a locked address, because all callers behind a proxy share one: a lock for all of them would
 * let anybody shut everybody out. They are still looked up each time.
 */
export class FailedKeys {
  private readonly failures: ReturnType<SharedCounts>;
  /** Until when keys from an address that were never valid are rejected unseen. */
  private readonly lockedUntil = new LRUCache<string, number>({ max: MOST_KEPT });
  private readonly validKeys = new LRUCache<string, true>({ max: MOST_KEPT });

  constructor(
    name: string,
    private readonly clock: Clock,
    counts: SharedCounts,
    /** Called for each key that is not valid. */
    private readonly onFailure: (address: string) => void = () => undefined,
  ) {
    this.failures = counts(name, FORGOTTEN_AFTER_SECONDS);
  }

  /** Runs `authenticate` unless the address is locked, and remembers the outcome. Throws RATE_LIMITED. */
  async judge<T>(key: string, address: string, authenticate: () => Promise<T>): Promise<T> {
    const group = addressGroup(address);
    const lockedMs = (this.lockedUntil.get(group) ?? 0) - this.clock.now().getTime();
    if (lockedMs > 0 && !this.validKeys.has(digest(key))) {
      throw rateLimited(lockedMs / 1000, 'Too many keys from this address were not valid');
    }
    try {
      const value = await authenticate();
      this.validKeys.set(digest(key), true);
      return value;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') {
        this.onFailure(address);
        await this.noteFailure(group);
      }
      throw error;
    }
  }

  private async noteFailure(group: string): Promise<void> {
    const { consumedPoints } = await this.failures.penalty(group, 1);
    if (consumedPoints < FREE_FAILURES) return;
    const lockMs = Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** (consumedPoints - FREE_FAILURES));
    this.lockedUntil.set(group, this.clock.now().getTime() + lockMs);
  }
}

/** Keys are not kept in memory longer than a request takes. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
