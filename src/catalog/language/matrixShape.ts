import { isDeepStrictEqual } from 'node:util';
import { axisVariable } from '../../kernel/naming';
import {
  combinationsOf,
  MAX_COMBINATIONS,
  type MatrixAxis,
  type MatrixEntry,
  type MatrixRules,
  productOf,
  type WrittenMatrix,
} from './combinations';
import { filled, flag, list, mapOf, mapped, number, object, optional, type Place, required, type Shape } from './shape';
import { short, valueText, withShort } from './shape';
import { camelCase, type SourceMap, type SourceNode } from './sourceTree';
import { axisKey, settableName } from './values';

const values = mapped(
  list(valueText),
  (all, node, place) => {
    if (all.length === 0 && node.type === 'list') {
      place.report('EMPTY_MATRIX', place.path, 'An empty list creates no combinations. Add a value.', node.at);
    }
    const seen = new Set<string>();
    all.forEach((value, index) => {
      if (seen.has(value))
        place.report('DUPLICATE_NAME', [...place.path, index], `"${value}" is in this list already.`);
      seen.add(value);
    });
    return all;
  },
  { json: { minItems: 1 } },
);

type AxisValues = Omit<MatrixAxis, 'name'>;

const takenValues = object({
  from: required(settableName, 'Variable that an earlier task sets to a JSON list of values.'),
});

const axisValues = withShort<readonly string[], AxisValues>(
  values,
  mapped(takenValues, ({ from }): AxisValues => ({ values: [], from }), {
    encode: ({ from = '' }) => ({ from }),
  }),
  ({ type }) => type !== 'map',
  { expand: (all) => ({ values: all }), shrink: ({ values: all, from }) => (from === undefined ? all : undefined) },
);
const axes = mapOf(axisKey, axisValues);

const entry = mapped(mapOf(axisKey, valueText), (given, node, place) => {
  if (node.type === 'map' && Object.keys(given).length === 0) {
    place.report('MATRIX_COMBINATION', place.path, 'An entry without values has no meaning. Name a value.', node.at);
  }
  return given;
});
const entries = filled(list(entry), 'An empty list has no effect. Add a combination, or leave it out.');

const ruleFields: Shape<MatrixRules> = object({
  include: optional(
    entries,
    [],
    'Combinations to extend or to add. Values for other names are added to each combination that they don’t contradict; if there is none, they are a new combination.',
  ),
  exclude: optional(entries, [], 'Combinations to leave out: each that has all of the values.'),
  maxParallel: optional(
    number('integer', 1, 10_000),
    null,
    'Number of combinations that run in parallel. Defaults to no limit other than that of the workflow.',
  ),
  failFast: optional(
    flag,
    null as boolean | null,
    'true: the first failure of a combination cancels those that run. false: a failure does not keep the others from starting. Defaults to the rules of the workflow: those that run finish, and no more start.',
  ),
});
const noRules: MatrixRules = { include: [], exclude: [], maxParallel: null, failFast: null };
const ruleKeys: readonly string[] = Object.keys(noRules);
export const isMatrixRule = (key: string): boolean => ruleKeys.includes(camelCase(key));

const sorted = (one: MatrixEntry): MatrixEntry =>
  Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Canonical form: the order of values, and of entries of `exclude`, has no meaning. That of `include` has. */
export function canonicalMatrix({ matrix, matrixRules }: WrittenMatrix): WrittenMatrix {
  const exclude = matrixRules?.exclude.map(sorted) ?? [];
  const key = (one: MatrixEntry) => JSON.stringify(one);
  const once = [...new Map(exclude.map((one) => [key(one), one])).values()];
  return {
    matrix: matrix.map((axis) => ({ ...axis, values: [...new Set(axis.values)].sort() })),
    matrixRules: matrixRules && {
      ...matrixRules,
      include: matrixRules.include.map(sorted),
      exclude: once.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
    },
  };
}

export const matrixShape: Shape<WrittenMatrix> = {
  json: {
    ...ruleFields.json,
    propertyNames: axisKey.json,
    additionalProperties: axisValues.json,
    minProperties: 1,
  },
  encode: ({ matrix, matrixRules }) =>
    new Map([
      ...matrix.map(({ name, ...own }) => [name, axisValues.encode(own)] as const),
      ...Object.entries(matrixRules === null ? {} : (ruleFields.encode(matrixRules) as object)),
    ]),
  decode(node, place) {
    const [rules, lists] = split(node);
    const given = axes.decode(lists, place);
    const own = rules === null ? noRules : ruleFields.decode(rules, place);
    const names = Object.keys(given);
    const all = [...new Set([...names, ...own.include.flatMap((one) => Object.keys(one))])];
    if (all.length === 0 && own.include.length === 0 && node.type === 'map') {
      place.report(
        'EMPTY_MATRIX',
        place.path,
        'An empty matrix creates no combinations. Add a list of values.',
        node.at,
      );
    }
    all.forEach((name, index) => {
      const same = all.find((other) => axisVariable(other) === axisVariable(name));
      if (same === undefined || all.indexOf(same) === index) return;
      const message = `"${name}" and "${same}" set the same variable ${axisVariable(name)}.`;
      place.report('DUPLICATE_NAME', [...place.path, ...(names.includes(name) ? [name] : ['include'])], message);
    });
    const matrix = names.map((name) => ({ name, ...(given[name] ?? { values: [] }) }));
    const written = { matrix, matrixRules: isDeepStrictEqual(own, noRules) ? null : own };
    if (rules !== null) checkEntries(written, own, place);
    return written;
  },
};

/** A matrix, split into its rules and its lists. */
function split(node: SourceNode): [SourceMap | null, SourceNode] {
  if (node.type !== 'map') return [null, node];
  const rules = node.entries.filter(({ key }) => isMatrixRule(key));
  if (rules.length === 0) return [null, node];
  return [
    { ...node, entries: rules },
    { ...node, entries: node.entries.filter((one) => !rules.includes(one)) },
  ];
}

const shown = (one: MatrixEntry): string =>
  short(
    Object.entries(one)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  );

/** An entry without effect is a mistake: a value was misspelled, or the combination is there already. */
function checkEntries(written: WrittenMatrix, { include, exclude }: MatrixRules, place: Place): void {
  const { matrix } = written;
  const axisOf = (name: string) => matrix.find((one) => one.name === name);
  const bad = (path: (string | number)[], message: string) =>
    place.report('MATRIX_COMBINATION', [...place.path, ...path], message);
  exclude.forEach((one, index) => {
    for (const name of Object.keys(one)) {
      const [axis, value = ''] = [axisOf(name), one[name]];
      const known = matrix.map((other) => other.name).join(', ') || 'none';
      if (axis === undefined) bad(['exclude', index, name], `The matrix has no list "${name}"; expected ${known}.`);
      else if (axis.from === undefined && !axis.values.includes(value)) {
        bad(['exclude', index, name], `"${short(value)}" is not in the list "${name}", so nothing is excluded.`);
      }
    }
  });
  if ([...include, ...exclude].some((one) => Object.keys(one).length === 0)) return;
  if (matrix.some(({ from }) => from !== undefined) || productOf(matrix) > MAX_COMBINATIONS) return;
  const { all, unused } = combinationsOf(written);
  for (const index of unused) {
    bad(
      ['include', index],
      `The combination ${shown(include[index] ?? {})} is in the matrix already; it adds no value.`,
    );
  }
  if (all.length === 0 && matrix.length > 0) {
    place.report('EMPTY_MATRIX', [...place.path, 'exclude'], 'It excludes every combination.');
  }
}
