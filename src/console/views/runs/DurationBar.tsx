import { useNow } from '../../data/now';
import { classes } from '../../parts/classes';
import { lookOf } from '../../parts/statuses';
import { durationText } from '../../parts/times';
import styles from './DurationBar.module.css';
import type { RunRowFragment } from './generated';

type Timed = Pick<RunRowFragment, 'status' | 'startedAt' | 'endedAt' | 'durationMs'>;

/** A duration as a bar, next to the longest that is shown. */
export function DurationBar({ run, longestMs }: { readonly run: Timed; readonly longestMs: number }) {
  const running = run.startedAt !== null && run.endedAt === null;
  const now = useNow(running);
  const ms = running ? Math.max(0, now - Date.parse(run.startedAt ?? '')) : run.durationMs;
  if (ms === null) return <span className={styles.none}>–</span>;
  const share = Math.max(2, Math.min(100, (ms / Math.max(1, longestMs)) * 100));
  return (
    <span className={styles.duration}>
      <span className={styles.track} aria-hidden="true">
        <span className={classes(styles.bar, styles[lookOf(run.status).tone])} style={{ width: `${share}%` }} />
      </span>
      <span className={styles.text}>{durationText(ms)}</span>
    </span>
  );
}

/** The duration of a whole bar. A few very long runs must not make all others look alike. */
export function longestOf(runs: readonly Timed[]): number {
  const all = runs.flatMap(({ durationMs }) => durationMs ?? []).sort((a, b) => a - b);
  const typical = all[Math.floor(all.length * 0.9)] ?? 0;
  return Math.min(all.at(-1) ?? 1, typical * 1.5);
}
