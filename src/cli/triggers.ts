import {
  ApplicationIdDocument,
  FireTriggerDocument,
  RotateTriggerWebhookDocument,
  SetTriggerEnabledDocument,
  ShowTriggerDocument,
  TestTriggerDocument,
  TriggersDocument,
} from '../client/generated';
import { allPages } from './deployed';
import type { Session } from './session';
import { contentOf } from './documents';
import { moment } from './ui';

interface Named {
  readonly application: string;
}
export interface SampleOptions extends Named {
  readonly payload?: string;
  readonly event?: string;
}

export async function listTriggers(session: Session, application: string | undefined): Promise<void> {
  const { api, ui } = session;
  const id = application === undefined ? undefined : await applicationId(session, application);
  const filters = id === undefined ? [] : [{ application: { operator: 'EQUALS' as const, values: [id] } }];
  const found = await allPages(async (after) => (await api.ask(TriggersDocument, { filters, after })).triggers);
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('There are no triggers.');
  ui.table(
    ['APPLICATION', 'TRIGGER', 'STATE', 'ON', 'STARTS', 'NEXT', 'LAST'],
    found.map(({ application: owner, name, enabled, condition, action, firings }) => [
      owner?.name ?? '',
      name,
      enabled ? 'on' : ui.paint.dim('off'),
      'cronDescription' in condition ? condition.cronDescription : condition.triggerConditionType,
      'pipelineName' in action ? action.pipelineName : action.workflowName,
      'nextAt' in condition && condition.nextAt != null ? moment(condition.nextAt) : '',
      firings.nodes.map(({ status, createdAt }) => `${status} ${moment(createdAt)}`).join(''),
    ]),
  );
}

const applicationId = async ({ api }: Session, name: string): Promise<string> =>
  (await api.ask(ApplicationIdDocument, { name })).applicationByName.id;

async function find(session: Session, name: string, { application }: Named, firings: number) {
  const id = await applicationId(session, application);
  return (await session.api.ask(ShowTriggerDocument, { applicationId: id, name, firings })).triggerByName;
}

export async function showTrigger(session: Session, name: string, options: Named, firings: number): Promise<void> {
  const { ui } = session;
  const trigger = await find(session, name, options, firings);
  ui.answer(trigger);
  if (ui.json) return;
  const { definition, author, version, enabled, condition } = trigger;
  ui.say(definition.trimEnd(), '');
  ui.say(`Version ${version} by ${author.name}; ${enabled ? 'on' : 'off'}`);
  if ('webhookDetails' in condition && condition.webhookDetails != null) {
    const { webhookURL, header, rejected } = condition.webhookDetails;
    ui.say(`POST ${new URL(webhookURL, session.api.url)} with ${header}; ${rejected} refused`);
  }
  sayFirings(session, trigger.firings.nodes);
}

export async function showFirings(session: Session, name: string, options: Named): Promise<void> {
  const { firings } = await find(session, name, options, 50);
  session.ui.answer(firings.nodes);
  if (!session.ui.json) sayFirings(session, firings.nodes);
}

function sayFirings({ ui }: Session, firings: Awaited<ReturnType<typeof find>>['firings']['nodes']): void {
  if (firings.length === 0) {
    ui.say('It has not fired yet.');
    return;
  }
  ui.table(
    ['TIME', 'CAUSE', 'OUTCOME', 'RUN', 'REASON'],
    firings.map(({ createdAt, kind, event, status, execution, reasonCode, reason }) => [
      moment(createdAt),
      event ?? kind,
      status,
      execution?.id ?? '',
      [reasonCode, reason].filter((one) => one != null).join(': '),
    ]),
  );
}

/** The sample as the API takes it. */
async function sampleOf(session: Session, name: string, options: SampleOptions) {
  const { id: triggerId } = await find(session, name, options, 1);
  const { payload, event } = options;
  return {
    triggerId,
    event,
    payload: payload === undefined ? undefined : await contentOf(session.ui.terminal, payload),
  };
}

export async function testTrigger(session: Session, name: string, options: SampleOptions): Promise<void> {
  const { api, ui } = session;
  const { testTrigger: result } = await api.ask(TestTriggerDocument, { input: await sampleOf(session, name, options) });
  ui.answer(result);
  if (ui.json || result == null) return;
  ui.say(
    result.starts ? 'It would start.' : `It would start nothing: ${result.reasonCode ?? ''} ${result.reason ?? ''}`,
  );
  for (const { name: variable, value } of result.variables) ui.say(`  ${variable}=${value}`);
  for (const { service, image } of result.images) ui.say(`  ${service}: ${image}`);
  for (const { code, message } of result.problems) ui.say(`  ${code}: ${message}`);
}

export async function fireTrigger(session: Session, name: string, options: SampleOptions): Promise<void> {
  const { api, ui } = session;
  const input = await sampleOf(session, name, options);
  const { firing } = (await api.ask(FireTriggerDocument, { input })).fireTrigger;
  ui.answer({ firing });
  ui.say(`Firing ${firing.id} is ${firing.status}. slipway triggers firings ${name} -a ${options.application}`);
}

export async function enable(session: Session, name: string, options: Named, enabled: boolean): Promise<void> {
  const { api, ui } = session;
  const { id: triggerId } = await find(session, name, options, 1);
  const { trigger } = (await api.ask(SetTriggerEnabledDocument, { input: { triggerId, enabled } })).setTriggerEnabled;
  ui.answer({ trigger });
  ui.say(`The trigger ${name} is ${enabled ? 'on' : 'off'}.`);
}

export async function rotate(
  session: Session,
  name: string,
  options: Named & { readonly path?: boolean },
): Promise<void> {
  const { api, ui } = session;
  const { id: triggerId } = await find(session, name, options, 1);
  const path = options.path === true;
  const input = { triggerId, path, secret: !path };
  const { webhookSecret } = (await api.ask(RotateTriggerWebhookDocument, { input })).rotateTriggerWebhook;
  ui.answer({ webhookSecret });
  ui.say(
    path
      ? `The address was replaced. To see it: slipway triggers show ${name} -a ${options.application}`
      : `Secret, shown once: ${webhookSecret}`,
  );
}
