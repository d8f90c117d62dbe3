import { classes } from './classes';
import styles from './Labels.module.css';

interface LabelsProps {
  readonly labels: readonly string[];
  /** In place of none. */
  readonly none?: string;
  /** True to break lines instead of cutting the list at the end of its space. */
  readonly wrap?: boolean;
}

/** Labels of an agent, or conditions on them. */
export const Labels = ({ labels, none = '–', wrap = false }: LabelsProps) =>
  labels.length === 0 ? (
    <span className={styles.none}>{none}</span>
  ) : (
    <span className={classes(styles.labels, wrap && styles.wrap)} title={labels.join('\n')}>
      {labels.map((label) => (
        <code key={label} className={styles.label}>
          {label}
        </code>
      ))}
    </span>
  );
