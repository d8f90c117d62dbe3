import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId } from '../kernel/ids';
import { type InputError, notFound } from '../kernel/errors';
import { type AccessActor, asUser, changesOf, readName, refuseErrors, requireGroups } from './accessInput';
import { requireAdministratorLeft } from './administrators';
import { changeRights } from './changeRights';
import { readIds } from './permissionInput';
import type { User } from './user';
import { ACCOUNT_ADMINISTRATOR } from './userGroup';
import { addMemberships, findMemberships, findUser, removeMemberships, renameUser } from './users.store';

export interface UpdateUser {
  readonly id: string;
  readonly name?: string | null;
  /** The groups that the user shall be in; those that come from the identity provider stay beside them. */
  readonly userGroupIds?: readonly string[] | null;
}

/** Changes what is given. The address stays: with another one somebody else's login would become this user. */
export async function updateUser(app: App, actor: AccessActor, input: UpdateUser): Promise<User> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUser(input.id));
  const errors: InputError[] = [];
  const name = typeof input.name === 'string' ? readName(input.name, 'name', errors) : undefined;
  const groupIds = input.userGroupIds?.length ? readIds(input.userGroupIds, 'userGroupIds', errors) : [];
  refuseErrors(errors);
  return changeRights(app, async (db) => {
    const user = isId(input.id) ? await findUser(db, input.id) : undefined;
    if (user === undefined) throw notFound('user', input.id);
    const now = app.clock.now();
    if (name !== undefined) await renameUser(db, user.id, name, now);
    if (input.userGroupIds) {
      await requireGroups(db, groupIds, 'userGroupIds');
      const manual = (await findMemberships(db, [user.id])).filter((one) => one.source === 'MANUAL');
      const { added, removed } = changesOf(
        actor.access,
        manual.map((one) => one.groupId),
        groupIds,
      );
      const membership = (groupId: string) => ({ userId: user.id, groupId, source: 'MANUAL' as const });
      await addMemberships(db, added.map(membership), now);
      await removeMemberships(db, removed.map(membership));
      if (removed.includes(ACCOUNT_ADMINISTRATOR)) await requireAdministratorLeft(db);
    }
    const after = (await findUser(db, user.id)) ?? user;
    auditDetail(db, { kind: 'user', id: user.id, name: user.name, before: user, after });
    return after;
  });
}
