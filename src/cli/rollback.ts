import type { Given } from '../client/client';
import { RollBackDocument, RollbackPreviewDocument, type RollbackPreviewQuery } from '../client/generated';
import { findEnvironment, nameOfEnvironment } from './environments';
import { exit, Failure, usage } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed, type Ui, words } from './ui';

export interface RollbackOptions {
  readonly service: readonly string[];
  readonly to: string;
  readonly reason?: string;
  readonly overrule?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly follow: boolean;
}

type Plan = Given<RollbackPreviewQuery>['rollbackPreview'];

/** `slipway rollback`: shows what an environment returns to, asks, starts exactly that, and follows the run. */
export async function rollBack(session: Session, named: string, options: RollbackOptions): Promise<void> {
  const { api, ui } = session;
  const environment = await findEnvironment(session, named);
  const input = {
    environmentId: environment.id,
    ...(options.service.length > 0 && { services: [...options.service] }),
    to: targetOf(options.to),
    overrule: options.overrule ?? false,
    reason: options.reason,
  };
  const { rollbackPreview: plan } = await api.ask(RollbackPreviewDocument, { input });
  ui.say(`Rollback of ${nameOfEnvironment(environment)}:`);
  sayPlan(ui, plan);
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw new Failure(exit.refused, refusal.code, refusal.message, { refusals: plan.refusals });
  if (options.dryRun) return ui.answer(plan);
  if (!options.yes) await refuseUnlessConfirmed(ui, 'Roll back?');
  const { execution } = (await api.change(RollBackDocument, { input: { ...input, planToken: plan.planToken } }))
    .rollbackEnvironment;
  if (execution === null) throw new Error('the server returned no run');
  ui.say(`${ui.paint.bold('started')} ${ui.paint.dim(execution.id)}`);
  if (!options.follow) return ui.answer({ execution });
  const final = await followRun(session, execution.id, { after: 0 });
  ui.answer({ execution: final });
  requireSuccess(final);
}

/** The value of `--to`: `previous`, the id of a deployment, or a time. */
function targetOf(given: string): { deploymentId?: string; time?: string } | null {
  if (given === 'previous') return null;
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(given)) return { deploymentId: given };
  const time = Date.parse(given);
  if (Number.isNaN(time)) throw usage(`--to takes "previous", the id of a deployment, or a time, not "${given}".`);
  return { time: new Date(time).toISOString() };
}

export function sayPlan(ui: Ui, plan: Plan): void {
  const { paint } = ui;
  for (const { service, from, newer, to } of plan.services) {
    const now = newer === null ? (from?.image ?? 'nothing') : `${newer.image} (${newer.status})`;
    const since = paint.dim(`deployed ${moment(to.endedAt ?? to.startedAt)} by run ${to.runId}`);
    ui.say(words(`  ${service?.name ?? '(hidden)'}`, `${now} → ${paint.green(to.image)}`, since));
  }
  for (const { service, reason } of plan.kept) ui.say(paint.dim(`  ${service} stays: ${reason}`));
  for (const [index, step] of plan.steps.entries()) {
    const kind = step.hasRollbackTasks ? paint.dim('(rollback tasks)') : '';
    ui.say(words(`  ${index + 1}. ${step.workflow} › ${step.tasks.join(', ')}`, kind));
  }
}
