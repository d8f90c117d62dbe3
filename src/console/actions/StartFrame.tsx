import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import type { Given } from '../../client/requests';
import type { Action } from '../data/hooks';
import { toast } from '../parts/Toast';
import { ActionFrame, planFrame } from './ActionFrame';
import { noOverrides, OverrideFields, overridable, overridesInput, ReasonField } from './PlanParts';
import type { Plan, Planned } from './usePlan';

/** What the reader chooses about a new run apart from its subject: overrides, which are part of the plan, and a reason. */
export function useChoices() {
  const [overrides, setOverrides] = useState(noOverrides);
  const [reason, setReason] = useState('');
  return { overrides, setOverrides, reason, setReason, planInput: overridesInput(overrides) };
}

interface Confirmed {
  readonly planToken: string | null | undefined;
  readonly reason: string | undefined;
}

interface StartFrameProps<Of extends Plan, Data, Variables> {
  readonly title: string;
  readonly about: ReactNode;
  readonly onClose: () => void;
  readonly label: string;
  readonly danger?: boolean;
  readonly choices: ReturnType<typeof useChoices>;
  readonly planned: Planned<Of>;
  readonly action: Action<Data, Variables>;
  readonly variablesOf: (confirmed: Confirmed) => Variables;
  readonly runOf: (data: Given<Data>) => { readonly id: string } | null | undefined;
  /** Says that it has started. */
  readonly done: string;
  readonly children: ReactNode;
}

/** Frame of an action that starts a new run with a plan. Its page opens; a stale plan is made again and compared. */
export function StartFrame<Of extends Plan, Data, Variables>(props: StartFrameProps<Of, Data, Variables>) {
  const { title, about, onClose, label, danger, choices, planned, action, variablesOf, runOf, done, children } = props;
  const { overrides, setOverrides, reason, setReason } = choices;
  const [, navigate] = useLocation();
  const confirm = async () => {
    const data = await action.run(
      variablesOf({ planToken: planned.plan?.planToken, reason: reason.trim() || undefined }),
    );
    if (data === undefined) return planned.renew(true);
    toast(done);
    navigate(`/runs/${runOf(data)?.id ?? ''}`, { replace: true });
  };
  return (
    <ActionFrame
      {...{ title, about, onClose, label, danger }}
      {...planFrame(planned, action)}
      onConfirm={() => void confirm()}
    >
      {children}
      <OverrideFields value={overrides} onChange={setOverrides} {...overridable(planned.plan?.refusals)} />
      <ReasonField value={reason} onChange={setReason} />
    </ActionFrame>
  );
}
