import type { Clock } from '../../kernel/clock';
import { Refusal } from '../../kernel/errors';
import type { Authenticate } from './credentials';
import { FailedKeys } from './failedKeys';
import { type Rate, RateLimit } from './rateLimit';

export interface GuardOptions {
  readonly clock: Clock;
  readonly rate: Rate;
  /** Called for each key that is not valid. */
  readonly onFailure?: (address: string) => void;
}

/** Stands before `authenticate` on every transport. It slows down whoever tries keys, and limits how much one key may ask for. */
export function guardCallers(authenticate: Authenticate, { clock, rate, onFailure }: GuardOptions): Authenticate {
  const limit = new RateLimit(rate, clock);
  const failed = new FailedKeys(clock);
  return async (credentials) => {
    const { address, key } = credentials;
    failed.refuseLocked(address, key);
    try {
      const actor = await authenticate(credentials);
      failed.noteValid(key);
      limit.take(`${actor.kind} ${actor.id}`);
      return actor;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') {
        onFailure?.(address);
        failed.noteFailure(address);
      }
      throw error;
    }
  };
}
