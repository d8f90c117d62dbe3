export interface MatrixAxis {
  readonly name: string;
  readonly values: readonly string[];
  /** Variable that an earlier task sets to a JSON list with the values, which are then empty here. */
  readonly from?: string;
}

/** Values by the name of their list. */
export type MatrixEntry = Readonly<Record<string, string>>;

/** Keys of a matrix that are not lists of values. */
export interface MatrixRules {
  readonly include: readonly MatrixEntry[];
  readonly exclude: readonly MatrixEntry[];
  readonly maxParallel: number | null;
  readonly failFast: boolean | null;
}

/** A matrix, as a task has it. */
export interface WrittenMatrix {
  readonly matrix: readonly MatrixAxis[];
  /** Null if it has lists only. */
  readonly matrixRules: MatrixRules | null;
}

export const noMatrix: WrittenMatrix = { matrix: [], matrixRules: null };

/** More values than this are not multiplied: the limit of tasks in a workflow. */
export const MAX_COMBINATIONS = 10_000;

export const productOf = (matrix: readonly MatrixAxis[]): number =>
  matrix.length === 0 ? 0 : matrix.reduce((count, axis) => count * axis.values.length, 1);

/** Values by the name of their list, in the order of the names. */
export type Combination = ReadonlyMap<string, string>;

interface Combinations {
  readonly all: readonly Combination[];
  /** Places in `include` that change nothing. */
  readonly unused: readonly number[];
}

/**
 * Combinations of a matrix, by the rules of GitHub Actions: `exclude` comes first, and leaves out every combination
 * that has all values of an entry. An entry of `include` is added to each combination whose listed values it doesn't
 * change, where it may replace values that earlier entries added. If there is none, it is a combination of its own,
 * which later entries don't extend.
 */
export function combinationsOf({ matrix, matrixRules }: WrittenMatrix): Combinations {
  const { include = [], exclude = [] } = matrixRules ?? {};
  const listed = multiply(matrix).filter((one) => !exclude.some((entry) => has(one, Object.entries(entry))));
  const axes = new Set(matrix.map(({ name }) => name));
  const extended = listed.map((one) => new Map(one));
  const added: Combination[] = [];
  const unused: number[] = [];
  include.forEach((entry, index) => {
    const pairs = Object.entries(entry);
    const fixed = pairs.filter(([name]) => axes.has(name));
    const fitting = extended.filter((one) => has(one, fixed));
    if (fitting.length === 0) {
      if (added.some((one) => one.size === pairs.length && has(one, pairs))) unused.push(index);
      else added.push(new Map(pairs));
    } else if (fitting.every((one) => has(one, pairs))) unused.push(index);
    for (const one of fitting) for (const [name, value] of pairs) one.set(name, value);
  });
  return { all: [...extended, ...added], unused };
}

const has = (one: Combination, pairs: readonly (readonly [string, string])[]): boolean =>
  pairs.every(([name, value]) => one.get(name) === value);

function multiply(matrix: readonly MatrixAxis[]): Combination[] {
  if (matrix.length === 0) return [];
  let all: [string, string][][] = [[]];
  for (const { name, values } of matrix)
    all = all.flatMap((one) => values.map((value) => [...one, [name, value] as [string, string]]));
  return all.map((pairs) => new Map(pairs));
}

/** Names of the lists of a matrix, and of values that `include` adds. */
export const axisNames = ({
  matrix,
  matrixRules = null,
}: Partial<WrittenMatrix> & Pick<WrittenMatrix, 'matrix'>): string[] => [
  ...new Set([
    ...matrix.map(({ name }) => name),
    ...(matrixRules?.include ?? []).flatMap((one: MatrixEntry) => Object.keys(one)),
  ]),
];
