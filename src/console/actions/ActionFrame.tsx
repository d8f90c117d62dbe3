import type { ReactNode } from 'react';
import type { ApiError } from '../../client/apiError';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { ErrorNote } from '../parts/ErrorNote';
import { Icon } from '../parts/Icon';
import { Skeleton } from '../parts/Skeleton';
import styles from './actions.module.css';
import { stepOf } from './nextSteps';
import type { Plan, PlanChange, Planned } from './usePlan';

interface ActionFrameProps {
  readonly title: string;
  /** What the action is about. */
  readonly about?: ReactNode;
  readonly onClose: () => void;
  /** Label of the main button. */
  readonly label: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
  readonly running?: boolean;
  readonly disabledBecause?: string | undefined;
  readonly error?: ApiError | undefined;
  /** Error of the preview, which is all there is to show then. */
  readonly planError?: ApiError | undefined;
  readonly onRetry?: () => void;
  readonly refusals?: readonly { readonly code: string; readonly message: string }[] | undefined;
  readonly change?: PlanChange | undefined;
  /** True until there is something to show. */
  readonly loading?: boolean;
  readonly children?: ReactNode;
}

/** What the frame shows of a plan and of the action that confirms it. */
export const planFrame = (
  { plan, loading, error, renew, change }: Planned<Plan>,
  action: Pick<ActionFrameProps, 'running' | 'error'>,
) => ({
  loading: plan === undefined && loading,
  planError: error,
  onRetry: renew,
  change,
  refusals: plan?.refusals,
  disabledBecause: plan && !plan.allowed ? plan.refusals[0]?.message : undefined,
  running: action.running,
  error: action.error,
});

/** One frame for all actions: what it is about, the plan, what is in the way and what to do about it, and the button. */
export function ActionFrame(props: ActionFrameProps) {
  const { title, about, onClose, label, danger, onConfirm, running = false, disabledBecause, error } = props;
  const { planError, onRetry, refusals = [], change, loading = false, children } = props;
  const reason = disabledBecause ?? (loading ? 'The plan is being made.' : undefined);
  return (
    <Dialog
      title={title}
      size="medium"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={danger ? 'danger' : 'main'}
            busy={running}
            disabledBecause={planError === undefined ? reason : 'There is no plan to confirm.'}
            onClick={onConfirm}
          >
            {label}
          </Button>
        </>
      }
    >
      <div className={styles.frame}>
        {about}
        {change && <ChangeNote change={change} />}
        {loading && planError === undefined ? <Skeleton rows={4} label="Making the plan" /> : children}
        <ErrorNote error={planError} onRetry={onRetry} />
        <Refusals refusals={refusals} />
        {error?.code !== 'PLAN_STALE' && <ErrorNote error={error} />}
      </div>
    </Dialog>
  );
}

/** All reasons why it would fail, each with what to do. */
function Refusals({ refusals }: { readonly refusals: NonNullable<ActionFrameProps['refusals']> }) {
  if (refusals.length === 0) return null;
  return (
    <div className={styles.refusals} role="alert">
      {refusals.map(({ code, message }) => (
        <div key={`${code} ${message}`} className={styles.refusal}>
          <Icon name="alert" />
          <div>
            <p>
              {message} <code>{code}</code>
            </p>
            {stepOf(code) && <p className={styles.quiet}>{stepOf(code)}</p>}
          </div>
        </div>
      ))}
    </div>
  );
}

/** After PLAN_STALE: what is different in the plan that is shown now. */
function ChangeNote({ change: { added, removed } }: { readonly change: PlanChange }) {
  return (
    <section className={styles.change} role="alert">
      <h3>The plan has changed since you saw it</h3>
      <p>Nothing was done. This is the new plan; confirm it if it is still what you want.</p>
      {added.length + removed.length > 0 ? (
        <ul>
          {removed.map((line) => (
            <li key={line}>
              <del>{line}</del>
            </li>
          ))}
          {added.map((line) => (
            <li key={line}>
              <ins>{line}</ins>
            </li>
          ))}
        </ul>
      ) : (
        <p className={styles.quiet}>The run itself has changed; what it would do is the same.</p>
      )}
    </section>
  );
}
