import type { Db } from '../kernel/database/database';
import { Refusal } from '../kernel/errors';
import type { Access } from './access';
import { hasLastingAdministrator } from './administrators.store';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';

/**
 * Only administrators decide who is one; otherwise a caller who manages users, groups or keys could become one.
 *
 * At least one is left who will still be one tomorrow: a key that is neither narrowed nor expires, or a person who has
 * logged in and was added to the group by a user. The identity provider can remove its own memberships any time.
 */
export function requireAdministratorFor(access: Access, groupIds: Iterable<string>): void {
  if (new Set(groupIds).has(ACCOUNT_ADMINISTRATOR)) access.requireAdministrator('decide who is an administrator');
}

/** Checked after the change, in its transaction; `changeRights` lets only one run at a time. */
export async function requireAdministratorLeft(db: Db): Promise<void> {
  if (await hasLastingAdministrator(db)) return;
  throw new Refusal(
    'IN_USE',
    'This would remove the last administrator. Add another one first: a person who has logged in, or a key that does not expire.',
    { rule: 'LAST_ADMINISTRATOR', usedBy: [] },
  );
}
