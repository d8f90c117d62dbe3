import type { App } from './app';
import { refuseIfUsed } from './inUse';
import { auditDetail } from './audit/auditDetail';
import type { Db } from '../kernel/database/database';
import { invalidInput } from '../kernel/errors';
import type { Access } from './access';
import { type AccessActor, asUserGroup } from './accessInput';
import { changeRights } from './changeRights';
import { findGroupToChange } from './changeUserGroup';
import { broken } from './permissionInput';
import { deleteUserGroupRow, findApprovedPipelines } from './userGroups.store';

/** Deletes a group, unless approvals of pipelines name it: nobody could give them any more. Its members and its keys stay, without what they had through it. */
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
    await refuseApprovers(db, actor.access, group.name);
    await deleteUserGroupRow(db, group.id);
    auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name, before: group });
  });
}

/** For a group that would no longer be there under this name. */
export async function refuseApprovers(db: Db, access: Access, groupName: string): Promise<void> {
  const seenOf = (parameters: unknown[]) => access.condition('READ', 'Pipeline', 'pipeline', parameters);
  const users = await findApprovedPipelines(db, groupName, seenOf);
  const told = users.filter(({ seen }) => seen).map(({ id, name }) => ({ kind: 'PIPELINE', id, name }));
  refuseIfUsed('user group', groupName, told, users.length - told.length);
}
