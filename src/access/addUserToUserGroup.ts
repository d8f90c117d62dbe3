import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId } from '../kernel/ids';
import { notFound } from '../kernel/errors';
import { type AccessActor, asUserGroup } from './accessInput';
import { changeRights } from './changeRights';
import { findGroupToChange } from './changeUserGroup';
import type { UserGroupWithPermissions } from './userGroup';
import { addMemberships, findUser } from './users.store';

export interface GroupMember {
  readonly userGroupId: string;
  readonly userId: string;
}

/** Puts a user into a group; who is in it already stays in it. */
export async function addUserToUserGroup(
  app: App,
  actor: AccessActor,
  input: GroupMember,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    const user = isId(input.userId) ? await findUser(db, input.userId) : undefined;
    if (user === undefined) throw notFound('user', input.userId);
    await addMemberships(db, [{ userId: user.id, groupId: group.id, source: 'MANUAL' }], app.clock.now());
    auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name });
    return group;
  });
}
