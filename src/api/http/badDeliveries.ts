import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock';
import { addressGroup } from './addressGroup';

/** Deliveries with an invalid signature that may arrive at once, and each second from then on. */
interface Limit {
  readonly burst: number;
  readonly perSecond: number;
}
/** From one address at one path. */
const ONE: Limit = { burst: 100, perSecond: 10 };
/** From all addresses together at one path: a storm from many addresses costs no more than that. */
const ALL: Limit = { burst: 500, perSecond: 50 };
const PROVEN_MS = 3_600_000;
const MOST_KEPT = 20_000;

interface Count {
  /** Trigger at the path. Null for paths that do not exist. */
  readonly triggerId: string | null;
  /** True if it counts all addresses. */
  readonly shared: boolean;
  tokens: number;
  at: number;
}

/**
 * Counts deliveries that could not be verified, in the memory of this server: by sender and path, and for paths that do
 * not exist by sender only; and for each path all senders together. A sender is a network address; one whose signature
 * was valid within the last hour is never limited, because a proxy that is not trusted may be the address of everybody.
 */
export class BadDeliveries {
  private readonly senders = new LRUCache<string, Count>({ max: MOST_KEPT });
  private readonly paths = new LRUCache<string, Count>({ max: MOST_KEPT });
  private readonly proven = new LRUCache<string, true>({ max: MOST_KEPT, ttl: PROVEN_MS });

  constructor(private readonly clock: Clock) {}

  /** Count of a path at which the sender is over its limit, or all senders are; undefined if neither is. */
  limitedAt(address: string, path: string | null): Pick<Count, 'triggerId' | 'shared'> | undefined {
    const key = keyOf(address, path);
    if (this.proven.has(key)) return undefined;
    const sender = this.senders.get(key);
    if (sender !== undefined && this.refill(sender, ONE).tokens < 1) return sender;
    const all = this.paths.get(path ?? '');
    return all !== undefined && this.refill(all, ALL).tokens < 1 ? all : undefined;
  }

  /** Counts a delivery. Its path is null if it does not exist. */
  note(address: string, path: string | null, triggerId: string | null): void {
    const key = keyOf(address, path);
    const at = this.clock.now().getTime();
    const sender = this.senders.get(key) ?? { triggerId, shared: false, tokens: ONE.burst, at };
    this.senders.set(key, sender);
    this.refill(sender, ONE).tokens -= 1;
    if (this.proven.has(key)) return;
    const all = this.paths.get(path ?? '') ?? { triggerId, shared: true, tokens: ALL.burst, at };
    this.paths.set(path ?? '', all);
    this.refill(all, ALL).tokens -= 1;
  }

  prove(address: string, path: string): void {
    this.proven.set(keyOf(address, path), true);
  }

  private refill(count: Count, { burst, perSecond }: Limit): Count {
    const now = this.clock.now().getTime();
    count.tokens = Math.min(burst, count.tokens + (Math.max(0, now - count.at) / 1000) * perSecond);
    count.at = now;
    return count;
  }
}

const keyOf = (address: string, path: string | null): string => `${addressGroup(address)} ${path ?? ''}`;
