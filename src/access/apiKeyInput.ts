import type { App } from './app';
import { hashSecret, newSecret } from '../kernel/ids';
import { type InputError, Refusal } from '../kernel/errors';
import type { Access } from './access';
import { requireAdministratorFor } from './administrators';
import type { ApiKey } from './apiKeys';
import { broken, readIds } from './permissionInput';
import { findNameable } from './userGroups.store';

/**
 * New key of a program (`swk`) or of a session in the console (`sws`): its value, which is returned once, and the parts
 * that are stored. The prefix is public and finds the row.
 */
export function newKeyValue(kind: 'swk' | 'sws'): { value: string; prefix: string; secretHash: string } {
  const prefix = newSecret().replace(/[-_]/g, '').slice(0, 12).padEnd(12, '0');
  const value = `${kind}_${prefix}_${newSecret()}`;
  return { value, prefix, secretHash: hashSecret(value) };
}

/**
 * Public part of a key, which finds its row. Generated keys contain it; a key that an administrator chose is found by
 * the beginning of its hash.
 */
export const prefixOf = (key: string): string =>
  /^swk_([A-Za-z0-9]{12})_/.exec(key)?.[1] ?? hashSecret(key).slice(0, 24);

/**
 * A key never grants more than its maker has: a caller who manages keys may give them its own groups, and one who
 * manages users and groups may give any, because it could join them. Checked for all groups that the key then has, even
 * if only its expiry changes: the holder of a narrowed key must not widen it.
 */
export function requireGiveable(access: Access, groupIds: readonly string[]): void {
  requireAdministratorFor(access, groupIds);
  if (access.canInAccount('MANAGE_USERS_AND_GROUPS')) return;
  const foreign = groupIds.filter((id) => !access.hasGroup(id));
  if (foreign.length === 0) return;
  const missing = `membership of user group${foreign.length === 1 ? '' : 's'} ${foreign.join(', ')}`;
  throw new Refusal('FORBIDDEN', `You can give a key only the groups that you belong to: ${missing} is missing.`, {
    userGroupIds: foreign,
    missing,
  });
}

export function readExpiry(app: App, access: Access, expiresAt: Date | null, errors: InputError[]): Date | null {
  if (expiresAt !== null && !(expiresAt > app.clock.now())) {
    errors.push(broken('expiresAt', expiresAt, 'FUTURE', 'must be in the future.'));
  }
  // Otherwise a key that expires could create one that does not.
  const own = access.principal?.kind === 'API_KEY' ? access.principal.expiresAt : null;
  if (own !== null && (expiresAt === null || expiresAt > own)) {
    const message = `must not be later than the expiration of your own key, ${own.toISOString()}.`;
    errors.push(broken('expiresAt', expiresAt, 'OUTLIVES_MAKER', message));
  }
  return expiresAt;
}

/**
 * Applications that a key is narrowed to. One that the caller can’t see gets the same error as one that does not exist.
 */
export async function readNarrowing(
  app: App,
  access: Access,
  applicationIds: readonly (string | null)[] | null,
  errors: InputError[],
): Promise<readonly string[] | null> {
  if (applicationIds === null) return null;
  const broke = errors.length;
  const ids = readIds(applicationIds, 'applicationIds', errors);
  if (errors.length > broke) return ids;
  const { applications } = await findNameable(app.database, ids, []);
  for (const id of ids) {
    if (applications.has(id) && access.can('READ', 'Application', { id })) continue;
    errors.push(broken('applicationIds', id, 'UNKNOWN', `there is no application with the id "${id}".`));
  }
  return ids;
}

export const sameRights = (a: ApiKey, b: ApiKey): boolean =>
  a.expiresAt?.getTime() === b.expiresAt?.getTime() &&
  (a.applicationIds === null) === (b.applicationIds === null) &&
  [...(a.applicationIds ?? [])].sort().join() === [...(b.applicationIds ?? [])].sort().join() &&
  [...a.groupIds].sort().join() === [...b.groupIds].sort().join();
