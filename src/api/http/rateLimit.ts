import type { Clock } from '../../kernel/clock';
import { Refusal } from '../../kernel/errors';

export interface Rate {
  /** 0: no limit. */
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const mostBuckets = 20_000;

/**
 * A token bucket for each caller, within this process: what one key asks for can't take the server from all others. Servers don't tell each other, so
 * with three of them a key has three times as much; a shared counter would cost each request a round trip, and be one more thing that can fail.
 */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly clock: Clock,
    /** Whom the refusal names. */
    private readonly who = 'This key',
  ) {}

  /** Throws RATE_LIMITED when this caller has to wait. */
  take(caller: string): void {
    const { perSecond, burst } = this.rate;
    if (perSecond === 0) return;
    const now = this.clock.now().getTime();
    const known = this.buckets.get(caller);
    const tokens = known === undefined ? burst : refill(known, now, this.rate);
    if (tokens < 1) throw rateLimited((1 - tokens) / perSecond, `${this.who} asks for more than the server gives it`);
    if (known === undefined) {
      if (this.buckets.size >= mostBuckets) this.forgetFull(now);
      this.buckets.set(caller, { tokens: tokens - 1, at: now });
    } else {
      known.tokens = tokens - 1;
      known.at = now;
    }
  }

  /** A full bucket is like one that was never used. */
  private forgetFull(now: number): void {
    for (const [caller, bucket] of this.buckets) {
      if (refill(bucket, now, this.rate) >= this.rate.burst) this.buckets.delete(caller);
    }
  }
}

function refill({ tokens, at }: Bucket, now: number, { perSecond, burst }: Rate): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) / 1000) * perSecond);
}

/** `seconds`: after which the same request may succeed. */
export function rateLimited(seconds: number, what: string): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(seconds));
  const message = `${what}. Try again after ${retryAfterSeconds} s.`;
  return new Refusal('RATE_LIMITED', message, { retryAfterSeconds });
}
