import type { InputError } from '../kernel/errors';

const MAX_LENGTH = 5000;

/** What is wrong with the reason that a person gives for an action on a run. */
export function reasonErrors(reason: string | null | undefined): InputError[] {
  if (reason == null || reason.length <= MAX_LENGTH) return [];
  const message = 'reason has at most 5,000 characters.';
  return [{ field: 'reason', value: reason.length, rule: 'MAX_LENGTH', message }];
}
