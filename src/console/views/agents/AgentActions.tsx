import { type FormEvent, type ReactNode, useId, useRef, useState } from 'react';
import { useAction } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextArea, TextField } from '../../parts/Field';
import type { IconName } from '../../parts/Icon';
import { Labels } from '../../parts/Labels';
import { labelsOf } from '../../parts/labelText';
import type { MenuItem } from '../../parts/Menu';
import { toast } from '../../parts/Toast';
import { Until } from '../../parts/Until';
import styles from './Agents.module.css';
import {
  type AgentFactsFragment,
  ConsoleDrainAgentDocument,
  ConsolePauseAgentDocument,
  ConsoleRelabelAgentDocument,
  ConsoleRemoveAgentDocument,
  ConsoleResumeAgentDocument,
} from './generated';

type Agent = AgentFactsFragment;
export type AgentActionName = 'pause' | 'resume' | 'drain' | 'relabel' | 'remove';

const actions: readonly { readonly name: AgentActionName; readonly label: string; readonly icon: IconName }[] = [
  { name: 'pause', label: 'Pause …', icon: 'pause' },
  { name: 'resume', label: 'Resume …', icon: 'start' },
  { name: 'drain', label: 'Drain …', icon: 'download' },
  { name: 'relabel', label: 'Edit the labels …', icon: 'settings' },
  { name: 'remove', label: 'Remove …', icon: 'close' },
];

/** Actions on an agent, those that are not possible now with the reason. Of pause and resume, only the one that applies. */
export function agentItems(agent: Agent, onSelect: (name: AgentActionName) => void): MenuItem[] {
  const paused = agent.pause !== null;
  return actions
    .filter(({ name }) => name !== (paused ? 'pause' : 'resume'))
    .map(({ name, label, icon }) => {
      const answer = agent.availableActions.find(({ action }) => action === name);
      const disabledBecause = answer?.allowed === false ? (answer.message ?? 'Not possible now.') : undefined;
      return { label, icon, danger: name === 'remove', disabledBecause, onSelect: () => onSelect(name) };
    });
}

interface ActionProps {
  readonly agent: Agent;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function AgentDialog({ action, ...rest }: ActionProps & { readonly action: AgentActionName }) {
  switch (action) {
    case 'pause':
      return <Pause {...rest} />;
    case 'resume':
      return <Resume {...rest} />;
    case 'drain':
      return <Drain {...rest} />;
    case 'relabel':
      return <Relabel {...rest} />;
    default:
      return <Remove {...rest} />;
  }
}

interface FrameProps extends ActionProps {
  readonly title: string;
  readonly label: string;
  readonly done: string;
  readonly danger?: boolean;
  readonly action: { readonly running: boolean; readonly error: Parameters<typeof ErrorNote>[0]['error'] };
  /** Sends it; undefined after an error. */
  readonly send: () => Promise<unknown>;
  readonly children: ReactNode;
}

function Frame({ title, label, done, danger = false, action, send, onClose, onDone, children }: FrameProps) {
  const form = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if ((await send()) === undefined) return;
    toast(done);
    onDone();
    onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind={danger ? 'danger' : 'main'} type="submit" form={form} busy={action.running}>
            {label}
          </Button>
        </>
      }
    >
      <form id={form} className={styles.form} onSubmit={(event) => void submit(event)}>
        {children}
        <ErrorNote error={action.error} />
      </form>
    </Dialog>
  );
}

const unkeyed = { keyed: false };

function Pause(props: ActionProps) {
  const { id: agentId, name, pause } = props.agent;
  const action = useAction(ConsolePauseAgentDocument, unkeyed);
  const [note, setNote] = useState(pause?.note ?? '');
  const until = useRef<() => string | undefined>(() => undefined);
  const send = () => action.run({ input: { agentId, note: note.trim() || undefined, until: until.current() } });
  return (
    <Frame {...props} title={`Pause ${name}`} label="Pause" done={`${name} is paused.`} action={action} send={send}>
      <p>It gets no new jobs. Its running jobs continue.</p>
      <Until
        label="Ends"
        never="When somebody resumes it"
        onChange={(at) => {
          until.current = at;
        }}
      />
      <TextArea
        label="Note"
        hint="Shown with the agent, and with jobs that wait for it."
        maxLength={2000}
        value={note}
        onChange={({ target }) => setNote(target.value)}
      />
    </Frame>
  );
}

