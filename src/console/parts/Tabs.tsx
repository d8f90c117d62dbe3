import type { KeyboardEvent, ReactNode } from 'react';
import type { UrlState } from '../data/urlState';
import styles from './Tabs.module.css';

export interface Tab {
  /** Value in the address. */
  readonly id: string;
  readonly title: string;
  /** After the title, such as a number. */
  readonly count?: number | undefined;
  readonly panel: () => ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly url: UrlState;
  /** Parameter of the address that holds the choice. */
  readonly name?: string;
}

/** Tabs whose choice the address holds. The first is shown without one. */
export function Tabs({ label, tabs, url, name = 'tab' }: TabsProps) {
  const here = tabs.find(({ id }) => id === url.get(name)) ?? tabs[0];
  const choose = (tab: Tab | undefined) => url.set({ [name]: tab === tabs[0] ? undefined : tab?.id });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || here === undefined) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(here) + step + tabs.length) % tabs.length];
    choose(next);
    document.getElementById(`${name}-${next?.id}`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label={label} className={styles.tabs} onKeyDown={onKeyDown} tabIndex={-1}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`${name}-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab === here}
            aria-controls={`${name}-panel`}
            tabIndex={tab === here ? 0 : -1}
            className={styles.tab}
            onClick={() => choose(tab)}
          >
            {tab.title}
            {tab.count !== undefined && <span className={styles.count}>{tab.count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-${here?.id}`} className={styles.panel}>
        {here?.panel()}
      </div>
    </>
  );
}
