import { oneOf, references, tableOf } from '../../kernel/database/table';
import { field } from '../../kernel/fields';
import { auditLinkFields, auditOutcomes, auditRecordFields } from './audit';

/** Append-only: triggers reject any other change, for every role (migrations). */
export const auditRecordTable = tableOf('audit_record', auditRecordFields, {
  indices: [
    { name: 'audit_record_time', columns: ['at', 'id'] },
    { name: 'audit_record_of_actor', columns: ['actorId', 'at', 'id'] },
    { name: 'audit_record_of_object', columns: ['objectId', 'at', 'id'] },
    { name: 'audit_record_of_application', columns: ['applicationId', 'at', 'id'] },
  ],
  checks: [
    { name: 'audit_record_outcome', expression: oneOf('outcome', auditOutcomes) },
    { name: 'audit_record_code', expression: `(code IS NULL) = (outcome = 'ALLOWED')` },
  ],
});

/** The same holds for the chain. */
export const auditLinkTable = tableOf('audit_link', auditLinkFields, {
  uniques: [{ name: 'audit_link_record', columns: ['recordId'] }],
  foreignKeys: [references('audit_record', 'recordId')],
});

/** Records that are not in the chain yet: the only part of the trail from which rows are deleted. */
export const auditUnsealedTable = tableOf('audit_unsealed', { recordId: field.id() }, {});
