import { type ReactNode, useMemo, useState } from 'react';
import { useParams } from 'wouter';
import { useEvery } from '../../data/every';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { timeNow } from '../../data/now';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Id } from '../../parts/Id';
import { Labels } from '../../parts/Labels';
import { Menu } from '../../parts/Menu';
import { bytesText } from '../../parts/numbers';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { lookOf } from '../../parts/statuses';
import { Time } from '../../parts/Time';
import { AgentDialog, type AgentActionName, agentItems } from './AgentActions';
import styles from './Agents.module.css';
import { Slots } from './Agents';
import { AgentStatus, StateNote } from './AgentStatus';
import { Chart } from './Chart';
import {
  type AgentFactsFragment,
  type AgentJobFragment,
  ConsoleAgentDocument,
  ConsoleAgentJobsDocument,
} from './generated';
import { JobTable } from './JobTable';

type JobStatus = AgentJobFragment['status'];

/** Hours for which the server keeps samples. */
const MOST_HOURS = 6;
const STEP_SECONDS = 60;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** One agent: its state, labels, load and jobs. */
export default function AgentPage() {
  const { id = '' } = useParams<{ id: string }>();
  const url = useUrlState();
  const { data, error, refresh } = useData(ConsoleAgentDocument, { id });
  const chosen = url.all('status').join();
  const variables = useMemo(
    () => ({ id, status: chosen === '' ? null : (chosen.split(',') as JobStatus[]) }),
    [id, chosen],
  );
  const history = useList({
    document: ConsoleAgentJobsDocument,
    variables,
    pageOf: ({ agentJobs }) => agentJobs,
    idOf: (job: AgentJobFragment) => job.id,
  });
  const readAgain = () => {
    refresh();
    history.refresh();
  };
  useLive({ kind: 'queue' }, readAgain);
  // Its state, its pause and its load have no events.
  useEvery(5_000, refresh);
  const [doing, setDoing] = useState<AgentActionName>();
  const agent = data?.agent;
  const above = [{ title: 'Agents', href: '/agents' }];
  if (agent === undefined)
    return (
      <>
        <PageHead title="Agent" above={above} />
        {error === undefined ? (
          <Skeleton label="Loading the agent" rows={8} />
        ) : (
          <ErrorNote error={error} onRetry={refresh} />
        )}
      </>
    );
  const { samples, currentJobs } = agent;
  // The chart of a young agent would be empty but for its end.
  const hours = Math.min(MOST_HOURS, Math.max(1, Math.ceil((timeNow() - Date.parse(agent.registeredAt)) / 3_600_000)));
  const memory = samples.at(-1)?.memoryBytes ?? 0;
  return (
    <>
      <PageHead
        title={agent.name}
        above={above}
        beside={<AgentStatus agent={agent} as="badge" />}
        actions={<Menu label="Actions" items={agentItems(agent, setDoing)} />}
      >
        <p className={styles.quiet}>
          <StateNote agent={agent} />
        </p>
      </PageHead>
      <ErrorNote error={error} onRetry={refresh} />
      <div className={styles.page}>
        <Panel title="Facts">
          <Facts agent={agent} />
        </Panel>
        <Panel title="Load of its machine">
          <div className={styles.charts}>
            <Chart
              label="CPU"
              hours={hours}
              stepSeconds={STEP_SECONDS}
              points={samples.map(({ at, cpu }) => ({ at, share: cpu }))}
              textOf={percent}
            />
            <Chart
              label="Memory"
              hours={hours}
              stepSeconds={STEP_SECONDS}
              points={samples.map(({ at, memoryUsedBytes, memoryBytes }) => ({
                at,
                share: memoryUsedBytes / Math.max(1, memoryBytes),
              }))}
              textOf={(share) => `${bytesText(share * memory)} of ${bytesText(memory)}`}
            />
          </div>
        </Panel>
        <Panel title="Running now" padded={false}>
          {currentJobs.nodes.length > 0 ? (
            <JobTable label="Running jobs" jobs={currentJobs.nodes} />
          ) : (
            <p className={styles.none}>It runs no job{agent.slotsUsed > 0 ? ' that you may see' : ''}.</p>
          )}
        </Panel>
        <Panel title="Jobs that it started" padded={false} actions={<StatusPicker url={url} />}>
          <ErrorNote error={history.error} onRetry={history.refresh} />
          {history.loading ? (
            <Skeleton label="Loading jobs" rows={6} />
          ) : history.rows.length > 0 ? (
            <JobTable
              label="Jobs that it started"
              jobs={history.rows}
              hasMore={history.hasMore}
              loadingMore={history.loadingMore}
              onMore={history.loadMore}
            />
          ) : (
            <Empty icon="runs" title={chosen !== '' ? 'No job matches' : 'No jobs yet'}>
              {chosen !== ''
                ? 'Choose other statuses.'
                : 'Jobs appear here as it starts them, as far as you may see their runs.'}
            </Empty>
          )}
        </Panel>
      </div>
      {doing && <AgentDialog agent={agent} action={doing} onClose={() => setDoing(undefined)} onDone={refresh} />}
    </>
  );
}

