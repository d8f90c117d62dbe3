import {
  CreateTrustRuleDocument,
  DeleteTrustRuleDocument,
  TrustRulesDocument,
  UpdateTrustRuleDocument,
  UserGroupsDocument,
} from '../client/generated';
import type { Client } from '../client/client';
import { Failure, exit, usage } from './failure';
import { split } from './pairs';
import { applicationIdOf } from './queue';
import type { Session } from './session';
import { moment } from './ui';

export interface TrustOptions {
  readonly issuer?: string;
  readonly audience?: string;
  readonly subject?: string;
  readonly claim?: readonly string[];
  readonly group?: readonly string[];
  readonly application?: readonly string[];
  readonly lifetime?: number;
}

/** `slipway trust`: the rules by which CI jobs sign in. */
export async function showTrustRules({ api, ui }: Session): Promise<void> {
  const { trustRules } = await api.ask(TrustRulesDocument);
  ui.answer(trustRules);
  if (ui.json) return;
  if (trustRules.length === 0) return ui.say('There are no trust rules.');
  ui.table(
    ['RULE', 'ISSUER', 'SUBJECT', 'CLAIMS', 'LAST USED', 'ID'],
    trustRules.map((rule) => [
      rule.enabled ? rule.name : `${rule.name} (off)`,
      rule.issuer,
      rule.subject,
      rule.claims.map(({ name, pattern }) => `${name}=${pattern}`).join(' '),
      rule.lastUsedAt === null ? '' : moment(rule.lastUsedAt),
      rule.id,
    ]),
  );
}

/** `slipway trust create`. */
export async function createTrustRule(session: Session, name: string, options: TrustOptions): Promise<void> {
  const { issuer, audience = session.api.url, subject, group = [], ...more } = options;
  if (issuer === undefined || subject === undefined || group.length === 0) {
    throw usage('"trust create" needs --issuer, --subject and --group.');
  }
  const input = { name, issuer, audience, subject, ...(await changesOf(session.api, { ...more, group })) };
  const userGroupIds = input.userGroupIds ?? [];
  const { trustRule } = (await session.api.ask(CreateTrustRuleDocument, { input: { ...input, userGroupIds } }))
    .createTrustRule;
  session.ui.say(`Created the trust rule "${trustRule.name}" for the audience ${trustRule.audience}.`);
  session.ui.answer(trustRule);
}

/** `slipway trust update`. */
export async function updateTrustRule(
  { api, ui }: Session,
  name: string,
  { issuer, audience, subject, ...more }: TrustOptions & { readonly on?: boolean; readonly off?: boolean },
): Promise<void> {
  const enabled = more.on ? true : more.off ? false : undefined;
  const trustRuleId = await ruleIdOf(api, name);
  const input = { trustRuleId, issuer, audience, subject, enabled, ...(await changesOf(api, more)) };
  const { trustRule } = (await api.ask(UpdateTrustRuleDocument, { input })).updateTrustRule;
  ui.say(`Changed the trust rule "${trustRule.name}".`);
  ui.answer(trustRule);
}

/** `slipway trust delete`: also revokes the keys of the rule. */
export async function deleteTrustRule({ api, ui }: Session, name: string): Promise<void> {
  const trustRuleId = await ruleIdOf(api, name);
  ui.answer((await api.ask(DeleteTrustRuleDocument, { input: { trustRuleId } })).deleteTrustRule);
  ui.say(`Deleted the trust rule "${name}" and revoked its keys.`);
}

async function changesOf(api: Client, { claim, group, application, lifetime }: TrustOptions) {
  const userGroupIds = group && (await Promise.all(group.map((one) => groupIdOf(api, one))));
  const applicationIds = application && (await Promise.all(application.map((one) => applicationIdOf(api, one))));
  const claims = claim?.map((one) => {
    const [name, pattern] = split(one, '--claim', 'NAME=PATTERN');
    return { name, pattern };
  });
  return { claims, userGroupIds, applicationIds, lifetimeSeconds: lifetime };
}

async function groupIdOf(api: Client, name: string): Promise<string> {
  const { userGroups } = await api.ask(UserGroupsDocument);
  const found = userGroups.nodes.find((group) => group.name === name);
  if (found === undefined) throw new Failure(exit.refused, 'NOT_FOUND', `No user group is named "${name}".`);
  return found.id;
}

async function ruleIdOf(api: Client, name: string): Promise<string> {
  const { trustRules } = await api.ask(TrustRulesDocument);
  const found = trustRules.find((rule) => rule.name === name || rule.id === name);
  if (found === undefined) throw new Failure(exit.refused, 'NOT_FOUND', `No trust rule is named "${name}".`);
  return found.id;
}
