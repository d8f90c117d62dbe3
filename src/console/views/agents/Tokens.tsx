import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useAction, useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { serverUrl } from '../../data/server';
import { createStore } from '../../data/store';
import type { UrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Checkbox, Field, Select, TextField } from '../../parts/Field';
import { Copy } from '../../parts/Id';
import { Labels } from '../../parts/Labels';
import { labelsOf } from '../../parts/labelText';
import { Picker } from '../../parts/Picker';
import { Status } from '../../parts/Status';
import { ListPanel } from '../../parts/ListPanel';
import type { Column } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import { Until } from '../../parts/Until';
import { timeNow } from '../../data/now';
import styles from './Agents.module.css';
import {
  type AgentTokenFragment,
  ConsoleAgentApplicationsDocument,
  ConsoleAgentTokensDocument,
  ConsoleCreateAgentTokenDocument,
  ConsoleRevokeAgentTokenDocument,
} from './generated';

type Token = AgentTokenFragment;

/** Number of changes on this page, after each of which the list is read again. */
const changes = createStore(0);
const noteChange = (): void => changes.set(changes.get() + 1);

/** Registration tokens, without their values. */
export function Tokens({ url }: { readonly url: UrlState }) {
  const includeRevoked = url.get('revoked') === 'yes';
  const changed = changes.use();
  const variables = useMemo(() => ({ includeRevoked }), [includeRevoked]);
  const list = useList({
    document: ConsoleAgentTokensDocument,
    variables,
    pageOf: ({ agentTokens }) => agentTokens,
    idOf: ({ id }: Token) => id,
  });
  const { refresh } = list;
  useEffect(() => {
    if (changed > 0) refresh();
  }, [changed, refresh]);
  const [revoking, setRevoking] = useState<Token>();
  const columns = useMemo(() => columnsOf(setRevoking), []);
  return (
    <>
      <div className={styles.filters}>
        <Checkbox
          label="With revoked ones"
          checked={includeRevoked}
          onChange={({ target }) => url.set({ revoked: target.checked ? 'yes' : undefined })}
        />
      </div>
      <ListPanel list={list} label="Registration tokens" columns={columns} loading="Loading tokens" skeletonRows={4}>
        <Empty icon="key" title="No registration tokens">
          <em>Add an agent</em> creates one. It can limit its agents to labels and applications.
        </Empty>
      </ListPanel>
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

const columnsOf = (onRevoke: (token: Token) => void): Column<Token>[] => [
  {
    ...{ key: 'name', title: 'Token' },
    cell: (token) => (
      <div className={styles.job}>
        <strong title={token.name}>{token.name}</strong> <TokenState token={token} />
      </div>
    ),
  },
  {
    ...{ key: 'labels', title: 'Labels of its agents', width: '24%', hideBelow: 900 },
    cell: ({ labels }) =>
      labels === null ? <span className={styles.quiet}>their own</span> : <Labels labels={labels} none="none" />,
  },
  {
    ...{ key: 'applications', title: 'Applications', width: '18%', hideBelow: 900 },
    cell: ({ applications }) => {
      const names =
        applications === null ? 'all' : applications.map(({ name }) => name).join(', ') || 'none that you may see';
      return <span title={names}>{names}</span>;
    },
  },
  {
    ...{ key: 'created', title: 'Created', width: '18%', hideBelow: 900 },
    cell: ({ createdAt, createdBy }) => (
      <span className={styles.quiet}>
        <Time at={createdAt} />
        {createdBy && ` by ${createdBy}`}
      </span>
    ),
  },
  {
    ...{ key: 'used', title: 'Last used', width: '104px', align: 'end', hideBelow: 640 },
    cell: ({ lastUsedAt }) => (
      <span className={styles.quiet}>{lastUsedAt === null ? 'never' : <Time at={lastUsedAt} />}</span>
    ),
  },
  {
    ...{ key: 'revoke', title: 'Actions', quiet: true, width: '110px', align: 'end' },
    cell: (token) =>
      token.revokedAt === null && (
        <Button small kind="danger" aria-label={`Revoke ${token.name} …`} onClick={() => onRevoke(token)}>
          Revoke …
        </Button>
      ),
  },
];

function TokenState({ token: { revokedAt, revokedBy, expiresAt } }: { readonly token: Token }) {
  if (revokedAt !== null)
    return (
      <Status status="REMOVED">
        Revoked <Time at={revokedAt} />
        {revokedBy && ` by ${revokedBy}`}
      </Status>
    );
  if (expiresAt === null) return null;
  const expired = Date.parse(expiresAt) <= timeNow();
  return (
    <span className={styles.quiet}>
      {expired ? 'expired' : 'expires'} <Time at={expiresAt} />
    </span>
  );
}

/** Creates a token, and shows once how to start an agent with it. */
export function CreateTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const form = useId();
  const { run, running, error } = useAction(ConsoleCreateAgentTokenDocument, { keyed: false });
  const { data, loading } = useData(ConsoleAgentApplicationsDocument, {});
  const [name, setName] = useState('');
  const [labels, setLabels] = useState('');
  const [fixes, setFixes] = useState(false);
  const [applications, setApplications] = useState<readonly string[]>([]);
  const [value, setValue] = useState<string>();
  const until = useRef<() => string | undefined>(() => undefined);
  const create = async (event: FormEvent) => {
    event.preventDefault();
    const input = {
      name: name.trim(),
      labels: fixes ? labelsOf(labels) : undefined,
      applicationIds: applications.length > 0 ? [...applications] : undefined,
      expiresAt: until.current(),
    };
    const done = await run({ input });
    if (done === undefined) return;
    setValue(done.createAgentToken.value);
    noteChange();
  };
  if (value !== undefined) {
    const own = fixes ? '' : ' \\\n  SLIPWAY_AGENT_LABELS=os=linux';
    const command = `SLIPWAY_URL=${serverUrl} \\\n  SLIPWAY_AGENT_TOKEN=${value}${own} \\\n  npm run agent`;
    return (
      <Dialog
        title="Start an agent"
        onClose={onClose}
        actions={
          <Button kind="main" onClick={onClose}>
            Done
          </Button>
        }
      >
        <div className={styles.form}>
          <p>
            This is the only time that the token is shown. Run this on the machine of the agent; it appears in the list
            as soon as it has registered.
          </p>
          <div className={styles.command}>
            <pre tabIndex={0} role="region" aria-label="Command that starts an agent">
              {command}
            </pre>
            <Copy text={command} label="Copy the command" />
          </div>
          <p className={styles.tokenValue}>
            The token alone: <code>{value}</code> <Copy text={value} label="Copy the token" />
          </p>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      title="Add an agent"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" form={form} busy={running}>
            Create the token
          </Button>
        </>
      }
    >
      <form id={form} className={styles.form} onSubmit={(event) => void create(event)}>
        <p>An agent registers with a token. The token grants nothing else, and any number of agents can use it.</p>
        <TextField
          label="Name"
          hint="What the token is for, such as build machines."
          required
          maxLength={100}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Checkbox
          label="Its agents have only the labels below, whatever they report"
          checked={fixes}
          onChange={({ target }) => setFixes(target.checked)}
        />
        {fixes && (
          <TextField
            label="Labels"
            hint="As key=value, separated by spaces."
            value={labels}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => setLabels(target.value)}
          />
        )}
        <Field label="Applications" hint="Its agents run jobs of these only.">
          {({ id }) => (
            <Picker
              wide
              multiple
              id={id}
              label="All applications"
              choices={(data?.applications.nodes ?? []).map(({ id: key, name: label }) => ({ value: key, label }))}
              value={applications}
              onChange={setApplications}
              loading={loading}
            />
          )}
        </Field>
        <Until
          label="Expires"
          never="Never"
          spans={['1h', '1d', '30d']}
          onChange={(at) => {
            until.current = at;
          }}
        />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  );
}

function RevokeDialog({ token, onClose }: { readonly token: Token; readonly onClose: () => void }) {
  const { run, running, error } = useAction(ConsoleRevokeAgentTokenDocument, { keyed: false });
  const [agents, setAgents] = useState<'KEEP' | 'FINISH' | 'LOSE'>('KEEP');
  const revoke = async () => {
    if ((await run({ input: { agentTokenId: token.id, agents } })) === undefined) return;
    toast(`${token.name} is revoked.`);
    noteChange();
    onClose();
  };
  return (
    <Dialog
      title={`Revoke ${token.name}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" busy={running} onClick={() => void revoke()}>
            Revoke
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>It registers no more agents. This can’t be undone.</p>
        <Select
          label="Agents that it has registered"
          options={[
            { value: 'KEEP', label: 'They stay' },
            { value: 'FINISH', label: 'They finish their jobs, then they are removed' },
            { value: 'LOSE', label: 'They are removed now, and their jobs are lost' },
          ]}
          value={agents}
          onChange={({ target }) => setAgents(target.value as 'KEEP' | 'FINISH' | 'LOSE')}
        />
        <ErrorNote error={error} />
      </div>
    </Dialog>
  );
}
