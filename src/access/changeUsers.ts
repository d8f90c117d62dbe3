import type { Transaction } from '../kernel/database/database';
import { type InputError, notFound } from '../kernel/errors';
import { isId, newId } from '../kernel/ids';
import { asUser, difference, nameTaken, readEmail, readName, refuseErrors, requireGroups } from './accessInput';
import type { Actor } from './actor';
import { requireAdministratorFor, requireAdministratorLeft } from './administrators';
import { findApiKeysOfOwner, revokeApiKeys } from './apiKeys.store';
import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { changeRights } from './changeRights';
import { readIds } from './permissionInput';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';
import { type CreateUser, type UpdateUser, type User, users } from './users';
import {
  addMemberships,
  deleteMembershipsOfUser,
  findMemberships,
  findUserByEmail,
  removeMemberships,
} from './users.store';

const manual = (userId: string) => (groupId: string) => ({ userId, groupId, source: 'MANUAL' as const });

/**
 * Creates a user who has not logged in yet. The first login with the address, once verified by the identity provider,
 * takes over this user.
 */
export async function createUser(app: App, actor: Actor, input: CreateUser): Promise<User> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS');
  const errors: InputError[] = [];
  const name = readName(input.name, 'name', errors);
  const email = readEmail(input.email, errors);
  const groupIds = input.userGroupIds?.length ? readIds(input.userGroupIds, 'userGroupIds', errors) : [];
  refuseErrors(errors);
  requireAdministratorFor(actor.access, groupIds);
  return changeRights(app, async (db) => {
    await requireGroups(db, groupIds, 'userGroupIds');
    if ((await findUserByEmail(db, email)) !== undefined) throw nameTaken('user with the address', email);
    const user = newUserRow(app, { name, email, createdBy: actor.id });
    await users.insert(db, [user]);
    await addMemberships(db, groupIds.map(manual(user.id)), user.createdAt);
    auditDetail(db, { kind: 'user', id: user.id, name, after: { ...user, groupIds } });
    return user;
  });
}

export const newUserRow = (
  app: App,
  given: Pick<User, 'name' | 'email' | 'createdBy'> & Partial<Pick<User, 'identityIssuer' | 'identitySubject'>>,
): User => ({
  id: newId(),
  identityIssuer: null,
  identitySubject: null,
  claimsIssuedAt: null,
  createdAt: app.clock.now(),
  updatedAt: app.clock.now(),
  deletedAt: null,
  ...given,
});

export async function updateUser(app: App, actor: Actor, input: UpdateUser): Promise<User> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUser(input.id));
  const errors: InputError[] = [];
  const name = typeof input.name === 'string' ? readName(input.name, 'name', errors) : undefined;
  const groupIds = input.userGroupIds?.length ? readIds(input.userGroupIds, 'userGroupIds', errors) : [];
  refuseErrors(errors);
  return onUser(app, input.id, async (db, user) => {
    const now = app.clock.now();
    if (name !== undefined) await users.update(db, user.id, { name, updatedAt: now });
    if (input.userGroupIds) {
      await requireGroups(db, groupIds, 'userGroupIds');
      const memberships = (await findMemberships(db, [user.id])).filter((one) => one.source === 'MANUAL');
      const before = memberships.map((one) => one.groupId);
      const { added, removed } = difference(before, groupIds);
      requireAdministratorFor(actor.access, [...added, ...removed]);
      await addMemberships(db, added.map(manual(user.id)), now);
      await removeMemberships(db, removed.map(manual(user.id)));
      if (removed.includes(ACCOUNT_ADMINISTRATOR)) await requireAdministratorLeft(db);
    }
    const after = (await users.find(db, user.id)) ?? user;
    auditDetail(db, { kind: 'user', id: user.id, name: user.name, before: user, after });
    return after;
  });
}

/**
 * Deletes a user and revokes the user’s keys. The row stays, so history keeps a name and a token does not recreate the
 * user.
 */
export async function deleteUser(app: App, actor: Actor, { id }: { readonly id: string }): Promise<void> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUser(id));
  await onUser(app, id, async (db, user) => {
    const keys = await findApiKeysOfOwner(db, user.id);
    const memberships = await findMemberships(db, [user.id]);
    const groupIds = new Set([...memberships.map((one) => one.groupId), ...keys.flatMap((key) => key.groupIds)]);
    requireAdministratorFor(actor.access, groupIds);
    const now = app.clock.now();
    await deleteMembershipsOfUser(db, user.id);
    await users.update(db, user.id, { deletedAt: now, updatedAt: now });
    const keyIds = keys.map((key) => key.id);
    await revokeApiKeys(db, keyIds, now);
    auditDetail(db, { kind: 'user', id: user.id, name: user.name, before: { ...user, groupIds: [...groupIds] } });
    if (groupIds.has(ACCOUNT_ADMINISTRATOR)) await requireAdministratorLeft(db);
  });
}

function onUser<T>(app: App, id: string, work: (db: Transaction, user: User) => Promise<T>): Promise<T> {
  return changeRights(app, async (db) => {
    const user = isId(id) ? await users.find(db, id) : undefined;
    if (user === undefined) throw notFound('user', id);
    return work(db, user);
  });
}
