import { useState } from 'react';
import { useAction, useData } from '../../data/hooks';
import { useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextArea, TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import {
  SettingsDeleteSecretDocument,
  type SettingsSecretFragment,
  SettingsSecretsDocument,
  type SettingsSecretsQuery,
  SettingsSetSecretDocument,
} from './generated';
import { useChoices } from './names';
import { RowMenu, SettingsHead, Tags } from './parts';
import styles from './Settings.module.css';

type Application = NonNullable<SettingsSecretsQuery['application']>;
interface Place {
  readonly environmentId: string | null;
  readonly environment: string | null;
}
type Row = SettingsSecretFragment & Place;
type Doing = { readonly kind: 'create' } | { readonly kind: 'replace' | 'delete'; readonly secret: Row };

const typeNames: Readonly<Record<string, string>> = {
  ENCRYPTED_TEXT: 'Text',
  ENCRYPTED_FILE: 'File',
  SSH_CREDENTIAL: 'SSH credential',
  WINRM_CREDENTIAL: 'WinRM credential',
};

/** Secrets of an application and its environments: names and places, never values. */
export default function Secrets() {
  const url = useUrlState();
  const { applicationChoices, loading: loadingChoices } = useChoices();
  const chosen = url.get('application') || applicationChoices[0]?.value || '';
  const { data, error, loading, refresh } = useData(
    SettingsSecretsDocument,
    { applicationId: chosen },
    { pause: chosen === '' },
  );
  const [doing, setDoing] = useState<Doing>();
  const application = data?.application ?? undefined;
  const rows: Row[] = (application === undefined ? [] : placesOf(application)).flatMap(({ secrets, ...place }) =>
    secrets.map((secret) => ({ ...secret, ...place })),
  );
  const close = () => setDoing(undefined);
  const done = (text: string) => {
    toast(text);
    close();
    refresh();
  };
  const columns: Column<Row>[] = [
    {
      key: 'name',
      title: 'Name',
      cell: (secret) => (
        <div className={styles.two}>
          <code title={secret.name}>{secret.name}</code>
          <span className={`${styles.second} ${styles.narrow}`}>{secret.environment ?? 'all environments'}</span>
        </div>
      ),
    },
    {
      ...{ key: 'type', title: 'Type', width: '140px', hideBelow: 1200 },
      cell: ({ secretType }) => <span className={styles.quiet}>{typeNames[secretType] ?? secretType}</span>,
    },
    {
      ...{ key: 'place', title: 'For', hideBelow: 900 },
      cell: ({ environment }) => environment ?? <span className={styles.quiet}>all environments</span>,
    },
    {
      ...{ key: 'used', title: 'Used by workflows', hideBelow: 640 },
      cell: ({ workflows }) => <Tags names={workflows.map(({ name }) => name)} none="none" />,
    },
    {
      ...{ key: 'set', title: 'Set', width: '104px', align: 'end', hideBelow: 640 },
      cell: ({ setAt, setBy }) => (
        <span className={styles.quiet} title={`by ${setBy}`}>
          <Time at={setAt} />
        </span>
      ),
    },
    {
      ...{ key: 'menu', title: 'Actions', quiet: true, width: '64px' },
      cell: (secret) => (
        <RowMenu
          of={secret.name}
          items={[
            {
              label: 'Replace the value',
              icon: 'key',
              disabledBecause:
                secret.secretType === 'ENCRYPTED_TEXT'
                  ? undefined
                  : 'Credentials are changed with the mutation updateSecret.',
              onSelect: () => setDoing({ kind: 'replace', secret }),
            },
            {
              ...{ label: 'Delete', icon: 'close', danger: true },
              onSelect: () => setDoing({ kind: 'delete', secret }),
            },
          ]}
        />
      ),
    },
  ];
  return (
    <>
      <SettingsHead
        title="Secrets"
        lead="Values that only the jobs of tasks get that name them. Nobody can read a value, not even here."
        actions={
          <>
            <Picker
              label="Application"
              choices={applicationChoices}
              loading={loadingChoices}
              value={chosen === '' ? [] : [chosen]}
              onChange={(value) => url.set({ application: value })}
            />
            <Button
              kind="main"
              icon="plus"
              disabledBecause={application === undefined ? 'Choose an application.' : undefined}
              onClick={() => setDoing({ kind: 'create' })}
            >
              New secret
            </Button>
          </>
        }
      />
      <ErrorNote error={error} onRetry={refresh} />
      <Panel padded={false}>
        {rows.length > 0 ? (
          <Table label="Secrets" rows={rows} columns={columns} idOf={({ id }) => id} />
        ) : loading || loadingChoices ? (
          <Skeleton label="Loading secrets" />
        ) : chosen === '' ? (
          <Empty icon="key" title="No applications yet">
            Secrets belong to an application or to one of its environments. Apply an application first.
          </Empty>
        ) : (
          <Empty icon="key" title={`No secrets in ${application?.name ?? 'this application'}`}>
            Create one, then name it under <code>secrets</code> in a workflow.
          </Empty>
        )}
      </Panel>
      {rows.some(({ environment }) => environment !== null) && (
        <p className={styles.small}>
          A secret of an environment replaces the one of the same name for all environments.
        </p>
      )}
      {application && doing?.kind === 'create' && (
        <SecretForm application={application} onClose={close} onDone={done} />
      )}
      {application && doing?.kind === 'replace' && (
        <SecretForm application={application} secret={doing.secret} onClose={close} onDone={done} />
      )}
      {application && doing?.kind === 'delete' && <DeleteSecret secret={doing.secret} onClose={close} onDone={done} />}
    </>
  );
}

const placesOf = ({ secrets, environments }: Application) => [
  { environmentId: null, environment: null, secrets },
  ...environments.nodes.map(({ id, name, secrets: own }) => ({ environmentId: id, environment: name, secrets: own })),
];

interface FormProps {
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

/** A new secret, or a new value of one. The field is empty: there is nothing to read. */
function SecretForm({
  application,
  secret,
  onClose,
  onDone,
}: FormProps & { readonly application: Application; readonly secret?: Row }) {
  const [name, setName] = useState(secret?.name ?? '');
  const [environmentId, setEnvironment] = useState(secret?.environmentId ?? '');
  const [secretValue, setValue] = useState('');
  const action = useAction(SettingsSetSecretDocument, { keyed: false });
  const save = async () => {
    const place = { applicationId: application.id, environmentId: environmentId || null };
    const data = await action.run({ input: { ...place, name, secretValue } });
    if (data === undefined) return;
    onDone([`${name} was set.`, ...(data.setSecret?.warnings ?? [])].join(' '));
  };
  return (
    <FormDialog
      title={secret === undefined ? `New secret of ${application.name}` : `Replace the value of ${secret.name}`}
      label={secret === undefined ? 'Create the secret' : 'Replace the value'}
      onClose={onClose}
      onSubmit={() => void save()}
      action={action}
    >
      {(problemOf) => (
        <>
          {secret === undefined && (
            <div className={styles.pair}>
              <TextField
                label="Name"
                required
                autoFocus
                spellCheck={false}
                autoComplete="off"
                hint="Name of the environment variable that commands see."
                value={name}
                problem={problemOf('name')}
                onChange={({ target }) => setName(target.value)}
              />
              <Select
                label="For"
                options={[
                  { value: '', label: 'All environments' },
                  ...application.environments.nodes.map((one) => ({ value: one.id, label: one.name })),
                ]}
                value={environmentId}
                problem={problemOf('environmentId')}
                onChange={({ target }) => setEnvironment(target.value)}
              />
            </div>
          )}
          <TextArea
            label={secret === undefined ? 'Value' : 'New value'}
            required
            spellCheck={false}
            autoComplete="off"
            hint="Jobs that are claimed from now on get it. It can’t be read again."
            value={secretValue}
            problem={problemOf('secretValue')}
            onChange={({ target }) => setValue(target.value)}
          />
        </>
      )}
    </FormDialog>
  );
}

function DeleteSecret({ secret, onClose, onDone }: FormProps & { readonly secret: Row }) {
  const action = useAction(SettingsDeleteSecretDocument, { keyed: false });
  const remove = async () => {
    const data = await action.run({ input: { secretId: secret.id } });
    if (data !== undefined) onDone(`${secret.name} was deleted.`);
  };
  const users = secret.workflows.map(({ name }) => name).join(', ');
  return (
    <ConfirmDialog
      title={`Delete ${secret.name}?`}
      label="Delete the secret"
      onClose={onClose}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>
        Its value is gone for good. {users && `Tasks of ${users} that name it fail from now on with SECRET_MISSING.`}
      </p>
    </ConfirmDialog>
  );
}
