import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';
import styles from './Empty.module.css';

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  /** The next step. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** What a list shows when it is empty: why, and the next step. */
export const Empty = ({ icon, title, children, action }: EmptyProps) => (
  <div className={styles.empty}>
    <span className={styles.icon}>
      <Icon name={icon} />
    </span>
    <h2>{title}</h2>
    <p>{children}</p>
    {action}
  </div>
);
