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

/** Decides what follows from the result of an attempt. */
export function attempted(
  delivery: EventDelivery,
  result: Result,
  { at, now, durationMs }: { readonly at: Date; readonly now: Date; readonly durationMs: number },
  backoffMs: number,
  random: number,
): Attempted {
  const common = { delivery, at, durationMs };
  const none = { dueAt: null, responseStatus: null, errorCode: null, error: null };
  if (result.is === 'ACCEPTED')
    return { ...common, ...none, state: 'DELIVERED', responseStatus: result.responseStatus };
  const { code: errorCode, message: error } = result;
  if (result.is === 'NOT_SENT') return { ...common, ...none, state: 'SKIPPED', errorCode, error, durationMs: 0 };
  const { responseStatus, retryAfter, gone } = result;
  const failed = { ...common, responseStatus, errorCode, error };
  const attempts = delivery.attempts + 1;
  const over = now >= delivery.giveUpAt;
  if (gone || (over && attempts >= LEAST_ATTEMPTS)) return { ...failed, state: 'FAILED', dueAt: null };
  const next = now.getTime() + waitAfter(attempts, backoffMs, random);
  // One attempt is at the end of the period.
  const wanted = over ? next : Math.min(next, delivery.giveUpAt.getTime());
  return { ...failed, state: 'PENDING', dueAt: new Date(Math.max(wanted, retryAfter?.getTime() ?? 0)) };
}
