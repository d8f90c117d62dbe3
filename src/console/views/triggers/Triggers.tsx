import { useMemo, useRef } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { useSettled } from '../../data/settled';
import { useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { FilterBar } from '../../parts/FilterBar';
import { ListPanel } from '../../parts/ListPanel';
import { PageHead } from '../../parts/PageHead';
import { Picker } from '../../parts/Picker';
import { SearchField } from '../../parts/SearchField';
import type { Column } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { FiringStatus } from './FiringStatus';
import { TriggerApplicationsDocument, type TriggerRowFragment, TriggersPageDocument } from './generated';
import rows from '../../parts/Rows.module.css';
import styles from './Triggers.module.css';
import { conditionText, targetOf } from './words';

const states = [
  { value: 'on', label: 'On' },
  { value: 'off', label: 'Off' },
];

/** All triggers, with what fires them, what they start, and their last firing. */
export default function Triggers() {
  const url = useUrlState();
  const applications = useData(TriggerApplicationsDocument, {});
  const name = useSettled(url.get('name').trim());
  const application = url.get('application');
  const state = url.get('state');
  const filters = useMemo(
    () => [
      ...(name === '' ? [] : [{ name: { operator: 'LIKE' as const, values: [name] } }]),
      ...(application === '' ? [] : [{ application: { operator: 'EQUALS' as const, values: [application] } }]),
      ...(state === '' ? [] : [{ enabled: state === 'on' }]),
    ],
    [name, application, state],
  );
  const list = useList({
    document: TriggersPageDocument,
    variables: { filters },
    pageOf: ({ triggers }) => triggers,
    idOf: ({ id }: TriggerRowFragment) => id,
  });
  // A firing that starts something is seen as its run; others have no event.
  const seen = useRef(new Set<string>());
  useLive({ kind: 'executions' }, (changes) => {
    const fresh = changes.flatMap(({ runId }) => (runId === undefined || seen.current.has(runId) ? [] : [runId]));
    for (const id of fresh) seen.current.add(id);
    if (fresh.length > 0 || changes.some(({ all }) => all)) list.refresh();
  });
  return (
    <>
      <PageHead title="Triggers">
        <FilterBar url={url}>
          <SearchField label="Name" value={url.get('name')} onChange={(value) => url.set({ name: value })} />
          <Picker
            label="Application"
            choices={(applications.data?.applications.nodes ?? []).map((one) => ({ value: one.id, label: one.name }))}
            loading={applications.loading}
            value={url.all('application')}
            onChange={(value) => url.set({ application: value })}
          />
          <Picker
            label="State"
            choices={states}
            value={url.all('state')}
            onChange={(value) => url.set({ state: value })}
          />
        </FilterBar>
      </PageHead>
      <ListPanel list={list} label="Triggers" columns={columns} loading="Loading triggers" skeletonRows={8}>
        {filters.length > 0 ? (
          <Empty
            icon="filter"
            title="No trigger matches"
            action={
              <Button onClick={() => url.set({ name: undefined, application: undefined, state: undefined })}>
                Clear the filters
              </Button>
            }
          >
            Search for another name, or choose another application.
          </Empty>
        ) : (
          <Empty icon="robot" title="No triggers yet">
            A trigger starts a pipeline or workflow on a schedule, after a webhook, for a new image, or when another run
            ends. Apply a document of the kind <code>Trigger</code>.
          </Empty>
        )}
      </ListPanel>
    </>
  );
}

const columns: readonly Column<TriggerRowFragment>[] = [
  { key: 'name', title: 'Trigger', cell: (row) => <NameCell row={row} /> },
  {
    ...{ key: 'target', title: 'Starts', width: '18%', hideBelow: 640 },
    cell: (row) => {
      const { id, kind, name } = targetOf(row);
      return (
        <Link href={`/runs?${kind}=${id}`} title={`${kind} ${name}`}>
          {name}
        </Link>
      );
    },
  },
  {
    ...{ key: 'next', title: 'Next', width: '112px', hideBelow: 900 },
    cell: ({ condition }) =>
      condition.__typename === 'OnSchedule' && condition.nextAt !== null ? (
        <Time at={condition.nextAt} />
      ) : (
        <span className={styles.quiet}>–</span>
      ),
  },
  {
    ...{ key: 'last', title: 'Last firing', width: '220px', hideBelow: 640 },
    cell: (row) => <LastFiring row={row} />,
  },
];

function LastFiring({ row }: { readonly row: TriggerRowFragment }) {
  const [last] = row.lastFiring.nodes;
  if (last === undefined) return <span className={styles.quiet}>never</span>;
  return (
    <span className={styles.last}>
      <FiringStatus status={last.status} />
      <span className={styles.quiet}>
        <Time at={last.createdAt} />
      </span>
    </span>
  );
}

function NameCell({ row }: { readonly row: TriggerRowFragment }) {
  const { name, enabled, application, condition } = row;
  return (
    <div className={styles.cell}>
      <div className={rows.line}>
        <strong title={name}>
          <span className={styles.application}>{application?.name ?? 'hidden application'} / </span>
          {name}
        </strong>
        {!enabled && <span className={styles.off}>Off</span>}
        <span className={styles.when}>{conditionText(condition)}</span>
      </div>
      <div className={rows.second}>
        <span className={styles.secondText}>{conditionText(condition)}</span>
        <LastFiring row={row} />
      </div>
    </div>
  );
}
