import type { Attempted } from './deliveries.store';
import type { EventDelivery } from './eventDeliveries';

/** Result of one attempt, before it is decided whether there will be another. */
export type Result =
  | { readonly is: 'ACCEPTED'; readonly responseStatus: number | null }
  | { readonly is: 'NOT_SENT'; readonly code: string; readonly message: string }
  | {
      readonly is: 'REFUSED';
      readonly responseStatus: number | null;
      readonly code: string;
      readonly message: string;
      /** Time before which the receiver wants no requests. */
      readonly retryAfter: Date | null;
      /** True if the receiver wants no requests ever. */
      readonly gone: boolean;
    };

const LONGEST_WAIT_MS = 3_600_000;
const MOST_RETRY_AFTER_MS = 86_400_000;
/** A delivery whose turn comes late has these, so that one failed request does not lose it. */
const LEAST_ATTEMPTS = 3;

/** Time until the next attempt: doubles with each one up to an hour, and half of it is random. */
export function waitAfter(attempts: number, backoffMs: number, random: number): number {
  const full = Math.min(backoffMs * 2 ** Math.min(attempts - 1, 30), LONGEST_WAIT_MS);
  return Math.round(full / 2 + (random * full) / 2);
}

/** `Retry-After`: seconds or a date, at most a day. Null if there is none that can be read. */
export function retryAfterOf(header: string | string[] | undefined, now: Date): Date | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return null;
  const at = /^\d{1,9}$/.test(text) ? now.getTime() + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at) || at <= now.getTime()) return null;
  return new Date(Math.min(at, now.getTime() + MOST_RETRY_AFTER_MS));
}

interface Attempt {
  /** Times at which it began and at which its result is recorded. */
  readonly at: Date;
  readonly now: Date;
  /** Since when the receiver has accepted nothing. Null if the last attempt before this one succeeded. */
  readonly failingSince: Date | null;
  readonly backoffMs: number;
  readonly retryMs: number;
  readonly random: number;
}

/** Decides what follows from the result of an attempt. */
export function attempted(
  delivery: EventDelivery,
  result: Result,
  { at, now, failingSince, backoffMs, retryMs, random }: Attempt,
): Attempted {
  const durationMs = Math.max(0, now.getTime() - at.getTime());
  const common = { delivery, at, durationMs };
  const none = { dueAt: null, responseStatus: null, errorCode: null, error: null };
  if (result.is === 'ACCEPTED')
    return { ...common, ...none, state: 'DELIVERED', responseStatus: result.responseStatus };
  const { code: errorCode, message: error } = result;
  if (result.is === 'NOT_SENT') return { ...common, ...none, state: 'SKIPPED', errorCode, error, durationMs: 0 };
  const { responseStatus, retryAfter, gone } = result;
  const failed = { ...common, responseStatus, errorCode, error };
  // The subscription is turned off. What is pending then is delivered when it is turned on again.
  if (gone) return { ...failed, state: 'PENDING', dueAt: now };
  const attempts = delivery.attempts + 1;
  const down = isDown(responseStatus) ? failingSince : null;
  const giveUpAt = endOfRetries(delivery, at, down, retryMs);
  const over = now >= giveUpAt;
  if (over && attempts >= LEAST_ATTEMPTS) return { ...failed, state: 'FAILED', dueAt: null };
  const next = now.getTime() + waitAfter(attempts, backoffMs, random);
  // One attempt is at the end of the period.
  const wanted = over ? next : Math.min(next, giveUpAt.getTime());
  return { ...failed, state: 'PENDING', dueAt: new Date(Math.max(wanted, retryAfter?.getTime() ?? 0)) };
}

/** True unless the receiver has looked at the event and refuses it. */
const isDown = (responseStatus: number | null): boolean =>
  responseStatus === null || responseStatus >= 500 || responseStatus === 408 || responseStatus === 429;

/**
 * A delivery whose turn came while the receiver was down is not to blame: it is retried until the receiver has been
 * down for the whole period.
 */
function endOfRetries(
  { giveUpAt, attempts, firstAttemptAt }: EventDelivery,
  at: Date,
  downSince: Date | null,
  retryMs: number,
): Date {
  const first = attempts === 0 ? at : (firstAttemptAt ?? at);
  if (downSince === null || first < downSince) return giveUpAt;
  return new Date(Math.max(giveUpAt.getTime(), downSince.getTime() + retryMs));
}
