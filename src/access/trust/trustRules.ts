import { NamedRows } from '../../kernel/database/namedRows';
import { tableOf } from '../../kernel/database/table';
import { field, listOf, optional, orNull, type ShapeOf } from '../../kernel/fields';

/** Condition on a claim of a token. */
export interface TrustClaim {
  readonly name: string;
  readonly pattern: string;
}

/** Rule that lets the jobs of a CI system exchange their tokens for short-lived API keys. */
export const trustRuleFields = {
  id: field.id('ID.'),
  name: field.text('Name, unique. The keys of the rule are named after it.'),
  issuer: field.text(
    'Exact `iss` of the tokens. The server finds the keys of the issuer through OpenID Connect discovery.',
  ),
  audience: field.text('Required value of the tokens’ `aud`, such as the URL of this server.'),
  subject: field.text('Pattern for the tokens’ `sub`. `*` matches any text.'),
  /** A list of `TrustClaim`; the API describes it. */
  claims: field.json(),
  userGroupIds: listOf(field.uuid('User groups that the keys act with.')),
  applicationIds: orNull(listOf(field.uuid('Applications that the keys are restricted to. Null: all.'))),
  lifetimeSeconds: field.integer('Lifetime of the keys in seconds.'),
  enabled: field.boolean('False if the rule is turned off.'),
  createdAt: field.time('Time of creation.'),
  createdBy: orNull(field.key()),
  updatedAt: field.time('Time of the last change.'),
  lastUsedAt: orNull(field.time('Time of the last exchange. Null if there was none.')),
};
export type TrustRule = Omit<ShapeOf<typeof trustRuleFields>, 'claims'> & { readonly claims: readonly TrustClaim[] };

export const trustRules = new NamedRows<TrustRule>(
  tableOf('trust_rule', trustRuleFields, {
    uniques: [{ name: 'trust_rule_name', columns: ['name'] }],
    indices: [{ name: 'trust_rule_issuer', columns: ['issuer'] }],
  }) as ConstructorParameters<typeof NamedRows<TrustRule>>[0],
  'trustRules',
  'TRUE',
);

export const LIFETIME = { least: 60, most: 86_400, default: 3_600 } as const;

/** Inputs of the commands; the API adds `claims`. */
export const newTrustRule = {
  name: field.text('Name, unique, 1 to 100 characters.'),
  issuer: field.text(
    'Issuer of the tokens, such as `https://token.actions.githubusercontent.com` or the URL of a GitLab server. Must begin with https://.',
  ),
  audience: field.text('Required value of the tokens’ `aud`, such as the URL of this server. 1 to 500 characters.'),
  subject: field.text(
    'Pattern for the tokens’ `sub`, such as `repo:octo-org/shop:ref:refs/heads/main`. `*` matches any text. Before the first `*`, ' +
      'the pattern must contain at least two complete parts, such as `repo:octo-org/*`, unless a claim that names the tenant, such as `repository_owner`, has a pattern without `*`.',
  ),
  userGroupIds: listOf(field.uuid('User groups that the keys act with. At least one.')),
  applicationIds: optional(listOf(field.uuid('Applications to restrict the keys to. Null, the default: all.'))),
  lifetimeSeconds: optional(field.integer('Lifetime of the keys in seconds, 60 to 86,400. Defaults to 3,600.')),
  enabled: optional(field.boolean('False to create the rule turned off. Defaults to true.')),
};
export type CreateTrustRule = ShapeOf<typeof newTrustRule> & {
  readonly claims?: readonly TrustClaim[] | null | undefined;
};

/** Undefined leaves the value unchanged. */
export const trustRuleChanges = {
  trustRuleId: field.uuid('Rule to change.'),
  name: optional(newTrustRule.name),
  issuer: optional(newTrustRule.issuer),
  audience: optional(newTrustRule.audience),
  subject: optional(newTrustRule.subject),
  userGroupIds: optional(newTrustRule.userGroupIds),
  applicationIds: newTrustRule.applicationIds,
  lifetimeSeconds: newTrustRule.lifetimeSeconds,
  enabled: optional(field.boolean('False to turn the rule off.')),
};
export type UpdateTrustRule = ShapeOf<typeof trustRuleChanges> & {
  readonly claims?: readonly TrustClaim[] | null | undefined;
};
