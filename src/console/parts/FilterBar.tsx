import type { ReactNode } from 'react';
import type { UrlState } from '../data/urlState';
import { Button } from './Button';
import styles from './FilterBar.module.css';

interface FilterBarProps {
  readonly url: UrlState;
  /** Parameters of the address that are no filters, such as the tab. */
  readonly keep?: readonly string[];
  readonly children: ReactNode;
}

/** A row of `Picker`s that the address holds, and a button that clears them all. */
export function FilterBar({ url, keep = [], children }: FilterBarProps) {
  const set = [...new URLSearchParams(url.text).keys()].filter((name) => !keep.includes(name));
  return (
    <search className={styles.bar}>
      {children}
      {set.length > 0 && (
        <Button
          small
          kind="bare"
          icon="close"
          onClick={() => url.set(Object.fromEntries(set.map((name) => [name, undefined])))}
        >
          Clear
        </Button>
      )}
    </search>
  );
}
