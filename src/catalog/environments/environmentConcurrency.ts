import { type InputError, invalidInput } from '../../kernel/errors';
import { field, optional, type ShapeOf } from '../../kernel/fields';
import { type Concurrency, environmentProblems, groupProblem, MAX_CONCURRENCY } from '../language/concurrency';

const concurrencyPolicy = {
  name: 'ConcurrencyPolicy',
  description: 'Effect of reaching the limit.',
  values: {
    QUEUE: 'Waits in order.',
    LATEST: 'Waits, until a newer one that waits supersedes it.',
    REFUSE: 'Fails with CONCURRENCY_LIMIT.',
  },
} as const;

export const environmentConcurrencyFields = {
  group: optional(
    field.text(
      'Group of environments that share the limit, within the application: a line of 1 to 200 characters. Defaults to none.',
    ),
  ),
  limit: optional(
    field.integer(
      'Number of environments of the group that take a deployment at the same time, 1 to 1,000. Defaults to 1.',
    ),
  ),
  policy: optional(
    field.oneOf(
      concurrencyPolicy,
      'Effect on a deployment when the limit is reached. Also applies to the slot of the environment. Defaults to QUEUE.',
    ),
  ),
};
export type EnvironmentConcurrencyInput = ShapeOf<typeof environmentConcurrencyFields>;

/** Checks it by the rules of documents. */
export function readEnvironmentConcurrency(given: EnvironmentConcurrencyInput): Concurrency {
  const { group, limit, policy } = given;
  const read: Concurrency = { group: group ?? null, limit: limit ?? 1, policy: policy ?? 'QUEUE' };
  const errors: InputError[] = [];
  const refuse = (key: keyof Concurrency, message: string) =>
    errors.push({ field: `concurrency.${key}`, value: read[key], rule: 'BAD_VALUE', message });
  const problem = read.group === null ? undefined : groupProblem(read.group);
  if (problem !== undefined) refuse('group', problem);
  if (read.limit < 1 || read.limit > MAX_CONCURRENCY) {
    refuse('limit', `The limit of a concurrency group is 1 to ${MAX_CONCURRENCY.toLocaleString('en-US')}.`);
  }
  for (const [key, message] of environmentProblems(read)) refuse(key, message);
  if (errors.length > 0) throw invalidInput(errors);
  return read;
}
