import type { Given } from '../client/requests';
import { RollBackDocument, RollbackPreviewDocument, type RollbackPreviewQuery } from '../client/generated';
import { findEnvironment, nameOfEnvironment } from './environments';
import { usage } from './failure';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { type PlannedOptions, startPlanned } from './planned';
import type { Session } from './session';
import { moment, type Ui, words } from './ui';

export interface RollbackOptions extends PlannedOptions, UnfreezingOptions {
  readonly service: readonly string[];
  readonly to: string;
  readonly reason?: string;
  readonly overrule?: boolean;
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
    overrideFreeze: overrideOf(options),
    reason: options.reason,
  };
  const { rollbackPreview: plan } = await api.ask(RollbackPreviewDocument, { input });
  ui.say(`Rollback of ${nameOfEnvironment(environment)}:`);
  sayPlan(ui, plan);
  await startPlanned(session, plan, options, 'Roll back?', async () => {
    const answer = await api.change(RollBackDocument, { input: { ...input, planToken: plan.planToken } });
    return answer.rollbackEnvironment.execution;
  });
}

/** The value of `--to`: `previous`, the id of a deployment, or a time. */
function targetOf(given: string): { deploymentId?: string; time?: string } | null {
  if (given === 'previous') return null;
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(given)) return { deploymentId: given };
  const time = Date.parse(given);
  if (Number.isNaN(time)) throw usage(`--to takes "previous", the id of a deployment, or a time, not "${given}".`);
  return { time: new Date(time).toISOString() };
}

function sayPlan(ui: Ui, plan: Plan): void {
  const { paint } = ui;
  for (const one of plan.services) sayReturn(ui, nameOf(one), one);
  for (const { service, reason } of plan.kept) ui.say(paint.dim(`  ${service} stays: ${reason}`));
  for (const [index, step] of plan.steps.entries()) {
    const kind = step.hasRollbackTasks ? paint.dim('(rollback tasks)') : '';
    ui.say(words(`  ${index + 1}. ${step.workflow} › ${step.tasks.join(', ')}`, kind));
  }
}

type Returning = Pick<Plan['services'][number], 'service' | 'from' | 'newer' | 'to'>;

export const nameOf = ({ service }: Pick<Returning, 'service'>): string => service?.name ?? '(hidden)';

/** Prints the image of a service now, and the one that it returns to. */
export function sayReturn(ui: Ui, place: string, { from, newer, to }: Returning): void {
  const now = newer === null ? (from?.image ?? 'nothing') : `${newer.image} (${newer.status})`;
  const since = ui.paint.dim(`deployed ${moment(to.endedAt ?? to.startedAt)} by run ${to.runId}`);
  ui.say(words(`  ${place}`, `${now} → ${ui.paint.green(to.image)}`, since));
}
