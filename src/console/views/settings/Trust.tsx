import { useState } from 'react';
import { useAction, useData } from '../../data/hooks';
import { Button, IconButton } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Checkbox, Select, TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Panel } from '../../parts/Panel';
import { PickerField } from '../../parts/PickerField';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import {
  SettingsCreateTrustRuleDocument,
  SettingsDeleteTrustRuleDocument,
  type SettingsTrustRuleFragment,
  SettingsTrustRulesDocument,
  SettingsUpdateTrustRuleDocument,
} from './generated';
import { nameIn, useChoices } from './names';
import { RowMenu, SettingsHead, Tags } from './parts';
import styles from './Settings.module.css';

type Row = SettingsTrustRuleFragment;
type Doing = { readonly kind: 'create' } | { readonly kind: 'edit' | 'delete'; readonly rule: Row };

/** Rules by which jobs of CI systems sign in without a stored key. */
export default function Trust() {
  const { data, error, loading, refresh } = useData(SettingsTrustRulesDocument, {});
  const { groups } = useChoices();
  const [doing, setDoing] = useState<Doing>();
  const rules = data?.trustRules ?? [];
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
      cell: (rule) => (
        <div className={styles.two}>
          <strong title={rule.name}>{rule.name}</strong>
          <span className={styles.second} title={rule.issuer}>
            {rule.issuer}
          </span>
        </div>
      ),
    },
    {
      ...{ key: 'subject', title: 'Subject', hideBelow: 900 },
      cell: ({ subject }) => <code title={subject}>{subject}</code>,
    },
    {
      ...{ key: 'groups', title: 'Acts as', hideBelow: 640 },
      cell: ({ userGroupIds }) => <Tags names={userGroupIds.map((id) => nameIn(groups, id))} />,
    },
    {
      ...{ key: 'state', title: 'State', width: '96px' },
      cell: ({ enabled }) => <Status status={enabled ? 'ONLINE' : 'SKIPPED'}>{enabled ? 'On' : 'Off'}</Status>,
    },
    {
      ...{ key: 'used', title: 'Last used', width: '104px', align: 'end', hideBelow: 900 },
      cell: ({ lastUsedAt }) => (
        <span className={styles.quiet}>{lastUsedAt === null ? 'never' : <Time at={lastUsedAt} />}</span>
      ),
    },
    {
      ...{ key: 'menu', title: 'Actions', quiet: true, width: '64px' },
      cell: (rule) => (
        <RowMenu
          of={rule.name}
          items={[
            { label: 'Edit', icon: 'settings', onSelect: () => setDoing({ kind: 'edit', rule }) },
            { label: 'Delete', icon: 'close', danger: true, onSelect: () => setDoing({ kind: 'delete', rule }) },
          ]}
        />
      ),
    },
  ];
  return (
    <>
      <SettingsHead
        title="Trust rules"
        lead="Jobs of a CI system sign in with their own tokens instead of a stored key. The first rule that a token meets decides its user groups. Only administrators manage them."
        actions={
          <Button
            kind="main"
            icon="plus"
            disabledBecause={error?.code === 'FORBIDDEN' ? error.message : undefined}
            onClick={() => setDoing({ kind: 'create' })}
          >
            New rule
          </Button>
        }
      />
      <ErrorNote error={error} onRetry={refresh} />
      <Panel padded={false}>
        {loading ? (
          <Skeleton label="Loading trust rules" />
        ) : rules.length > 0 ? (
          <Table label="Trust rules" rows={rules} columns={columns} idOf={({ id }) => id} />
        ) : (
          <Empty icon="robot" title="No trust rules">
            Create one for the repository of a pipeline: its jobs then exchange their token for a key that ends soon.
          </Empty>
        )}
      </Panel>
      {doing?.kind === 'create' && <RuleForm onClose={close} onDone={done} />}
      {doing?.kind === 'edit' && <RuleForm rule={doing.rule} onClose={close} onDone={done} />}
      {doing?.kind === 'delete' && <DeleteRule rule={doing.rule} onClose={close} onDone={done} />}
    </>
  );
}

interface FormProps {
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

const lifetimes = [
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '14400', label: '4 hours' },
  { value: '86400', label: '24 hours' },
];

