import { column, references, table } from '../kernel/database/table';

/** Which groups a key acts with. */
export interface ApiKeyUserGroup {
  readonly apiKeyId: string;
  readonly groupId: string;
}

export const apiKeyUserGroupTable = table<ApiKeyUserGroup>('api_key_user_group', {
  columns: {
    apiKeyId: { ...column.uuid, primary: true },
    groupId: { ...column.uuid, primary: true },
  },
  foreignKeys: [
    references('api_key', 'apiKeyId', { cascade: true }),
    references('user_group', 'groupId', { cascade: true }),
  ],
  indices: [{ name: 'api_key_user_group_group', columns: ['groupId', 'apiKeyId'] }],
});
