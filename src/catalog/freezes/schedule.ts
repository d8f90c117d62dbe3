import { isTimeZone, recurrenceProblem, type Schedule } from './recurrence';

export interface ScheduleProblem {
  readonly field: 'timeZone' | 'until' | 'recurrence';
  readonly rule: 'TIME_ZONE' | 'REQUIRED' | 'RANGE' | 'RECURRENCE';
  /** The rest of a sentence about the field. */
  readonly message: string;
}

/** Reason why a freeze or window can't have this schedule; null if it can. */
export function scheduleProblem(
  kind: 'FREEZE' | 'DEPLOYMENT_WINDOW',
  { startsAt, endsAt, timeZone, recurrence }: Schedule,
): ScheduleProblem | null {
  if (!isTimeZone(timeZone)) {
    const message = `"${timeZone.slice(0, 100)}" is not an IANA time zone, such as Europe/Berlin.`;
    return { field: 'timeZone', rule: 'TIME_ZONE', message };
  }
  const required = (message: string): ScheduleProblem => ({ field: 'until', rule: 'REQUIRED', message });
  if (endsAt === null) {
    if (recurrence !== null) return required('a window that repeats needs an end.');
    return kind === 'FREEZE' ? null : required('a deployment window needs an end.');
  }
  if (endsAt <= startsAt) return { field: 'until', rule: 'RANGE', message: 'must be later than `from`.' };
  const problem = recurrence === null ? null : recurrenceProblem({ startsAt, endsAt, timeZone, recurrence });
  return problem === null ? null : { field: 'recurrence', rule: 'RECURRENCE', message: `${problem}.` };
}

/** A rule as it is stored. */
export const ruleText = (recurrence: string): string =>
  recurrence
    .trim()
    .replace(/^RRULE:/, '')
    .toUpperCase();
