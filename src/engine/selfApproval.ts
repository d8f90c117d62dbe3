import type { Actor } from '../access/actor';
import type { Approval } from './approval';
import { Refusal } from '../kernel/errors';
import type { ExecutionAttempt } from './execution';

/**
 * Reason why an actor may not decide an approval. Any one member of an approver group may decide. If the stage excludes
 * initiators, nobody who started the execution or any attempt of it may, under any key.
 */
export function approverRefusal(
  actor: Actor,
  approval: Approval,
  attempts: readonly Pick<ExecutionAttempt, 'cause'>[],
): Refusal | null {
  const { approvers, undecidableSince } = approval;
  if (!actor.access.isMemberOf(approvers)) {
    const missing = `membership of one of the approver groups: ${approvers.join(', ')}`;
    const message =
      undecidableSince === null
        ? `The ${missing} is missing.`
        : `Nobody is left who can decide this approval, which asks ${approvers.join(', ')}. An administrator can assign it to other groups with reassignApproval.`;
    return new Refusal('FORBIDDEN', message, { missing, approvers, undecidableSince });
  }
  const initiated = attempts.some(
    ({ cause }) => cause.id === actor.id || (cause.personId != null && cause.personId === actor.personId),
  );
  if (!approval.disallowInitiator || !initiated) return null;
  const missing = 'another person: a person who started or resumed an execution may not approve it';
  return new Refusal('FORBIDDEN', `This approval needs ${missing}.`, { missing, rule: 'DISALLOW_INITIATOR' });
}
