/** npm forwards the terminal's SIGINT to its script, so one Ctrl-C reaches the program twice within some 20 ms. */
const SAME_SIGNAL_MS = 500;

/**
 * Calls back for each SIGTERM or SIGINT, with their number. A signal within half a second of the previous one is the
 * same request and does not count.
 */
export function onStopSignal(onSignal: (count: number, signal: NodeJS.Signals) => void): void {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  const receive = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (now - last < SAME_SIGNAL_MS) return;
    last = now;
    onSignal(++count, signal);
  };
  process.on('SIGTERM', receive);
  process.on('SIGINT', receive);
}
