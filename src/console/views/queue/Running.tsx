import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Labels } from '../../parts/Labels';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { type Column, Table } from '../../parts/Table';
import { Duration } from '../../parts/Time';
import { CancelDialog } from './CancelDialog';
import { JobCell } from './JobCell';
import { actionOf } from './names';
import styles from './Queue.module.css';
import { idOf, type Queue, type QueueRow } from './useQueue';

interface RunningProps {
  readonly queue: Queue;
  /** True if the reader may see agents. */
  readonly mayManage: boolean;
  readonly filtered: boolean;
}

/** Jobs that agents run, or have been offered. */
export function Running({ queue, mayManage, filtered }: RunningProps) {
  const { rows, refresh } = queue;
  const [canceling, setCanceling] = useState<QueueRow>();
  const columns = useMemo((): Column<QueueRow>[] => {
    const agentOf = ({ job: { agent } }: QueueRow) =>
      agent === null ? (
        <span className={styles.quiet}>–</span>
      ) : mayManage ? (
        <Link href={`/agents/${agent.id}`} className={styles.above}>
          {agent.name}
        </Link>
      ) : (
        agent.name
      );
    const cancels = rows.some((row) => actionOf(row, 'cancel')?.allowed);
    return [
      {
        ...{ key: 'state', title: 'State', width: '128px', hideBelow: 640 },
        cell: ({ state }) =>
          state === 'RUNNING' ? <Status status="RUNNING" /> : <Status status="PENDING">Being offered</Status>,
      },
      {
        ...{ key: 'job', title: 'Job' },
        cell: (row) => (
          <JobCell
            row={row}
            second={
              <>
                {row.state === 'RUNNING' ? 'Running' : 'Being offered'}
                {row.job.agent && ` on ${row.job.agent.name}`}
              </>
            }
          />
        ),
      },
      { ...{ key: 'agent', title: 'Agent', width: '18%', hideBelow: 640 }, cell: agentOf },
      {
        ...{ key: 'labels', title: 'Requires', width: '15%', hideBelow: 1200 },
        cell: ({ labels }) => <Labels labels={labels} none="any agent" />,
      },
      {
        ...{ key: 'time', title: 'Running for', width: '112px', align: 'end', hideBelow: 640 },
        cell: ({ job }) => <Duration since={job.startedAt} />,
      },
      {
        ...{ key: 'log', title: 'Actions', quiet: true, width: cancels ? '150px' : '76px', align: 'end' },
        cell: (row) => (
          <span className={styles.buttons}>
            {row.state === 'RUNNING' && <Link href={`/jobs/${idOf(row)}/log`}>Log</Link>}
            {actionOf(row, 'cancel')?.allowed && (
              <Button small kind="danger" onClick={() => setCanceling(row)}>
                Cancel …
              </Button>
            )}
          </span>
        ),
      },
    ];
  }, [rows, mayManage]);
  if (queue.loading) return <Skeleton label="Loading running jobs" rows={6} />;
  return (
    <>
      <ErrorNote error={queue.error} onRetry={refresh} />
      <Panel padded={false}>
        {rows.length === 0 && !queue.error ? (
          <Empty icon="runs" title={filtered ? 'No running job matches' : 'No job runs'}>
            Jobs that wait are under <em>Waiting</em>, with the reason. <Link href="/agents">Agents</Link> run them.
          </Empty>
        ) : (
          <Table
            label="Running jobs"
            rows={rows}
            columns={columns}
            idOf={idOf}
            hasMore={queue.hasMore}
            loadingMore={queue.loadingMore}
            onMore={queue.loadMore}
          />
        )}
      </Panel>
      {canceling && <CancelDialog jobs={[canceling]} onClose={() => setCanceling(undefined)} onCanceled={refresh} />}
    </>
  );
}
