import { canonicalRange, type LabelRule } from './labelSelectors';
import {
  defined,
  filled,
  flag,
  list,
  mapOf,
  mapped,
  object,
  optional,
  type Shape,
  short,
  text,
  withShort,
} from './shape';
import { labelKey, labelValue } from './values';

const values = filled(list(labelValue), 'List at least one value, or omit the label.');

interface Written {
  readonly in: readonly string[] | null;
  readonly notIn: readonly string[] | null;
  readonly exists: boolean | null;
  readonly version: string | null;
}

const range = mapped(
  text,
  (given, node, place) => {
    if (node.type === 'scalar' && canonicalRange(given) === undefined) {
      const message = `"${short(given)}" is not a range of versions; expected one such as >=18, 18 - 20, ^20.1 or 1.x.`;
      place.report('BAD_VALUE', place.path, message, node.at);
    }
    return given;
  },
  { json: { minLength: 1 } },
);

const written = object<Written>({
  in: optional(values, null, 'The label has one of these values.'),
  notIn: optional(values, null, 'The label has none of these values, or the agent does not have it.'),
  exists: optional(flag, null, 'true: the agent has the label, whatever its value. false: it does not have it.'),
  version: optional(range, null, 'The value of the label is a version in this range, such as ">=18 <21".'),
});

const condition: Shape<LabelRule> = mapped<Written, LabelRule>(
  written,
  (given, node, place) => {
    const rules = [
      ...(given.in === null ? [] : [{ in: given.in }]),
      ...(given.notIn === null ? [] : [{ notIn: given.notIn }]),
      ...(given.exists === null ? [] : [{ exists: given.exists }]),
      ...(given.version === null ? [] : [{ version: given.version }]),
    ];
    const [rule] = rules;
    if (node.type === 'map' && rules.length !== 1) {
      const message = 'A condition on a label has exactly one of in, not_in, exists and version.';
      place.report('BAD_VALUE', place.path, message, node.at);
    }
    return rule ?? { exists: true };
  },
  {
    encode: (rule) => ({
      ...{ in: null, notIn: null, exists: null, version: null },
      ...(typeof rule === 'string' ? { in: [rule] } : rule),
    }),
    json: { minProperties: 1, maxProperties: 1 },
  },
);

const listed = withShort<readonly string[], LabelRule>(
  values,
  defined('LabelCondition', condition),
  ({ type }) => type === 'list',
  {
    expand: (given) => ({ in: given }),
    shrink: (rule) => (typeof rule !== 'string' && 'in' in rule ? rule.in : undefined),
  },
);

/** Labels that agents must have: a value, a list of values, or a condition, for each key. */
export const labelRules = mapOf(
  labelKey,
  withShort<string, LabelRule>(labelValue, listed, ({ type }) => type === 'scalar', {
    expand: (value) => value,
    shrink: (rule) => (typeof rule === 'string' ? rule : undefined),
  }),
  { emptyIsNone: true },
);
