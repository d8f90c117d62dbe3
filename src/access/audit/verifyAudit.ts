import type { App } from '../app';
import { invalidInput } from '../../kernel/errors';
import { field, orNull, type ShapeOf } from '../../kernel/fields';
import type { AuditLink } from './audit';
import { countUnlinked, findHead, findLinks, type LinkedRecord } from './audit.store';
import { beginning, linkHash } from './chain';

/** Number of records that one call checks: some seconds of work. */
export const mostChecked = 200_000;
const BATCH = 2_000;

export const auditVerificationFields = {
  valid: field.boolean('True if no record that was checked has been changed, removed or inserted.'),
  checkedFrom: field.bigint('First sequence that was checked.'),
  checkedTo: field.bigint(
    'Last sequence that was checked. A call checks at most 200,000: call again from the next one while this is less than `lastSequence`.',
  ),
  firstBroken: orNull(field.bigint('First sequence that fails verification. Null if there is none.')),
  problem: orNull(field.text('Description of the problem.')),
  unsealed: field.integer('Number of records that are not in the chain yet. They join it within seconds.'),
  lastSequence: field.bigint('Last sequence of the chain. 0 if it is empty.'),
  lastHash: field.text(
    'Hash of the last record. Keep it elsewhere to prove later that the end of the chain was not cut off or rewritten.',
  ),
};
export type AuditVerification = ShapeOf<typeof auditVerificationFields>;

/** Recomputes the chain from the stored records. */
export async function verifyAudit(app: App, from: number | null): Promise<AuditVerification> {
  const checkedFrom = from ?? 1;
  if (checkedFrom < 1) {
    const message = `"from" must be 1 or more; it is ${checkedFrom}.`;
    throw invalidInput([{ field: 'from', value: checkedFrom, rule: 'RANGE', message }]);
  }
  return app.database.snapshot(async (db) => {
    const head = (await findHead(db)) ?? { sequence: 0, hash: beginning };
    const last = Math.min(head.sequence, checkedFrom + mostChecked - 1);
    const [before] = await findLinks(db, checkedFrom - 1, checkedFrom - 1, 1);
    let previous: Pick<AuditLink, 'sequence' | 'hash'> = before?.link ?? { sequence: checkedFrom - 1, hash: beginning };
    let problem: string | null = null;
    while (problem === null && previous.sequence < last) {
      const links: LinkedRecord[] = await findLinks(db, previous.sequence + 1, last, BATCH);
      if (links.length === 0) problem = 'there is no such link';
      for (const one of links) {
        problem = problemOf(one, previous);
        if (problem !== null) break;
        previous = one.link;
      }
    }
    const { unsealed, lost } = await countUnlinked(db);
    const firstBroken = problem === null ? null : previous.sequence + 1;
    const lostText = lost === 0 ? null : `${lost} records were removed from the chain.`;
    return {
      valid: problem === null && lost === 0,
      checkedFrom,
      checkedTo: firstBroken ?? previous.sequence,
      firstBroken,
      problem: problem === null ? lostText : `Sequence ${firstBroken}: ${problem}.`,
      unsealed,
      lastSequence: head.sequence,
      lastHash: head.hash,
    };
  });
}

function problemOf({ link, record }: LinkedRecord, previous: Pick<AuditLink, 'sequence' | 'hash'>): string | null {
  if (link.sequence !== previous.sequence + 1) return 'there is no such link';
  if (link.previousHash !== previous.hash) return 'it does not contain the hash of the previous link';
  if (record === undefined) return 'its record is gone';
  return linkHash(link, record) === link.hash ? null : 'its record is not the one that was sealed';
}
