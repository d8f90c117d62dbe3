import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useParams } from 'wouter';
import { useData } from '../../data/hooks';
import { type LiveSource, useLive } from '../../data/live';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { type Crumb, PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { type Tab, Tabs } from '../../parts/Tabs';
import { ConsoleRunDocument, type ConsoleRunQuery } from './generated';
import { RunActions } from './RunActions';
import { RunFacts } from './RunFacts';
import styles from './Run.module.css';
import { type Element, elementOf, Stages } from './Stages';
import { TaskPanel } from './TaskPanel';
import { TaskTable } from './TaskTable';
import { useTasks } from './useTasks';
import { Why } from './Why';

export type Run = NonNullable<ConsoleRunQuery['execution']>;

const OFTEN_MS = 250;
const SELDOM_MS = 1_500;
/** Events of single tasks: the run as a whole is read again only now and then. */
const small = new Set(['TASK_STATUS', 'JOB_QUEUED', 'JOB_STARTED', 'JOB_MOVED', 'JOB_FACTS', 'ARTIFACT_ADDED']);

/** A run of a pipeline or a workflow, live. */
export default function RunPage() {
  const { id = '' } = useParams<{ id: string }>();
  return <RunView key={id} id={id} />;
}

function RunView({ id }: { readonly id: string }) {
  const { data, error, loading, refresh } = useData(ConsoleRunDocument, { id });
  const run = data?.execution;
  const source = useSource(id, run?.lastSequence);
  const soon = useThrottled(refresh);
  useLive(source, (changes) => {
    const large = changes.some(({ all, type = '' }) => all || !small.has(type));
    soon(large ? OFTEN_MS : SELDOM_MS);
  });
  if (run === undefined) {
    return (
      <>
        <PageHead title="Run" above={runsCrumb} />
        {error === undefined ? (
          <Panel padded={false}>{loading && <Skeleton label="Loading the run" rows={8} />}</Panel>
        ) : (
          <ErrorNote error={error} onRetry={refresh} />
        )}
      </>
    );
  }
  return (
    <>
      <ErrorNote error={error} onRetry={refresh} />
      <RunBody run={run} source={source} />
    </>
  );
}

const runsCrumb: readonly Crumb[] = [{ title: 'Runs', href: '/runs' }];

function RunBody({ run, source }: { readonly run: Run; readonly source: LiveSource | null }) {
  const url = useUrlState();
  const stages = run.__typename === 'PipelineExecution' ? run.pipelineStageExecutions : undefined;
  const element = stages && elementOf(stages, url.get('element'));
  const member =
    run.__typename === 'WorkflowExecution'
      ? run.id
      : element?.__typename === 'WorkflowStageExecution'
        ? element.workflowExecutionId
        : null;
  const tasks = useTasks(member, source);
  const parent = run.cause.__typename === 'ExecutedAlongPipeline' ? run.cause.execution : null;
  const above = parent
    ? [...runsCrumb, { title: parent.pipeline?.name ?? 'Pipeline run', href: `/runs/${parent.id}` }]
    : runsCrumb;
  const tabs: readonly Tab[] = [
    {
      ...{ id: 'tasks', title: 'Tasks', count: member === null ? undefined : tasks.tasks.length },
      panel: () => (
        <>
          <ErrorNote error={tasks.error} onRetry={tasks.refresh} />
          {member === null ? (
            <NoTasks element={element} url={url} />
          ) : (
            <TaskTable tasks={tasks.tasks} loading={tasks.loading} url={url} />
          )}
        </>
      ),
    },
  ];
  const selected = tasks.tasks.find(({ id }) => id === url.get('task'));
  return (
    <>
      <PageHead
        title={nameOf(run)}
        above={above}
        actions={<RunActions run={run} />}
        beside={
          <>
            <Status status={run.status} as="badge" />
            {run.attempt > 1 && <span className={styles.tag}>attempt {run.attempt}</span>}
          </>
        }
      >
        <RunFacts run={run} />
      </PageHead>
      <Why run={run} element={element} tasks={tasks.tasks} />
      {stages && <Stages stages={stages} selected={element} url={url} />}
      <Tabs label="Parts of the run" url={url} tabs={tabs} />
      {selected && <TaskPanel key={selected.id} task={selected} url={url} />}
    </>
  );
}

function NoTasks({ element, url }: { readonly element: Element | undefined; readonly url: UrlState }) {
  if (element?.__typename === 'ApprovalStageExecution')
    return (
      <Panel>
        <Empty icon="approvals" title="This element is an approval">
          It has no tasks. Choose another element above, or open{' '}
          <Link href={url.href({ tab: 'approvals' })}>the approvals</Link>.
        </Empty>
      </Panel>
    );
  return (
    <Panel>
      <Empty icon="runs" title="No tasks yet">
        The tasks of this workflow appear here when its stage begins.
      </Empty>
    </Panel>
  );
}

export const nameOf = (run: Run): string =>
  (run.__typename === 'PipelineExecution' ? run.pipeline?.name : run.workflow?.name) ?? 'deleted definition';

/** The subscription of the page. It begins after what was read first, and has a cursor of its own from then on. */
function useSource(id: string, lastSequence: number | undefined): LiveSource | null {
  const [first, setFirst] = useState(lastSequence);
  if (first === undefined && lastSequence !== undefined) setFirst(lastSequence);
  return useMemo(() => (first === undefined ? null : { kind: 'execution', id, after: first }), [id, first]);
}

/** Calls `work` at most once in the given time, and once after the last request. */
export function useThrottled(work: () => void): (afterMs: number) => void {
  const latest = useRef(work);
  const timer = useRef<{ due: number; handle: ReturnType<typeof setTimeout> }>(undefined);
  useEffect(() => {
    latest.current = work;
  });
  useEffect(() => () => clearTimeout(timer.current?.handle), []);
  return useCallback((afterMs) => {
    const due = performance.now() + afterMs;
    if (timer.current !== undefined && timer.current.due <= due) return;
    clearTimeout(timer.current?.handle);
    const handle = setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, afterMs);
    timer.current = { due, handle };
  }, []);
}
