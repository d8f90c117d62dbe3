import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock';
import { addressGroup } from './addressGroup';
import { FailedKeys } from './failedKeys';
import { RateLimit } from './rateLimit';
import { Refusal } from '../../kernel/errors';

/** An agent with much to do may send this much at once before it has to keep to its rate. */
const BURST_SECONDS = 4;
/** Many agents, and each of their jobs has a token of its own, may have one address. */
const TOKENS_OF_ADDRESS = 20;

/**
 * The door of the agent protocol: limits how much one token and one address may ask for, so generously that only what is broken or hostile meets the limit, and slows down whoever
 * tries tokens. An agent that is refused comes back by itself, later.
 */
export class AgentGuard {
  private readonly ofTokens: RateLimit;
  private readonly ofAddresses: RateLimit;
  private readonly failed: FailedKeys;

  /** `perSecond`: of one token; 0: no limit. */
  constructor(perSecond: number, clock: Clock) {
    const rate = (share: number) => ({ perSecond: perSecond * share, burst: perSecond * share * BURST_SECONDS });
    this.ofTokens = new RateLimit(rate(1), clock, 'This token');
    this.ofAddresses = new RateLimit(rate(TOKENS_OF_ADDRESS), clock, 'This address');
    this.failed = new FailedKeys(clock);
  }

  /** Before anything is done. */
  admit(token: string, address: string): void {
    this.ofAddresses.take(addressGroup(address));
    this.ofTokens.take(createHash('sha256').update(token).digest('base64'));
  }

  /** Looks at a registration or agent token, and remembers what came of it. Claim tokens are never locked out: they belong to jobs that run. */
  async judge<T>(token: string, address: string, authenticate: () => Promise<T>): Promise<T> {
    this.failed.refuseLocked(address, token);
    try {
      const value = await authenticate();
      this.failed.noteValid(token);
      return value;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') this.failed.noteFailure(address);
      throw error;
    }
  }
}
