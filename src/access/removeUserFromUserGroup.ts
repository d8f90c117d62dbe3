import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId } from '../kernel/ids';
import { invalidInput, notFound } from '../kernel/errors';
import { type AccessActor, asUserGroup } from './accessInput';
import type { GroupMember } from './addUserToUserGroup';
import { requireAdministratorLeft } from './administrators';
import { changeRights } from './changeRights';
import { findGroupToChange } from './changeUserGroup';
import { broken } from './permissionInput';
import { ACCOUNT_ADMINISTRATOR, type UserGroupWithPermissions } from './userGroup';
import { findMemberships, findUser, removeMemberships } from './users.store';

/** Takes a user out of a group; who is not in it stays out. A membership from the identity provider can only be ended there. */
export async function removeUserFromUserGroup(
  app: App,
  actor: AccessActor,
  input: GroupMember,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    const user = isId(input.userId) ? await findUser(db, input.userId) : undefined;
    if (user === undefined) throw notFound('user', input.userId);
    const memberships = (await findMemberships(db, [user.id])).filter((one) => one.groupId === group.id);
    if (memberships.some((one) => one.source === 'IDENTITY_PROVIDER')) {
      // Half of it would look like success, and the user would still be a member.
      const message = `${user.name} is a member by the identity provider’s word; the membership has to end there.`;
      throw invalidInput([broken('userId', input.userId, 'IDENTITY_PROVIDER', message)]);
    }
    await removeMemberships(db, memberships);
    if (group.id === ACCOUNT_ADMINISTRATOR && memberships.length > 0) await requireAdministratorLeft(db);
    auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name });
    return group;
  });
}
