import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds, and returns the value for which it holds. Fails with the last value. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
  { withinMs = 90_000, what = 'the condition' } = {},
): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    const waited = Date.now() - begun;
    if (waited > withinMs)
      throw new Error(
        `${what} did not come true within ${withinMs} ms; last: ${JSON.stringify(value)?.slice(0, 2000)}`,
      );
    // Often at first, and seldom in the end: questions would slow down what they wait for.
    await pause(Math.min(5 + waited / 10, 100));
  }
}
