import { useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import { Select, TextField } from '../../parts/Field';
import { FormDialog } from '../../parts/FormDialog';
import { PickerField } from '../../parts/PickerField';
import { lookOf } from '../../parts/statuses';
import type { SettingsCreateSubscriptionMutationVariables, SettingsSubscriptionFragment } from './generated';
import { useChoices, usePlaces } from './names';
import styles from './Settings.module.css';

type Input = SettingsCreateSubscriptionMutationVariables['input'];

interface SubscriptionFormProps {
  /** Changes this one; without it, a new one is made. */
  readonly subscription?: SettingsSubscriptionFragment;
  readonly action: { readonly running: boolean; readonly error: ApiError | undefined };
  readonly onClose: () => void;
  readonly onSave: (input: Input) => Promise<void>;
}

const formats = [
  { value: 'CLOUDEVENTS', label: 'A receiver of CloudEvents' },
  { value: 'SLACK', label: 'Slack' },
  { value: 'TEAMS', label: 'Microsoft Teams' },
  { value: 'GITHUB', label: 'GitHub: statuses and deployments' },
  { value: 'GITLAB', label: 'GitLab: statuses and deployments' },
];
const statuses = 'RUNNING WAITING PAUSED SUCCESS FAILED ERROR ABORTED REJECTED EXPIRED'.split(' ');
const types = [
  ...['EXECUTION_STATUS', 'EXECUTION_FAILING', 'STAGE_STATUS', 'TASK_STATUS', 'APPROVAL_REQUESTED', 'APPROVAL_DECIDED'],
  ...['INTERVENTION_REQUESTED', 'RESTORE_ENDED', 'ROLLED_BACK', 'DEPLOYMENT_STATUS', 'DEPLOYED', 'DRIFTED'],
];

/** Receiver, format and filters of a subscription. */
export function SubscriptionForm({ subscription, action, onClose, onSave }: SubscriptionFormProps) {
  const { applicationChoices, loading } = useChoices();
  const { environmentChoices, loading: loadingPlaces } = usePlaces();
  const filters = subscription?.filters;
  const [name, setName] = useState(subscription?.name ?? '');
  const [format, setFormat] = useState(subscription?.format ?? 'CLOUDEVENTS');
  const [url, setUrl] = useState(subscription?.url ?? '');
  const [application, setApplication] = useState('');
  const [repository, setRepository] = useState('');
  const [commit, setCommit] = useState('');
  const [tokenSecret, setTokenSecret] = useState('');
  const [applications, setApplications] = useState<readonly string[]>(filters?.applicationIds ?? []);
  const [environments, setEnvironments] = useState<readonly string[]>(filters?.environmentIds ?? []);
  const [only, setOnly] = useState<readonly string[]>(filters?.statuses ?? []);
  const [eventTypes, setTypes] = useState<readonly string[]>(filters?.eventTypes ?? []);
  const isRepository = format === 'GITHUB' || format === 'GITLAB';
  const some = (values: readonly string[]) => (values.length === 0 ? null : [...values]);
  const save = () =>
    onSave({
      name,
      ...((url !== '' || !isRepository) && { url }),
      ...(subscription === undefined && { format, ...(application !== '' && { applicationId: application }) }),
      ...(subscription === undefined && isRepository && { repository, commit: commit || null, tokenSecret }),
      filters: {
        applicationIds: some(applications),
        environmentIds: some(environments),
        pipelineIds: filters?.pipelineIds == null ? null : [...filters.pipelineIds],
        workflowIds: filters?.workflowIds == null ? null : [...filters.workflowIds],
        statuses: some(only),
        eventTypes: some(eventTypes),
      },
    });
  const known = [...new Set([...types, ...eventTypes])];
  return (
    <FormDialog
      title={subscription === undefined ? 'New event subscription' : `Edit ${subscription.name}`}
      label={subscription === undefined ? 'Create the subscription' : 'Save'}
      onClose={onClose}
      onSubmit={() => void save()}
      action={action}
    >
      {(problemOf) => (
        <>
          <div className={styles.pair}>
            <TextField
              label="Name"
              required
              autoFocus
              value={name}
              problem={problemOf('name')}
              onChange={({ target }) => setName(target.value)}
            />
            {subscription === undefined && (
              <Select
                label="To"
                options={formats}
                value={format}
                problem={problemOf('format')}
                onChange={({ target }) => setFormat(target.value as typeof format)}
              />
            )}
          </div>
          <TextField
            label="Address"
            required={!isRepository}
            type="url"
            spellCheck={false}
            placeholder="https://hooks.example.com/slipway"
            hint={isRepository ? 'Of the API. Empty for github.com or gitlab.com.' : undefined}
            value={url}
            problem={problemOf('url')}
            onChange={({ target }) => setUrl(target.value)}
          />
          {subscription === undefined && (
            <Select
              label="Belongs to"
              options={[
                { value: '', label: 'The account' },
                ...applicationChoices.map(({ value, label }) => ({ value, label })),
              ]}
              hint="A subscription of an application delivers its events only, and its owners manage it."
              value={application}
              problem={problemOf('applicationId')}
              onChange={({ target }) => setApplication(target.value)}
            />
          )}
          {subscription === undefined && isRepository && (
            <div className={styles.pair}>
              <TextField
                label="Repository"
                required
                placeholder="octo-org/shop"
                value={repository}
                problem={problemOf('repository')}
                onChange={({ target }) => setRepository(target.value)}
              />
              <TextField
                label="Commit"
                hint="Where the commit is found, such as a variable."
                value={commit}
                problem={problemOf('commit')}
                onChange={({ target }) => setCommit(target.value)}
              />
              <TextField
                label="Secret with the token"
                required
                spellCheck={false}
                hint="Name of a secret of the application."
                value={tokenSecret}
                problem={problemOf('tokenSecret')}
                onChange={({ target }) => setTokenSecret(target.value)}
              />
            </div>
          )}
          <div className={styles.pair}>
            {application === '' && subscription?.application == null && (
              <PickerField
                label="Only applications"
                empty="All applications"
                multiple
                choices={applicationChoices}
                loading={loading}
                value={applications}
                problem={problemOf('filters')}
                onChange={setApplications}
              />
            )}
            <PickerField
              label="Only environments"
              empty="All environments"
              multiple
              choices={environmentChoices}
              loading={loadingPlaces}
              value={environments}
              onChange={setEnvironments}
            />
            <PickerField
              label="Only events"
              empty={format === 'CLOUDEVENTS' ? 'All events' : 'Events that people care about'}
              multiple
              choices={known.map((value) => ({ value, label: value }))}
              value={eventTypes}
              problem={problemOf('eventTypes')}
              onChange={setTypes}
            />
            <PickerField
              label="Only statuses"
              empty="All statuses"
              multiple
              choices={statuses.map((value) => ({ value, label: lookOf(value).word }))}
              value={only}
              problem={problemOf('statuses')}
              onChange={setOnly}
            />
          </div>
        </>
      )}
    </FormDialog>
  );
}
