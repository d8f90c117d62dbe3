import type { ReactNode } from 'react';
import type { UrlState } from '../data/urlState';
import { Button } from './Button';
import styles from './FilterBar.module.css';

/** A row of `Picker`s that the address holds, and a button that clears them all. */
export const FilterBar = ({ url, children }: { readonly url: UrlState; readonly children: ReactNode }) => (
  <search className={styles.bar}>
    {children}
    {url.text !== '' && (
      <Button
        small
        kind="bare"
        icon="close"
        onClick={() =>
          url.set(Object.fromEntries([...new URLSearchParams(url.text).keys()].map((name) => [name, undefined])))
        }
      >
        Clear
      </Button>
    )}
  </search>
);
