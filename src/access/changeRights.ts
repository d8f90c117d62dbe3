import type { App } from './app';
import type { Transaction } from '../kernel/database/database';
import { raiseRightsVersion } from './rights.store';

/** Who shows something for longer than a request asks for its rights again at this wake-up. */
export const RIGHTS_CHANGED = 'rights';

/**
 * The transaction of every command that changes users, groups, members, permissions or keys. They follow one another:
 * each waits for the row with the version before it reads anything, so it sees what the ones before it did. Two
 * administrators can't remove each other at the same moment, and a name that was free stays free.
 */
export function changeRights<T>(app: App, work: (db: Transaction) => Promise<T>): Promise<T> {
  return app.database.transaction(async (db) => {
    await raiseRightsVersion(db);
    db.wake(RIGHTS_CHANGED);
    return work(db);
  });
}
