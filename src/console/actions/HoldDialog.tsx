import { useState } from 'react';
import { useAction } from '../data/hooks';
import { toast } from '../parts/Toast';
import type { RunActionProps } from './runAction';
import { ActionFrame } from './ActionFrame';
import {
  ActionAbortDocument,
  ActionCancelRestoreDocument,
  ActionContinueDocument,
  ActionOverrideFreezeDocument,
  ActionPauseDocument,
} from './generated';
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
  cancelRestore: {
    document: ActionCancelRestoreDocument,
    title: 'Cancel the restore',
    label: 'Cancel the restore',
    done: 'The restore is being canceled.',
    does: 'Restore tasks that run are canceled. Environments whose deployment is cut off become unknown.',
  },
  overrideFreeze: {
    document: ActionOverrideFreezeDocument,
    title: 'Deploy in spite of freezes',
    label: 'Override the freezes',
    done: 'The run no longer waits for freezes.',
    does: 'Elements of this attempt that wait for the end of a freeze begin now. The freeze itself stays.',
  },
} as const;

/** Actions without a plan: what it does, a reason, and the button. */
export function HoldDialog({ run, onClose, refusal, kind }: RunActionProps & { readonly kind: keyof typeof kinds }) {
  const [reason, setReason] = useState('');
  const { document, title, label, done, does } = kinds[kind];
  const action = useAction<unknown, { input: object }>(document as never);
  const mustExplain = kind === 'overrideFreeze';
  const confirm = async () => {
    const why = reason.trim() || undefined;
    const input = inputOf(kind, run, why);
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
      disabledBecause={refusal?.message ?? (mustExplain && reason.trim() === '' ? 'Give a reason.' : undefined)}
      onConfirm={() => void confirm()}
    >
      <p>{does}</p>
      <ReasonField value={reason} onChange={setReason} required={mustExplain} />
    </ActionFrame>
  );
}

function inputOf(kind: keyof typeof kinds, run: RunActionProps['run'], reason: string | undefined): object {
  if (kind === 'cancelRestore') return { runId: run.id, reason };
  if (kind === 'overrideFreeze') return { executionId: run.id, reason };
  return { applicationId: run.application?.id ?? '', executionId: run.id, reason };
}
