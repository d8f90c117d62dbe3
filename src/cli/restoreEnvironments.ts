import type { Given } from '../client/requests';
import {
  ApplicationIdDocument,
  RestoreEnvironmentsDocument,
  RestoreEnvironmentsPreviewDocument,
  type RestoreEnvironmentsPreviewQuery,
} from '../client/generated';
import { findEnvironment } from './environments';
import { usage } from './failure';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { type PlannedOptions, startPlanned } from './planned';
import { nameOf, sayReturn } from './rollback';
import type { Session } from './session';
import { moment, type Ui, words } from './ui';

export interface RestoreEnvironmentsOptions extends PlannedOptions, UnfreezingOptions {
  readonly to: string;
  readonly environment: readonly string[];
  readonly leaveOut?: boolean;
  readonly overrule?: boolean;
  readonly reason?: string;
}

type Plan = Given<RestoreEnvironmentsPreviewQuery>['restoreEnvironmentsPreview'];

/**
 * `slipway restore-environments`: shows a preview, asks for confirmation, starts exactly that, and follows the run.
 * Several applications are brought back one after another, in the order of their dependencies.
 */
export async function bringBack(
  session: Session,
  names: readonly string[],
  options: RestoreEnvironmentsOptions,
): Promise<void> {
  const { api } = session;
  const time = Date.parse(options.to);
  if (Number.isNaN(time)) throw usage(`--to takes a time such as 2026-03-01T12:30:00Z, not "${options.to}".`);
  const ids = await Promise.all(
    names.map(async (name) => (await api.ask(ApplicationIdDocument, { name })).applicationByName.id),
  );
  const chosen = await Promise.all(
    options.environment.map(async (named) => (await findEnvironment(session, named)).id),
  );
  const input = {
    applicationIds: ids,
    time: new Date(time).toISOString(),
    ...(chosen.length > 0 && { environmentIds: chosen }),
    leaveOut: options.leaveOut ?? false,
    overrule: options.overrule ?? false,
    overrideFreeze: overrideOf(options),
    reason: options.reason,
  };
  const preview = async (applicationIds: readonly string[]) => {
    const asked = { ...input, applicationIds: [...applicationIds] };
    return (await api.ask(RestoreEnvironmentsPreviewDocument, { input: asked })).restoreEnvironmentsPreview;
  };
  const whole = await preview(ids);
  if (whole.applications.length < 2) return carryOut(session, input, whole, options);
  if (!options.follow && !options.dryRun)
    throw usage('--no-follow works with a single application only: each application waits for the one before it.');
  for (const { id, name } of whole.applications) {
    session.ui.say(session.ui.paint.bold(name));
    await carryOut(session, { ...input, applicationIds: [id] }, await preview([id]), options);
  }
}

async function carryOut(
  session: Session,
  input: { readonly applicationIds: string[]; readonly time: string },
  plan: Plan,
  options: RestoreEnvironmentsOptions,
): Promise<void> {
  sayPlan(session.ui, plan);
  await startPlanned(session, plan, options, 'Bring these environments back?', async () => {
    const answer = await session.api.change(RestoreEnvironmentsDocument, {
      input: { ...input, planToken: plan.planToken },
    });
    return answer.restoreEnvironments.execution;
  });
}

function sayPlan(ui: Ui, { time, services, left, stages }: Plan): void {
  const { paint } = ui;
  ui.say(`Back to ${moment(time)}:`);
  for (const one of services) sayReturn(ui, `${one.environment.name} ${nameOf(one)}`, one);
  for (const { environment, service, reason } of left)
    ui.say(paint.yellow(`  ${environment.name} ${service} can’t be brought back: ${reason}`));
  for (const [index, { steps }] of stages.entries()) {
    for (const [place, step] of steps.entries()) {
      const kind = step.hasRollbackTasks ? paint.dim('(rollback tasks)') : '';
      const number = place === 0 ? `${index + 1}.` : '  ';
      ui.say(words(`  ${number} ${step.environment.name}: ${step.workflow} › ${step.tasks.join(', ')}`, kind));
    }
  }
}
