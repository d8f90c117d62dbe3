import { Initial1795258079416 } from './1795258079416-Initial';
import { StorageSettings1795258079417 } from './1795258079417-StorageSettings';

/** In order. Named here rather than found by a glob, so that src, dist and the tests run the same list. */
export const migrations = [Initial1795258079416, StorageSettings1795258079417] as const;
