import { useMemo, useState } from 'react';
import type { AgentFilter, AgentState } from '../../../client/generated';
import { useEvery } from '../../data/every';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { Checkbox } from '../../parts/Field';
import { FilterBar } from '../../parts/FilterBar';
import { Labels } from '../../parts/Labels';
import { Menu } from '../../parts/Menu';
import { ListPanel } from '../../parts/ListPanel';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { SearchField } from '../../parts/SearchField';
import { lookOf } from '../../parts/statuses';
import { type Column, RowLink } from '../../parts/Table';
import { Tabs } from '../../parts/Tabs';
import { Time } from '../../parts/Time';
import { useMay } from '../../session/permissions';
import { AgentDialog, type AgentActionName, agentItems } from './AgentActions';
import rows from '../../parts/Rows.module.css';
import styles from './Agents.module.css';
import { AgentStatus, StateNote } from './AgentStatus';
import { Chart } from './Chart';
import { ConsoleAgentsDocument, type ConsoleAgentsQuery } from './generated';
import { CreateTokenDialog, Tokens } from './Tokens';

type Agent = NonNullable<ConsoleAgentsQuery['agents']>['nodes'][number];

const states: readonly AgentState[] = ['ONLINE', 'BUSY', 'PAUSED', 'DRAINING', 'LOST', 'LEFT'];
const stateChoices = states.map((value) => ({ value, label: lookOf(value).word }));

/** Agents with their state and load, and the tokens with which they register. */
export default function Agents() {
  const url = useUrlState();
  const may = useMay('MANAGE_DELEGATES');
  const [creating, setCreating] = useState(false);
  const tabs = [
    {
      id: 'agents',
      title: 'Agents',
      panel: () => <AgentList key="agents" url={url} onCreate={() => setCreating(true)} />,
    },
    { id: 'tokens', title: 'Registration tokens', panel: () => <Tokens key="tokens" url={url} /> },
  ];
  return (
    <>
      <PageHead
        title="Agents"
        actions={
          may && (
            <Button icon="plus" onClick={() => setCreating(true)}>
              Add an agent …
            </Button>
          )
        }
      />
      {may === false ? (
        <Panel>
          <Empty icon="agents" title="You may not see agents">
            Agents run the jobs of all applications, so that only those with the account permission{' '}
            <code>MANAGE_DELEGATES</code> see them. The queue shows why your jobs wait.
          </Empty>
        </Panel>
      ) : (
        may && <Tabs label="Agents" name="show" url={url} tabs={tabs} />
      )}
      {creating && <CreateTokenDialog onClose={() => setCreating(false)} />}
    </>
  );
}

function filtersOf(text: string): { readonly filters: AgentFilter[]; readonly includeLeft: boolean } {
  const params = new URLSearchParams(text);
  const chosen = params.getAll('state') as AgentState[];
  const labels = params.getAll('label');
  const name = params.get('name') ?? '';
  const filter: AgentFilter = {
    ...(chosen.length > 0 && { state: chosen }),
    ...(labels.length > 0 && { labels }),
    ...(name !== '' && { name: { operator: 'LIKE' as const, values: [name] } }),
  };
  return { filters: Object.keys(filter).length > 0 ? [filter] : [], includeLeft: params.get('left') === 'yes' };
}

function AgentList({ url, onCreate }: { readonly url: UrlState; readonly onCreate: () => void }) {
  const { text } = url;
  const variables = useMemo(() => filtersOf(text), [text]);
  const list = useList({
    document: ConsoleAgentsDocument,
    variables,
    pageOf: ({ agents }) => agents,
    idOf: ({ id }: Agent) => id,
    pageSize: 200,
  });
  const { refresh } = list;
  // Jobs that start and end change slots and states; agents themselves come, go and are changed without an event.
  useLive({ kind: 'queue' }, refresh);
  useEvery(5_000, refresh);
  const [doing, setDoing] = useState<{ readonly agent: Agent; readonly action: AgentActionName }>();
  const columns = useMemo(() => columnsOf((agent, action) => setDoing({ agent, action })), []);
  const labels = [...new Set([...list.rows.flatMap((agent) => agent.labels), ...url.all('label')])].sort();
  const filtered = variables.filters.length > 0;
  return (
    <>
      <div className={styles.filters}>
        <FilterBar url={url} keep={['show', 'left']}>
          <SearchField label="Find by name" value={url.get('name')} onChange={(name) => url.set({ name })} />
          <Picker
            label="State"
            multiple
            choices={stateChoices}
            value={url.all('state')}
            onChange={(state) => url.set({ state })}
          />
          <Picker
            label="Label"
            multiple
            choices={labels.map((label) => ({ value: label, label }))}
            value={url.all('label')}
            onChange={(label) => url.set({ label })}
          />
          <Checkbox
            label="With those that left"
            checked={variables.includeLeft}
            onChange={({ target }) => url.set({ left: target.checked ? 'yes' : undefined })}
          />
        </FilterBar>
      </div>
      <ListPanel list={list} label="Agents" columns={columns} loading="Loading agents" skeletonRows={6}>
        {filtered ? (
          <Empty
            icon="filter"
            title="No agent matches"
            action={
              <Button onClick={() => url.set({ state: undefined, label: undefined, name: undefined })}>
                Clear the filters
              </Button>
            }
          >
            Choose fewer filters.
          </Empty>
        ) : (
          <Empty
            icon="agents"
            title="No agents yet"
            action={
              <Button kind="main" onClick={onCreate}>
                Add an agent …
              </Button>
            }
          >
            Jobs wait until an agent runs. Create a registration token, and start an agent with it on any machine that
            reaches this server.
          </Empty>
        )}
      </ListPanel>
      {doing && <AgentDialog {...doing} onClose={() => setDoing(undefined)} onDone={refresh} />}
    </>
  );
}

