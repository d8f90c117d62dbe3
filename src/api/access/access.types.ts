import { apiKeyFields } from '../../access/apiKeys';
import { userGroupFields } from '../../access/userGroups';
import { userFields } from '../../access/users';
import { field } from '../../kernel/fields';
import { mutationPayload, objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const User = objectType(
  'User',
  'Person. The identity provider knows how people log in; Slipway has no passwords.',
  userFields,
);
export const UserConnection = ConnectionType(User, 'User');

export const UserGroup = objectType('UserGroup', 'Source of the rights of people and keys.', userGroupFields);
export const UserGroupConnection = ConnectionType(UserGroup, 'UserGroup');

export const ApiKeyDetails = objectType('ApiKeyDetails', 'API key, without its value.', apiKeyFields);

export const UserPayload = mutationPayload('UserPayload', 'User after the change.', {
  user: field.object(() => User, 'The user.'),
});
export const UserGroupPayload = mutationPayload('UserGroupPayload', 'User group after the change.', {
  userGroup: field.object(() => UserGroup, 'The user group.'),
});
export const ApiKeyPayload = mutationPayload('ApiKeyPayload', 'API key after the change.', {
  apiKey: field.object(() => ApiKeyDetails, 'The key.'),
});
export const DonePayload = mutationPayload('DonePayload', 'Result of a deletion.', {});
