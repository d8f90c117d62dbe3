import { auditLinkFields, auditOutcome, auditRecordFields } from '../../access/audit/audit';
import { auditVerificationFields } from '../../access/audit/verifyAudit';
import { field, optional, orNull } from '../../kernel/fields';
import { inputType, objectType } from '../graphql/described.types';
import { IdFilter, TimeFilter } from '../graphql/filters.types';
import { ConnectionType } from '../graphql/paging.types';

const AuditActor = objectType('AuditActor', 'Actor of an audited action.', {
  kind: field.text('`USER`, `API_KEY`, `AGENT`, `TRIGGER`, `SYSTEM`, or `ANONYMOUS` for an invalid key.'),
  id: field.key('ID of the user, API key or agent.'),
  name: field.text('Name at that time.'),
  personId: orNull(field.key('User behind the actor, the same for all keys of a person. Null if there is none.')),
});

const AuditObject = objectType('AuditObject', 'Object that the action changed, or would have changed.', {
  kind: field.text('Kind: `application`, `execution`, `userGroup`, …'),
  id: orNull(field.key('ID. For a refused action, as the caller sent it.')),
  name: orNull(field.text('Name at that time, if known.')),
  applicationId: orNull(field.key('Application that it belongs to, if any.')),
});

export const AuditRecord = objectType(
  'AuditRecord',
  'Action, or an attempt at one. Records are never changed or removed. They contain no secrets: of text that may be a secret, only the length is recorded.',
  {
    ...auditRecordFields,
    actor: field.object(() => AuditActor, 'Actor.'),
    object: orNull(field.object(() => AuditObject, 'Object. Null if the request named none.')),
    sequence: orNull(
      field.bigint('Position in the chain, from 1. Null until the record is sealed, which takes seconds at most.'),
    ),
    previousHash: orNull(auditLinkFields.previousHash),
    hash: orNull(auditLinkFields.hash),
  },
);
export const AuditRecordConnection = ConnectionType(AuditRecord, 'AuditRecord');

const byId = (description: string) => optional(field.object(() => IdFilter, description));

export const AuditFilterInput = inputType('AuditFilterInput', 'Filter of audit records. All given fields must match.', {
  time: optional(field.object(() => TimeFilter, 'Filters by time.')),
  actor: byId('Filters by the ID of the actor.'),
  object: byId('Filters by the ID of the object.'),
  action: byId('Filters by the name of the action.'),
  application: byId('Filters by the ID of the application.'),
  outcome: optional(field.oneOf(auditOutcome, 'Filters by outcome.')),
});

export const AuditVerification = objectType(
  'AuditVerification',
  'Result of verifying the chain of audit records.',
  auditVerificationFields,
);
