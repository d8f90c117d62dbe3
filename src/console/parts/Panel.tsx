import type { ReactNode } from 'react';
import styles from './Panel.module.css';

interface PanelProps {
  readonly title?: string;
  readonly actions?: ReactNode;
  /** False for a table, which reaches the border. */
  readonly padded?: boolean;
  readonly children: ReactNode;
}

/** A surface with an optional head, for the sections of a page. */
export const Panel = ({ title, actions, padded = true, children }: PanelProps) => (
  <section className={styles.panel} aria-label={title}>
    {title !== undefined && (
      <header className={styles.head}>
        <h2>{title}</h2>
        {actions}
      </header>
    )}
    <div className={padded ? styles.padded : undefined}>{children}</div>
  </section>
);
