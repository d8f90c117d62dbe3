import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction, useData } from '../../data/hooks';
import { timeNow } from '../../data/now';
import { Button } from '../../parts/Button';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Menu } from '../../parts/Menu';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import { Deliveries } from './Deliveries';
import {
  SettingsDeleteSubscriptionDocument,
  SettingsDisableSubscriptionDocument,
  SettingsEnableSubscriptionDocument,
  SettingsReplayDocument,
  SettingsRotateSubscriptionDocument,
  type SettingsSubscriptionFragment,
  SettingsSubscriptionPageDocument,
  SettingsTestSubscriptionDocument,
  SettingsUpdateSubscriptionDocument,
} from './generated';
import { nameIn, useChoices, usePlaces } from './names';
import { SettingsHead } from './parts';
import { listText } from './permissionText';
import styles from './Settings.module.css';
import { SubscriptionForm } from './SubscriptionForm';
import { formatNames, SecretDialog, SubscriptionState } from './Subscriptions';

type Shown = SettingsSubscriptionFragment;

/** A subscription: what it sends, whether it works, and its deliveries. */
export default function Subscription({ id }: { readonly id: string }) {
  const { data, error, loading, refresh } = useData(SettingsSubscriptionPageDocument, { id });
  const [doing, setDoing] = useState<'edit' | 'delete' | 'off' | 'replay'>();
  const [secret, setSecret] = useState<string>();
  const test = useAction(SettingsTestSubscriptionDocument, { keyed: false });
  const enable = useAction(SettingsEnableSubscriptionDocument, { keyed: false });
  const update = useAction(SettingsUpdateSubscriptionDocument, { keyed: false });
  const rotate = useAction(SettingsRotateSubscriptionDocument, { keyed: false });
  const [outcome, setOutcome] = useState<string>();
  const subscription = data?.eventSubscription;
  if (loading) return <Skeleton label="Loading the subscription" />;
  if (subscription == null) return <ErrorNote error={error} onRetry={refresh} />;
  const { name, url, enabled } = subscription;
  const input = { subscriptionId: id };
  const close = () => setDoing(undefined);
  const runTest = async () => {
    setOutcome(undefined);
    const result = (await test.run({ input }))?.testEventSubscription;
    if (result == null) return;
    const answer = result.responseStatus === null ? '' : ` (HTTP ${result.responseStatus})`;
    setOutcome(
      result.delivered
        ? `The receiver accepted a test event${answer} in ${result.durationMs} ms.`
        : `The test event was not delivered${answer}: ${result.error ?? result.errorCode ?? 'no reason given'}.`,
    );
  };
  const turnOn = async () => {
    if ((await enable.run({ input })) !== undefined) toast(`${name} is on.`);
  };
  const newSecret = async () => {
    const made = (await rotate.run({ input }))?.rotateEventSubscriptionSecret?.secret;
    if (made != null) setSecret(made);
  };
  return (
    <>
      <SettingsHead
        title={name}
        above={{ title: 'Event subscriptions', href: '/settings/subscriptions' }}
        lead={url}
        actions={
          <>
            <Button busy={test.running} onClick={() => void runTest()}>
              Send a test
            </Button>
            {enabled ? (
              <Button onClick={() => setDoing('off')}>Turn off …</Button>
            ) : (
              <Button kind="main" busy={enable.running} onClick={() => void turnOn()}>
                Turn on
              </Button>
            )}
            <Menu
              label="More"
              items={[
                { label: 'Edit', icon: 'settings', onSelect: () => setDoing('edit') },
                { label: 'Replay events', icon: 'refresh', onSelect: () => setDoing('replay') },
                {
                  ...{ label: 'New secret', icon: 'key' },
                  disabledBecause:
                    subscription.format === 'CLOUDEVENTS' ? undefined : 'Only CloudEvents are signed with a secret.',
                  onSelect: () => void newSecret(),
                },
                { label: 'Delete', icon: 'close', danger: true, onSelect: () => setDoing('delete') },
              ]}
            />
          </>
        }
      />
      <ErrorNote error={error ?? test.error ?? enable.error ?? rotate.error} />
      <div className={styles.stack}>
        {outcome && (
          <p className={styles.warning} role="status">
            {outcome}
          </p>
        )}
        <Facts subscription={subscription} />
        <Deliveries id={id} onChanged={refresh} />
      </div>
      {doing === 'edit' && (
        <SubscriptionForm
          subscription={subscription}
          action={update}
          onClose={close}
          onSave={async ({ name: newName, url: newUrl, filters }) => {
            const done = await update.run({ input: { ...input, name: newName, url: newUrl, filters } });
            if (done === undefined) return;
            toast('The subscription was changed.');
            close();
          }}
        />
      )}
      {doing === 'off' && <TurnOff subscription={subscription} onClose={close} />}
      {doing === 'replay' && <Replay subscription={subscription} onClose={close} />}
      {doing === 'delete' && <DeleteSubscription subscription={subscription} onClose={close} />}
      {secret !== undefined && <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  );
}

function Facts({ subscription }: { readonly subscription: Shown }) {
  const { applications } = useChoices();
  const { environments } = usePlaces();
  const { filters, format, application, pending, ownerName, offReason, offAt, failingSince } = subscription;
  const limits = [
    filters.applicationIds?.map((id) => nameIn(applications, id)),
    filters.environmentIds?.map((id) => nameIn(environments, id)),
    filters.eventTypes,
    filters.statuses,
    filters.pipelineIds == null ? null : [`${filters.pipelineIds.length} pipelines`],
    filters.workflowIds == null ? null : [`${filters.workflowIds.length} workflows`],
  ].flatMap((values) => (values == null || values.length === 0 ? [] : listText(values)));
  return (
    <Panel title="State">
      <dl className={styles.facts}>
        <dt>State</dt>
        <dd>
          <SubscriptionState of={subscription} />
          {offReason !== null && (
            <>
              {' '}
              {offReason} <Time at={offAt} />
            </>
          )}
          {failingSince !== null && (
            <>
              {' '}
              since <Time at={failingSince} />
            </>
          )}
        </dd>
        <dt>Format</dt>
        <dd>{formatNames[format]}</dd>
        <dt>Events</dt>
        <dd>{limits.length === 0 ? 'no restriction' : limits.join('; ')}</dd>
        <dt>Belongs to</dt>
        <dd>
          {application?.name ?? 'the account'}, with the permissions of {ownerName}
        </dd>
        <dt>Pending</dt>
        <dd>{pending}</dd>
      </dl>
    </Panel>
  );
}

interface DialogProps {
  readonly subscription: Shown;
  readonly onClose: () => void;
}

function TurnOff({ subscription, onClose }: DialogProps) {
  const [reason, setReason] = useState('');
  const action = useAction(SettingsDisableSubscriptionDocument, { keyed: false });
  const save = async () => {
    const input = { subscriptionId: subscription.id, reason: reason || null };
    if ((await action.run({ input })) === undefined) return;
    toast(`${subscription.name} is off.`);
    onClose();
  };
  return (
    <FormDialog
      title={`Turn off ${subscription.name}`}
      label="Turn off"
      size="small"
      onClose={onClose}
      onSubmit={() => void save()}
      action={action}
    >
      {(problemOf) => (
        <>
          <p>Events wait in the log. Once it is on again, it continues after the last one that it read.</p>
          <TextField
            label="Reason"
            hint="Shown with the subscription."
            value={reason}
            problem={problemOf('reason')}
            onChange={({ target }) => setReason(target.value)}
          />
        </>
      )}
    </FormDialog>
  );
}

const HOUR = 3_600_000;
const ranges = [
  { value: '1', label: 'The last hour' },
  { value: '24', label: 'The last 24 hours' },
  { value: '168', label: 'The last 7 days' },
];

function Replay({ subscription, onClose }: DialogProps) {
  const [hours, setHours] = useState('1');
  const [which, setWhich] = useState('failed');
  const action = useAction(SettingsReplayDocument, { keyed: false });
  const save = async () => {
    const from = new Date(timeNow() - Number(hours) * HOUR).toISOString();
    const input = { subscriptionId: subscription.id, from, failedOnly: which === 'failed' };
    if ((await action.run({ input })) === undefined) return;
    toast('The events are delivered again.');
    onClose();
  };
  return (
    <FormDialog
      title={`Replay events to ${subscription.name}`}
      label="Replay"
      size="small"
      onClose={onClose}
      onSubmit={() => void save()}
      action={action}
    >
      {(problemOf) => (
        <>
          <Select
            label="Events of"
            options={ranges}
            value={hours}
            problem={problemOf('from')}
            onChange={({ target }) => setHours(target.value)}
          />
          <Select
            label="Which"
            options={[
              { value: 'failed', label: 'Only those that were not delivered' },
              { value: 'all', label: 'All that match the filters' },
            ]}
            value={which}
            onChange={({ target }) => setWhich(target.value)}
          />
        </>
      )}
    </FormDialog>
  );
}

function DeleteSubscription({ subscription, onClose }: DialogProps) {
  const [, navigate] = useLocation();
  const action = useAction(SettingsDeleteSubscriptionDocument, { keyed: false });
  const remove = async () => {
    if ((await action.run({ input: { subscriptionId: subscription.id } })) === undefined) return;
    toast(`${subscription.name} was deleted.`);
    navigate('/settings/subscriptions');
  };
  return (
    <ConfirmDialog
      title={`Delete ${subscription.name}?`}
      label="Delete the subscription"
      onClose={onClose}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>Nothing more is sent to {subscription.url}, and the record of its deliveries is deleted.</p>
    </ConfirmDialog>
  );
}
