import { timeNow, useNow } from '../data/now';
import { durationText, exactText, relativeText } from './times';

/** A time, relative to now. The exact time in the reader's zone appears on hover. */
export function Time({ at }: { readonly at: string | null | undefined }) {
  const time = at == null ? 0 : Date.parse(at);
  // Minutes and days don't change every second, and lists show many.
  const now = useNow(at != null, Math.abs(timeNow() - time) > 120_000 ? 30_000 : 1_000);
  if (at == null) return <span>–</span>;
  return (
    <time dateTime={at} title={exactText(time)}>
      {relativeText(time, now)}
    </time>
  );
}

interface DurationProps {
  /** The duration so far, if it has ended. */
  readonly ms?: number | null | undefined;
  /** Start of something that has not ended. Counts up. */
  readonly since?: string | null | undefined;
}

export function Duration({ ms, since }: DurationProps) {
  const running = since != null;
  const now = useNow(running);
  if (running) return <span>{durationText(Math.max(0, now - Date.parse(since)))}</span>;
  return <span>{ms == null ? '–' : durationText(ms)}</span>;
}
