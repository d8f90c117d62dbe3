import { useMemo, useState } from 'react';
import { Link, useParams } from 'wouter';
import { useData } from '../../data/hooks';
import { type LiveSource, useLive } from '../../data/live';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { type Crumb, PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { type Tab, Tabs } from '../../parts/Tabs';
import { Approvals } from './Approvals';
import { Attempts } from './Attempts';
import { Artifacts, Events, Inputs, Reports } from './Details';
import { ConsoleRunDocument } from './generated';
import type { Run } from './runData';
import { GraphTab } from './GraphTab';
import { RunActions } from './RunActions';
import { RunFacts } from './RunFacts';
import styles from './Run.module.css';
import { type Element, elementOf, Stages } from './Stages';
import { TaskPanel } from './TaskPanel';
import { TaskTable } from './TaskTable';
import { useThrottled } from '../../data/throttled';
import { useTasks } from './useTasks';
import { Timeline } from './Timeline';
import { Why } from './Why';
import { definitionName } from '../../parts/definitionName';

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

const tabOf = (url: UrlState): string => url.get('tab');

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
    ...(member === null
      ? []
      : [
          { id: 'graph', title: 'Graph', panel: () => <GraphTab member={member} tasks={tasks.tasks} url={url} /> },
          {
            ...{ id: 'timeline', title: 'Timeline' },
            panel: () => <Timeline member={member} tasks={tasks.tasks} source={source} url={url} />,
          },
        ]),
    { id: 'attempts', title: 'Attempts', count: run.attempt, panel: () => <Attempts id={run.id} source={source} /> },
    { id: 'inputs', title: 'Inputs', panel: () => <Inputs id={run.id} source={source} /> },
    { id: 'approvals', title: 'Approvals', panel: () => <Approvals run={run} source={source} /> },
    ...(member === null
      ? []
      : [{ id: 'artifacts', title: 'Artifacts', panel: () => <Artifacts id={member} source={source} /> }]),
    { id: 'reports', title: 'Reports', panel: () => <Reports id={run.id} source={source} /> },
    { id: 'events', title: 'Events', panel: () => <Events id={run.id} source={source} /> },
  ];
  const selected = tasks.tasks.find(({ id }) => id === url.get('task'));
  return (
    <>
      <PageHead
        title={definitionName(run)}
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
      {tabOf(url) !== 'approvals' && run.whyNotRunning.some(({ code }) => code.startsWith('APPROVAL')) && (
        <Approvals run={run} source={source} waiting />
      )}
      {stages && <Stages stages={stages} selected={element} url={url} />}
      {stages && member !== null && (
        <p className={styles.chosen}>
          <span>
            Below: the workflow of <strong>{element?.pipelineStepName}</strong>
          </span>
          <Link href={`/runs/${member}`}>Open its own page</Link>
        </p>
      )}
      <Tabs label="Parts of the run" url={url} tabs={tabs} />
      {selected && <TaskPanel key={selected.id} task={selected} runId={run.id} url={url} />}
    </>
  );
}

function NoTasks({ element, url }: { readonly element: Element | undefined; readonly url: UrlState }) {
  if (element?.__typename === 'ApprovalStageExecution')
    return (
      <Panel>
        <Empty
          icon="approvals"
          title="This element is an approval"
          action={<Button onClick={() => url.set({ tab: 'approvals' })}>Show the approvals</Button>}
        >
          It has no tasks. Choose another element above, or look at the approvals of the run.
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

/** The subscription of the page. It begins after what was read first, and has a cursor of its own from then on. */
function useSource(id: string, lastSequence: number | undefined): LiveSource | null {
  const [first, setFirst] = useState(lastSequence);
  if (first === undefined && lastSequence !== undefined) setFirst(lastSequence);
  return useMemo(() => (first === undefined ? null : { kind: 'execution', id, after: first }), [id, first]);
}
