import { useState } from 'react';
import { useAction, useData } from '../../data/hooks';
import { timeNow } from '../../data/now';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Panel } from '../../parts/Panel';
import { PickerField } from '../../parts/PickerField';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import {
  SettingsCreateKeyDocument,
  type SettingsKeyFragment,
  SettingsKeysDocument,
  SettingsRevokeKeyDocument,
} from './generated';
import { nameIn, useChoices } from './names';
import { SettingsHead, ShownOnce, Tags } from './parts';
import styles from './Settings.module.css';
import { useViewer } from './viewer';

type Doing =
  | { readonly kind: 'create' }
  | { readonly kind: 'created'; readonly name: string; readonly value: string }
  | { readonly kind: 'revoke'; readonly apiKey: SettingsKeyFragment };

/** Keys with which programs sign in. */
export default function Keys() {
  const { data, error, loading, refresh } = useData(SettingsKeysDocument, {});
  const [doing, setDoing] = useState<Doing>();
  const viewer = useViewer();
  const { groups, applications } = useChoices();
  const keys = data?.apiKeys ?? [];
  const close = () => setDoing(undefined);
  const columns: Column<SettingsKeyFragment>[] = [
    {
      key: 'name',
      title: 'Name',
      cell: (one) => (
        <div className={styles.two}>
          <span title={one.name}>
            <strong>{one.name}</strong>
            {one.id === viewer.id && <span className={styles.quiet}> (you)</span>}
          </span>
          <span className={styles.second}>
            <code>{beginningOf(one.prefix)}…</code>
          </span>
        </div>
      ),
    },
    {
      ...{ key: 'groups', title: 'User groups', hideBelow: 640 },
      cell: ({ groupIds }) => <Tags names={groupIds.map((id) => nameIn(groups, id))} />,
    },
    {
      ...{ key: 'applications', title: 'Limited to', hideBelow: 1200 },
      cell: ({ applicationIds }) => (
        <Tags names={(applicationIds ?? []).map((id) => nameIn(applications, id))} none="no limit" />
      ),
    },
    {
      ...{ key: 'used', title: 'Last used', width: '104px', align: 'end', hideBelow: 900 },
      cell: ({ lastUsedAt }) => (
        <span className={styles.quiet}>{lastUsedAt === null ? 'never' : <Time at={lastUsedAt} />}</span>
      ),
    },
    {
      ...{ key: 'expires', title: 'Expires', width: '104px', align: 'end' },
      cell: ({ expiresAt }) => (
        <span className={styles.quiet}>{expiresAt === null ? 'never' : <Time at={expiresAt} />}</span>
      ),
    },
    {
      ...{ key: 'revoke', title: 'Actions', quiet: true, width: '104px', align: 'end' },
      cell: (apiKey) => (
        <Button small onClick={() => setDoing({ kind: 'revoke', apiKey })}>
          Revoke …
        </Button>
      ),
    },
  ];
  return (
    <>
      <SettingsHead
        title="API keys"
        lead="Programs sign in with keys. A key has the permissions of its user groups, and its value is shown once."
        actions={
          <Button
            kind="main"
            icon="plus"
            disabledBecause={viewer.because('MANAGE_API_KEYS')}
            onClick={() => setDoing({ kind: 'create' })}
          >
            New key
          </Button>
        }
      />
      <ErrorNote error={error} onRetry={refresh} />
      <Panel padded={false}>
        {loading ? (
          <Skeleton label="Loading API keys" />
        ) : keys.length > 0 ? (
          <Table label="API keys" rows={keys} columns={columns} idOf={({ id }) => id} />
        ) : (
          <Empty icon="key" title="No API keys">
            Create a key for each program, with the groups that it needs and an end.
          </Empty>
        )}
      </Panel>
      {doing?.kind === 'create' && (
        <KeyForm
          onClose={close}
          onCreated={(name, value) => {
            refresh();
            setDoing({ kind: 'created', name, value });
          }}
        />
      )}
      {doing?.kind === 'created' && <Created {...doing} onClose={close} />}
      {doing?.kind === 'revoke' && (
        <RevokeKey apiKey={doing.apiKey} own={doing.apiKey.id === viewer.id} onClose={close} onRevoked={refresh} />
      )}
    </>
  );
}

/** Keys that the server made begin with `swk_` and the prefix; the prefix of a chosen key is part of its hash. */
const beginningOf = (prefix: string) => (prefix.length === 12 ? `swk_${prefix}` : prefix.slice(0, 12));

