import { column, oneOf, references, table } from '../../kernel/database/table';
import type { AuditLink, AuditRecord, AuditUnsealed } from './audit';

/** Only ever added to: triggers refuse anything else, to every role (migrations/…-AuditIsAppendOnly.ts). */
export const auditRecordTable = table<AuditRecord>('audit_record', {
  columns: {
    id: column.id,
    at: column.time,
    actorKind: column.text,
    actorId: column.text,
    actorName: column.text,
    actorPersonId: column.textOrNull,
    address: column.textOrNull,
    requestId: column.textOrNull,
    action: column.text,
    outcome: column.text,
    code: column.textOrNull,
    objectKind: column.textOrNull,
    objectId: column.textOrNull,
    objectName: column.textOrNull,
    applicationId: column.textOrNull,
    input: column.jsonOrNull,
    before: column.jsonOrNull,
    after: column.jsonOrNull,
  },
  indices: [
    { name: 'audit_record_time', columns: ['at', 'id'] },
    { name: 'audit_record_of_actor', columns: ['actorId', 'at', 'id'] },
    { name: 'audit_record_of_object', columns: ['objectId', 'at', 'id'] },
    { name: 'audit_record_of_application', columns: ['applicationId', 'at', 'id'] },
  ],
  checks: [
    { name: 'audit_record_outcome', expression: oneOf('outcome', ['ALLOWED', 'REFUSED']) },
    { name: 'audit_record_code', expression: `(code IS NULL) = (outcome = 'ALLOWED')` },
  ],
});

/** The same holds for the chain. */
export const auditLinkTable = table<AuditLink>('audit_link', {
  columns: {
    sequence: { ...column.bigint, primary: true },
    recordId: column.uuid,
    previousHash: column.text,
    hash: column.text,
  },
  uniques: [{ name: 'audit_link_record', columns: ['recordId'] }],
  foreignKeys: [references('audit_record', 'recordId')],
});

export const auditUnsealedTable = table<AuditUnsealed>('audit_unsealed', {
  columns: { recordId: column.id },
});
