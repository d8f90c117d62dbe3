import type { Trigger } from '../../catalog/triggers/triggers';
import type { FiringDecision } from '../../engine/firing';
import { newId } from '../../kernel/ids';
import type { Firing } from './firings.table';
import { maskText } from './maskPayload';

type Event = Pick<Firing, 'kind' | 'event' | 'delivery' | 'dedupeKey' | 'bodyHash' | 'payload' | 'facts'>;

/** Firing for an event: pending if an execution is to start, otherwise with its outcome, without the given secrets. */
export function newFiring(
  trigger: Trigger,
  event: Event,
  decision: FiringDecision | null,
  now: Date,
  secrets: readonly string[] = [],
): Firing {
  const { id: triggerId, applicationId, version, entityId, author } = trigger;
  const starts = decision === null || decision.is === 'START';
  return {
    ...{ id: newId(), triggerId, applicationId, version, entityId, author, ...event },
    status: starts ? 'PENDING' : decision.is,
    reasonCode: starts ? null : decision.code,
    reason: starts ? null : maskText(decision.reason, secrets),
    inputs: decision?.is === 'START' ? decision.inputs : null,
    ...{ chain: [], executionId: null, tries: 0, createdAt: now },
    nextAt: starts ? now : null,
    endedAt: starts ? null : now,
  };
}
