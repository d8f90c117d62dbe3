import { useEffect, useMemo, useState } from 'react';
import type { QueueFilter } from '../../../client/generated';
import { useEvery } from '../../data/every';
import { useData } from '../../data/hooks';
import { useLive } from '../../data/live';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { FilterBar } from '../../parts/FilterBar';
import { PageHead } from '../../parts/PageHead';
import { Picker } from '../../parts/Picker';
import { Tabs } from '../../parts/Tabs';
import { useMay } from '../../session/permissions';
import { filtersOf, priorities } from './filters';
import { ConsoleQueueApplicationsDocument, ConsoleQueueHeadDocument } from './generated';
import { PauseDialog, Pauses } from './Pauses';
import { Running } from './Running';
import { useQueue } from './useQueue';
import { Waiting } from './Waiting';

const WAITING: QueueFilter = { states: ['WAITING'] };
const CLAIMED: QueueFilter = { states: ['RUNNING', 'OFFERED'] };

/** The queue, live, in the order in which agents take its jobs. Jobs that run are shown apart. */
export default function QueuePage() {
  const url = useUrlState();
  const mayManage = useMay('MANAGE_DELEGATES');
  const { text } = url;
  const own = useMemo(() => filtersOf(choicesOf(text)), [text]);
  const [waiting, claimed] = useMemo(
    () => [
      [...own, WAITING],
      [...own, CLAIMED],
    ],
    [own],
  );
  const head = useData(ConsoleQueueHeadDocument, { waiting, claimed });
  const shown = url.get('show') === 'running' ? claimed : waiting;
  const queue = useQueue(shown);
  const [pausing, setPausing] = useState(false);
  const refresh = () => {
    head.refresh();
    queue.refresh();
  };
  // The changes of the queue are for those who manage it; all others follow the runs that they see.
  const source = mayManage
    ? { kind: 'queue' as const }
    : { kind: 'executions' as const, includeIndirectExecutions: true };
  useLive(mayManage === undefined ? null : source, refresh);
  // Agents and pauses come and go without an event, and change why a job waits.
  useEvery(10_000, refresh);
  const tabs = [
    {
      ...{ id: 'waiting', title: 'Waiting', count: head.data?.waiting.pageInfo.total },
      panel: () => <Waiting key="waiting" queue={queue} url={url} filtered={own.length > 0} />,
    },
    {
      ...{ id: 'running', title: 'Running', count: head.data?.claimed.pageInfo.total },
      panel: () => <Running key="running" queue={queue} mayManage={mayManage === true} filtered={own.length > 0} />,
    },
  ];
  return (
    <>
      <PageHead
        title="Queue"
        actions={
          mayManage && (
            <Button icon="pause" onClick={() => setPausing(true)}>
              Pause …
            </Button>
          )
        }
      >
        <Filters url={url} labels={queue.rows.flatMap(({ labels }) => labels)} />
      </PageHead>
      <Pauses pauses={head.data?.queuePauses ?? []} mayResume={mayManage === true} onChange={refresh} />
      <Tabs label="Jobs" name="show" url={url} tabs={tabs} />
      {pausing && <PauseDialog onClose={() => setPausing(false)} onPaused={refresh} />}
    </>
  );
}

function choicesOf(text: string): Pick<UrlState, 'all' | 'get'> {
  const params = new URLSearchParams(text);
  return { get: (name) => params.get(name) ?? '', all: (name) => params.getAll(name) };
}

function Filters({ url, labels }: { readonly url: UrlState; readonly labels: readonly string[] }) {
  const [opened, setOpened] = useState(false);
  const pause = !opened && url.all('application').length === 0;
  const { data, loading } = useData(ConsoleQueueApplicationsDocument, {}, { pause });
  const chosen = url.all('label');
  // Labels of jobs that were seen stay in the list, although a filter hides those jobs.
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const fresh = [...labels, ...chosen].filter((label) => !seen.has(label));
  useEffect(() => {
    if (fresh.length > 0) setSeen((before) => new Set([...before, ...fresh]));
  });
  const run = url.get('run');
  return (
    <FilterBar url={url} keep={['show']}>
      <Picker
        label="Application"
        multiple
        choices={(data?.applications.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={url.all('application')}
        onChange={(application) => url.set({ application })}
        onOpen={() => setOpened(true)}
        loading={loading}
      />
      <Picker
        label="Label"
        multiple
        choices={[...seen].sort().map((label) => ({ value: label, label }))}
        value={chosen}
        onChange={(label) => url.set({ label })}
      />
      <Picker
        label="Priority"
        choices={Object.entries(priorities).map(([value, { label }]) => ({ value, label }))}
        value={url.all('priority')}
        onChange={(priority) => url.set({ priority })}
      />
      {run !== '' && (
        <Picker
          label="Run"
          choices={[{ value: run, label: run.slice(0, 8) }]}
          value={[run]}
          onChange={(value) => url.set({ run: value })}
        />
      )}
    </FilterBar>
  );
}
