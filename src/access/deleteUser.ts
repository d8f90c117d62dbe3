import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId } from '../kernel/ids';
import { notFound } from '../kernel/errors';
import { type AccessActor, asUser } from './accessInput';
import { requireAdministratorFor, requireAdministratorLeft } from './administrators';
import { findApiKeysOfOwner, revokeApiKeys } from './apiKeyRights.store';
import { changeRights } from './changeRights';
import { ACCOUNT_ADMINISTRATOR } from './userGroup';
import { findMemberships, findUser, markUserDeleted } from './users.store';

/**
 * Deletes a user and revokes the user's keys: whoever leaves must not go on through a key. The row stays, so that what the person did still has
 * a name, and a token of the person does not make a new user.
 */
export async function deleteUser(app: App, actor: AccessActor, input: { readonly id: string }): Promise<void> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUser(input.id));
  await changeRights(app, async (db) => {
    const user = isId(input.id) ? await findUser(db, input.id) : undefined;
    if (user === undefined) throw notFound('user', input.id);
    const keys = await findApiKeysOfOwner(db, user.id);
    const memberships = await findMemberships(db, [user.id]);
    const groupIds = new Set([...memberships.map((one) => one.groupId), ...keys.flatMap((key) => key.groupIds)]);
    requireAdministratorFor(actor.access, groupIds);
    const now = app.clock.now();
    await markUserDeleted(db, user.id, now);
    auditDetail(db, { kind: 'user', id: user.id, name: user.name, before: { ...user, groupIds: [...groupIds] } });
    await revokeApiKeys(
      db,
      keys.map((key) => key.id),
      now,
    );
    if (groupIds.has(ACCOUNT_ADMINISTRATOR)) await requireAdministratorLeft(db);
  });
}
