import { useMemo } from 'react';
import { Link } from 'wouter';
import type { EventDeliveryState } from '../../../client/generated';
import { useAction } from '../../data/hooks';
import { useList } from '../../data/list';
import { useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { type Column, Table } from '../../parts/Table';
import { Duration, Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import { SettingsDeliveriesDocument, type SettingsDeliveryFragment, SettingsRedeliverDocument } from './generated';
import styles from './Settings.module.css';

const states: Readonly<Record<EventDeliveryState, { readonly status: string; readonly label: string }>> = {
  PENDING: { status: 'PENDING', label: 'Pending' },
  DELIVERED: { status: 'SUCCESS', label: 'Delivered' },
  FAILED: { status: 'FAILED', label: 'Given up' },
  SKIPPED: { status: 'SKIPPED', label: 'Skipped' },
};
const stateChoices = Object.entries(states).map(([value, { label }]) => ({ value, label }));

/** What was sent, with the responses. */
export function Deliveries({ id, onChanged }: { readonly id: string; readonly onChanged: () => void }) {
  const url = useUrlState();
  const chosen = url.get('state');
  const variables = useMemo(
    () => ({ subscriptionId: id, states: chosen === '' ? null : [chosen as EventDeliveryState] }),
    [id, chosen],
  );
  const list = useList({
    document: SettingsDeliveriesDocument,
    variables,
    pageOf: ({ deliveries }) => deliveries ?? { nodes: [], pageInfo: { hasNextPage: false } },
    idOf: (row: SettingsDeliveryFragment) => row.id,
  });
  const redeliver = useAction(SettingsRedeliverDocument, { keyed: false });
  const again = async (deliveryId: string) => {
    if ((await redeliver.run({ input: { deliveryId } })) === undefined) return;
    toast('The event is delivered again.');
    list.refresh();
    onChanged();
  };
  const columns: Column<SettingsDeliveryFragment>[] = [
    {
      ...{ key: 'state', title: 'State', width: '120px' },
      cell: ({ state }) => <Status status={states[state].status}>{states[state].label}</Status>,
    },
    {
      key: 'event',
      title: 'Event',
      cell: ({ type, runId, error, errorCode }) => (
        <div className={styles.two}>
          <Link href={`/runs/${runId}`}>{type}</Link>
          {(error ?? errorCode) !== null && (
            <span className={styles.second} title={error ?? undefined}>
              {error ?? errorCode}
            </span>
          )}
        </div>
      ),
    },
    {
      ...{ key: 'response', title: 'Response', width: '96px', align: 'end' },
      cell: ({ responseStatus }) => responseStatus ?? <span className={styles.quiet}>none</span>,
    },
    {
      ...{ key: 'attempts', title: 'Attempts', width: '84px', align: 'end', hideBelow: 900 },
      cell: ({ attempts }) => attempts,
    },
    {
      ...{ key: 'took', title: 'Took', width: '84px', align: 'end', hideBelow: 1200 },
      cell: ({ durationMs }) => <Duration ms={durationMs} />,
    },
    {
      ...{ key: 'at', title: 'Last attempt', width: '116px', align: 'end', hideBelow: 640 },
      cell: ({ lastAttemptAt }) => (
        <span className={styles.quiet}>
          <Time at={lastAttemptAt} />
        </span>
      ),
    },
    {
      ...{ key: 'again', title: 'Actions', quiet: true, width: '124px', align: 'end', hideBelow: 640 },
      cell: (delivery) => (
        <Button
          small
          disabledBecause={delivery.state === 'PENDING' ? 'It is being delivered.' : undefined}
          onClick={() => void again(delivery.id)}
        >
          Send again
        </Button>
      ),
    },
  ];
  return (
    <Panel
      title="Deliveries"
      padded={false}
      actions={
        <span className={styles.tags}>
          <Picker
            label="State"
            choices={stateChoices}
            value={chosen === '' ? [] : [chosen]}
            onChange={(value) => url.set({ state: value })}
          />
          <Button small icon="refresh" onClick={list.refresh}>
            Refresh
          </Button>
        </span>
      }
    >
      <ErrorNote error={list.error ?? redeliver.error} onRetry={list.refresh} />
      {list.loading ? (
        <Skeleton label="Loading deliveries" rows={4} />
      ) : list.rows.length > 0 ? (
        <Table
          label="Deliveries"
          rows={list.rows}
          columns={columns}
          idOf={(row) => row.id}
          hasMore={list.hasMore}
          loadingMore={list.loadingMore}
          onMore={list.loadMore}
        />
      ) : (
        <Empty icon="link" title={chosen === '' ? 'Nothing was sent yet' : 'No delivery in this state'}>
          Start a run that matches the filters, or send a test.
        </Empty>
      )}
    </Panel>
  );
}
