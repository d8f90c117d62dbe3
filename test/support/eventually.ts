import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds, and returns the value for which it holds. Fails with the last value. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
  { withinMs = 15_000, what = 'the condition' } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline)
      throw new Error(
        `${what} did not come true within ${withinMs} ms; last: ${JSON.stringify(value)?.slice(0, 2000)}`,
      );
    await pause(15);
  }
}
