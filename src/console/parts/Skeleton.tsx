import styles from './Skeleton.module.css';

/** Bars in place of rows that load. They take the same space, so that nothing jumps. */
export const Skeleton = ({ rows = 8, label = 'Loading' }: { readonly rows?: number; readonly label?: string }) => (
  <div className={styles.skeleton} role="status">
    <span className="quiet">{label} …</span>
    {Array.from({ length: rows }, (_, row) => row).map((row) => (
      <div key={row} className={styles.row} aria-hidden="true">
        <span className={styles.bar} style={{ width: `${18 + ((row * 37) % 21)}%` }} />
        <span className={styles.bar} style={{ width: `${10 + ((row * 53) % 14)}%` }} />
        <span className={styles.bar} style={{ width: '8%' }} />
      </div>
    ))}
  </div>
);
