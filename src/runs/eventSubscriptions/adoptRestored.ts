import type { Database } from '../../kernel/database/database';
import { adoptRestoredEvents } from '../events/eventLog.store';
import { adoptDeliveries, adoptPositions, findOldestPosition } from './adoptRestored.store';

/**
 * Makes the log of a database that was restored from a dump or a backup readable here, and lets each subscription continue
 * where it was: what it had not delivered yet comes after its position. Returns the number of events.
 */
export function adoptRestored(database: Database): Promise<number> {
  return database.transaction(async (db) => {
    const adopted = await adoptRestoredEvents(db, await findOldestPosition(db));
    await adoptPositions(db);
    // No index finds them: every other start would read all deliveries.
    if (adopted > 0) await adoptDeliveries(db);
    return adopted;
  });
}
