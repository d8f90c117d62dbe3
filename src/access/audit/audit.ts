import type { ActorRef } from '../actor';

/** What an attempt came to. A refused one changed nothing, except for what records of its own say that it changed before. */
export type AuditOutcome = 'ALLOWED' | 'REFUSED';

/** ANONYMOUS: nobody, as the key was not valid. */
export type AuditActorKind = ActorRef['kind'] | 'ANONYMOUS';

/** What was changed, or would have been. */
export interface AuditObject {
  /** As the API calls it: `application`, `execution`, `userGroup`, … */
  readonly kind: string;
  readonly id: string;
  readonly name?: string | null;
  readonly applicationId?: string | null;
}

/** One object that a command changed. Left out: `before` of what is new, `after` of what is gone. */
export interface AuditDetail extends AuditObject {
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Who wants what, as it was asked for. */
export interface AuditAttempt {
  readonly actor: { readonly kind: AuditActorKind } & Omit<ActorRef, 'kind'>;
  readonly address: string | null;
  readonly requestId: string | null;
  /** A stable name: `execution.start`, `userGroup.update`. */
  readonly action: string;
  /** The arguments; they are redacted and shortened when the record is made. */
  readonly input: unknown;
}

/** One row of the trail. */
export interface AuditRecord {
  readonly id: string;
  readonly at: Date;
  readonly actorKind: AuditActorKind;
  readonly actorId: string;
  readonly actorName: string;
  readonly actorPersonId: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly action: string;
  readonly outcome: AuditOutcome;
  /** Of the refusal; null when it was allowed. */
  readonly code: string | null;
  readonly objectKind: string | null;
  readonly objectId: string | null;
  readonly objectName: string | null;
  readonly applicationId: string | null;
  readonly input: unknown;
  readonly before: unknown;
  readonly after: unknown;
}

/** The place of a record in the chain. */
export interface AuditLink {
  readonly sequence: number;
  readonly recordId: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** A record that is not in the chain yet. The only part of the trail from which rows go away. */
export interface AuditUnsealed {
  readonly recordId: string;
}
