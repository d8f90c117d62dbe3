import { exit, Failure, nextSteps } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Session } from './session';
import { refuseUnlessConfirmed } from './ui';

export interface PlannedOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly follow: boolean;
}

/** Starts a run as its preview, which the caller has seen, says: asks, starts exactly that, and follows the run. */
export async function startPlanned(
  session: Session,
  plan: { readonly refusals: readonly { readonly code: string; readonly message: string }[] },
  { dryRun, yes, follow }: PlannedOptions,
  question: string,
  start: () => Promise<{ readonly id: string } | null>,
): Promise<void> {
  const { ui } = session;
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw new Failure(
      exit.refused,
      refusal.code,
      refusal.message,
      { refusals: plan.refusals },
      nextSteps(refusal.code),
    );
  if (dryRun) return ui.answer(plan);
  if (!yes) await refuseUnlessConfirmed(ui, question);
  const execution = await start();
  if (execution === null) throw new Error('the server returned no run');
  ui.say(`${ui.paint.bold('started')} ${ui.paint.dim(execution.id)}`);
  if (!follow) return ui.answer({ execution });
  const final = await followRun(session, execution.id, { after: 0 });
  ui.answer({ execution: final });
  requireSuccess(final);
}
