import { useCallback, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ListPanel } from '../../parts/ListPanel';
import { PageHead } from '../../parts/PageHead';
import { Person } from '../../parts/Person';
import { Status } from '../../parts/Status';
import { lookOf } from '../../parts/statuses';
import { type Column, RowLink } from '../../parts/Table';
import { Duration, Time } from '../../parts/Time';
import { exactText } from '../../parts/times';
import { ConsoleViewerDocument } from '../../session/generated';
import { DurationBar, longestOf } from './DurationBar';
import { filtersOf } from './filters';
import { type RunRowFragment, RunsPageDocument } from './generated';
import rows from '../../parts/Rows.module.css';
import styles from './Runs.module.css';
import { RunsFilters } from './RunsFilters';
import { SavedViews } from './SavedViews';
import { definitionName, unnamed } from '../../parts/definitionName';

/** All runs, newest first, live. */
export default function Runs() {
  const url = useUrlState();
  const me = useData(ConsoleViewerDocument, {}).data?.viewer.id;
  const filters = useMemo(() => filtersOf(url, me), [url, me]);
  const list = useList({
    document: RunsPageDocument,
    variables: { filters },
    pageOf: ({ executions }) => executions,
    idOf: ({ id }: RunRowFragment) => id,
    only: (ids) => ({ filters: [...filters, { execution: { operator: 'IN' as const, values: ids } }] }),
  });
  useLive({ kind: 'executions', filters }, (changes) => {
    if (changes.some(({ all }) => all)) list.refresh();
    const runs = new Set(changes.flatMap(({ runId }) => runId ?? []));
    if (runs.size > 0) list.update([...runs]);
  });
  const longestMs = useMemo(() => longestOf(list.rows), [list.rows]);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  // Two at most: a third takes the place of the first.
  const toggle = useCallback(
    (id: string) =>
      setChosen((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(-2))),
    [],
  );
  const columns = useMemo(() => [choiceOf(chosen, toggle), ...columnsOf(longestMs)], [longestMs, chosen, toggle]);
  const known = new Map(list.rows.map((run) => [run.id, run.createdAt]));
  const [older, newer] = [...chosen].sort((a, b) => (known.get(a) ?? '').localeCompare(known.get(b) ?? ''));
  return (
    <>
      <PageHead title="Runs">
        <SavedViews url={url} />
        <RunsFilters url={url} />
      </PageHead>
      {chosen.length > 0 && (
        <div className={styles.chosen} role="toolbar" aria-label="Chosen runs">
          {newer === undefined ? (
            <span>Choose another run to compare this one with.</span>
          ) : (
            <Link href={`/compare?left=${older}&right=${newer}`}>Compare the two runs</Link>
          )}
          <Button small kind="bare" icon="close" onClick={() => setChosen([])}>
            Clear
          </Button>
        </div>
      )}
      <ListPanel list={list} label="Runs" columns={columns} loading="Loading runs" skeletonRows={12}>
        {filters.length > 0 ? (
          <Empty
            icon="filter"
            title="No run matches"
            action={<Button onClick={() => url.reset({})}>Clear the filters</Button>}
          >
            Choose fewer filters, or a longer time.
          </Empty>
        ) : (
          <Empty icon="runs" title="No runs yet">
            Apply a pipeline and start it: <code>slipway start</code>, a trigger, or the mutation{' '}
            <code>startExecution</code>. Runs appear here as they begin.
          </Empty>
        )}
      </ListPanel>
    </>
  );
}

const choiceOf = (chosen: readonly string[], toggle: (id: string) => void): Column<RunRowFragment> => ({
  ...{ key: 'choice', title: 'Compare', quiet: true, width: '40px', hideBelow: 640 },
  cell: (run) => (
    <input
      type="checkbox"
      className={styles.box}
      aria-label={`Compare ${definitionName(run)} of ${exactText(Date.parse(run.createdAt))}`}
      checked={chosen.includes(run.id)}
      onChange={() => toggle(run.id)}
    />
  ),
});

const columnsOf = (longestMs: number): Column<RunRowFragment>[] => [
  { key: 'status', title: 'Status', width: '128px', hideBelow: 640, cell: ({ status }) => <Status status={status} /> },
  { key: 'run', title: 'Run', cell: (run) => <RunCell run={run} /> },
  { key: 'by', title: 'Started by', width: '190px', hideBelow: 900, cell: ({ cause }) => <By cause={cause} /> },
  {
    ...{ key: 'duration', title: 'Duration', width: '210px', hideBelow: 640 },
    cell: (run) => <DurationBar run={run} longestMs={longestMs} />,
  },
  {
    ...{ key: 'created', title: 'Started', width: '104px', align: 'end' },
    cell: ({ createdAt }) => (
      <span className={styles.quiet}>
        <Time at={createdAt} />
      </span>
    ),
  },
];

function RunCell({ run }: { readonly run: RunRowFragment }) {
  const environment = run.__typename === 'WorkflowExecution' ? run.environment?.name : undefined;
  return (
    <div className={styles.run}>
      <span className={styles.narrow}>
        <Status status={run.status} as="icon" />
      </span>
      <div className={styles.what}>
        <div className={rows.line}>
          <RowLink href={`/runs/${run.id}`}>
            <span className={styles.application}>{run.application?.name ?? unnamed('application')}</span>
            <span className={styles.slash}> / </span>
            {definitionName(run)}
          </RowLink>
          {environment && <span className={rows.tag}>{environment}</span>}
          {run.attempt > 1 && <span className={rows.tag}>attempt {run.attempt}</span>}
          {run.failureDetails && <span className={styles.why}>{run.failureDetails}</span>}
        </div>
        <div className={rows.second}>
          {lookOf(run.status).word}
          {run.startedAt !== null && (
            <>
              {' · '}
              <Duration ms={run.durationMs} since={run.endedAt === null ? run.startedAt : null} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function By({ cause }: { readonly cause: RunRowFragment['cause'] }) {
  switch (cause.__typename) {
    case 'ExecutedByUser':
      return <Person name={cause.user?.name ?? 'deleted user'} />;
    case 'ExecutedByAPIKey':
      return <Person name={cause.apiKey.name} kind="key" />;
    case 'ExecutedByTrigger':
      return <Person name={cause.trigger?.name ?? 'deleted trigger'} kind="trigger" />;
    default:
      return <Person name="pipeline" kind="trigger" />;
  }
}
