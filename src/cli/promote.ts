import type { Given } from '../client/requests';
import { PromoteDocument, PromotePreviewDocument, type PromotePreviewQuery } from '../client/generated';
import { findEnvironment, nameOfEnvironment } from './environments';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { type PlannedOptions, startPlanned } from './planned';
import type { Session } from './session';
import { variableInput } from './start';
import { type Ui, words } from './ui';

export interface PromoteOptions extends PlannedOptions, UnfreezingOptions {
  readonly from?: string;
  readonly service: readonly string[];
  readonly pipeline?: string;
  readonly workflow?: string;
  readonly var: readonly string[];
  readonly notes?: string;
  readonly overrule?: boolean;
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
    overrideFreeze: overrideOf(options),
  };
  const { promotePreview: plan } = await api.ask(PromotePreviewDocument, { input });
  ui.say(`Promotion from ${plan.from.name} to ${nameOfEnvironment(to)}:`);
  sayPlan(ui, plan);
  await startPlanned(session, plan, options, 'Promote?', async () => {
    const answer = await api.change(PromoteDocument, { input: { ...input, planToken: plan.planToken } });
    return answer.promote.execution;
  });
}

function sayPlan(ui: Ui, { promotions, start }: Plan): void {
  const { paint } = ui;
  for (const { service, deployment, current, older } of promotions) {
    const images = `${current?.image ?? 'nothing'} → ${paint.green(deployment.image)}`;
    ui.say(words(`  ${service?.name ?? '(hidden)'}`, images, older ? paint.yellow('(older)') : ''));
  }
  if (start !== null) ui.say(`  starts ${start.executionType.toLowerCase()} ${start.name}`);
}
