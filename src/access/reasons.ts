import { Access } from './access';
import type { AccountPermissionType, AppPermission } from './permission';
import { Rights } from './rights';
import { ACCOUNT_ADMINISTRATOR, type UserGroupWithPermissions } from './userGroups';

/** Permission of a group that allows something on its own. Administrators need none, so both are null for them. */
export interface Reason {
  readonly group: UserGroupWithPermissions;
  readonly accountPermission: AccountPermissionType | null;
  readonly appPermission: AppPermission | null;
}

/** Every permission of the groups that alone allows what is asked about, by the rules that decide requests. */
export function reasonsFor(groups: readonly UserGroupWithPermissions[], allows: (access: Access) => boolean): Reason[] {
  const withOnly = (group: UserGroupWithPermissions, own: Partial<UserGroupWithPermissions>) =>
    allows(
      new Access(new Rights([{ ...group, accountPermissions: [], appPermissions: [], ...own }], false, null), null),
    );
  return groups.flatMap((group): Reason[] => {
    if (group.id === ACCOUNT_ADMINISTRATOR) return [{ group, accountPermission: null, appPermission: null }];
    const ofAccount = group.accountPermissions.filter((one) => withOnly(group, { accountPermissions: [one] }));
    const ofApplications = group.appPermissions.filter((one) => withOnly(group, { appPermissions: [one] }));
    return [
      ...ofAccount.map((accountPermission) => ({ group, accountPermission, appPermission: null })),
      ...ofApplications.map((appPermission) => ({ group, accountPermission: null, appPermission })),
    ];
  });
}
