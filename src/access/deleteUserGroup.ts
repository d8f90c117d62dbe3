import type { App } from '../app';
import { auditDetail } from '../audit/auditDetail';
import { invalidInput } from '../refusal';
import { type AccessActor, asUserGroup } from './accessInput';
import { changeRights } from './changeRights';
import { findGroupToChange } from './changeUserGroup';
import { broken } from './permissionInput';
import { deleteUserGroupRow } from './userGroups.store';

/** Deletes a group. Its members and its keys stay, without what they had through it. */
export async function deleteUserGroup(
  app: App,
  actor: AccessActor,
  input: { readonly userGroupId: string },
): Promise<void> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  await changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    if (group.system) {
      const message = `"${group.name}" is built in and can’t be deleted.`;
      throw invalidInput([broken('userGroupId', input.userGroupId, 'SYSTEM_GROUP', message)]);
    }
    await deleteUserGroupRow(db, group.id);
    auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name, before: group });
  });
}
