import type { Transaction } from '../../kernel/database/database';
import { type InputError, notFound, Refusal } from '../../kernel/errors';
import { updateRows } from '../../kernel/database/table';
import { isId, newId } from '../../kernel/ids';
import { readName, refuseErrors, requireGroups } from '../accessInput';
import type { Actor } from '../actor';
import { readNarrowing } from '../apiKeyInput';
import type { App } from '../app';
import { auditDetail } from '../audit/auditDetail';
import { changeRights } from '../changeRights';
import { broken, readIds } from '../permissionInput';
import { claimNamesTenant, namesTenant } from './matchTrustRule';
import {
  type CreateTrustRule,
  LIFETIME,
  type TrustClaim,
  type TrustRule,
  trustRules,
  type UpdateTrustRule,
} from './trustRules';
import { deleteTrustRuleRow, findTrustRules, revokeKeysOfRule } from './trustRules.store';

const MOST_CLAIMS = 20;
const LONGEST = 500;

type Trusted = Omit<TrustRule, 'id' | 'createdAt' | 'createdBy' | 'updatedAt' | 'lastUsedAt'>;

const changeable = [
  ...(['name', 'issuer', 'audience', 'subject', 'claims', 'userGroupIds'] as const),
  ...(['applicationIds', 'lifetimeSeconds', 'enabled', 'updatedAt'] as const),
];

/** Trust rules by name. */
export function listTrustRules(app: App, actor: Actor): Promise<readonly TrustRule[]> {
  actor.access.requireAdministrator('list trust rules');
  return findTrustRules(app.database);
}

export async function createTrustRule(app: App, actor: Actor, input: CreateTrustRule): Promise<TrustRule> {
  actor.access.requireAdministrator('create trust rules');
  const given = await readRule(app, actor, {
    ...{ name: input.name, issuer: input.issuer, audience: input.audience, subject: input.subject },
    ...{ claims: input.claims ?? [], userGroupIds: input.userGroupIds, applicationIds: input.applicationIds ?? null },
    ...{ lifetimeSeconds: input.lifetimeSeconds ?? LIFETIME.default, enabled: input.enabled ?? true },
  });
  return changeRights(app, async (db) => {
    await requireFreeName(db, given.name);
    await requireGroups(db, given.userGroupIds, 'userGroupIds');
    const now = app.clock.now();
    const rule: TrustRule = {
      ...given,
      ...{ id: newId(), createdAt: now, createdBy: actor.id, updatedAt: now, lastUsedAt: null },
    };
    await trustRules.insert(db, [rule]);
    auditDetail(db, { kind: 'trustRule', id: rule.id, name: rule.name, after: rule });
    return rule;
  });
}

/** Changes the given fields. A change of who is trusted, or with which rights, revokes the keys of the rule. */
export async function updateTrustRule(app: App, actor: Actor, input: UpdateTrustRule): Promise<TrustRule> {
  actor.access.requireAdministrator('change trust rules');
  const { trustRuleId, ...changes } = input;
  const known = await requireRule(app.database, trustRuleId);
  const given = await readRule(app, actor, {
    ...{ name: changes.name ?? known.name, issuer: changes.issuer ?? known.issuer },
    ...{ audience: changes.audience ?? known.audience, subject: changes.subject ?? known.subject },
    ...{ claims: changes.claims ?? known.claims, userGroupIds: changes.userGroupIds ?? known.userGroupIds },
    applicationIds: changes.applicationIds === undefined ? known.applicationIds : changes.applicationIds,
    ...{ lifetimeSeconds: changes.lifetimeSeconds ?? known.lifetimeSeconds, enabled: changes.enabled ?? known.enabled },
  });
  return changeRights(app, async (db) => {
    const before = await requireRule(db, trustRuleId);
    if (before.updatedAt.getTime() !== known.updatedAt.getTime())
      throw new Refusal('CONFLICT', 'The trust rule was changed at the same time.');
    if (given.name !== before.name) await requireFreeName(db, given.name);
    await requireGroups(db, given.userGroupIds, 'userGroupIds');
    const now = app.clock.now();
    const after: TrustRule = { ...before, ...given, updatedAt: now };
    await updateRows(db, trustRules.schema, [{ before, after }], changeable);
    if (trustOf(before) !== trustOf(after)) await revokeKeysOfRule(db, before.id, now);
    auditDetail(db, { kind: 'trustRule', id: before.id, name: before.name, before, after });
    return after;
  });
}

