import type { ReactNode } from 'react';
import { classes } from './classes';
import { type Look, lookOf, type Shape } from './statuses';
import styles from './Status.module.css';

interface StatusProps {
  readonly status: string;
  /** `icon` shows the shape, with the word for screen readers and on hover. `badge` has a background. */
  readonly as?: 'text' | 'icon' | 'badge';
  /** Replaces the word, for example to add what is waited for. */
  readonly children?: ReactNode | undefined;
}

/** A status by shape, word and color. */
export function Status({ status, as = 'text', children }: StatusProps) {
  return (
    <StatusLook look={lookOf(status)} as={as}>
      {children}
    </StatusLook>
  );
}

interface StatusLookProps extends Omit<StatusProps, 'status'> {
  readonly look: Look;
}

/** The same for statuses of one view, which have words of their own. */
export function StatusLook({ look: { word, tone, shape }, as = 'text', children }: StatusLookProps) {
  return (
    <span
      className={classes(styles.status, styles[tone], as === 'badge' && styles.badge)}
      title={as === 'icon' ? word : undefined}
    >
      <StatusShape shape={shape} />
      <span className={as === 'icon' ? 'quiet' : undefined}>{children ?? word}</span>
    </span>
  );
}

const shapes: Readonly<Record<Shape, ReactNode>> = {
  check: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="m4.8 8.3 2.2 2.2 4.2-4.6" className={styles.cut} />
    </>
  ),
  cross: (
    <>
      <path d="M5 .9h6L15.1 5v6L11 15.1H5L.9 11V5z" fill="currentColor" />
      <path d="m5.5 5.5 5 5m0-5-5 5" className={styles.cut} />
    </>
  ),
  alert: (
    <>
      <path d="M8 1 15.4 14.4H.6z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
      <path d="M8 5.8v3.6m0 2.3v.1" className={styles.cut} />
    </>
  ),
  turning: (
    <>
      <circle cx="8" cy="8" r="6" className={styles.ring} />
      <path d="M8 2a6 6 0 0 1 6 6" className={styles.turn} />
    </>
  ),
  circle: <circle cx="8" cy="8" r="6" className={styles.line} strokeDasharray="2.6 2.1" />,
  waits: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M8 4.2v4.2l2.6 1.6" className={styles.cut} />
    </>
  ),
  pause: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M6.2 5.4v5.2m3.6-5.2v5.2" className={styles.cut} />
    </>
  ),
  stop: (
    <>
      <circle cx="8" cy="8" r="6" className={styles.line} />
      <path d="m4 12 8-8" className={styles.line} />
    </>
  ),
  dash: (
    <>
      <circle cx="8" cy="8" r="6" className={styles.line} />
      <path d="M5.2 8h5.6" className={styles.line} />
    </>
  ),
  clock: (
    <>
      <path d="M5 .9h6L15.1 5v6L11 15.1H5L.9 11V5z" fill="currentColor" />
      <path d="M8 4.4v4l2.4 1.6" className={styles.cut} />
    </>
  ),
  question: (
    <>
      <circle cx="8" cy="8" r="6" className={styles.line} strokeDasharray="1.4 1.6" />
      <path d="M6.3 6.4a1.8 1.8 0 1 1 2.4 1.7c-.5.2-.7.5-.7 1m0 2v.1" className={styles.line} />
    </>
  ),
  dot: <circle cx="8" cy="8" r="4" fill="currentColor" />,
};

export const StatusShape = ({ shape }: { readonly shape: Shape }) => (
  // The attributes are for the graph: inside of another drawing, the size of the style sheet has no effect.
  <svg
    className={classes(styles.shape, shape === 'turning' && styles.turning)}
    width="15"
    height="15"
    viewBox="0 0 16 16"
    aria-hidden="true"
  >
    {shapes[shape]}
  </svg>
);
