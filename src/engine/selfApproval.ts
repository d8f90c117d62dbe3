import type { Actor } from '../access/actor';
import { groupsOf } from '../catalog/language/approvalPolicy';
import { Refusal } from '../kernel/errors';
import { type Approval, type ApprovalVote, personOf } from './approval';
import type { ExecutionAttempt } from './execution';

/** A caller who would decide an approval. */
export interface Decider {
  readonly actor: Actor;
  /** Its names, as `namesIn` writes them: of the key, of the person, and the person's email address. */
  readonly names: readonly string[];
}

/**
 * Reason why a caller may not decide an approval. Members of its groups may decide it with any key, unless it excludes
 * initiators and the person started or resumed an attempt of the execution, or it excludes a name of the person.
 */
export function approverRefusal(
  { actor, names }: Decider,
  approval: Approval,
  attempts: readonly Pick<ExecutionAttempt, 'cause'>[],
): Refusal | null {
  const { undecidableSince } = approval;
  const groups = groupsOf(approval);
  if (!actor.access.isMemberOf(groups)) {
    const missing = `membership of one of the approver groups: ${groups.join(', ')}`;
    const message =
      undecidableSince === null
        ? `The ${missing} is missing.`
        : `Nobody is left who can decide this approval, which asks ${groups.join(', ')}. An administrator can assign it to other groups with reassignApproval.`;
    return new Refusal('FORBIDDEN', message, { missing, approvers: groups, undecidableSince });
  }
  const initiated = attempts.some(
    ({ cause }) => cause.id === actor.id || (cause.personId != null && cause.personId === actor.personId),
  );
  if (approval.disallowInitiator && initiated) {
    const missing = 'another person: users who started or resumed an execution may not approve it';
    return new Refusal('FORBIDDEN', `This approval needs ${missing}.`, { missing, rule: 'DISALLOW_INITIATOR' });
  }
  const excluded = names.find((name) => approval.excluded.includes(name));
  if (excluded === undefined) return null;
  const missing = `another person: it excludes ${excluded}`;
  return new Refusal('FORBIDDEN', `This approval needs ${missing}.`, { missing, rule: 'EXCLUDED' });
}

/** Vote of the caller that counts; undefined if it has none. */
export const voteOf = (actor: Actor, votes: readonly ApprovalVote[]): ApprovalVote | undefined =>
  votes.find(({ personId, counts }) => counts && personId === personOf(actor));
