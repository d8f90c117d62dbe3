import { type Access, systemAccess } from './access';

/** Reference to an actor, as stored in executions, events, approvals and the audit trail. */
export interface ActorRef {
  readonly kind: 'API_KEY' | 'USER' | 'AGENT' | 'TRIGGER' | 'SYSTEM';
  readonly id: string;
  readonly name: string;
  /** User of the actor: the same for all keys of a person. Absent if there is none. */
  readonly personId?: string | null;
  /** For a trigger: the name of its author, and the firing. */
  readonly authorName?: string;
  readonly firingId?: string;
}

/** The caller. Every command gets one. */
export interface Actor extends ActorRef {
  readonly administrator: boolean;
  /** Rights of the caller. */
  readonly access: Access;
}

/** The server acting on its own: a timer ran out, a lease was lost, the next stage began. */
export const systemActor: Actor = {
  kind: 'SYSTEM',
  id: 'system',
  name: 'Slipway',
  administrator: true,
  access: systemAccess,
};

export const actorRef = ({ kind, id, name, personId, authorName, firingId }: ActorRef): ActorRef => ({
  kind,
  id,
  name,
  ...(personId != null && { personId }),
  ...(authorName !== undefined && { authorName }),
  ...(firingId !== undefined && { firingId }),
});
