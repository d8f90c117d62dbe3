import { useCallback, useEffect, useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import { useAsk, useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { type LiveSource, useLive } from '../../data/live';
import { asApiError } from '../../data/server';
import { Button } from '../../parts/Button';
import { Download } from '../../parts/download/Download';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { bytesText } from '../../parts/numbers';
import { Panel } from '../../parts/Panel';
import { Report } from '../../parts/reports/Report';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import styles from './Details.module.css';
import {
  type ConsoleRunArtifactsQuery,
  ConsoleRunArtifactsDocument,
  type ConsoleRunEventsQuery,
  ConsoleRunEventsDocument,
  ConsoleRunInputsDocument,
  ConsoleRunReportsDocument,
} from './generated';
import { useThrottled } from '../../data/throttled';

interface TabProps {
  readonly id: string;
  readonly source: LiveSource | null;
}

const AGAIN_MS = 700;

/** Values that the run was started with, and those that its tasks have set. */
export function Inputs({ id, source }: TabProps) {
  const { data, error, refresh } = useData(ConsoleRunInputsDocument, { id });
  const soon = useThrottled(refresh);
  useLive(source, () => soon(AGAIN_MS * 2));
  const execution = data?.execution;
  if (execution === undefined) return error ? <ErrorNote error={error} onRetry={refresh} /> : <Skeleton />;
  const outputs = execution.__typename === 'WorkflowExecution' ? execution.outputs : [];
  const set = execution.variables.filter(({ setBy }) => setBy !== null);
  return (
    <div className={styles.stack}>
      <Values title="Inputs" empty="The run was started without inputs." values={execution.inputVariables} />
      {set.length > 0 && (
        <Values
          title="Set by tasks"
          empty=""
          values={set.map(({ name, value, setBy }) => ({ name, value, by: `by ${setBy}` }))}
        />
      )}
      {outputs.length > 0 && <Values title="Outputs" empty="" values={outputs} />}
    </div>
  );
}

interface Value {
  readonly name: string;
  readonly value: string | null;
  readonly by?: string;
}

const Values = ({ title, values, empty }: { title: string; values: readonly Value[]; empty: string }) => (
  <Panel title={title}>
    {values.length === 0 ? (
      <p className={styles.quiet}>{empty}</p>
    ) : (
      <dl className={styles.values}>
        {values.map(({ name, value, by }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              <code>{value ?? 'not set'}</code> {by && <span className={styles.quiet}>{by}</span>}
            </dd>
          </div>
        ))}
      </dl>
    )}
  </Panel>
);

type ArtifactRow = ConsoleRunArtifactsQuery['artifacts'] extends infer Page
  ? NonNullable<Page> extends { nodes: readonly (infer Row)[] }
    ? Row
    : never
  : never;

const artifactColumns: Column<ArtifactRow>[] = [
  {
    ...{ key: 'name', title: 'Artifact' },
    cell: ({ id, name, deletedAt }) =>
      deletedAt === null ? <Download artifactId={id} name={name} /> : `${name} (deleted)`,
  },
  { key: 'task', title: 'Task', width: '240px', hideBelow: 640, cell: ({ task }) => task.name },
  { key: 'size', title: 'Size', width: '110px', align: 'end', cell: ({ size }) => bytesText(size) },
  {
    ...{ key: 'at', title: 'Uploaded', width: '110px', align: 'end', hideBelow: 640 },
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
];

/** Files that the jobs of the run have uploaded. */
export function Artifacts({ id, source }: TabProps) {
  const list = useList({
    document: ConsoleRunArtifactsDocument,
    variables: { filters: [{ execution: { operator: 'EQUALS' as const, values: [id] } }] },
    pageOf: ({ artifacts }) => artifacts,
    idOf: (row: ArtifactRow) => row.id,
  });
  useLive(source, (changes) => {
    if (changes.some(({ all, type }) => all || type === 'ARTIFACT_ADDED')) list.refresh();
  });
  return (
    <Panel title="Artifacts" padded={false}>
      <ErrorNote error={list.error} onRetry={list.refresh} />
      {list.loading ? (
        <Skeleton label="Loading artifacts" />
      ) : list.rows.length === 0 ? (
        <Empty icon="artifacts" title="No artifacts">
          Name files under <code>artifacts</code> of a task, and its jobs upload them.
        </Empty>
      ) : (
        <Table
          label="Artifacts"
          rows={list.rows}
          columns={artifactColumns}
          idOf={(row) => row.id}
          hasMore={list.hasMore}
          loadingMore={list.loadingMore}
          onMore={list.loadMore}
        />
      )}
    </Panel>
  );
}

/** Test results and summaries that the tasks reported. */
export function Reports({ id, source }: TabProps) {
  const { data, error, refresh } = useData(ConsoleRunReportsDocument, { id });
  const soon = useThrottled(refresh);
  useLive(source, (changes) => {
    if (changes.some(({ all, type }) => all || type === 'TASK_STATUS')) soon(AGAIN_MS * 2);
  });
  const reports = data?.execution?.reports;
  if (reports === undefined) return error ? <ErrorNote error={error} onRetry={refresh} /> : <Skeleton />;
  if (reports.length === 0)
    return (
      <Panel>
        <Empty icon="definitions" title="No reports">
          Write JUnit files into <code>$SLIPWAY_REPORTS</code> or Markdown into <code>$SLIPWAY_SUMMARY</code>, and they
          appear here.
        </Empty>
      </Panel>
    );
  return (
    <div className={styles.stack}>
      {reports.map(({ task, report }) => (
        <Panel key={task} title={task}>
          <Report report={report} />
        </Panel>
      ))}
    </div>
  );
}

type Event = Pick<
  NonNullable<ConsoleRunEventsQuery['executionEvents']>['nodes'][number],
  'sequence' | 'type' | 'at' | 'data'
> & { readonly by: string };

const eventColumns: Column<Event>[] = [
  { key: 'sequence', title: '#', width: '70px', align: 'end', cell: ({ sequence }) => sequence },
  { key: 'type', title: 'Event', width: '230px', cell: ({ type }) => <code>{type}</code> },
  {
    key: 'data',
    title: 'What changed',
    cell: ({ data }) => <span title={JSON.stringify(data, null, 2)}>{shortOf(data)}</span>,
    hideBelow: 640,
  },
  { key: 'by', title: 'By', width: '180px', cell: ({ by }) => by, hideBelow: 900 },
  { key: 'at', title: 'Time', width: '110px', align: 'end', cell: ({ at }) => <Time at={at} /> },
];

function shortOf(data: unknown): string {
  const { stepName, name, from, to, reason, ...rest } = data as Record<string, unknown>;
  const what = [name ?? stepName, to === undefined ? undefined : `${from} → ${to}`, reason].filter(
    (one) => one != null,
  );
  if (what.length > 0) return what.join(' · ');
  return Object.entries(rest)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
}

const PAGE = 100;

/** Every change of the run, oldest first. New ones appear at the end once all earlier ones are loaded. */
export function Events({ id, source }: TabProps) {
  const ask = useAsk();
  const [state, setState] = useState<{ rows: readonly Event[]; more: boolean; loading: boolean; error?: ApiError }>({
    ...{ rows: [], more: true, loading: true },
  });
  const loadAfter = useCallback(
    async (after: number) => {
      setState((before) => ({ ...before, loading: true }));
      try {
        const { executionEvents } = await ask(ConsoleRunEventsDocument, { id, first: PAGE, after: String(after) });
        const nodes = executionEvents.nodes.map(({ actor, ...event }) => ({ ...event, by: actor.name }));
        const more = executionEvents.pageInfo.hasNextPage;
        setState((before) => ({ rows: joined(before.rows, nodes), more, loading: false }));
      } catch (error) {
        setState((before) => ({ ...before, loading: false, error: asApiError(error) }));
      }
    },
    [ask, id],
  );
  useEffect(() => void loadAfter(0), [loadAfter]);
  const last = state.rows.at(-1)?.sequence ?? 0;
  useLive(source, (changes) => {
    if (state.more || state.loading) return;
    if (changes.some(({ sequence = 0 }) => sequence > last)) void loadAfter(last);
  });
  return (
    <Panel title="Events" padded={false}>
      <ErrorNote error={state.error} onRetry={() => void loadAfter(last)} />
      {state.rows.length === 0 && state.loading ? (
        <Skeleton label="Loading events" />
      ) : (
        <>
          <Table label="Events" rows={state.rows} columns={eventColumns} idOf={({ sequence }) => String(sequence)} />
          {state.more && (
            <p className={styles.more}>
              <Button kind="bare" busy={state.loading} onClick={() => void loadAfter(last)}>
                Load more
              </Button>
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

const joined = (before: readonly Event[], added: readonly Event[]): readonly Event[] => {
  const last = before.at(-1)?.sequence ?? 0;
  return [...before, ...added.filter(({ sequence }) => sequence > last)];
};
