import type { Db } from '../../kernel/database/database';
import { snakeCase } from '../../kernel/database/naming';
import { columnsOf } from '../../kernel/database/table';
import type { AuditLink, AuditRecord } from './audit';
import { auditLinkTable, auditRecordTable } from './audit.table';

const names = Object.keys(auditRecordTable.options.columns);
const listed = names.map(snakeCase).join(', ');
const given = names
  .map((name) => {
    const type = auditRecordTable.options.columns[name as keyof AuditRecord]?.type;
    return `"${name}" ${String(type)}`;
  })
  .join(', ');
const taken = names.map((name) => `given."${name}"`).join(', ');

/** Adds records, in one statement. They wait in `audit_unsealed` for their place in the chain. */
export async function insertRecords(db: Db, records: readonly AuditRecord[]): Promise<void> {
  await db.write(
    `WITH written AS (
       INSERT INTO audit_record (${listed})
       SELECT ${taken} FROM jsonb_to_recordset($1::jsonb) AS given (${given})
       RETURNING id
     )
     INSERT INTO audit_unsealed (record_id) SELECT id FROM written`,
    [JSON.stringify(records)],
  );
}

/** True if this transaction is the one that may add to the chain; until it ends, no other may. Does not wait. */
export async function mayAddLinks(db: Db): Promise<boolean> {
  const [row] = await db.rows<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [0x51_1b_a0_d1]);
  return row?.mine === true;
}

/** Takes the oldest records that are not in the chain yet. */
export async function takeUnsealed(db: Db, limit: number): Promise<AuditRecord[]> {
  return db.rows(
    `WITH taken AS (
       DELETE FROM audit_unsealed
       WHERE record_id IN (SELECT record_id FROM audit_unsealed ORDER BY record_id LIMIT $1)
       RETURNING record_id
     )
     SELECT ${columnsOf(auditRecordTable, 'record')} FROM audit_record record JOIN taken ON record.id = taken.record_id
     ORDER BY record.at, record.id`,
    [limit],
  );
}

export async function findHead(db: Db): Promise<Pick<AuditLink, 'sequence' | 'hash'> | undefined> {
  const [row] = await db.rows<Pick<AuditLink, 'sequence' | 'hash'>>(
    'SELECT sequence, hash FROM audit_link ORDER BY sequence DESC LIMIT 1',
  );
  return row;
}

export async function insertLinks(db: Db, links: readonly AuditLink[]): Promise<void> {
  await db.write(
    `INSERT INTO audit_link (sequence, record_id, previous_hash, hash)
     SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[])`,
    [
      links.map((link) => link.sequence),
      links.map((link) => link.recordId),
      links.map((link) => link.previousHash),
      links.map((link) => link.hash),
    ],
  );
}

export interface LinkedRecord {
  readonly link: AuditLink;
  /** Undefined if the record was removed. */
  readonly record: AuditRecord | undefined;
}

/** A part of the chain, in order. */
export async function findLinks(db: Db, from: number, to: number, limit: number): Promise<LinkedRecord[]> {
  const rows = await db.rows<AuditLink & AuditRecord & { readonly id: string | null }>(
    `SELECT ${columnsOf(auditLinkTable, 'link')}, ${columnsOf(auditRecordTable, 'record')}
     FROM audit_link link LEFT JOIN audit_record record ON record.id = link.record_id
     WHERE link.sequence BETWEEN $1 AND $2 ORDER BY link.sequence LIMIT $3`,
    [from, to, limit],
  );
  return rows.map(({ sequence, recordId, previousHash, hash, ...record }) => ({
    link: { sequence, recordId, previousHash, hash },
    record: record.id === null ? undefined : record,
  }));
}

/** Number of records that wait for their place, and of records that have none and do not wait. */
export async function countUnlinked(db: Db): Promise<{ readonly unsealed: number; readonly lost: number }> {
  const [row] = await db.rows<{ unsealed: number; lost: number }>(
    `SELECT count(waiting.record_id) AS unsealed, count(*) - count(waiting.record_id) AS lost
     FROM audit_record record LEFT JOIN audit_unsealed waiting ON waiting.record_id = record.id
     WHERE NOT EXISTS (SELECT FROM audit_link link WHERE link.record_id = record.id)`,
  );
  return row ?? { unsealed: 0, lost: 0 };
}