const jobStatuses: readonly JobStatus[] = ['RUNNING', 'SUCCESS', 'FAILED', 'LOST', 'ABORTED'];

const StatusPicker = ({ url }: { readonly url: UrlState }) => (
  <Picker
    label="Status"
    multiple
    choices={jobStatuses.map((value) => ({ value, label: lookOf(value).word }))}
    value={url.all('status')}
    onChange={(status) => url.set({ status })}
  />
);

function Facts({ agent }: { readonly agent: AgentFactsFragment }) {
  const { labels, ownLabels, labelEdits, registrationToken, applications, clockSkewMs, namesakes } = agent;
  const hidden = labelEdits.filter(({ value }) => value === null).map(({ key }) => key);
  const edited = labelEdits.flatMap(({ key, value }) => (value === null ? [] : `${key}=${value}`));
  const facts: readonly (readonly [string, ReactNode] | false)[] = [
    ['Labels', <Labels key="labels" labels={labels} none="none" wrap />],
    edited.length > 0 && ['Set on the server', <Labels key="edited" labels={edited} wrap />],
    hidden.length > 0 && ['Hidden on the server', <Labels key="hidden" labels={hidden} wrap />],
    (labelEdits.length > 0 || registrationToken?.labels != null) && [
      'Reported by the agent',
      <Labels key="own" labels={ownLabels} none="none" wrap />,
    ],
    ['Slots', <Slots key="slots" agent={agent} />],
    ['Jobs done', agent.jobsDone.toLocaleString('en')],
    ['Jobs lost', agent.jobsLost.toLocaleString('en')],
    ['Host', agent.host ?? 'not reported'],
    namesakes > 0 && [
      'Same name',
      `${namesakes} other online ${namesakes === 1 ? 'agent has' : 'agents have'} this name`,
    ],
    ['Version', agent.version ?? 'not reported'],
    applications !== null && [
      'Applications',
      applications.map(({ name }) => name).join(', ') || 'none that you may see',
    ],
    [
      'Registered',
      <span key="registered">
        <Time at={agent.registeredAt} />
        {registrationToken && ` with the token ${registrationToken.name}`}
      </span>,
    ],
    ['Last seen', <Time key="seen" at={agent.lastSeenAt} />],
    clockSkewMs !== null &&
      Math.abs(clockSkewMs) > 60_000 && ['Clock', `differs by ${Math.round(Math.abs(clockSkewMs) / 1000)} s`],
    ['ID', <Id key="id" id={agent.id} />],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(
        (fact) =>
          fact && (
            <div key={fact[0]}>
              <dt>{fact[0]}</dt>
              <dd>{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
