import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonicalJson';
import type { AuditLink, AuditRecord } from './audit';

/** Previous hash of the first link. */
export const beginning = '0'.repeat(64);

/**
 * The hash of a link covers its position, its record and, through `previousHash`, everything before it. Changing,
 * removing or inserting a record requires new hashes for all later links.
 */
export function linkHash(link: Omit<AuditLink, 'hash' | 'recordId'>, record: AuditRecord): string {
  const { sequence, previousHash } = link;
  return createHash('sha256').update(canonicalJson({ sequence, previousHash, record })).digest('hex');
}
