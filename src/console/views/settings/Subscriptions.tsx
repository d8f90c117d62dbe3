import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '../../data/hooks';
import { useList } from '../../data/list';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { Empty } from '../../parts/Empty';
import { Status } from '../../parts/Status';
import { ListPanel } from '../../parts/ListPanel';
import { type Column, RowLink } from '../../parts/Table';
import {
  SettingsCreateSubscriptionDocument,
  type SettingsSubscriptionFragment,
  SettingsSubscriptionsDocument,
} from './generated';
import { SettingsHead, ShownOnce } from './parts';
import styles from './Settings.module.css';
import { SubscriptionForm } from './SubscriptionForm';

type Row = SettingsSubscriptionFragment;

export const formatNames: Readonly<Record<Row['format'], string>> = {
  CLOUDEVENTS: 'CloudEvents, signed',
  SLACK: 'Slack',
  TEAMS: 'Microsoft Teams',
  GITHUB: 'GitHub statuses',
  GITLAB: 'GitLab statuses',
};

/** On, off with its reason, or failing. */
export function SubscriptionState({ of: { enabled, failingSince, offReason } }: { readonly of: Row }) {
  if (!enabled)
    return (
      <span title={offReason ?? undefined}>
        <Status status="SKIPPED">Off</Status>
      </span>
    );
  if (failingSince !== null) return <Status status="ERROR">Failing</Status>;
  return <Status status="ONLINE">On</Status>;
}

/** Subscriptions that send events of the log to other systems. */
export default function Subscriptions() {
  const list = useList({
    document: SettingsSubscriptionsDocument,
    variables: {},
    pageOf: ({ eventSubscriptions }) => eventSubscriptions,
    idOf: ({ id }: Row) => id,
  });
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<{ readonly id: string; readonly secret: string }>();
  const action = useAction(SettingsCreateSubscriptionDocument, { keyed: false });
  const pageOf = (id: string) => `/settings/subscriptions/${id}`;
  return (
    <>
      <SettingsHead
        title="Event subscriptions"
        lead="Events of runs, sent to other systems: at least once, and in order for each run."
        actions={
          <Button kind="main" icon="plus" onClick={() => setCreating(true)}>
            New subscription
          </Button>
        }
      />
      <ListPanel list={list} label="Event subscriptions" columns={columns} loading="Loading event subscriptions">
        <Empty icon="link" title="No event subscriptions">
          Create one to send events to a receiver of your own, to Slack or Teams, or as statuses to GitHub or GitLab.
        </Empty>
      </ListPanel>
      {creating && (
        <SubscriptionForm
          action={action}
          onClose={() => setCreating(false)}
          onSave={async (input) => {
            const data = await action.run({ input });
            const made = data?.createEventSubscription;
            if (made == null) return;
            if (made.secret === null) return navigate(pageOf(made.eventSubscription.id));
            setCreating(false);
            setCreated({ id: made.eventSubscription.id, secret: made.secret });
          }}
        />
      )}
      {created && <SecretDialog secret={created.secret} onClose={() => navigate(pageOf(created.id))} />}
    </>
  );
}

/** The secret that signs requests, once. */
export const SecretDialog = ({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) => (
  <Dialog
    title="Secret of the subscription"
    onClose={onClose}
    actions={
      <Button kind="main" onClick={onClose}>
        I have stored it
      </Button>
    }
  >
    <div className={styles.stack}>
      <p>Requests are signed with this secret. Give it to the receiver now: it can’t be read later.</p>
      <ShownOnce value={secret} label="Copy the secret" />
    </div>
  </Dialog>
);

const columns: Column<Row>[] = [
  {
    key: 'name',
    title: 'Name',
    cell: ({ id, name, url }) => (
      <div className={styles.two}>
        <RowLink href={`/settings/subscriptions/${id}`}>{name}</RowLink>
        <span className={styles.second} title={url}>
          {url}
        </span>
      </div>
    ),
  },
  {
    ...{ key: 'format', title: 'Format', width: '170px', hideBelow: 900 },
    cell: ({ format }) => <span className={styles.quiet}>{formatNames[format]}</span>,
  },
  {
    ...{ key: 'application', title: 'Of', width: '160px', hideBelow: 1200 },
    cell: ({ application }) => <span className={styles.quiet}>{application?.name ?? 'the account'}</span>,
  },
  { key: 'state', title: 'State', width: '110px', cell: (one) => <SubscriptionState of={one} /> },
  {
    ...{ key: 'pending', title: 'Pending', width: '90px', align: 'end', hideBelow: 640 },
    cell: ({ pending }) => <span className={styles.quiet}>{pending}</span>,
  },
];