const columnsOf = (onSelect: (agent: Agent, action: AgentActionName) => void): Column<Agent>[] => [
  {
    ...{ key: 'state', title: 'State', width: '118px', hideBelow: 640 },
    cell: (agent) => <AgentStatus agent={agent} />,
  },
  {
    ...{ key: 'agent', title: 'Agent' },
    cell: (agent) => (
      <div className={styles.job}>
        <div className={rows.line}>
          <span className={styles.narrow}>
            <AgentStatus agent={agent} as="icon" />
          </span>
          <RowLink href={`/agents/${agent.id}`}>{agent.name}</RowLink>
          <span className={styles.path}>
            {agent.host !== agent.name && agent.host} <StateNote agent={agent} />
          </span>
        </div>
        <div className={rows.second}>
          {lookOf(agent.state).word}, {agent.slotsUsed} of {agent.slots} slots
        </div>
      </div>
    ),
  },
  {
    ...{ key: 'labels', title: 'Labels', width: '24%', hideBelow: 900 },
    cell: ({ labels }) => <Labels labels={labels} />,
  },
  { ...{ key: 'slots', title: 'Slots', width: '140px', hideBelow: 640 }, cell: (agent) => <Slots agent={agent} /> },
  {
    ...{ key: 'cpu', title: 'CPU, last hour', width: '140px', hideBelow: 1200 },
    cell: ({ samples }) => (
      <Chart
        small
        label="CPU"
        hours={1}
        stepSeconds={300}
        points={samples.map(({ at, cpu }) => ({ at, share: cpu }))}
        textOf={(share) => `${Math.round(share * 100)} %`}
      />
    ),
  },
  {
    ...{ key: 'done', title: 'Jobs done', width: '88px', align: 'end', hideBelow: 900 },
    cell: ({ jobsDone }) => jobsDone.toLocaleString('en'),
  },
  {
    ...{ key: 'lost', title: 'Lost', width: '60px', align: 'end', hideBelow: 1200 },
    cell: ({ jobsLost }) => (
      <span className={jobsLost > 0 ? styles.bad : styles.quiet}>{jobsLost.toLocaleString('en')}</span>
    ),
  },
  {
    ...{ key: 'seen', title: 'Last seen', width: '98px', align: 'end', hideBelow: 640 },
    cell: ({ lastSeenAt }) => (
      <span className={styles.quiet}>
        <Time at={lastSeenAt} />
      </span>
    ),
  },
  {
    ...{ key: 'menu', title: 'Actions', quiet: true, width: '64px', align: 'end' },
    cell: (agent) => (
      <span className={styles.above}>
        <Menu
          label={`Actions of ${agent.name}`}
          iconOnly
          items={agentItems(agent, (action) => onSelect(agent, action))}
        />
      </span>
    ),
  },
];

/** Slots in use, as text and as a bar. */
export const Slots = ({ agent: { slots, slotsUsed } }: { readonly agent: Pick<Agent, 'slots' | 'slotsUsed'> }) => (
  <span className={styles.slots}>
    <span className={styles.track} aria-hidden="true">
      <span className={styles.bar} style={{ width: `${Math.min(100, (slotsUsed / Math.max(1, slots)) * 100)}%` }} />
    </span>
    {slotsUsed} of {slots}
  </span>
);
