import { connection } from '../data/server';
import { classes } from '../parts/classes';
import { StatusShape } from '../parts/Status';
import styles from './ConnectionBar.module.css';

/** Says that the page is not live, and that it is again. */
export function ConnectionBar() {
  const now = connection.use();
  return (
    <div role="status" className={styles.place}>
      {now.state === 'lost' && (
        <p className={classes(styles.bar, styles.lost)} title={now.problem.message}>
          <StatusShape shape="turning" />
          Connection lost, trying again. This page shows the last known state.
        </p>
      )}
      {now.state === 'back' && (
        <p className={classes(styles.bar, styles.back)}>
          <StatusShape shape="check" />
          Up to date again. Nothing was missed.
        </p>
      )}
    </div>
  );
}
