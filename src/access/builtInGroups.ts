import type { App } from './app';
import { newId } from '../kernel/ids';
import { everyAppPermission } from './ability';
import { changeRights } from './changeRights';
import {
  type AppGrant,
  type AppPermissionType,
  accountPermissionTypes,
  type EnvironmentClass,
  entityActions,
  type Permissions,
} from './permission';
import { ACCOUNT_ADMINISTRATOR, NON_PRODUCTION_SUPPORT, PRODUCTION_SUPPORT, userGroups } from './userGroups';
import { insertPermissions } from './userGroups.store';

interface BuiltInGroup extends Permissions {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

const everywhere = (
  permissionType: AppPermissionType,
  actions: AppGrant['actions'],
  environmentTypes: readonly EnvironmentClass[] = [],
): AppGrant => ({
  permissionType,
  actions,
  applicationScope: 'ALL',
  applicationIds: [],
  environmentScope: environmentTypes.length > 0 ? 'TYPES' : 'ALL',
  environmentIds: [],
  environmentTypes,
});

/** Everything about the environments of a type, and about everything that deploys to them. */
const support = (type: EnvironmentClass): readonly AppGrant[] => [
  everywhere('SERVICE', entityActions),
  everywhere('ENV', entityActions, [type]),
  everywhere('PIPELINE', entityActions, [type]),
  everywhere('DEPLOYMENT', ['READ', 'EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW'], [type]),
];

export const builtInGroups: readonly BuiltInGroup[] = [
  {
    id: ACCOUNT_ADMINISTRATOR,
    name: 'Account Administrator',
    description: 'May do everything. There is always at least one member or key.',
    // For display only: an administrator needs no permission.
    accountPermissions: accountPermissionTypes,
    appPermissions: [everyAppPermission],
  },
  {
    id: PRODUCTION_SUPPORT,
    name: 'Production Support',
    description: 'Everything about production environments, and what deploys to them, in all applications.',
    accountPermissions: [],
    // A template may be aimed at production: its author decides what runs there.
    appPermissions: [...support('PROD'), everywhere('WORKFLOW', entityActions, ['PROD', 'TEMPLATE'])],
  },
  {
    id: NON_PRODUCTION_SUPPORT,
    name: 'Non-Production Support',
    description:
      'Everything about environments that are not production, and what deploys to them, in all applications.',
    accountPermissions: [],
    appPermissions: [
      ...support('NON_PROD'),
      everywhere('WORKFLOW', entityActions, ['NON_PROD']),
      everywhere('WORKFLOW', ['READ'], ['TEMPLATE']),
    ],
  },
];

/** Creates the built-in groups. Later changes to them are kept. */
export async function ensureBuiltInGroups(app: App): Promise<void> {
  const ids = builtInGroups.map((group) => group.id);
  if ((await userGroups.findWithDeleted(app.database, ids)).length === builtInGroups.length) return;
  await changeRights(app, async (db) => {
    const now = app.clock.now();
    for (const { appPermissions, ...group } of builtInGroups) {
      const row = { ...group, system: true, version: 1, createdAt: now, createdBy: null, updatedAt: now };
      if ((await userGroups.find(db, group.id)) !== undefined) continue;
      await userGroups.insert(db, [row]);
      await insertPermissions(
        db,
        appPermissions.map((grant) => ({ ...grant, id: newId(), groupId: group.id })),
      );
    }
  });
}
