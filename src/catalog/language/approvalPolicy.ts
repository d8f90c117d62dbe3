import { partsOf, REFERENCE_FORMS } from './outputReferences';
import {
  filled,
  flag,
  isNothing,
  list,
  mapped,
  number,
  object,
  optional,
  type Shape,
  text,
  type ValueOf,
} from './shape';
import { findEntry } from './sourceTree';
import { name } from './values';

/** People who decide an approval, in canonical form. */
export interface ApprovalPolicy {
  /** User groups. `count` of their members have to approve. May be empty. */
  readonly approvers: readonly string[];
  /** 0 if `approvers` is empty. */
  readonly count: number;
  /** User groups. One more member of each has to approve. */
  readonly allOf: readonly string[];
  /** References to variables and outputs that name people who may not decide. */
  readonly not: readonly string[];
  /** True if the person who started or resumed the execution may not decide. */
  readonly disallowInitiator: boolean;
}

/** Groups that are asked: any one of their members may decide. */
export const groupsOf = ({ approvers, allOf }: Pick<ApprovalPolicy, 'approvers' | 'allOf'>): readonly string[] => [
  ...new Set([...approvers, ...allOf]),
];

/** More people than any approval needs. */
const MAX_COUNT = 50;
const INITIATOR = 'initiator';

const groups = filled(list(name), 'Without approvers, nobody could decide. Name a user group.');

/** `initiator`, or one reference. */
const EXCLUDED = String.raw`^(initiator|\$\{[^}]+\})$`;

const written = object({
  from: optional(groups, [], 'User groups. `count` different members of them have to approve.'),
  count: optional(
    number('integer', 1, MAX_COUNT),
    null,
    'Number of different members of `from` who have to approve. Defaults to 1.',
  ),
  allOf: optional(
    groups,
    [],
    'User groups. One member of each has to approve. A person counts once over `from` and `all_of`.',
  ),
  not: optional(
    list(mapped(text, (one) => one, { json: { pattern: EXCLUDED } })),
    [],
    `People who may not decide: "initiator" excludes users who started or resumed the execution; \${NAME} and \${stages.STAGE.ELEMENT.outputs.NAME} are values that hold a name or email address. An empty value excludes nobody.`,
  ),
});
const policy = mapped(written, (one) => one, {
  json: { anyOf: [{ required: ['from'] }, { required: ['all_of'] }], dependentRequired: { count: ['from'] } },
});

/** Keys of the people who decide an approval. */
export const policyFields = {
  approvers: optional(
    groups,
    [],
    'User groups. Any member can decide. Short form of `approvals` with `from` alone; one of the two is required.',
  ),
  approvals: optional(policy, null, 'People who have to approve. One rejection by any of them rejects.'),
  disallowInitiator: optional(
    flag,
    false,
    'True if the user who started or resumed the execution may not decide, with any key. Short form of `not: [initiator]`.',
  ),
};

type Written = { readonly [K in keyof typeof policyFields]: ValueOf<(typeof policyFields)[K]['shape']> } & {
  readonly approvals: ValueOf<typeof policy> | null;
};

/** Turns the keys into a policy. */
export const withPolicy = <T extends object>(
  shape: Shape<T & Written>,
): Shape<Omit<T, keyof Written> & ApprovalPolicy> =>
  mapped<T & Written, Omit<T, keyof Written> & ApprovalPolicy>(
    shape,
    ({ approvers, approvals, disallowInitiator, ...rest }, node, place) => {
      const isGiven = (key: string) => {
        const entry = node.type === 'map' ? findEntry(node, key) : undefined;
        return entry !== undefined && !isNothing(entry.value);
      };
      if (node.type === 'map' && isGiven('approvers') && isGiven('approvals')) {
        const message = 'An approval has either "approvers" or "approvals"; this one has both.';
        place.report('APPROVAL_POLICY', [...place.path, 'approvals'], message);
      } else if (node.type === 'map' && !isGiven('approvers') && !isGiven('approvals')) {
        place.report('MISSING_FIELD', [...place.path, 'approvers'], '"approvers" or "approvals" is required.');
      }
      const { from, count, allOf, not } = approvals ?? { from: approvers, count: null, allOf: [], not: [] };
      const inside = [...place.path, 'approvals'];
      if (approvals !== null && from.length === 0) {
        const without = count === null ? 'has neither "from" nor "all_of"' : 'has a "count", but no "from"';
        if (count !== null || allOf.length === 0)
          place.report('APPROVAL_POLICY', inside, `"approvals" ${without}. Name a user group.`);
      }
      for (const [index, one] of not.entries()) {
        if (one === INITIATOR || isReference(one)) continue;
        const message = `"${one}" does not name a person who may not decide; expected initiator, \${NAME}, ${REFERENCE_FORMS}.`;
        place.report('APPROVAL_POLICY', [...inside, 'not', index], message);
      }
      return {
        ...(rest as Omit<T, keyof Written>),
        approvers: from,
        count: from.length === 0 ? 0 : (count ?? 1),
        allOf,
        not: not.filter((one) => one !== INITIATOR),
        disallowInitiator: disallowInitiator || not.includes(INITIATOR),
      };
    },
    {
      encode({ approvers, count, allOf, not, disallowInitiator, ...rest }) {
        const isShort = count === 1 && allOf.length === 0 && not.length === 0;
        const excluded = disallowInitiator ? [INITIATOR, ...not] : not;
        const long = { from: approvers, count: count <= 1 ? null : count, allOf, not: excluded };
        const own = isShort
          ? { approvers, approvals: null, disallowInitiator }
          : { approvers: [], approvals: long, disallowInitiator: false };
        return { ...rest, ...own } as unknown as T & Written;
      },
      json: {
        oneOf: [
          { required: ['approvers'], properties: { approvers: { type: 'array' } } },
          { required: ['approvals'], properties: { approvals: { type: 'object' } } },
        ],
      },
    },
  );

function isReference(value: string): boolean {
  const [part, more] = partsOf(value);
  return part !== undefined && more === undefined && part.is !== 'TEXT';
}
