import { useDeferredValue, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { useThrottled } from '../../data/throttled';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { FilterBar } from '../../parts/FilterBar';
import { bytesText } from '../../parts/numbers';
import { ListPanel } from '../../parts/ListPanel';
import { PageHead } from '../../parts/PageHead';
import { type Choice, Picker } from '../../parts/Picker';
import { SearchField } from '../../parts/SearchField';
import { type Column, RowLink } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { ArtifactPanel } from './ArtifactPanel';
import styles from './Artifacts.module.css';
import { periods, searchOf, sizes, states } from './filters';
import { ArtifactFilterChoicesDocument, type ArtifactListRowFragment, ArtifactsPageDocument } from './generated';
import { Kept } from './Kept';
import { runOf } from './runOf';

const AGAIN_MS = 1_000;

/** Files that jobs uploaded, of all runs, newest first, live. */
export default function Artifacts() {
  const url = useUrlState();
  // Typing is not held up by the list.
  const searched = useDeferredValue(url);
  const { filters, search } = useMemo(() => searchOf(searched), [searched]);
  const list = useList({
    document: ArtifactsPageDocument,
    variables: { filters, search },
    pageOf: ({ artifacts }) => artifacts,
    idOf: ({ id }: ArtifactListRowFragment) => id,
    only: (ids) => ({ filters: [...filters, { artifact: { operator: 'IN' as const, values: [...ids] } }], search }),
  });
  const soon = useThrottled(list.refresh);
  useLive({ kind: 'executions', includeIndirectExecutions: true }, (changes) => {
    if (changes.some(({ all, type }) => all || type === 'ARTIFACT_ADDED')) soon(AGAIN_MS);
  });
  const columns = useMemo(() => columnsOf(url), [url]);
  const chosen = url.get('artifact');
  const isFiltered = [...new URLSearchParams(url.text).keys()].some((name) => name !== 'artifact');
  return (
    <>
      <PageHead title="Artifacts">
        <Filters url={url} />
      </PageHead>
      <ListPanel list={list} label="Artifacts" columns={columns} loading="Loading artifacts" skeletonRows={12}>
        {list.error ? null : isFiltered ? (
          <Empty
            icon="filter"
            title="No artifact matches"
            action={<Button onClick={() => url.reset({})}>Clear the filters</Button>}
          >
            Search for a part of the name, a glob such as <code>**/*.tgz</code>, or a whole SHA-256.
          </Empty>
        ) : (
          <Empty icon="artifacts" title="No artifacts yet">
            Name files under <code>artifacts</code> of a task, and its jobs upload them.
          </Empty>
        )}
      </ListPanel>
      {chosen !== '' && (
        <ArtifactPanel
          key={chosen}
          id={chosen}
          onClose={() => url.set({ artifact: undefined })}
          onChanged={() => list.update([chosen])}
        />
      )}
    </>
  );
}

const choices = (all: Readonly<Record<string, { readonly label: string }>>): readonly Choice[] =>
  Object.entries(all).map(([value, { label }]) => ({ value, label }));
const periodChoices = choices(periods);
const sizeChoices = choices(sizes);
const stateChoices = choices(states);

interface Named {
  readonly id: string;
  readonly name: string;
  readonly application?: { readonly name: string } | null;
}

const choicesOf = (nodes: readonly Named[] | undefined): readonly Choice[] =>
  (nodes ?? []).map(({ id, name, application }) => ({ value: id, label: name, hint: application?.name }));

function Filters({ url }: { readonly url: UrlState }) {
  const named = ['application', 'pipeline', 'workflow'].some((name) => url.get(name) !== '');
  const [opened, setOpened] = useState(false);
  const { data, loading } = useData(ArtifactFilterChoicesDocument, {}, { pause: !(named || opened) });
  const pickers = [
    { name: 'application', label: 'Application', choices: choicesOf(data?.applications.nodes) },
    { name: 'pipeline', label: 'Pipeline', choices: choicesOf(data?.pipelines.nodes) },
    { name: 'workflow', label: 'Workflow', choices: choicesOf(data?.workflows.nodes) },
  ];
  const run = url.get('run');
  return (
    <FilterBar url={url}>
      <SearchField label="Name, glob, SHA-256, run ID" value={url.get('text')} onChange={(text) => url.set({ text })} />
      {pickers.map(({ name, label, choices: of }) => (
        <Picker
          key={name}
          label={label}
          multiple
          choices={of}
          value={url.all(name)}
          onChange={(value) => url.set({ [name]: value })}
          onOpen={() => setOpened(true)}
          loading={loading}
        />
      ))}
      <Picker label="State" choices={stateChoices} value={url.all('state')} onChange={(state) => url.set({ state })} />
      <Picker label="Size" choices={sizeChoices} value={url.all('size')} onChange={(size) => url.set({ size })} />
      <Picker label="Time" choices={periodChoices} value={url.all('since')} onChange={(since) => url.set({ since })} />
      {run !== '' && (
        <Button small icon="close" onClick={() => url.set({ run: undefined })}>
          Only run {run.slice(0, 8)}
        </Button>
      )}
    </FilterBar>
  );
}

const columnsOf = (url: UrlState): Column<ArtifactListRowFragment>[] => [
  {
    ...{ key: 'name', title: 'Artifact' },
    cell: (artifact) => (
      <div className={styles.what}>
        <RowLink href={url.href({ artifact: artifact.id })} title={artifact.name}>
          {artifact.name}
        </RowLink>
        <span className={styles.second}>
          {bytesText(artifact.size)} · {runOf(artifact).name}
        </span>
      </div>
    ),
  },
  {
    ...{ key: 'run', title: 'Run', width: '20%', hideBelow: 900 },
    cell: (artifact) => {
      const { href, name } = runOf(artifact);
      return (
        <Link href={href} title={name} className={styles.run}>
          {name}
        </Link>
      );
    },
  },
  {
    key: 'task',
    title: 'Task',
    width: '140px',
    hideBelow: 1200,
    cell: ({ task }) => <span title={task.name}>{task.name}</span>,
  },
  {
    ...{ key: 'sha', title: 'SHA-256', width: '100px', hideBelow: 1200 },
    cell: ({ sha256 }) => (
      <code className={styles.quiet} title={sha256}>
        {sha256.slice(0, 8)}
      </code>
    ),
  },
  { key: 'kept', title: 'Kept', width: '220px', hideBelow: 640, cell: (artifact) => <Kept artifact={artifact} /> },
  { key: 'size', title: 'Size', width: '96px', align: 'end', hideBelow: 640, cell: ({ size }) => bytesText(size) },
  {
    ...{ key: 'at', title: 'Uploaded', width: '96px', align: 'end' },
    cell: ({ createdAt }) => (
      <span className={styles.quiet}>
        <Time at={createdAt} />
      </span>
    ),
  },
];
