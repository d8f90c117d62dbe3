import type { Complain } from './checkVariables';
import { partsOf } from './outputReferences';
import { mapped, number, object, oneOf, optional, ruled, text, type ValueOf, withShort } from './shape';
import { concurrencyPolicies } from './terms';

const MAX_GROUP = 200;
export const MAX_CONCURRENCY = 1000;

export const groupProblem = (name: string): string | undefined =>
  name.trim() === '' || name.length > MAX_GROUP || name.includes('\n')
    ? `A concurrency group is one line of 1 to ${MAX_GROUP} characters.`
    : undefined;

const group = ruled(text, {
  json: { minLength: 1, maxLength: MAX_GROUP },
  problem: (name) => {
    const problem = groupProblem(name);
    return problem === undefined ? undefined : ['BAD_VALUE', problem];
  },
});

const fields = object({
  group: optional(
    group,
    null,
    `Group that shares the limit. \${NAME} is the value of a variable. Defaults to the workflow or pipeline itself.`,
  ),
  limit: optional(
    number('integer', 1, MAX_CONCURRENCY),
    1,
    'Number of members of the group that run at the same time.',
  ),
  policy: optional(
    oneOf(concurrencyPolicies),
    'QUEUE',
    'If the limit is reached: QUEUE waits; LATEST waits, and a newer one that waits supersedes it; REFUSE fails.',
  ),
});

/** How many executions run at the same time. */
export type Concurrency = Readonly<ValueOf<typeof fields>>;

/** The name of a group alone means one member at a time. */
export const concurrency = withShort<string, Concurrency>(group, fields, ({ type }) => type === 'scalar', {
  expand: (name) => ({ group: name, limit: 1, policy: 'QUEUE' }),
  shrink: (given) => (given.limit === 1 && given.policy === 'QUEUE' && given.group !== null ? given.group : undefined),
});

/** Checks the concurrency of an environment, which takes one deployment at a time: a limit needs a group. */
export function environmentProblems({ group, limit }: Concurrency): [keyof Concurrency, string][] {
  const problems: [keyof Concurrency, string][] = [];
  if (group === null && limit > 1) {
    const message = 'An environment takes one deployment at a time. Add a "group" to limit several environments.';
    problems.push(['limit', message]);
  }
  if (group?.includes('${')) {
    problems.push(['group', 'The group of an environment is a plain name, without references.']);
  }
  return problems;
}

export const environmentConcurrency = mapped(concurrency, (given, node, place) => {
  for (const [key, message] of environmentProblems(given)) {
    place.report('BAD_VALUE', [...place.path, key], message, node.at);
  }
  return given;
});

/** Checks the references of a group to variables of its workflow or pipeline. */
export function checkConcurrency(
  given: Concurrency | null,
  known: ReadonlySet<string>,
  rule: 'UNKNOWN_NAME' | 'UNKNOWN_PIPELINE_VARIABLE',
  complain: Complain,
): void {
  for (const part of partsOf(given?.group ?? '')) {
    const name = part.is === 'VARIABLE' ? part.name : undefined;
    if (part.is === 'TEXT' || (name !== undefined && known.has(name))) continue;
    const reference =
      name === undefined ? (part.is === 'OUTPUT' || part.is === 'MALFORMED' ? part.text : '') : `\${${name}}`;
    const message = `The concurrency group refers to ${reference}; it can refer to ${[...known].join(', ') || 'no variable'}.`;
    complain(rule, ['concurrency', 'group'], message);
  }
}

/** Name of a group with the values of its references. A variable without a value is empty. */
export const groupName = (name: string, values: Readonly<Record<string, string>>): string =>
  partsOf(name)
    .map((part) => (part.is === 'VARIABLE' ? (values[part.name] ?? '') : part.text))
    .join('');

/** True if a group depends on the environment of its workflow. */
export const namesEnvironment = (name: string): boolean =>
  partsOf(name).some((part) => part.is === 'VARIABLE' && part.name === 'environment');
