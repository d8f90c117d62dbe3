import { useState } from 'react';
import { useAction } from '../data/hooks';
import { toast } from '../parts/Toast';
import type { RunActionProps } from './ActionDialog';
import { ActionFrame } from './ActionFrame';
import { ActionAbortDocument, ActionContinueDocument, ActionPauseDocument } from './generated';
import { AboutRun, ReasonField } from './PlanParts';

const kinds = {
  abort: {
    document: ActionAbortDocument,
    title: 'Abort the run',
    label: 'Abort',
    done: 'The run is being aborted.',
    does: 'Running jobs are canceled and nothing further starts. Tasks under finally still run. The run can be resumed later.',
  },
  pause: {
    document: ActionPauseDocument,
    title: 'Pause the run',
    label: 'Pause',
    done: 'The run pauses.',
    does: 'Jobs that run finish; nothing further starts until somebody continues the run.',
  },
  continue: {
    document: ActionContinueDocument,
    title: 'Continue the run',
    label: 'Continue',
    done: 'The run continues.',
    does: 'The run starts what it held back.',
  },
} as const;

/** Abort, pause and continue: what it does, a reason, and the button. */
export function HoldDialog({ run, onClose, refusal, kind }: RunActionProps & { readonly kind: keyof typeof kinds }) {
  const [reason, setReason] = useState('');
  const { document, title, label, done, does } = kinds[kind];
  const action = useAction<unknown, { input: HoldInput }>(document as never);
  const confirm = async () => {
    const input = { applicationId: run.application?.id ?? '', executionId: run.id, reason: reason.trim() || undefined };
    if ((await action.run({ input })) === undefined) return;
    toast(done);
    onClose();
  };
  return (
    <ActionFrame
      title={title}
      about={<AboutRun run={run} />}
      onClose={onClose}
      label={label}
      danger={kind === 'abort'}
      running={action.running}
      error={action.error}
      refusals={refusal && [refusal]}
      disabledBecause={refusal?.message}
      onConfirm={() => void confirm()}
    >
      <p>{does}</p>
      <ReasonField value={reason} onChange={setReason} />
    </ActionFrame>
  );
}

interface HoldInput {
  readonly applicationId: string;
  readonly executionId: string;
  readonly reason: string | undefined;
}
