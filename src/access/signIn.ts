import type { App } from './app';
import type { Db } from '../kernel/database/database';
import { Refusal } from '../kernel/errors';
import type { Principal } from './access';
import { difference } from './accessInput';
import { changeRights } from './changeRights';
import { newUserRow } from './changeUsers';
import type { Identity } from './identityProvider';
import {
  findUserPrincipal,
  findUserPrincipalByIdentity,
  type UserPrincipalRow,
  userPrincipal,
} from './principals.store';
import { users } from './users';
import { findUserGroupsByName } from './userGroups.store';
import {
  addMemberships,
  findMemberships,
  findUserByEmail,
  noteClaims,
  removeMemberships,
  wasDeleted,
} from './users.store';

/**
 * User of a verified token. The first login creates the user, or takes over the one that was created for this address.
 * Later logins are recognized by the subject alone, even with another address. Costs one statement if the token says
 * nothing new.
 */
export async function signIn(app: App, identity: Identity): Promise<Principal> {
  const { issuer, subject } = identity;
  const known = (await findUserPrincipalByIdentity(app.database, issuer, subject)) ?? (await firstLogin(app, identity));
  const user = await takeOverGroups(app, known, identity);
  return { ...userPrincipal(user), expiresAt: identity.expiresAt };
}

async function firstLogin(app: App, identity: Identity): Promise<UserPrincipalRow> {
  const { issuer, subject, email } = identity;
  // An unverified address may belong to another person: it must neither open that person’s user nor take its place.
  if (email === null) throw refused('the token holds no e-mail address that the identity provider has verified.');
  return changeRights(app, async (db) => {
    // Two requests of one person may get here at the same time; this is the second.
    const meanwhile = await findUserPrincipalByIdentity(db, issuer, subject);
    if (meanwhile !== undefined) return meanwhile;
    const id = await userFor(app, db, identity, email);
    const user = await findUserPrincipal(db, id);
    if (user === undefined) throw new Error(`user ${id} disappeared while it was being created`);
    return user;
  });
}

async function userFor(app: App, db: Db, identity: Identity, email: string): Promise<string> {
  const { issuer, subject } = identity;
  const invited = await findUserByEmail(db, email);
  if (invited !== undefined) {
    // An address may be given to a new person when its owner leaves. The user belongs to the first login. A row of
    // another issuer dates from an earlier configuration; its people log in again, with other subjects.
    if (invited.identityIssuer === issuer) throw refused('another identity has used its e-mail address before.');
    const link = { identityIssuer: issuer, identitySubject: subject, claimsIssuedAt: null };
    await users.update(db, invited.id, { ...link, updatedAt: app.clock.now() });
    return invited.id;
  }
  if (await wasDeleted(db, { issuer, subject, email })) throw refused('the user was deleted.');
  const name = (identity.name ?? email).slice(0, 100);
  const user = newUserRow(app, { name, email, createdBy: null, identityIssuer: issuer, identitySubject: subject });
  await users.insert(db, [user]);
  return user.id;
}

/**
 * Sets the memberships from the identity provider to those of the newest token. An older token that is still valid
 * changes nothing, so a removal from a group counts from the first newer token on. Groups that Slipway does not have
 * are ignored.
 */
async function takeOverGroups(app: App, user: UserPrincipalRow, identity: Identity): Promise<UserPrincipalRow> {
  const { groups, issuedAt } = identity;
  if (groups === null || (user.claimsIssuedAt !== null && user.claimsIssuedAt >= issuedAt)) return user;
  const changes = await groupChanges(app.database, user.id, groups);
  if (changes.added.length + changes.removed.length === 0) {
    await noteClaims(app.database, user.id, issuedAt);
    return user;
  }
  return changeRights(app, async (db) => {
    if (await noteClaims(db, user.id, issuedAt)) {
      const { added, removed } = await groupChanges(db, user.id, groups);
      const membership = (groupId: string) => ({ userId: user.id, groupId, source: 'IDENTITY_PROVIDER' as const });
      await addMemberships(db, added.map(membership), app.clock.now());
      await removeMemberships(db, removed.map(membership));
    }
    const changed = await findUserPrincipal(db, user.id);
    if (changed === undefined) throw refused('the user was deleted.');
    return changed;
  });
}

async function groupChanges(db: Db, userId: string, names: readonly string[]) {
  const wanted = (await findUserGroupsByName(db, names)).map((group) => group.id);
  const memberships = await findMemberships(db, [userId]);
  const before = memberships.filter((one) => one.source === 'IDENTITY_PROVIDER').map((one) => one.groupId);
  return difference(before, wanted);
}

const refused = (why: string): Refusal => new Refusal('UNAUTHENTICATED', `This token does not identify a user: ${why}`);
