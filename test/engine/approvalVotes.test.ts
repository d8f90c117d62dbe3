import fc from 'fast-check';
import { isComplete, missingText, namesIn, requirementsOf } from '../../src/engine/approvalVotes';
import { property } from '../support/property';

const GROUPS = ['A', 'B', 'C'];

interface Policy {
  readonly approvers: readonly string[];
  readonly count: number;
  readonly allOf: readonly string[];
}

/** Most requirements that people can fulfil: each person tries each place, and none. */
function most({ approvers, count, allOf }: Policy, voters: readonly (readonly string[])[]): number {
  const places = [...Array<readonly string[]>(count).fill(approvers), ...allOf.map((group) => [group])];
  const fill = (voter: number, taken: ReadonlySet<number>): number => {
    const groups = voters[voter];
    if (groups === undefined) return taken.size;
    const fitting = [...places.keys()].filter(
      (place) => !taken.has(place) && places[place]?.some((group) => groups.includes(group)),
    );
    return Math.max(fill(voter + 1, taken), ...fitting.map((place) => fill(voter + 1, new Set([...taken, place]))));
  };
  return fill(0, new Set());
}

describe('requirementsOf', () => {
  const groups = fc.subarray(GROUPS);
  const policy = fc
    .record({ approvers: groups, count: fc.integer({ min: 1, max: 3 }), allOf: groups })
    .map((one) => ({ ...one, count: one.approvers.length === 0 ? 0 : one.count }));

  it('assigns people to requirements, and counts each person once', () => {
    fc.assert(
      fc.property(policy, fc.array(groups, { maxLength: 5 }), (of, voters) => {
        const requirements = requirementsOf(of, voters);
        const given = requirements.reduce((sum, one) => sum + one.given, 0);
        expect(given).toBe(most(of, voters));
        expect(requirements.every((one) => one.given <= one.needed)).toBe(true);
        expect(isComplete(requirements)).toBe(given === of.count + of.allOf.length);
        expect(missingText(requirements) === null).toBe(isComplete(requirements));
      }),
      property(500),
    );
  });

  it('reports the people who are missing', () => {
    const of = { approvers: ['Release Managers', 'Leads'], count: 2, allOf: ['Security'] };
    const missing = (...voters: string[][]) => missingText(requirementsOf(of, voters));
    expect(missing()).toBe('2 of Release Managers or Leads, and 1 of Security');
    expect(missing(['Leads'])).toBe('1 more of Release Managers or Leads, and 1 of Security');
    // The person in both groups counts where it helps more.
    expect(missing(['Leads', 'Security'])).toBe('2 of Release Managers or Leads');
    expect(missing(['Leads', 'Security'], ['Security'])).toBe('1 more of Release Managers or Leads');
    expect(missing(['Leads', 'Security'], ['Security'], ['Release Managers'])).toBeNull();
  });
});

it('namesIn reads a name, an email address, or both', () => {
  expect(namesIn(' Ada Lovelace ')).toEqual(['ada lovelace']);
  expect(namesIn('ADA@Example.com')).toEqual(['ada@example.com']);
  expect(namesIn('Ada Lovelace <Ada@example.com>')).toEqual(['ada lovelace', 'ada@example.com']);
  expect(namesIn('  ')).toEqual([]);
});