/** Deletes a rule and revokes its keys. */
export async function deleteTrustRule(app: App, actor: Actor, id: string): Promise<void> {
  actor.access.requireAdministrator('delete trust rules');
  await changeRights(app, async (db) => {
    const before = await requireRule(db, id);
    // The deletion waits for exchanges that use the rule, so their keys are revoked, too.
    await deleteTrustRuleRow(db, before.id);
    await revokeKeysOfRule(db, before.id, app.clock.now());
    auditDetail(db, { kind: 'trustRule', id: before.id, name: before.name, before });
  });
}

/** Everything that decides who gets a key, and with which rights. */
const trustOf = ({ issuer, audience, subject, claims, userGroupIds, applicationIds, enabled }: TrustRule): string =>
  JSON.stringify([issuer, audience, subject, claims, [...userGroupIds].sort(), applicationIds, enabled]);

async function requireRule(db: App['database'] | Transaction, id: string): Promise<TrustRule> {
  const rule = isId(id) ? await trustRules.find(db, id) : undefined;
  if (rule === undefined) throw notFound('trust rule', id);
  return rule;
}

async function requireFreeName(db: Transaction, name: string): Promise<void> {
  const taken = await trustRules.findWhere(db, 'row.name = $1', [name]);
  if (taken !== undefined) throw new Refusal('NAME_TAKEN', `A trust rule is already named "${name}".`, { name });
}

async function readRule(app: App, actor: Actor, given: Trusted): Promise<Trusted> {
  const errors: InputError[] = [];
  const name = readName(given.name, 'name', errors);
  readIssuer(given.issuer, app.trustedIssuers.options.allowHttp, errors);
  for (const field of ['audience', 'subject'] as const) readText(given[field], field, errors);
  readClaims(given.claims, errors);
  if (!namesTenant(given.subject) && !given.claims.some(claimNamesTenant)) {
    const message =
      '"subject" is too broad: before its first "*" it must contain at least two complete parts, such as repo:octo-org/*, or a claim that names the tenant, such as repository_owner, must have a pattern without "*".';
    errors.push(broken('subject', given.subject, 'TOO_WIDE', message));
  }
  const { lifetimeSeconds } = given;
  if (lifetimeSeconds < LIFETIME.least || lifetimeSeconds > LIFETIME.most) {
    const message = `must be from ${LIFETIME.least} to ${LIFETIME.most} seconds.`;
    errors.push(broken('lifetimeSeconds', lifetimeSeconds, 'RANGE', message));
  }
  const userGroupIds = readIds(given.userGroupIds, 'userGroupIds', errors);
  const applicationIds = await readNarrowing(app, actor.access, given.applicationIds, errors);
  refuseErrors(errors);
  return { ...given, name, userGroupIds, applicationIds };
}

/** Without HTTPS, the keys of an issuer could be replaced in transit. */
function readIssuer(issuer: string, allowHttp: boolean, errors: InputError[]): void {
  const protocol = URL.canParse(issuer) ? new URL(issuer).protocol : '';
  if (issuer.length <= LONGEST && (protocol === 'https:' || (allowHttp && protocol === 'http:'))) return;
  const message = `must be a URL that begins with https://, of at most ${LONGEST} characters.`;
  errors.push(broken('issuer', issuer.slice(0, LONGEST), 'URL', message));
}

function readText(text: string, field: string, errors: InputError[]): void {
  if (text.trim() !== '' && text.length <= LONGEST) return;
  errors.push(broken(field, text.slice(0, LONGEST), 'LENGTH', `must have 1 to ${LONGEST} characters.`));
}

function readClaims(claims: readonly TrustClaim[], errors: InputError[]): void {
  if (claims.length > MOST_CLAIMS)
    errors.push(broken('claims', claims.length, 'RANGE', `must have at most ${MOST_CLAIMS} entries.`));
  for (const [index, { name, pattern }] of claims.entries()) {
    readText(name, `claims[${index}].name`, errors);
    readText(pattern, `claims[${index}].pattern`, errors);
  }
}
