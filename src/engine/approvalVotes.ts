import type { ApprovalPolicy } from '../catalog/language/approvalPolicy';
import type { Approval, ApprovalVote } from './approval';

/** A number of different members of some groups. */
export interface Requirement {
  readonly groups: readonly string[];
  readonly needed: number;
  /** People who have approved and count for this requirement. */
  readonly given: number;
}

type Groups = Pick<ApprovalPolicy, 'approvers' | 'count' | 'allOf'> & Partial<Pick<Approval, 'escalate' | 'escalated'>>;

/** Number of different people who have to approve. */
export const peopleNeeded = ({ count, allOf }: Groups): number => count + allOf.length;

/**
 * Requirements of an approval, with the people who count for each. Each person counts once, for the requirement where
 * it helps most: a maximum matching of people and places, found by augmenting paths. `voters` has the groups of each.
 */
export function requirementsOf(
  { approvers, count, allOf, escalate = [], escalated = 0 }: Groups,
  voters: readonly (readonly string[])[],
): Requirement[] {
  // After an escalation, its groups may stand in for any other group. They are already among the approvers.
  const deputies = escalate.slice(0, escalated).flatMap(({ to }) => to);
  const requirements = [
    ...(count > 0 ? [{ groups: approvers, needed: count }] : []),
    ...allOf.map((group) => ({ groups: [...new Set([group, ...deputies])], needed: 1 })),
  ];
  // A filled place stays filled, so the scarce places come first.
  const places = requirements.flatMap(({ needed }, of) => Array<number>(needed).fill(of)).reverse();
  const placeOf = new Map<number, number>();
  const fits = (voter: number, place: number) =>
    requirements[places[place] ?? 0]?.groups.some((group) => voters[voter]?.includes(group)) === true;
  const fill = (place: number, tried: Set<number>): boolean => {
    for (const voter of voters.keys()) {
      if (tried.has(voter) || !fits(voter, place)) continue;
      tried.add(voter);
      const other = placeOf.get(voter);
      if (other !== undefined && !fill(other, tried)) continue;
      placeOf.set(voter, place);
      return true;
    }
    return false;
  };
  for (const place of places.keys()) fill(place, new Set());
  const filled = [...placeOf.values()].map((place) => places[place]);
  return requirements.map((one, index) => ({ ...one, given: filled.filter((of) => of === index).length }));
}

export const isComplete = (requirements: readonly Requirement[]): boolean =>
  requirements.every(({ needed, given }) => given >= needed);

/** People who still have to approve, as text: `1 more of Managers, and 1 of Security`. Null if nobody has to. */
export function missingText(requirements: readonly Requirement[]): string | null {
  const missing = requirements
    .filter(({ needed, given }) => given < needed)
    .map(({ groups, needed, given }) => `${needed - given}${given > 0 ? ' more' : ''} of ${groups.join(' or ')}`);
  return missing.length === 0 ? null : missing.join(', and ');
}

/** Groups of each person whose approval counts. */
export const groupsOfVoters = (votes: readonly ApprovalVote[]): (readonly string[])[] =>
  votes.filter(({ counts, action }) => counts && action === 'APPROVE').map(({ groups }) => groups);

/** State of an approval with these votes. */
export interface Voted {
  readonly approval: Approval;
  /** False if others still have to approve. */
  readonly decided: boolean;
  /** People who still have to approve; null if it is decided. */
  readonly missing: string | null;
}

export function votedOn(approval: Approval, votes: readonly ApprovalVote[]): Voted {
  const decided = approval.status !== 'WAITING';
  return { approval, decided, missing: decided ? null : missingText(requirementsOf(approval, groupsOfVoters(votes))) };
}

/**
 * Names that a value gives to a person, in the form in which they are compared: without white space around them, and in
 * lower case. `Jane Doe <jane@example.com>` is a name and an email address. An empty value names nobody.
 */
export function namesIn(value: string): string[] {
  const [, name = '', address = ''] = /^\s*([^<]*)<([^<>]+)>\s*$/.exec(value) ?? ['', value];
  return [...new Set([name, address].map((one) => one.trim().toLowerCase()).filter((one) => one !== ''))];
}
