import { setTimeout as delay } from 'node:timers/promises';
import { ServerUnavailable } from './httpClient';

const FIRST_MS = 200;
/** Short, so that work resumes soon after an outage. A refused connection costs the server nothing. */
const LONGEST_MS = 2_000;

/** Half of the pause is random, so that agents don't all return at the same time after an outage. */
export function backoffMs(failures: number, random = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.round(full / 2 + (random() * full) / 2);
}

/** Waits after this number of consecutive failures, or until the signal aborts; the caller checks the signal anyway. */
export const backOff = (failures: number, signal: AbortSignal): Promise<void> => pause(backoffMs(failures), signal);

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Repeats a call until the server responds, or the signal aborts. */
export async function persist<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ServerUnavailable)) throw error;
      await backOff(failures, signal);
    }
  }
}

/**
 * Repeats a transfer that can continue where it was cut, until it is complete. One that got further is continued
 * immediately: only a server that makes no progress needs a pause.
 */
export async function persistFurther(
  signal: AbortSignal,
  transfer: () => Promise<void>,
  progress: () => Promise<number>,
): Promise<void> {
  let last = 0;
  for (let tries = 1; ; tries++) {
    try {
      return await transfer();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServerUnavailable)) throw error;
      const reached = await persist(signal, progress);
      if (reached > last) tries = 0;
      else await backOff(tries, signal);
      last = reached;
    }
  }
}
