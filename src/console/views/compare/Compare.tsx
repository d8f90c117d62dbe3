import { useMemo } from 'react';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Checkbox } from '../../parts/Field';
import { PageHead } from '../../parts/PageHead';
import { Tabs } from '../../parts/Tabs';
import styles from './Compare.module.css';
import { CompareEnvironments } from './CompareEnvironments';
import { CompareRuns } from './CompareRuns';

const sides = ['left', 'right', 'leftAttempt', 'rightAttempt', 'leftAt', 'rightAt'] as const;
const noSides = Object.fromEntries(sides.map((name) => [name, undefined]));

/** Two runs, two attempts of a run, or two environments side by side. */
export default function Compare() {
  const url = useUrlState();
  // Ids of runs are none of environments.
  const tabUrl = useMemo(
    (): UrlState => ({ ...url, set: (choices, options) => url.set({ ...noSides, ...choices }, options) }),
    [url],
  );
  const tabs = [
    { id: 'runs', title: 'Runs', panel: () => <CompareRuns url={url} /> },
    { id: 'environments', title: 'Environments', panel: () => <CompareEnvironments url={url} /> },
  ];
  return (
    <>
      <PageHead
        title="Compare"
        actions={
          <span className={styles.all}>
            <Checkbox
              label="Show what is equal, too"
              checked={url.get('all') !== ''}
              onChange={({ target }) => url.set({ all: target.checked ? 'yes' : undefined })}
            />
          </span>
        }
      />
      <Tabs label="What to compare" name="of" url={tabUrl} tabs={tabs} />
    </>
  );
}
