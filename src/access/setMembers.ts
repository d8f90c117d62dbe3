import type { Db } from '../kernel/database/database';
import type { InputError } from '../kernel/errors';
import { difference, refuseErrors } from './accessInput';
import { requireAdministratorLeft } from './administrators';
import { broken, readIds } from './permissionInput';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';
import { users } from './users';
import { addMemberships, findMembers, removeMemberships } from './users.store';

export function readMembers(given: readonly (string | null)[] | null | undefined, errors: InputError[]): string[] {
  return given?.length ? readIds(given, 'userIds', errors) : [];
}

/** Sets the members that were added by users. Members from the identity provider stay. */
export async function setMembers(db: Db, groupId: string, userIds: readonly string[], now: Date): Promise<void> {
  const before = (await findMembers(db, [groupId])).filter((one) => one.source === 'MANUAL').map((one) => one.userId);
  const { added, removed } = difference(before, userIds);
  const living = new Set((await users.findAll(db, 'row.id = ANY ($1::uuid[])', [added])).map((user) => user.id));
  refuseErrors(
    added
      .filter((id) => !living.has(id))
      .map((id) => broken('userIds', id, 'UNKNOWN', `there is no user with the id "${id}".`)),
  );
  const membership = (userId: string) => ({ userId, groupId, source: 'MANUAL' as const });
  await addMemberships(db, added.map(membership), now);
  await removeMemberships(db, removed.map(membership));
  if (groupId === ACCOUNT_ADMINISTRATOR && removed.length > 0) await requireAdministratorLeft(db);
}
