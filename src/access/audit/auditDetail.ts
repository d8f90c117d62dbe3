import type { Db } from '../../kernel/database/database';
import type { AuditDetail } from './audit';

/** By the transaction that they belong to: what is rolled back, or tried again, leaves nothing behind. */
const details = new WeakMap<object, readonly AuditDetail[]>();

/**
 * Tells the trail what a command changed, from within the command's transaction: which object, and how it was before
 * and is after. Each object has a record of its own of the action that is under way. A command that never calls it
 * still has its record, with its arguments and the ids that they name; so call it where an object is new (its id stands
 * in no argument) or where people will ask what it was before. Secrets need not be taken out (`redact.ts`).
 */
export function auditDetail(db: Db, detail: AuditDetail): void {
  const known = details.get(db.key) ?? [];
  const earlier = known.find(({ kind, id }) => kind === detail.kind && id === detail.id);
  const others = known.filter((one) => one !== earlier);
  // Several steps of one change: what counts is how it was before the first and is after the last.
  details.set(db.key, [...others, earlier === undefined ? detail : { ...detail, before: earlier.before }]);
}

/** What was told within a transaction. */
export function detailsOf(db: Db): readonly AuditDetail[] {
  return details.get(db.key) ?? [];
}
