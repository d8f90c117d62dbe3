import { field, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';
import type { ActorRef } from '../actor';

export const auditOutcome = {
  name: 'AuditOutcome',
  description: 'Outcome of an audited action.',
  values: {
    ALLOWED: 'Done. The record was written in the same transaction.',
    REFUSED: 'Refused. Nothing was changed.',
  },
} as const;
export const auditOutcomes = valuesOf(auditOutcome);
export type AuditOutcome = (typeof auditOutcomes)[number];

/** ANONYMOUS: the caller is unknown, because the key was not valid. */
export type AuditActorKind = ActorRef['kind'] | 'ANONYMOUS';

/** Object that was changed, or would have been. */
export interface AuditObject {
  /** Kind, as the API names it: `application`, `execution`, `userGroup`, … */
  readonly kind: string;
  readonly id: string;
  readonly name?: string | null;
  readonly applicationId?: string | null;
}

/** One object that a command changed. `before` is absent for a new object, `after` for a deleted one. */
export interface AuditDetail extends AuditObject {
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The caller and its request. */
export interface AuditAttempt {
  readonly actor: { readonly kind: AuditActorKind } & Omit<ActorRef, 'kind'>;
  readonly address: string | null;
  readonly requestId: string | null;
  /** Stable name: `execution.start`, `userGroup.update`. */
  readonly action: string;
  /** The arguments; they are redacted and shortened when the record is made. */
  readonly input: unknown;
}

/** One row of the trail. The API shows actor and object as separate objects. */
export const auditRecordFields = {
  id: field.id('ID.'),
  at: field.time('Time of the attempt.'),
  actorKind: field.text<AuditActorKind>(),
  actorId: field.text(),
  actorName: field.text(),
  actorPersonId: orNull(field.text()),
  address: orNull(
    field.text(
      'Network address of the caller. Behind a proxy that `SLIPWAY_TRUSTED_PROXIES` does not name, the address of the proxy.',
    ),
  ),
  requestId: orNull(field.text('`X-Request-Id`, the same for all records of one request.')),
  action: field.text('Action, as a stable name: `execution.start`, `userGroup.update`, `login`, …'),
  outcome: field.oneOf(auditOutcome, 'Outcome.'),
  code: orNull(field.text('Error code of a refusal. Null if it was allowed.')),
  objectKind: orNull(field.text()),
  objectId: orNull(field.text()),
  objectName: orNull(field.text()),
  applicationId: orNull(field.text()),
  input: orNull(field.json('Input of the request, without secrets and shortened.')),
  before: orNull(field.json('Object before the change, as far as it was recorded.')),
  after: orNull(field.json('Object after the change, as far as it was recorded.')),
};
export type AuditRecord = ShapeOf<typeof auditRecordFields>;

/** The place of a record in the chain. */
export const auditLinkFields = {
  sequence: { ...field.bigint('Place in the chain, from 1.'), column: { type: 'bigint', primary: true } as const },
  recordId: field.uuid(),
  previousHash: field.text('Hash of the previous record in the chain.'),
  hash: field.text('SHA-256 of the record, its position and the previous hash.'),
};
export type AuditLink = ShapeOf<typeof auditLinkFields>;