const DAY = 86_400_000;
const lifetimes = [
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'date', label: 'On a date …' },
  { value: 'never', label: 'Never' },
];

function KeyForm({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void;
  readonly onCreated: (name: string, value: string) => void;
}) {
  const { groupChoices, applicationChoices, loading } = useChoices();
  const [name, setName] = useState('');
  const [groups, setGroups] = useState<readonly string[]>([]);
  const [applications, setApplications] = useState<readonly string[]>([]);
  const [lifetime, setLifetime] = useState('90');
  const [date, setDate] = useState('');
  const action = useAction(SettingsCreateKeyDocument, { keyed: false });
  const create = async () => {
    const expiresAt =
      lifetime === 'never'
        ? null
        : lifetime === 'date'
          ? // The whole of that day, in the reader's zone.
            new Date(`${date}T23:59:59`).toISOString()
          : new Date(timeNow() + Number(lifetime) * DAY).toISOString();
    const data = await action.run({
      input: {
        ...{ name, userGroupIds: [...groups], expiresAt },
        ...(applications.length > 0 && { applicationIds: [...applications] }),
      },
    });
    if (data?.createApiKey != null) onCreated(data.createApiKey.apiKey.name, data.createApiKey.value);
  };
  return (
    <FormDialog
      title="New API key"
      label="Create the key"
      onClose={onClose}
      onSubmit={() => void create()}
      action={action}
      disabledBecause={lifetime === 'date' && date === '' ? 'Choose the date on which the key expires.' : undefined}
    >
      {(problemOf) => (
        <>
          <TextField
            label="Name"
            required
            autoFocus
            hint="The program that uses it. Runs and the audit trail show this name."
            value={name}
            problem={problemOf('name')}
            onChange={({ target }) => setName(target.value)}
          />
          <PickerField
            label="User groups"
            empty="Choose groups"
            required
            multiple
            hint="The key may do what these groups may do."
            choices={groupChoices}
            loading={loading}
            value={groups}
            problem={problemOf('userGroupIds')}
            onChange={setGroups}
          />
          <PickerField
            label="Limited to applications"
            empty="No limit"
            multiple
            choices={applicationChoices}
            loading={loading}
            value={applications}
            problem={problemOf('applicationIds')}
            onChange={setApplications}
          />
          <div className={styles.pair}>
            <Select
              label="Expires"
              options={lifetimes}
              value={lifetime}
              problem={problemOf('expiresAt')}
              onChange={({ target }) => setLifetime(target.value)}
            />
            {lifetime === 'date' && (
              <TextField
                label="Date"
                type="date"
                required
                value={date}
                onChange={({ target }) => setDate(target.value)}
              />
            )}
          </div>
        </>
      )}
    </FormDialog>
  );
}

function Created({
  name,
  value,
  onClose,
}: {
  readonly name: string;
  readonly value: string;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      title={`The key ${name}`}
      onClose={onClose}
      actions={
        <Button kind="main" onClick={onClose}>
          I have stored it
        </Button>
      }
    >
      <div className={styles.stack}>
        <p>Copy the value now. The server keeps only a hash of it, so nobody can show it again.</p>
        <ShownOnce value={value} label="Copy the key" />
      </div>
    </Dialog>
  );
}

interface RevokeProps {
  readonly apiKey: SettingsKeyFragment;
  /** True for the key that the reader is signed in with. */
  readonly own: boolean;
  readonly onClose: () => void;
  readonly onRevoked: () => void;
}

function RevokeKey({ apiKey, own, onClose, onRevoked }: RevokeProps) {
  const action = useAction(SettingsRevokeKeyDocument, { keyed: false });
  const revoke = async () => {
    const data = await action.run({ input: { id: apiKey.id } });
    if (data === undefined) return;
    toast(data.revokeApiKey?.warningMessage ?? `The key ${apiKey.name} was revoked.`);
    onRevoked();
    onClose();
  };
  return (
    <ConfirmDialog
      title={`Revoke the key ${apiKey.name}?`}
      label="Revoke the key"
      onClose={onClose}
      action={action}
      onConfirm={() => void revoke()}
    >
      <p>
        {own
          ? 'You are signed in with this key: you are signed out at once.'
          : 'Requests with this key are refused at once. That can’t be undone.'}
      </p>
    </ConfirmDialog>
  );
}
