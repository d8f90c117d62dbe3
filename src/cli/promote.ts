import type { Given } from '../client/client';
import { PromoteDocument, PromotePreviewDocument, type PromotePreviewQuery } from '../client/generated';
import { findEnvironment, nameOfEnvironment } from './environments';
import { exit, Failure } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Session } from './session';
import { variableInput } from './start';
import { refuseUnlessConfirmed, type Ui, words } from './ui';

export interface PromoteOptions {
  readonly from?: string;
  readonly service: readonly string[];
  readonly pipeline?: string;
  readonly workflow?: string;
  readonly var: readonly string[];
  readonly notes?: string;
  readonly overrule?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly follow: boolean;
}

type Plan = Given<PromotePreviewQuery>['promotePreview'];

/** `slipway promote`: shows the images that would be promoted, asks, starts exactly that, and follows the run. */
export async function promoteImages(session: Session, named: string, options: PromoteOptions): Promise<void> {
  const { api, ui } = session;
  const to = await findEnvironment(session, named);
  const from = options.from === undefined ? undefined : await findEnvironment(session, options.from);
  const input = {
    fromId: from?.id,
    toId: to.id,
    ...(options.service.length > 0 && { services: [...options.service] }),
    pipelineId: options.pipeline,
    workflowId: options.workflow,
    variableInputs: options.var.map(variableInput),
    overrule: options.overrule ?? false,
    notes: options.notes,
  };
  const { promotePreview: plan } = await api.ask(PromotePreviewDocument, { input });
  ui.say(`Promotion from ${plan.from.name} to ${nameOfEnvironment(to)}:`);
  sayPlan(ui, plan);
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw new Failure(exit.refused, refusal.code, refusal.message, { refusals: plan.refusals });
  if (options.dryRun) return ui.answer(plan);
  if (!options.yes) await refuseUnlessConfirmed(ui, 'Promote?');
  const { execution } = (await api.change(PromoteDocument, { input: { ...input, planToken: plan.planToken } })).promote;
  if (execution === null) throw new Error('the server returned no run');
  ui.say(`${ui.paint.bold('started')} ${ui.paint.dim(execution.id)}`);
  if (!options.follow) return ui.answer({ execution });
  const final = await followRun(session, execution.id, { after: 0 });
  ui.answer({ execution: final });
  requireSuccess(final);
}

function sayPlan(ui: Ui, { promotions, start }: Plan): void {
  const { paint } = ui;
  for (const { service, deployment, current, older } of promotions) {
    const images = `${current?.image ?? 'nothing'} → ${paint.green(deployment.image)}`;
    ui.say(words(`  ${service?.name ?? '(hidden)'}`, images, older ? paint.yellow('(older)') : ''));
  }
  if (start !== null) ui.say(`  starts ${start.executionType.toLowerCase()} ${start.name}`);
}
