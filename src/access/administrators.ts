import type { Db } from '../kernel/database/database';
import { Refusal } from '../kernel/errors';
import type { Access } from './access';
import { hasLastingAdministrator } from './administrators.store';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';

/**
 * Two rules about administrators.
 *
 * Only administrators decide who is one. Who manages users, groups or keys could otherwise make itself one.
 *
 * At least one is left who will still be one tomorrow: a key that is neither narrowed nor expires, or a person who has
 * logged in before and whom somebody put into the group. A key that expires does not count, or the last administrator
 * could disappear overnight. Nor does a membership that a token brought: the identity provider takes it away without
 * asking.
 */
export function requireAdministratorFor(access: Access, groupIds: Iterable<string>): void {
  if (new Set(groupIds).has(ACCOUNT_ADMINISTRATOR)) access.requireAdministrator('decide who is an administrator');
}

/** Asked after the change, in its transaction, which `changeRights` made the only one. */
export async function requireAdministratorLeft(db: Db): Promise<void> {
  if (await hasLastingAdministrator(db)) return;
  throw new Refusal(
    'IN_USE',
    'This would remove the last administrator. Add another one first: a person who has logged in, or a key that does not expire.',
    { rule: 'LAST_ADMINISTRATOR', usedBy: [] },
  );
}
