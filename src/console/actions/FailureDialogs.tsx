import { useState } from 'react';
import type { InterventionAction } from '../../client/generated';
import { useAction } from '../data/hooks';
import { Select } from '../parts/Field';
import { toast } from '../parts/Toast';
import type { RunActionProps } from './runAction';
import { ActionFrame } from './ActionFrame';
import { ActionInterveneDocument, ActionRetryTaskDocument } from './generated';
import { AboutRun, noOverrides, OverrideFields, overridable, overridesInput, ReasonField } from './PlanParts';

/** Retry of a failed task while its workflow still runs. */
export function RetryDialog({ run, subject, onClose }: RunActionProps) {
  const [reason, setReason] = useState('');
  const [overrides, setOverrides] = useState(noOverrides);
  const action = useAction(ActionRetryTaskDocument);
  const confirm = async () => {
    const input = {
      applicationId: run.application?.id ?? '',
      taskExecutionId: subject.failedTask ?? '',
      reason: reason.trim() || undefined,
      ...overridesInput(overrides),
    };
    if ((await action.run({ input })) === undefined) return;
    toast('The task runs again.');
    onClose();
  };
  return (
    <ActionFrame
      title="Retry the task"
      about={<AboutRun run={run} />}
      onClose={onClose}
      label="Retry"
      running={action.running}
      error={action.error}
      disabledBecause={subject.failedTask === undefined ? 'The address names no task.' : undefined}
      onConfirm={() => void confirm()}
    >
      <p>The task gets another job in the same attempt. Tasks that depend on it run once it succeeds.</p>
      <OverrideFields value={overrides} onChange={setOverrides} {...overridable(action.error && [action.error])} />
      <ReasonField value={reason} onChange={setReason} />
    </ActionFrame>
  );
}

const decisions: Readonly<Record<InterventionAction, { label: string; does: string }>> = {
  RETRY: { label: 'Retry', does: 'It runs again. If it fails again, it waits again.' },
  IGNORE: { label: 'Ignore the failure', does: 'It stays failed, but what depends on it runs.' },
  MARK_AS_SUCCESS: {
    label: 'Mark as succeeded',
    does: 'It counts as succeeded, with your decision as the reason. It sets no variables.',
  },
  FAIL: { label: 'Accept the failure', does: 'It fails, as if it had not waited for a decision.' },
  ABORT: { label: 'Abort', does: 'The workflow of the task, or the pipeline of the element, is aborted.' },
};

/** Decision about a failure that waits for a person. */
export function InterveneDialog({ run, subject, onClose, refusal }: RunActionProps) {
  const [decision, setDecision] = useState<InterventionAction>('RETRY');
  const [reason, setReason] = useState('');
  const [overrides, setOverrides] = useState(noOverrides);
  const action = useAction(ActionInterveneDocument);
  const confirm = async () => {
    const input = {
      applicationId: run.application?.id ?? '',
      executionId: run.id,
      action: decision,
      taskExecutionId: subject.failedTask,
      pipelineStageElementId: subject.failedElement,
      reason: reason.trim() || undefined,
      ...overridesInput(overrides),
    };
    if ((await action.run({ input })) === undefined) return;
    toast('Your decision was carried out.');
    onClose();
  };
  const nothing = subject.failedTask === undefined && subject.failedElement === undefined;
  return (
    <ActionFrame
      title="Decide about the failure"
      about={<AboutRun run={run} />}
      onClose={onClose}
      label={decisions[decision].label}
      danger={decision === 'ABORT'}
      running={action.running}
      error={action.error}
      refusals={refusal && [refusal]}
      disabledBecause={refusal?.message ?? (nothing ? 'The address names no task or element.' : undefined)}
      onConfirm={() => void confirm()}
    >
      <Select
        label="Decision"
        hint={decisions[decision].does}
        value={decision}
        onChange={({ target }) => setDecision(target.value as InterventionAction)}
        options={Object.entries(decisions).map(([value, { label }]) => ({ value, label }))}
      />
      <OverrideFields value={overrides} onChange={setOverrides} {...overridable(action.error && [action.error])} />
      <ReasonField value={reason} onChange={setReason} />
    </ActionFrame>
  );
}
