import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock';
import type { SharedCounts } from '../../kernel/database/sharedCounts';
import { Refusal } from '../../kernel/errors';

export interface Rate {
  /** 0 means no limit. */
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  /** Negative while other servers have given the caller more than its share. */
  tokens: number;
  at: number;
  /** Taken here but not yet reported to the other servers. */
  unreported: number;
  reporting: boolean;
  /** Total of all servers at this server's last report. */
  total: number;
}

/**
 * Token bucket per caller, shared by all servers. A request takes from the bucket in memory. After each tenth of a
 * burst, the server adds that amount to a shared count in the background and deducts the usage of other servers. Slow
 * callers cost no statement, and n servers exceed the limit by at most n tenths of a burst.
 */
export class RateLimit {
  private readonly buckets = new LRUCache<string, Bucket>({ max: 20_000 });
  private readonly counts: ReturnType<SharedCounts>;
  private readonly step: number;

  constructor(
    name: string,
    private readonly rate: Rate,
    private readonly clock: Clock,
    counts: SharedCounts,
    /** Subject of the error message. */
    private readonly who = 'This key',
  ) {
    // Time to fill an empty bucket; usage before it no longer counts.
    this.counts = counts(name, rate.burst / Math.max(1, rate.perSecond));
    this.step = Math.max(1, Math.floor(rate.burst / 10));
  }

  /** Throws RATE_LIMITED if the caller must wait. */
  take(caller: string): void {
    const { perSecond, burst } = this.rate;
    if (perSecond === 0) return;
    const now = this.clock.now().getTime();
    const bucket = this.buckets.get(caller) ?? { tokens: burst, at: now, unreported: 0, reporting: false, total: 0 };
    this.buckets.set(caller, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) {
      throw rateLimited((1 - bucket.tokens) / perSecond, `${this.who} sends more requests than its limit allows`);
    }
    bucket.tokens -= 1;
    bucket.unreported += 1;
    if (bucket.unreported >= this.step && !bucket.reporting) void this.report(caller, bucket);
  }

  private async report(caller: string, bucket: Bucket): Promise<void> {
    const own = bucket.unreported;
    bucket.unreported = 0;
    bucket.reporting = true;
    const { consumedPoints: total } = await this.counts.penalty(caller, own);
    const before = total - own;
    // A smaller total belongs to a new window.
    bucket.tokens -= before < bucket.total ? before : before - bucket.total;
    bucket.total = total;
    bucket.reporting = false;
  }
}

/** `seconds` after which the same request may succeed. */
export function rateLimited(seconds: number, what: string): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(seconds));
  return new Refusal('RATE_LIMITED', `${what}. Try again in ${retryAfterSeconds} s.`, { retryAfterSeconds });
}
