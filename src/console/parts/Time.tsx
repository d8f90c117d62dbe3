import { useNow } from '../data/now';
import { durationText, exactText, relativeText } from './times';

/** A time, relative to now. The exact time in the reader's zone appears on hover. */
export function Time({ at }: { readonly at: string | null | undefined }) {
  const now = useNow(at != null);
  if (at == null) return <span>–</span>;
  const time = Date.parse(at);
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
