import { environmentTypes } from '../../access/permission';
import { parseTime, timeForm } from '../../kernel/times';
import { ruleText, scheduleProblem } from '../freezes/schedule';
import { filled, list, mapped, oneOf, optional, required, ruled, type Shape, short, text } from './shape';
import { snakeCase } from './sourceTree';
import { name } from './values';

/** Keys of a Freeze, in addition to the head that all documents have. */

const MAX_REASON = 2000;

const time: Shape<Date> = mapped(
  ruled(text, {
    json: { type: 'string', pattern: timeForm.source },
    problem: (value) =>
      parseTime(value) === undefined
        ? [
            'BAD_VALUE',
            timeForm.test(value)
              ? `"${short(value)}" is not a valid point in time.`
              : 'Expected a time of ISO 8601 with a time zone, such as 2026-12-23T18:00:00+01:00.',
          ]
        : undefined,
  }),
  (value) => parseTime(value) ?? new Date(0),
  { encode: (value) => value.toISOString() },
);

const reason = ruled(text, {
  json: { minLength: 1, maxLength: MAX_REASON },
  problem: (value) =>
    value.trim() === '' || value.length > MAX_REASON ? ['BAD_VALUE', 'A reason has 1 to 2,000 characters.'] : undefined,
});

const all = (what: string) => `An empty list would cover nothing. Leave it out to cover all ${what}.`;

export const freezeKeys = {
  type: optional(
    oneOf(['FREEZE', 'DEPLOYMENT_WINDOW']),
    'FREEZE',
    'FREEZE: deployments wait, or are refused, within its windows. DEPLOYMENT_WINDOW: outside of them.',
  ),
  environments: optional(
    filled(list(name), all('environments')),
    null,
    'Environments that it covers. Defaults to all of the application, or those of the given types.',
  ),
  environmentTypes: optional(
    filled(list(oneOf(environmentTypes)), all('types')),
    null,
    'Types of environments that it covers, in addition to `environments`.',
  ),
  from: required(time, 'Start of its first window: a time of ISO 8601 with a time zone.'),
  until: optional(
    time,
    null,
    'End of its first window; deployments may begin at this time. Required with a recurrence and for deployment windows. Defaults to no end.',
  ),
  timeZone: optional(
    text,
    'UTC',
    'IANA time zone in which the recurrence keeps its times of day when the clocks change, such as Europe/Berlin.',
  ),
  recurrence: optional(
    mapped(text, ruleText),
    null,
    'Rule of RFC 5545 by which the window repeats, such as FREQ=WEEKLY;BYDAY=FR. Defaults to no repetition.',
  ),
  reason: required(reason, 'Reason, shown to everybody whose deployment waits or is refused.'),
  exceptServices: optional(
    list(name),
    [],
    'Services that may be deployed in spite of it, if an element deploys no others.',
  ),
  exceptGroups: optional(
    list(name),
    [],
    'User groups whose members may deploy in spite of it. The user who began the attempt counts.',
  ),
};

interface Scheduled {
  readonly type: 'FREEZE' | 'DEPLOYMENT_WINDOW';
  readonly from: Date;
  readonly until: Date | null;
  readonly timeZone: string;
  readonly recurrence: string | null;
}

/** Checks the keys of a schedule against each other. */
export const scheduled = <T extends Scheduled>(shape: Shape<T>): Shape<T> =>
  mapped(shape, (freeze, _node, place) => {
    const { type, from: startsAt, until: endsAt, timeZone, recurrence } = freeze;
    const problem = scheduleProblem(type, { startsAt, endsAt, timeZone, recurrence });
    if (problem === null || startsAt.getTime() === 0 || endsAt?.getTime() === 0) return freeze;
    const { field, message } = problem;
    place.report('BAD_VALUE', [...place.path, field], `"${snakeCase(field)}": ${message}`);
    return freeze;
  });
