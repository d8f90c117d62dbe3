import { type ReactNode, useEffect } from 'react';
import { createStore } from '../data/store';
import { waiting } from '../data/waiting';
import styles from './PageHead.module.css';

export interface Crumb {
  readonly title: string;
  /** Path of a page; the last crumb has none. */
  readonly href?: string;
}

/** Where the reader is, for the bar at the top. */
export const place = createStore<readonly Crumb[]>([]);

interface PageHeadProps {
  readonly title: string;
  /** Pages above this one. */
  readonly above?: readonly Crumb[];
  /** Next to the title, such as a status. */
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** The head of a page: its title and its actions. Title and number of waiting approvals name the window. */
export function PageHead({ title, above, beside, actions, children }: PageHeadProps) {
  const crumbs = JSON.stringify([...(above ?? []), { title }]);
  const count = waiting.use().size;
  useEffect(() => place.set(JSON.parse(crumbs) as readonly Crumb[]), [crumbs]);
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${title} · Slipway`;
  }, [title, count]);
  return (
    <header className={styles.head}>
      <div className={styles.row}>
        <h1 className={styles.title}>{title}</h1>
        {beside}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </header>
  );
}
