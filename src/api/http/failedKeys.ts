import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock';
import { addressGroup } from './addressGroup';
import { rateLimited } from './rateLimit';

interface Failures {
  count: number;
  /** Until when keys from this address that were never valid are refused unseen. */
  lockedUntil: number;
  at: number;
}

/** Typing errors and a script with an old key: what anybody may do before it gets slow. */
const freeFailures = 10;
const firstLockMs = 1_000;
const longestLockMs = 60_000;
/** After this time without a failure an address starts anew. */
const forgottenAfterMs = 15 * 60_000;
const mostAddresses = 10_000;
const mostKeys = 10_000;

/**
 * Slows down whoever tries keys: after some failures an address has to wait, twice as long each time.
 *
 * Keys that were valid lately pass a locked address, because everybody behind a proxy has the same one: a lock for all of them would let anybody shut
 * everybody out. They are still looked up each time.
 */
export class FailedKeys {
  private readonly failures = new Map<string, Failures>();
  private readonly validKeys = new Map<string, true>();

  constructor(private readonly clock: Clock) {}

  /** Throws RATE_LIMITED for a key that is not looked at now. */
  refuseLocked(address: string, key: string): void {
    if (this.failures.size === 0) return;
    const known = this.failures.get(addressGroup(address));
    const now = this.clock.now().getTime();
    if (known === undefined || known.lockedUntil <= now || this.validKeys.has(digest(key))) return;
    throw rateLimited((known.lockedUntil - now) / 1000, 'Too many keys from this address were not valid');
  }

  noteValid(key: string): void {
    remember(this.validKeys, digest(key), true, mostKeys);
  }

  noteFailure(address: string): void {
    const group = addressGroup(address);
    const now = this.clock.now().getTime();
    const before = this.failures.get(group);
    const counts = before !== undefined && now - before.at < forgottenAfterMs;
    const count = (counts ? before.count : 0) + 1;
    const lockMs =
      count < freeFailures ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** Math.min(count - freeFailures, 10));
    remember(this.failures, group, { count, lockedUntil: now + lockMs, at: now }, mostAddresses);
  }
}

/** The least recently used entry makes room. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value ?? '');
}

/** Keys themselves are not kept in memory longer than a request takes. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
