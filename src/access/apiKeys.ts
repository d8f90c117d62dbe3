import { column, references, tableOf } from '../kernel/database/table';
import { field, listOf, optional, orNull, type ShapeOf } from '../kernel/fields';

/** Key for people and scripts. Its rights come from its groups. */
export const apiKeyFields = {
  id: field.id('ID.'),
  name: field.text('Purpose of the key.'),
  prefix: field.text('Public part of its value.'),
  /** Owner of the key; null for a program. */
  ownerId: orNull(field.uuid()),
  groupIds: listOf(field.uuid('User groups that it acts with.')),
  applicationIds: orNull(listOf(field.uuid('Applications that it is restricted to. Null if it is not restricted.'))),
  createdAt: field.time('Time of creation.'),
  createdBy: orNull(field.key()),
  expiresAt: orNull(field.time('Expiration time. Null if it never expires.')),
  lastUsedAt: orNull(field.time('Time of its last use, to the minute.')),
  revokedAt: orNull(field.time('Time at which it was revoked.')),
  trustRuleId: orNull(field.uuid('Trust rule that issued it to a CI job. Null for a key that a person created.')),
};
export type ApiKey = ShapeOf<typeof apiKeyFields>;

const { groupIds: _, ...columns } = apiKeyFields;

/** Only the hash of a key is stored. */
export const apiKeyTable = tableOf(
  'api_key',
  { ...columns, secretHash: field.text() },
  {
    foreignKeys: [references('user_account', 'ownerId')],
    uniques: [{ name: 'api_key_prefix', columns: ['prefix'] }],
    indices: [
      { name: 'api_key_owner', columns: ['ownerId'], where: 'owner_id IS NOT NULL' },
      { name: 'api_key_trust_rule', columns: ['trustRuleId', 'expiresAt'], where: 'trust_rule_id IS NOT NULL' },
    ],
  },
);

const member = () => ({ ...field.uuid(), column: { ...column.uuid, primary: true } });

export const apiKeyUserGroupTable = tableOf(
  'api_key_user_group',
  { apiKeyId: member(), groupId: member() },
  {
    foreignKeys: [
      references('api_key', 'apiKeyId', { cascade: true }),
      references('user_group', 'groupId', { cascade: true }),
    ],
    indices: [{ name: 'api_key_user_group_group', columns: ['groupId', 'apiKeyId'] }],
  },
);

export const newApiKey = {
  name: field.text('Purpose of the key, 1 to 100 characters.'),
  userGroupIds: listOf(field.uuid('User groups that it acts with.')),
  expiresAt: optional(field.time('Expiration time. Null, the default: it never expires.')),
  applicationIds: optional(
    listOf(field.uuid('Applications that it is restricted to. It gets no rights elsewhere, and none in the account.')),
  ),
  ownerId: optional(
    field.uuid(
      'Owner of the key; null for a program’s key. Defaults to the caller’s own user. Only administrators can choose another owner.',
    ),
  ),
};
export type CreateApiKey = ShapeOf<typeof newApiKey>;

/** Undefined leaves the value unchanged. */
export const apiKeyChanges = {
  id: field.uuid('Key to change.'),
  name: optional(field.text('New purpose, 1 to 100 characters.')),
  userGroupIds: optional(listOf(field.uuid('Complete list of user groups, replacing the previous one.'))),
  expiresAt: optional(field.time('New expiration time. Null: it never expires.')),
  applicationIds: optional(listOf(field.uuid('Applications to restrict it to. Null removes the restriction.'))),
};
export type UpdateApiKey = ShapeOf<typeof apiKeyChanges>;