function RuleForm({ rule, onClose, onDone }: FormProps & { readonly rule?: Row }) {
  const { groupChoices, applicationChoices, loading } = useChoices();
  const [name, setName] = useState(rule?.name ?? '');
  const [issuer, setIssuer] = useState(rule?.issuer ?? '');
  const [audience, setAudience] = useState(rule?.audience ?? '');
  const [subject, setSubject] = useState(rule?.subject ?? '');
  const [claims, setClaims] = useState<readonly { name: string; pattern: string }[]>(
    (rule?.claims ?? []).map((claim) => ({ name: claim.name, pattern: claim.pattern })),
  );
  const [groups, setGroups] = useState<readonly string[]>(rule?.userGroupIds ?? []);
  const [applications, setApplications] = useState<readonly string[]>(rule?.applicationIds ?? []);
  const [lifetime, setLifetime] = useState(String(rule?.lifetimeSeconds ?? 3600));
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const create = useAction(SettingsCreateTrustRuleDocument, { keyed: false });
  const update = useAction(SettingsUpdateTrustRuleDocument, { keyed: false });
  const setClaim = (index: number, change: Partial<{ name: string; pattern: string }>) =>
    setClaims((before) => before.map((one, at) => (at === index ? { ...one, ...change } : one)));
  const save = async () => {
    const input = {
      ...{ name, issuer, audience, subject, enabled, lifetimeSeconds: Number(lifetime) },
      claims: claims.map((one) => ({ ...one })),
      userGroupIds: [...groups],
      applicationIds: applications.length === 0 ? null : [...applications],
    };
    if (rule === undefined) {
      if ((await create.run({ input })) !== undefined) onDone(`${name} was created.`);
    } else if ((await update.run({ input: { ...input, trustRuleId: rule.id } })) !== undefined)
      onDone(`${name} was changed.`);
  };
  const options = lifetimes.some(({ value }) => value === lifetime)
    ? lifetimes
    : [...lifetimes, { value: lifetime, label: `${lifetime} seconds` }];
  return (
    <FormDialog
      title={rule === undefined ? 'New trust rule' : `Edit ${rule.name}`}
      label={rule === undefined ? 'Create the rule' : 'Save'}
      onClose={onClose}
      onSubmit={() => void save()}
      action={rule === undefined ? create : update}
    >
      {(problemOf) => (
        <>
          {rule !== undefined && <p className={styles.warning}>A change revokes the keys that the rule has issued.</p>}
          <TextField
            label="Name"
            required
            autoFocus
            value={name}
            problem={problemOf('name')}
            onChange={({ target }) => setName(target.value)}
          />
          <div className={styles.pair}>
            <TextField
              label="Issuer"
              required
              spellCheck={false}
              placeholder="https://token.actions.githubusercontent.com"
              value={issuer}
              problem={problemOf('issuer')}
              onChange={({ target }) => setIssuer(target.value)}
            />
            <TextField
              label="Audience"
              required
              spellCheck={false}
              hint="The aud that the job asks for, such as the address of this server."
              value={audience}
              problem={problemOf('audience')}
              onChange={({ target }) => setAudience(target.value)}
            />
          </div>
          <TextField
            label="Subject"
            required
            spellCheck={false}
            placeholder="repo:octo-org/shop:ref:refs/heads/main"
            hint="Pattern for the sub of the token; * matches any text."
            value={subject}
            problem={problemOf('subject')}
            onChange={({ target }) => setSubject(target.value)}
          />
          <fieldset className={styles.checks}>
            <legend>Further claims</legend>
            {claims.map((claim, index) => (
              <div key={index} className={styles.claim}>
                <input
                  aria-label={`Claim ${index + 1}`}
                  placeholder="repository_owner"
                  spellCheck={false}
                  value={claim.name}
                  onChange={({ target }) => setClaim(index, { name: target.value })}
                />
                <input
                  aria-label={`Pattern of claim ${index + 1}`}
                  placeholder="octo-org"
                  spellCheck={false}
                  value={claim.pattern}
                  onChange={({ target }) => setClaim(index, { pattern: target.value })}
                />
                <IconButton
                  small
                  icon="close"
                  label={`Remove claim ${index + 1}`}
                  onClick={() => setClaims((before) => before.filter((_, at) => at !== index))}
                />
              </div>
            ))}
            {problemOf('claims') && (
              <p className={styles.problem} role="alert">
                {problemOf('claims')}
              </p>
            )}
            <div>
              <Button small icon="plus" onClick={() => setClaims((before) => [...before, { name: '', pattern: '' }])}>
                Add a claim
              </Button>
            </div>
          </fieldset>
          <PickerField
            label="User groups"
            empty="Choose groups"
            required
            multiple
            hint="The key of a job may do what these groups may do."
            choices={groupChoices}
            loading={loading}
            value={groups}
            problem={problemOf('userGroupIds')}
            onChange={setGroups}
          />
          <div className={styles.pair}>
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
            <Select
              label="Keys end after"
              options={options}
              value={lifetime}
              problem={problemOf('lifetimeSeconds')}
              onChange={({ target }) => setLifetime(target.value)}
            />
          </div>
          <Checkbox label="Turned on" checked={enabled} onChange={({ target }) => setEnabled(target.checked)} />
        </>
      )}
    </FormDialog>
  );
}

function DeleteRule({ rule, onClose, onDone }: FormProps & { readonly rule: Row }) {
  const action = useAction(SettingsDeleteTrustRuleDocument, { keyed: false });
  const remove = async () => {
    if ((await action.run({ input: { trustRuleId: rule.id } })) !== undefined) onDone(`${rule.name} was deleted.`);
  };
  return (
    <ConfirmDialog
      title={`Delete ${rule.name}?`}
      label="Delete the rule"
      onClose={onClose}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>Jobs that rely on it can no longer sign in, and the keys that it has issued are revoked.</p>
    </ConfirmDialog>
  );
}
