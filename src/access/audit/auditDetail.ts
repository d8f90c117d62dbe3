import type { Db } from '../../kernel/database/database';
import type { AuditDetail } from './audit';

/** Keyed by transaction: a transaction that is rolled back or repeated leaves nothing behind. */
const details = new WeakMap<object, readonly AuditDetail[]>();

/**
 * Adds to the trail which object a command changes, before and after, within the command’s transaction. Each object
 * gets its own record. A command that never calls it still has its record with its arguments and their IDs, so call it
 * where an object is new or where its earlier state matters. `redact.ts` removes secrets.
 */
export function auditDetail(db: Db, detail: AuditDetail): void {
  const known = details.get(db.key) ?? [];
  const earlier = known.find(({ kind, id }) => kind === detail.kind && id === detail.id);
  const others = known.filter((one) => one !== earlier);
  // Several steps of one change: the state before the first and after the last counts.
  details.set(db.key, [...others, earlier === undefined ? detail : { ...detail, before: earlier.before }]);
}

/** Details that were added within a transaction. */
export function detailsOf(db: Db): readonly AuditDetail[] {
  return details.get(db.key) ?? [];
}
