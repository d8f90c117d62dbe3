import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { newId } from '../kernel/ids';
import type { InputError } from '../kernel/errors';
import { type AccessActor, nameTaken, readEmail, readName, refuseErrors, requireGroups } from './accessInput';
import { requireAdministratorFor } from './administrators';
import { changeRights } from './changeRights';
import { readIds } from './permissionInput';
import type { User } from './user';
import { addMemberships, findUserByEmail, insertUser } from './users.store';

export interface CreateUser {
  readonly name: string;
  readonly email: string;
  readonly userGroupIds?: readonly string[] | null;
}

/** Makes a user who has not logged in yet: the first login with this address, as verified by the identity provider, becomes this user. */
export async function createUser(app: App, actor: AccessActor, input: CreateUser): Promise<User> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS');
  const errors: InputError[] = [];
  const name = readName(input.name, 'name', errors);
  const email = readEmail(input.email, 'email', errors);
  const groupIds = input.userGroupIds?.length ? readIds(input.userGroupIds, 'userGroupIds', errors) : [];
  refuseErrors(errors);
  requireAdministratorFor(actor.access, groupIds);
  return changeRights(app, async (db) => {
    await requireGroups(db, groupIds, 'userGroupIds');
    if ((await findUserByEmail(db, email)) !== undefined) throw nameTaken('user with the address', email);
    const now = app.clock.now();
    const user: User = {
      id: newId(),
      name,
      email,
      identityIssuer: null,
      identitySubject: null,
      claimsIssuedAt: null,
      createdAt: now,
      createdBy: actor.id,
      updatedAt: now,
      deletedAt: null,
    };
    await insertUser(db, user);
    await addMemberships(
      db,
      groupIds.map((groupId) => ({ userId: user.id, groupId, source: 'MANUAL' })),
      now,
    );
    auditDetail(db, { kind: 'user', id: user.id, name, after: { ...user, groupIds } });
    return user;
  });
}
