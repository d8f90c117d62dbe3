import type { ReactNode } from 'react';
import { RowLink } from '../../parts/Table';
import { environmentOf, pathOf, taskHref } from './names';
import { classes } from '../../parts/classes';
import rows from '../../parts/Rows.module.css';
import styles from './Queue.module.css';
import type { QueueRow } from './useQueue';

interface JobCellProps {
  readonly row: QueueRow;
  /** On narrow windows, in place of the columns that are hidden. */
  readonly second: ReactNode;
}

/** Task, where it belongs, and its environment. The row leads to it. */
export function JobCell({ row, second }: JobCellProps) {
  const environment = environmentOf(row);
  return (
    <div className={styles.job}>
      <div className={rows.line}>
        <RowLink href={taskHref(row)} title={`${row.task.name}\n${pathOf(row)}`}>
          {row.task.name}
        </RowLink>
        {environment && <span className={styles.tag}>{environment}</span>}
        <span className={styles.path} title={pathOf(row)}>
          {pathOf(row)}
        </span>
      </div>
      <div className={classes(rows.second, styles.second)}>{second}</div>
    </div>
  );
}
