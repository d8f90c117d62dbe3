import { useMemo } from 'react';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useSettled } from '../../data/settled';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button, ButtonLink } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { FilterBar } from '../../parts/FilterBar';
import { ListPanel } from '../../parts/ListPanel';
import { PageHead } from '../../parts/PageHead';
import { Picker } from '../../parts/Picker';
import { SearchField } from '../../parts/SearchField';
import { type Column, RowLink } from '../../parts/Table';
import { Tabs } from '../../parts/Tabs';
import { Time } from '../../parts/Time';
import rows from '../../parts/Rows.module.css';
import styles from './Definitions.module.css';
import { DefinitionApplicationsDocument } from './generated';
import { type DefinitionRow, type Kind, kinds } from './kinds';

/** Everything that documents define, by kind. */
export default function Definitions() {
  const url = useUrlState();
  const applications = useData(DefinitionApplicationsDocument, {});
  const choices = (applications.data?.applications.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <>
      <PageHead
        title="Definitions"
        actions={
          <ButtonLink kind="main" icon="plus" href={`/definitions/new?${newOf(url)}`}>
            New
          </ButtonLink>
        }
      >
        <FilterBar url={url} keep={['kind']}>
          <SearchField label="Name" value={url.get('name')} onChange={(name) => url.set({ name })} />
          <Picker
            label="Application"
            choices={choices}
            loading={applications.loading}
            value={url.all('application')}
            onChange={(application) => url.set({ application })}
          />
        </FilterBar>
      </PageHead>
      <Tabs
        label="Kinds"
        name="kind"
        url={url}
        tabs={kinds.map((kind) => ({
          ...{ id: kind.id, title: kind.plural },
          panel: () => <KindList key={kind.id} kind={kind} url={url} />,
        }))}
      />
    </>
  );
}

/** A new definition begins with the kind and the application that are shown. */
const newOf = (url: UrlState): string =>
  new URLSearchParams([
    ['kind', kinds.find(({ id }) => id === url.get('kind'))?.name ?? 'Pipeline'],
    ['application', url.get('application')],
  ]).toString();

function KindList({ kind, url }: { readonly kind: Kind; readonly url: UrlState }) {
  const name = useSettled(url.get('name').trim());
  const application = url.get('application');
  const filters = useMemo(() => {
    const byName = name === '' ? [] : [{ name: { operator: 'LIKE' as const, values: [name] } }];
    const byApplication =
      application === '' ? [] : [{ application: { operator: 'EQUALS' as const, values: [application] } }];
    return [...byName, ...byApplication];
  }, [name, application]);
  const { document, pageOf } = kind;
  const list = useList({ document, variables: { filters }, pageOf, idOf: ({ id }: DefinitionRow) => id });
  const columns = useMemo(() => columnsOf(kind), [kind]);
  const plural = kind.plural.toLowerCase();
  return (
    <ListPanel list={list} label={kind.plural} columns={columns} loading={`Loading ${plural}`} skeletonRows={10}>
      {filters.length > 0 ? (
        <Empty
          icon="filter"
          title={`No ${kind.name.toLowerCase()} matches`}
          action={
            <Button onClick={() => url.set({ name: undefined, application: undefined })}>Clear the filters</Button>
          }
        >
          Search for another name, or choose another application.
        </Empty>
      ) : (
        <Empty icon="definitions" title={`No ${plural} yet`}>
          Write one here with “New”, or apply a file: <code>slipway apply FILE</code>.
        </Empty>
      )}
    </ListPanel>
  );
}

function columnsOf({ hasApplication, name: kindName }: Kind): Column<DefinitionRow>[] {
  const hasRevisions = kindName === 'Pipeline' || kindName === 'Workflow' || kindName === 'Template';
  const columns: (Column<DefinitionRow> | false)[] = [
    { key: 'name', title: 'Name', cell: (row) => <NameCell row={row} kind={kindName} /> },
    hasApplication && {
      ...{ key: 'application', title: 'Application', width: '22%', hideBelow: 640 },
      cell: (row) => <span className={styles.application}>{applicationText(row, kindName)}</span>,
    },
    (hasRevisions || kindName === 'Trigger') && {
      ...{ key: 'revision', title: hasRevisions ? 'Revision' : 'Version', width: '92px', align: 'end', hideBelow: 640 },
      cell: ({ revision }) => revision,
    },
    {
      ...{ key: 'changed', title: 'Changed', width: '112px', align: 'end' },
      cell: ({ updatedAt }) => (
        <span className={styles.quiet}>
          <Time at={updatedAt} />
        </span>
      ),
    },
  ];
  return columns.filter((column) => column !== false);
}

/** A template without an application belongs to the account. */
const applicationText = ({ application }: DefinitionRow, kind: Kind['name']): string =>
  application ?? (kind === 'Template' ? 'all applications' : 'deleted or hidden application');

function NameCell({ row, kind }: { readonly row: DefinitionRow; readonly kind: Kind['name'] }) {
  const { id, name, note, description } = row;
  return (
    <div className={styles.cell}>
      <div className={rows.line}>
        <RowLink href={`/definitions/${id}`} title={name}>
          {name}
        </RowLink>
        {note && <span className={rows.tag}>{note}</span>}
        {description && (
          <span className={styles.description} title={description}>
            {description}
          </span>
        )}
      </div>
      {kind !== 'Application' && <div className={rows.second}>{applicationText(row, kind)}</div>}
    </div>
  );
}
