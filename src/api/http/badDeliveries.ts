import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock';
import { addressGroup } from './addressGroup';

/** Deliveries with an invalid signature that an address may send at once to one path, and each second from then on. */
const BURST = 100;
const PER_SECOND = 10;
const PROVEN_MS = 3_600_000;
const MOST_KEPT = 20_000;

interface Sender {
  /** Trigger at the path. Null for paths that do not exist. */
  readonly triggerId: string | null;
  tokens: number;
  at: number;
}

/**
 * Counts deliveries that could not be verified, in the memory of this server: by sender and path, and for paths that do
 * not exist by sender only. A sender is a network address; one whose signature was valid within the last hour is never
 * limited, because a proxy that is not trusted may be the address of everybody.
 */
export class BadDeliveries {
  private readonly senders = new LRUCache<string, Sender>({ max: MOST_KEPT });
  private readonly proven = new LRUCache<string, true>({ max: MOST_KEPT, ttl: PROVEN_MS });

  constructor(private readonly clock: Clock) {}

  /** Trigger of a path at which the sender is over its limit; undefined if it is not. */
  limitedAt(address: string, path: string | null): { readonly triggerId: string | null } | undefined {
    const key = keyOf(address, path);
    const sender = this.senders.get(key);
    if (sender === undefined || this.proven.has(key)) return undefined;
    this.refill(sender);
    return sender.tokens < 1 ? sender : undefined;
  }

  /** Counts a delivery. Its path is null if it does not exist. */
  note(address: string, path: string | null, triggerId: string | null): void {
    const key = keyOf(address, path);
    const sender = this.senders.get(key) ?? { triggerId, tokens: BURST, at: this.clock.now().getTime() };
    this.senders.set(key, sender);
    this.refill(sender);
    sender.tokens -= 1;
  }

  prove(address: string, path: string): void {
    this.proven.set(keyOf(address, path), true);
  }

  private refill(sender: Sender): void {
    const now = this.clock.now().getTime();
    sender.tokens = Math.min(BURST, sender.tokens + (Math.max(0, now - sender.at) / 1000) * PER_SECOND);
    sender.at = now;
  }
}

const keyOf = (address: string, path: string | null): string => `${addressGroup(address)} ${path ?? ''}`;
