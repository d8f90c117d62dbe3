import { useState } from 'react';
import { useAction, useData } from '../../data/hooks';
import { type LiveSource, useLive } from '../../data/live';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextArea, TextField } from '../../parts/Field';
import { Markdown } from '../../parts/markdown/Markdown';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import styles from './Details.module.css';
import { ConsoleRunApprovalsDocument, ConsoleRunDecideDocument, type RunApprovalFragment } from './generated';
import type { Run } from './runData';
import { useThrottled } from '../../data/throttled';

interface ApprovalsProps {
  readonly run: Run;
  readonly source: LiveSource | null;
  /** True to show only those that wait. */
  readonly waiting?: boolean;
}

const AGAIN_MS = 200;

/** Approvals of the run, with the votes and comments, and a form for those that wait. */
export function Approvals({ run, source, waiting = false }: ApprovalsProps) {
  const applicationId = run.application?.id ?? '';
  const { data, error, loading, refresh } = useData(
    ConsoleRunApprovalsDocument,
    { applicationId, id: run.id },
    { pause: applicationId === '' },
  );
  const soon = useThrottled(refresh);
  useLive(source, (changes) => {
    if (changes.some(({ all, type = '' }) => all || type.startsWith('APPROVAL'))) soon(AGAIN_MS);
  });
  const all = data?.approvalDetails?.approvalDetails ?? [];
  const shown = waiting ? all.filter(({ status }) => status === 'WAITING') : all;
  const may = run.availableActions.find(({ action }) => action === 'approve');
  if (waiting && shown.length === 0) return null;
  return (
    <div className={waiting ? styles.asks : styles.stack}>
      <ErrorNote error={error} onRetry={refresh} />
      {loading && <Skeleton label="Loading approvals" rows={3} />}
      {shown.map((approval) => (
        <Panel key={approval.approvalId} title={approval.taskName ?? `${approval.stageName}: ${approval.stepName}`}>
          <Approval
            approval={approval}
            applicationId={applicationId}
            executionId={run.id}
            refusal={may?.allowed === false ? (may.message ?? 'You can’t decide it.') : undefined}
            onDecided={refresh}
          />
        </Panel>
      ))}
      {!loading && shown.length === 0 && error === undefined && (
        <Panel>
          <Empty icon="approvals" title="No approvals">
            An approval appears here when a stage or task asks for one.
          </Empty>
        </Panel>
      )}
    </div>
  );
}

interface ApprovalProps {
  readonly approval: RunApprovalFragment;
  readonly applicationId: string;
  readonly executionId: string;
  readonly refusal: string | undefined;
  readonly onDecided: () => void;
}

function Approval({ approval, applicationId, executionId, refusal, onDecided }: ApprovalProps) {
  const { approvalId, digest, status, message, missing, requirements, votes, inputs } = approval;
  const decide = useAction(ConsoleRunDecideDocument);
  const [comments, setComments] = useState('');
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(inputs.map(({ name, default: first }) => [name, first ?? ''])),
  );
  const send = async (action: 'APPROVE' | 'REJECT') => {
    const given = Object.entries(values).map(([name, value]) => ({ name, value }));
    const input = { approvalId, applicationId, executionId, digest, action, comments: comments || null };
    const done = await decide.run({
      input: action === 'APPROVE' && given.length > 0 ? { ...input, inputs: given } : input,
    });
    if (done === undefined) return;
    toast(action === 'APPROVE' ? 'Your approval counts.' : 'You rejected it.');
    onDecided();
  };
  return (
    <div className={styles.approval}>
      <p className={styles.line}>
        <Status status={status} as="badge" />
        <span className={styles.quiet}>
          asked <Time at={approval.startedAt} />
          {status === 'WAITING' && (
            <>
              , expires <Time at={approval.willExpireAt} />
            </>
          )}
        </span>
      </p>
      {message && <Markdown text={message} breaks />}
      <p>
        {requirements
          .map(({ given, needed, groups }) => `${given} of ${needed} from ${groups.join(' or ')}`)
          .join('; ')}
        {status === 'WAITING' && missing && <span className={styles.quiet}> · missing: {missing}</span>}
      </p>
      {votes.length > 0 && (
        <ul className={styles.history}>
          {votes.map(({ by, action, comments: said, votedAt, counts }) => (
            <li key={`${by.name} ${votedAt}`}>
              <span>
                <strong>{by.name}</strong> {action === 'APPROVE' ? 'approved' : 'rejected'}
                {!counts && ' (no longer counts: what it was about has changed)'}
                {said && <>: {said}</>}
              </span>
              <span className={styles.quiet}>
                <Time at={votedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {status !== 'WAITING' && inputs.some(({ value }) => value !== null) && (
        <p className={styles.quiet}>{inputs.map(({ name, value }) => `${name} = ${value ?? ''}`).join(', ')}</p>
      )}
      {status === 'WAITING' && refusal !== undefined && <p className={styles.quiet}>{refusal}</p>}
      {status === 'WAITING' && refusal === undefined && (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void send('APPROVE');
          }}
        >
          {inputs.map(({ name, description, required, choices }) => {
            const shared = { label: name, hint: description ?? undefined, required, value: values[name] ?? '' };
            const set = (value: string) => setValues((before) => ({ ...before, [name]: value }));
            return choices ? (
              <Select
                key={name}
                {...shared}
                options={['', ...choices].map((value) => ({ value, label: value || 'Choose …' }))}
                onChange={({ target }) => set(target.value)}
              />
            ) : (
              <TextField key={name} {...shared} onChange={({ target }) => set(target.value)} />
            );
          })}
          <TextArea label="Comment" rows={2} value={comments} onChange={({ target }) => setComments(target.value)} />
          <ErrorNote error={decide.error} />
          <p className={styles.line}>
            <Button kind="main" type="submit" icon="check" busy={decide.running}>
              Approve
            </Button>
            <Button kind="danger" icon="close" busy={decide.running} onClick={() => void send('REJECT')}>
              Reject
            </Button>
          </p>
        </form>
      )}
    </div>
  );
}
