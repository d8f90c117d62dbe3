import { createHash } from 'node:crypto';
import type { Clock } from '../clock';
import { Refusal } from '../refusal';
import { addressGroup } from './addressGroup';
import type { Authenticate } from './credentials';
import { type Rate, RateLimit, rateLimited } from './rateLimit';

export interface GuardOptions {
  readonly clock: Clock;
  readonly rate: Rate;
  /** Called for each key that is not valid. */
  readonly onFailure?: (address: string) => void;
}

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
 * Stands before `authenticate` on every transport. It slows down whoever tries keys: after some failures an address has to wait, twice as long each time. And it
 * limits how much one key may ask for.
 *
 * Keys that were valid lately pass a locked address, because everybody behind a proxy has the same one: a lock for all of them would let anybody shut
 * everybody out. They are still looked up each time.
 */
export function guardCallers(authenticate: Authenticate, { clock, rate, onFailure }: GuardOptions): Authenticate {
  const limit = new RateLimit(rate, clock);
  const failures = new Map<string, Failures>();
  const validKeys = new Map<string, true>();

  function refuseLocked(address: string, key: string): void {
    if (failures.size === 0) return;
    const known = failures.get(addressGroup(address));
    const now = clock.now().getTime();
    if (known === undefined || known.lockedUntil <= now || validKeys.has(digest(key))) return;
    throw rateLimited((known.lockedUntil - now) / 1000, 'Too many keys from this address were not valid');
  }

  function noteFailure(address: string): void {
    onFailure?.(address);
    const group = addressGroup(address);
    const now = clock.now().getTime();
    const before = failures.get(group);
    const counts = before !== undefined && now - before.at < forgottenAfterMs;
    const count = (counts ? before.count : 0) + 1;
    const lockMs =
      count < freeFailures ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** Math.min(count - freeFailures, 10));
    remember(failures, group, { count, lockedUntil: now + lockMs, at: now }, mostAddresses);
  }

  return async (credentials) => {
    const { address, key } = credentials;
    refuseLocked(address, key);
    try {
      const actor = await authenticate(credentials);
      remember(validKeys, digest(key), true, mostKeys);
      limit.take(`${actor.kind} ${actor.id}`);
      return actor;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') noteFailure(address);
      throw error;
    }
  };
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
