import type { Actor } from '../../access/actor';
import type { Clock } from '../../kernel/clock';
import type { SharedCounts } from '../../kernel/database/sharedCounts';
import { hashSecret } from '../../kernel/ids';
import { addressGroup } from './addressGroup';
import type { Authenticate } from './credentials';
import { FailedKeys } from './failedKeys';
import { type Rate, RateLimit } from './rateLimit';

export interface GuardOptions {
  readonly clock: Clock;
  readonly counts: SharedCounts;
  /** Called for each invalid key or token. */
  readonly onFailure?: (address: string) => void;
  /** Called for each request of a valid caller. */
  readonly onSuccess?: (actor: Actor, address: string) => void;
}

/** Runs before `authenticate` on every transport: slows down callers that try keys, and limits the rate of each key. */
export function guardCallers(authenticate: Authenticate, rate: Rate, options: GuardOptions): Authenticate {
  const limit = new RateLimit('callers', rate, options.clock, options.counts);
  const failed = new FailedKeys('failed keys', options.clock, options.counts, options.onFailure);
  return async (credentials) => {
    const actor = await failed.judge(credentials.key, credentials.address, () => authenticate(credentials));
    limit.take(`${actor.kind} ${actor.id}`);
    options.onSuccess?.(actor, credentials.address);
    return actor;
  };
}

/** Seconds' worth of requests that a busy agent may send at once before its rate limit applies. */
const BURST_SECONDS = 4;
/** One address may host many agents, and each of their jobs has its own token. */
const TOKENS_OF_ADDRESS = 20;

/**
 * Runs before the agent protocol. The limits are generous enough that only broken or hostile clients hit them; agents
 * retry later.
 */
export class AgentGuard {
  private readonly tokens: RateLimit;
  private readonly addresses: RateLimit;
  private readonly failed: FailedKeys;

  /** `perSecond` applies to one token; 0 means no limit. */
  constructor(perSecond: number, { clock, counts, onFailure }: GuardOptions) {
    const rate = (share: number) => ({ perSecond: perSecond * share, burst: perSecond * share * BURST_SECONDS });
    this.tokens = new RateLimit('agent tokens', rate(1), clock, counts, 'This token');
    this.addresses = new RateLimit('agent addresses', rate(TOKENS_OF_ADDRESS), clock, counts, 'This address');
    this.failed = new FailedKeys('failed agent tokens', clock, counts, onFailure);
  }

  /** Runs first in every request. */
  admit(token: string, address: string): void {
    this.addresses.take(addressGroup(address));
    this.tokens.take(hashSecret(token));
  }

  /** Checks a registration or agent token. Claim tokens are never locked out, because they belong to running jobs. */
  judge<T>(token: string, address: string, authenticate: () => Promise<T>): Promise<T> {
    return this.failed.judge(token, address, authenticate);
  }
}
