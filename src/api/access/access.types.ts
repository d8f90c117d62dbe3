import { apiKeyFields } from '../../access/apiKeys';
import { userGroupFields } from '../../access/userGroups';
import { userFields } from '../../access/users';
import { field, orNull } from '../../kernel/fields';
import { mutationPayload, objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const User = objectType(
  'User',
  'Person. People log in through the identity provider; Slipway stores no passwords.',
  userFields,
  { isNode: true },
);
export const UserConnection = ConnectionType(User, 'User');

export const UserGroup = objectType(
  'UserGroup',
  'Group of users and keys that grants them permissions.',
  userGroupFields,
  { isNode: true },
);
export const UserGroupConnection = ConnectionType(UserGroup, 'UserGroup');

export const ApiKeyDetails = objectType('ApiKeyDetails', 'API key, without its value.', apiKeyFields);

const warningMessage = orNull(
  field.text('Warning if nobody is left to decide waiting approvals. Null if there is nothing to report.'),
);

export const UserPayload = mutationPayload('UserPayload', 'User after the change.', {
  user: field.object(() => User, 'The user.'),
  warningMessage,
});
export const UserGroupPayload = mutationPayload('UserGroupPayload', 'User group after the change.', {
  userGroup: field.object(() => UserGroup, 'The user group.'),
  warningMessage,
});
export const ApiKeyPayload = mutationPayload('ApiKeyPayload', 'API key after the change.', {
  apiKey: field.object(() => ApiKeyDetails, 'The key.'),
  warningMessage,
});
export const DonePayload = mutationPayload('DonePayload', 'Result of a deletion.', { warningMessage });
