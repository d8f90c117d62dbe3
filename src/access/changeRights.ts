import type { App } from './app';
import type { Transaction } from '../kernel/database/database';
import { raiseRightsVersion } from './rights.store';

/** Anything that shows data for longer than a request checks its rights again at this wake-up. */
export const RIGHTS_CHANGED = 'rights';

/**
 * Transaction of every command that changes users, groups, members, permissions or keys. They run one after the other:
 * each locks the row with the version before it reads anything. Two administrators can’t remove each other at the same
 * moment, and a name that was free stays free.
 */
export function changeRights<T>(app: App, work: (db: Transaction) => Promise<T>): Promise<T> {
  return app.database.transaction(async (db) => {
    await raiseRightsVersion(db);
    db.wake(RIGHTS_CHANGED);
    return work(db);
  });
}
