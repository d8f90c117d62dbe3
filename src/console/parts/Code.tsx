import { classes } from './classes';
import styles from './Code.module.css';
import { Copy } from './Id';
import { diffLines } from './diffLines';

/** Reached by keyboard, because it scrolls. */
const scrollable = { tabIndex: 0 };

interface CodeProps {
  /** Name for screen readers. */
  readonly label: string;
  readonly text: string;
  readonly numbers?: boolean;
}

/** A text in monospace, with a button that copies it. */
export function Code({ label, text, numbers = false }: CodeProps) {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line }));
  return (
    <figure className={styles.code} aria-label={label}>
      <span className={styles.copy}>
        <Copy text={text} />
      </span>
      <section className={styles.scroll} aria-label={label} {...scrollable}>
        <pre>
          {numbers
            ? lines.map((line) => (
                <span key={line.number} className={styles.line}>
                  <span className={styles.number}>{line.number}</span>
                  {line.text}
                  {'\n'}
                </span>
              ))
            : text}
        </pre>
      </section>
    </figure>
  );
}

interface DiffProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** Two texts as one, with a sign in front of each line that was removed or added. Equal parts are folded. */
export function Diff({ label, before, after }: DiffProps) {
  return (
    <figure className={styles.code} aria-label={label}>
      <section className={styles.scroll} aria-label={label} {...scrollable}>
        <pre>
          {diffLines(before, after).map(({ key, sign, text }) => (
            <span
              key={key}
              className={classes(
                styles.line,
                sign === '+' && styles.added,
                sign === '-' && styles.removed,
                sign === '…' && styles.fold,
              )}
            >
              <span className={styles.sign}>{sign}</span>
              {text}
              {'\n'}
            </span>
          ))}
        </pre>
      </section>
    </figure>
  );
}
