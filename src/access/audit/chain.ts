import { createHash } from 'node:crypto';
import type { AuditLink, AuditRecord } from './audit';

/** What the first link has in place of a hash before it. */
export const beginning = '0'.repeat(64);

/**
 * The hash of a link covers its place, its record, and by `previousHash` everything before it: whoever changes a record, takes one out or puts one in has to
 * make all later links anew.
 */
export function linkHash(link: Omit<AuditLink, 'hash' | 'recordId'>, record: AuditRecord): string {
  const { sequence, previousHash } = link;
  return createHash('sha256').update(canonicalJson({ sequence, previousHash, record })).digest('hex');
}

/** The same text for the same content: keys in order, no white space, times as ISO 8601 in UTC with milliseconds. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null || value instanceof Date) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value).sort();
  const fields = value as Readonly<Record<string, unknown>>;
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(fields[key])}`).join(',')}}`;
}
