import type { ReactNode } from 'react';
import { classes } from '../classes';
import styles from './Diff.module.css';
import { lineDiff } from './lineDiff';

export interface DiffValue {
  readonly name: string;
  readonly different: boolean;
  /** Null if this side has no such value. */
  readonly left: string | null;
  readonly right: string | null;
}

interface ValuesProps {
  /** Name for screen readers. */
  readonly label: string;
  /** What the rows are, such as `Variable`. */
  readonly title: string;
  readonly leftTitle: string;
  readonly rightTitle: string;
  readonly values: readonly DiffValue[];
}

/** Values by name with their two sides. Texts of several lines are shown as the lines that differ. */
export const Values = ({ label, title, leftTitle, rightTitle, values }: ValuesProps) => (
  <Sides label={label} title={title} leftTitle={leftTitle} rightTitle={rightTitle}>
    {values.map(({ name, different, left, right }) => (
      <Row key={name} name={<code>{name}</code>} different={different}>
        {different && left?.includes('\n') && right !== null ? (
          <Both left={left} right={right} />
        ) : different && right?.includes('\n') && left !== null ? (
          <Both left={left} right={right} />
        ) : (
          <>
            <td data-side={leftTitle}>
              <Value text={left} />
            </td>
            <td data-side={rightTitle}>
              <Value text={right} />
            </td>
          </>
        )}
      </Row>
    ))}
  </Sides>
);

interface SidesProps extends Omit<ValuesProps, 'values'> {
  readonly children: ReactNode;
}

/** A table with a name and two sides in each row. */
export const Sides = ({ label, title, leftTitle, rightTitle, children }: SidesProps) => (
  <table className={styles.table} aria-label={label}>
    <thead>
      <tr>
        <th scope="col">{title}</th>
        <th scope="col">{leftTitle}</th>
        <th scope="col">{rightTitle}</th>
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
);

interface RowProps {
  readonly name: ReactNode;
  readonly different: boolean;
  /** Cells of the two sides, whose `data-side` narrow windows show. */
  readonly children: ReactNode;
}

export const Row = ({ name, different, children }: RowProps) => (
  <tr>
    <th scope="row" className={different ? styles.different : undefined}>
      {different && (
        <span className={styles.sign} title="Differs">
          ≠<span className="quiet">differs: </span>
        </span>
      )}
      {name}
    </th>
    {children}
  </tr>
);

const Value = ({ text }: { readonly text: string | null }) =>
  text === null ? (
    <span className={styles.none}>none</span>
  ) : text === '' ? (
    <span className={styles.none}>empty</span>
  ) : (
    <code className={styles.value}>{text}</code>
  );

const marks = { same: ' ', left: '−', right: '+' } as const;
const words = { same: '', left: 'only left: ', right: 'only right: ' } as const;

const Both = ({ left, right }: { readonly left: string; readonly right: string }) => (
  <td colSpan={2}>
    <div className={styles.lines}>
      {lineDiff(left, right).map(({ kind, text }, index) => (
        <div key={`${index} ${kind}`} className={classes(styles.line, styles[kind])}>
          <span aria-hidden="true" className={styles.mark}>
            {marks[kind]}
          </span>
          <span className="quiet">{words[kind]}</span>
          <code>{text}</code>
        </div>
      ))}
    </div>
  </td>
);
