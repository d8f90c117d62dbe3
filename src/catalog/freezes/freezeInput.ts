import { broken, readIds } from '../../access/permissionInput';
import { type InputError, invalidInput } from '../../kernel/errors';
import { isStorable, readNameAndDescription } from '../../kernel/naming';
import type { Freeze, FreezeChanges } from './freezes';
import { ruleText, scheduleProblem } from './schedule';

/** Fields of a freeze that people set. */
export type FreezeValues = Omit<Freeze, 'id' | 'createdAt' | 'createdBy' | 'updatedAt' | 'deletedAt'>;

const MOST_REASON = 2000;

/** Reads a new freeze, or the changes of one. Undefined keeps the value of before. */
export function readFreeze(input: FreezeChanges, before: FreezeValues): FreezeValues {
  const { name = before.name } = readNameAndDescription({ name: input.name });
  const errors: InputError[] = [];
  const ids = (field: 'applicationIds' | 'environmentIds' | 'exceptGroupIds' | 'exceptServiceIds') => {
    const given = input[field];
    return given == null || given.length === 0 ? given : readIds(given, field, errors);
  };
  const orBefore = <T>(given: T | undefined, old: T): T => (given === undefined ? old : given);
  const recurrence = orBefore(input.recurrence, before.recurrence);
  const after: FreezeValues = {
    name,
    kind: input.kind ?? before.kind,
    applicationIds: restriction('applicationIds', orBefore(ids('applicationIds'), before.applicationIds), errors),
    environmentIds: restriction('environmentIds', orBefore(ids('environmentIds'), before.environmentIds), errors),
    environmentTypes: restriction(
      'environmentTypes',
      orBefore(input.environmentTypes, before.environmentTypes),
      errors,
    ),
    startsAt: input.from ?? before.startsAt,
    endsAt: orBefore(input.until, before.endsAt),
    timeZone: input.timeZone ?? before.timeZone,
    recurrence: recurrence === null ? null : ruleText(recurrence),
    reason: input.reason?.trim() ?? before.reason,
    exceptGroupIds: ids('exceptGroupIds') ?? before.exceptGroupIds,
    exceptServiceIds: ids('exceptServiceIds') ?? before.exceptServiceIds,
  };
  const problem = scheduleProblem(after.kind, after);
  if (problem !== null) {
    const { field, rule, message } = problem;
    errors.push(broken(field, field === 'until' ? after.endsAt : after[field], rule, message));
  }
  if (after.reason === '' || after.reason.length > MOST_REASON || !isStorable(after.reason)) {
    errors.push(broken('reason', after.reason, 'LENGTH', 'must have 1 to 2,000 characters that can be stored.'));
  }
  if (errors.length > 0) throw invalidInput(errors);
  return after;
}

/** An empty list would cover nothing, which is hardly meant. */
function restriction<T>(field: string, list: readonly T[] | null, errors: InputError[]): readonly T[] | null {
  if (list?.length === 0) errors.push(broken(field, [], 'NOT_EMPTY', 'give at least one, or null for all.'));
  return list;
}