function Resume(props: ActionProps) {
  const { id: agentId, name } = props.agent;
  const action = useAction(ConsoleResumeAgentDocument, unkeyed);
  const send = () => action.run({ input: { agentId } });
  return (
    <Frame
      {...props}
      title={`Resume ${name}`}
      label="Resume"
      done={`${name} takes jobs again.`}
      action={action}
      send={send}
    >
      <p>It takes jobs again at once.</p>
    </Frame>
  );
}

function Drain(props: ActionProps) {
  const { id: agentId, name, slotsUsed } = props.agent;
  const action = useAction(ConsoleDrainAgentDocument, unkeyed);
  const send = () => action.run({ input: { agentId } });
  return (
    <Frame {...props} title={`Drain ${name}`} label="Drain" done={`${name} is draining.`} action={action} send={send}>
      <p>
        It takes no more jobs,{' '}
        {slotsUsed === 0
          ? 'and leaves'
          : `finishes ${slotsUsed === 1 ? 'its job' : `its ${slotsUsed} jobs`}, and leaves`}
        . Its process ends. This can’t be undone: start the agent again to use the machine.
      </p>
    </Frame>
  );
}

function Remove(props: ActionProps) {
  const { id: agentId, name, slotsUsed } = props.agent;
  const action = useAction(ConsoleRemoveAgentDocument, unkeyed);
  const [runningJobs, setRunningJobs] = useState<'FINISH' | 'LOSE'>('FINISH');
  const send = () => action.run({ input: { agentId, runningJobs } });
  return (
    <Frame
      {...props}
      danger
      title={`Remove ${name}`}
      label="Remove"
      done={`${name} was removed.`}
      action={action}
      send={send}
    >
      <p>
        It leaves the list, and its token is void. With a valid registration token, its machine can register again:
        revoke the token to keep it away.
      </p>
      <Select
        label={slotsUsed === 0 ? 'Running jobs (it has none now)' : `Its running jobs (${slotsUsed})`}
        options={[
          { value: 'FINISH', label: 'It finishes them first' },
          { value: 'LOSE', label: 'They are lost now; the agent kills them' },
        ]}
        value={runningJobs}
        onChange={({ target }) => setRunningJobs(target.value as 'FINISH' | 'LOSE')}
      />
    </Frame>
  );
}

const keyOf = (label: string): string => label.split('=')[0] ?? label;

/** Edits that turn the agent's own labels into those that are wanted. */
function editsOf({ ownLabels, labelEdits }: Agent, wanted: readonly string[]) {
  const keys = new Set(wanted.map(keyOf));
  const ownKeys = new Set(ownLabels.map(keyOf));
  return {
    set: wanted.filter((label) => !ownLabels.includes(label)),
    remove: [...ownKeys].filter((key) => !keys.has(key)),
    reset: labelEdits
      .map(({ key }) => key)
      .filter((key) =>
        keys.has(key) ? wanted.some((label) => keyOf(label) === key && ownLabels.includes(label)) : !ownKeys.has(key),
      ),
  };
}

function Relabel(props: ActionProps) {
  const { id: agentId, name, labels, ownLabels } = props.agent;
  const action = useAction(ConsoleRelabelAgentDocument, unkeyed);
  const [text, setText] = useState(labels.join(' '));
  const edits = editsOf(props.agent, labelsOf(text));
  const send = () => action.run({ input: { agentId, ...edits } });
  return (
    <Frame
      {...props}
      title={`Labels of ${name}`}
      label="Save"
      done={`${name} has its new labels.`}
      action={action}
      send={send}
    >
      <TextField
        label="Labels"
        hint="As key=value, separated by spaces. They count from the next job on; running jobs continue."
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setText(target.value)}
      />
      <dl className={styles.edits}>
        <dt>Reported by the agent</dt>
        <dd>
          <Labels labels={ownLabels} none="none" wrap />
        </dd>
        <dt>Set on the server</dt>
        <dd>
          <Labels labels={edits.set} none="none" wrap />
        </dd>
        <dt>Hidden</dt>
        <dd>
          <Labels labels={edits.remove} none="none" wrap />
        </dd>
      </dl>
      <p>
        <Button small icon="refresh" onClick={() => setText(ownLabels.join(' '))}>
          Use the labels of the agent
        </Button>
      </p>
    </Frame>
  );
}
