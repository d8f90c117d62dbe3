import { CreateApiKeyDocument, CreateUserGroupDocument, type Permissions } from '../../src/client/generated';
import type { TestClient } from './client';

/** May see the runs of all applications. */
export const READS_RUNS: Permissions = {
  appPermissions: [{ permissionType: 'DEPLOYMENT', actions: ['READ'], applications: { filterType: 'ALL' } }],
};

/** Runs, and what they are of. */
export const READS_ALL: Permissions = {
  appPermissions: (['DEPLOYMENT', 'PIPELINE', 'WORKFLOW', 'ENV', 'SERVICE'] as const).map((permissionType) => ({
    permissionType,
    actions: ['READ'],
    applications: { filterType: 'ALL' },
  })),
};

/** Returns the value of a key in a new group with these permissions; without any, its holder sees nothing. */
export async function createKey(
  client: TestClient,
  group: string,
  permissions: Permissions = {},
  name = group,
  ownerId: string | null = null,
): Promise<string> {
  const { createUserGroup } = await client.ask(CreateUserGroupDocument, { input: { name: group, permissions } });
  const input = { name, userGroupIds: [createUserGroup.userGroup.id], ownerId };
  return (await client.ask(CreateApiKeyDocument, { input })).createApiKey.value;
}
