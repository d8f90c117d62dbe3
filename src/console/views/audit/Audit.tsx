import { useDeferredValue, useMemo, useState } from 'react';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { FilterBar } from '../../parts/FilterBar';
import { ListPanel } from '../../parts/ListPanel';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Person } from '../../parts/Person';
import { Picker } from '../../parts/Picker';
import { SearchField } from '../../parts/SearchField';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, RowLink } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { useMay } from '../../session/permissions';
import styles from './Audit.module.css';
import { AuditPanel } from './AuditPanel';
import { filtersOf, periods } from './filters';
import { AuditApplicationsDocument, AuditPageDocument, type AuditRowFragment } from './generated';
import { Outcome } from './Outcome';
import { Verification } from './Verification';

/** What people, keys and the server did, and what was refused; and whether nobody has changed these records. */
export default function Audit() {
  const may = useMay('VIEW_AUDITS');
  if (may === true) return <Trail />;
  return (
    <>
      <PageHead title="Audit" />
      <Panel padded={false}>
        {may === undefined ? (
          <Skeleton label="Loading your permissions" rows={6} />
        ) : (
          <Empty icon="audit" title="You may not see the audit trail">
            Ask an administrator for the account permission <code>VIEW_AUDITS</code>.
          </Empty>
        )}
      </Panel>
    </>
  );
}

function Trail() {
  const url = useUrlState();
  // Typing is not held up by the list.
  const searched = useDeferredValue(url);
  const filters = useMemo(() => filtersOf(searched), [searched]);
  const search = searched.get('text').trim() || null;
  const list = useList({
    document: AuditPageDocument,
    variables: { filters, search },
    pageOf: ({ audits }) => audits,
    idOf: ({ id }: AuditRowFragment) => id,
  });
  const columns = useMemo(() => columnsOf(url), [url]);
  const chosen = list.rows.find(({ id }) => id === url.get('record'));
  const actions = useMemo(
    () => [...new Set([...list.rows.map(({ action }) => action), ...url.all('action')])].sort(),
    [list.rows, url],
  );
  return (
    <>
      <PageHead
        title="Audit"
        actions={
          <Button icon="refresh" onClick={list.refresh}>
            Read again
          </Button>
        }
      >
        <Filters url={url} actions={actions} />
      </PageHead>
      <Verification />
      <ListPanel list={list} label="Audit records" columns={columns} loading="Loading audit records" skeletonRows={12}>
        {!list.error && (
          <Empty
            icon="filter"
            title="No record matches"
            action={<Button onClick={() => url.reset({})}>Clear the filters</Button>}
          >
            Choose fewer filters, or a longer time.
          </Empty>
        )}
      </ListPanel>
      {chosen && <AuditPanel key={chosen.id} record={chosen} url={url} />}
    </>
  );
}

const outcomes = [
  { value: 'ALLOWED', label: 'Allowed' },
  { value: 'REFUSED', label: 'Refused' },
];
const periodChoices = Object.entries(periods).map(([value, { label }]) => ({ value, label }));

function Filters({ url, actions }: { readonly url: UrlState; readonly actions: readonly string[] }) {
  const [opened, setOpened] = useState(false);
  const pause = !opened && url.get('application') === '';
  const { data, loading } = useData(AuditApplicationsDocument, {}, { pause });
  return (
    <FilterBar url={url}>
      <SearchField label="Who, or what" value={url.get('text')} onChange={(text) => url.set({ text })} />
      <Picker
        label="Action"
        multiple
        choices={actions.map((value) => ({ value, label: value }))}
        value={url.all('action')}
        onChange={(action) => url.set({ action })}
      />
      <Picker
        label="Outcome"
        choices={outcomes}
        value={url.all('outcome')}
        onChange={(outcome) => url.set({ outcome })}
      />
      <Picker
        label="Application"
        multiple
        choices={(data?.applications.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={url.all('application')}
        onChange={(application) => url.set({ application })}
        onOpen={() => setOpened(true)}
        loading={loading}
      />
      <Picker label="Time" choices={periodChoices} value={url.all('since')} onChange={(since) => url.set({ since })} />
      {(['actor', 'object'] as const).map(
        (name) =>
          url.get(name) !== '' && (
            <Button key={name} small icon="close" onClick={() => url.set({ [name]: undefined })}>
              Only {name} {url.get(name).slice(0, 8)}
            </Button>
          ),
      )}
    </FilterBar>
  );
}

const kinds = { API_KEY: 'key', USER: 'person', ANONYMOUS: 'person' } as const;
const kindOf = (kind: string) => kinds[kind as keyof typeof kinds] ?? 'trigger';

const columnsOf = (url: UrlState): Column<AuditRowFragment>[] => [
  {
    key: 'outcome',
    title: 'Outcome',
    width: '120px',
    hideBelow: 640,
    cell: ({ outcome }) => <Outcome outcome={outcome} />,
  },
  {
    ...{ key: 'action', title: 'Action' },
    cell: ({ id, action, code, actor, object, outcome }) => (
      <div className={styles.what}>
        <span className={styles.line}>
          <RowLink href={url.href({ record: id })}>{action}</RowLink>
          {code !== null && <code className={styles.code}>{code}</code>}
        </span>
        <span className={styles.second}>
          {outcome === 'REFUSED' && 'Refused · '}
          {[actor.name, object?.name].filter(Boolean).join(' · ')}
        </span>
      </div>
    ),
  },
  {
    ...{ key: 'object', title: 'Object', width: '28%', hideBelow: 640 },
    cell: ({ object }) =>
      object === null ? (
        <span className={styles.quiet}>–</span>
      ) : (
        <span title={object.id ?? undefined}>
          <span className={styles.quiet}>{object.kind}</span> {object.name ?? object.id?.slice(0, 8) ?? ''}
        </span>
      ),
  },
  {
    ...{ key: 'by', title: 'By', width: '210px', hideBelow: 900 },
    cell: ({ actor }) => <Person name={actor.name} kind={kindOf(actor.kind)} />,
  },
  {
    ...{ key: 'sequence', title: 'No.', width: '80px', align: 'end', hideBelow: 1200 },
    cell: ({ sequence }) => (sequence === null ? '–' : sequence.toLocaleString('en')),
  },
  {
    ...{ key: 'at', title: 'Time', width: '96px', align: 'end' },
    cell: ({ at }) => (
      <span className={styles.quiet}>
        <Time at={at} />
      </span>
    ),
  },
];
