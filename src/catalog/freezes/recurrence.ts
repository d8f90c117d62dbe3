import { LRUCache } from 'lru-cache';
import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';

/** When a freeze or window applies: once, or at the occurrences of a rule in a time zone. */
export interface Schedule {
  readonly startsAt: Date;
  /** Null: until it is changed or deleted. Never null with a recurrence. */
  readonly endsAt: Date | null;
  readonly timeZone: string;
  /** RRULE of RFC 5545. */
  readonly recurrence: string | null;
}

/** One window of a schedule, in milliseconds of the epoch. The end does not belong to it; null: it has no end. */
export interface Span {
  readonly from: number;
  readonly until: number | null;
}

/** Parts of a rule. The time of day is that of the first window, so parts below a day are not among them. */
const parts = 'FREQ INTERVAL COUNT UNTIL BYDAY BYMONTH BYMONTHDAY BYYEARDAY BYWEEKNO BYSETPOS WKST'.split(' ');
const frequencies = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
export const MOST_OCCURRENCES = 1000;
const UNTIL = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z)?$/;

/**
 * Occurrences on the wall clock: the rule is evaluated as if all days had 24 hours, and each time is placed into its
 * time zone afterwards. So a window keeps its times of day when the clocks change.
 */
interface Occurrences {
  readonly rule: RRuleTemporal;
  /** Wall time from the start to the end of a window. */
  readonly length: Temporal.Duration;
}

const known = new LRUCache<string, Occurrences>({ max: 500 });

function occurrencesOf({ startsAt, endsAt, timeZone, recurrence }: Schedule): Occurrences {
  if (recurrence === null || endsAt === null) throw new Error('the schedule has no recurrence');
  const key = `${startsAt.getTime()} ${endsAt.getTime()} ${timeZone} ${recurrence}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const first = wallTime(startsAt.getTime(), timeZone);
  const rule = new RRuleTemporal({
    rruleString: onWallClock(recurrence, timeZone),
    dtstart: first.toZonedDateTime('UTC'),
    temporal: Temporal,
    maxIterations: 200_000,
    cache: false,
  });
  const made = { rule, length: first.until(wallTime(endsAt.getTime(), timeZone)) };
  known.set(key, made);
  return made;
}

/** The rule with its UNTIL, which RFC 5545 wants in UTC, as wall time. A date includes the whole day. */
function onWallClock(recurrence: string, timeZone: string): string {
  return recurrence.replace(/UNTIL=([^;]*)/, (_, text: string) => {
    const [, year, month, day, hour, minute, second] = UNTIL.exec(text) ?? [];
    if (hour === undefined) return `UNTIL=${year}${month}${day}T235959Z`;
    const at = wallTime(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), timeZone);
    return `UNTIL=${at.toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '')}Z`;
  });
}

const wallTime = (at: number, timeZone: string): Temporal.PlainDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDateTime();

/**
 * Places a wall time into its time zone. A time that clocks show twice is the first one as a start, and the last one
 * as an end. A time that clocks skip is the moment of the change.
 */
function placed(local: Temporal.PlainDateTime, timeZone: string, as: 'start' | 'end'): number {
  const at = local.toZonedDateTime(timeZone, { disambiguation: as === 'start' ? 'earlier' : 'later' });
  if (at.toPlainDateTime().equals(local)) return at.epochMilliseconds;
  const after = local.toZonedDateTime(timeZone, { disambiguation: 'later' }).add({ milliseconds: 1 });
  return after.getTimeZoneTransition('previous')?.epochMilliseconds ?? at.epochMilliseconds;
}

function spanFrom(start: Temporal.PlainDateTime, length: Temporal.Duration, timeZone: string): Span {
  return { from: placed(start, timeZone, 'start'), until: placed(start.add(length), timeZone, 'end') };
}

const asUtc = (local: Temporal.PlainDateTime) => local.toZonedDateTime('UTC');
const contains = ({ from, until }: Span, at: number): boolean => from <= at && (until === null || at < until);
/** No clock is set back or forth by more. */
const SHIFT = { days: 2 };

/** Window that contains this moment. Of several, the one that ends last. */
export function spanAt(schedule: Schedule, at: number): Span | null {
  const { timeZone, recurrence } = schedule;
  if (recurrence === null) {
    const span = { from: schedule.startsAt.getTime(), until: schedule.endsAt?.getTime() ?? null };
    return contains(span, at) ? span : null;
  }
  const { rule, length } = occurrencesOf(schedule);
  const now = wallTime(at, timeZone);
  const starts = rule.between(asUtc(now.subtract(length).subtract(SHIFT)), asUtc(now.add(SHIFT)), true);
  const spans = starts.map((start) => spanFrom(start.toPlainDateTime(), length, timeZone));
  return spans.filter((span) => contains(span, at)).sort((a, b) => (b.until ?? 0) - (a.until ?? 0))[0] ?? null;
}

/** First window that begins after this moment. */
export function spanAfter(schedule: Schedule, at: number): Span | null {
  const { timeZone, recurrence } = schedule;
  if (recurrence === null) {
    const from = schedule.startsAt.getTime();
    return from > at ? { from, until: schedule.endsAt?.getTime() ?? null } : null;
  }
  const { rule, length } = occurrencesOf(schedule);
  let start = rule.next(asUtc(wallTime(at, timeZone).subtract(SHIFT)), true);
  while (start !== null) {
    const span = spanFrom(start.toPlainDateTime(), length, timeZone);
    // A window within skipped hours is empty.
    if (span.from > at && (span.until ?? 0) > span.from) return span;
    start = rule.next(start);
  }
  return null;
}

export function isTimeZone(text: string): boolean {
  try {
    // Offsets such as +01:00 are valid too, but they know no changes of the clock.
    return /^[A-Za-z]/.test(text) && Temporal.Now.zonedDateTimeISO(text) !== undefined;
  } catch {
    return false;
  }
}

/** Reason why a rule can't be used with this first window; null if it can. */
export function recurrenceProblem(schedule: Schedule & { readonly recurrence: string }): string | null {
  const given = schedule.recurrence.split(';').map((part) => part.split('=', 2));
  const values = new Map(given.map(([name = '', value = '']) => [name, value]));
  const unknown = given.find(([name = '', value]) => !parts.includes(name) || value === undefined || value === '');
  if (unknown !== undefined) return `"${unknown.join('=')}" is not a part of a rule; expected ${parts.join(', ')}`;
  if (values.size < given.length) return 'it has the same part twice';
  if (!frequencies.includes(values.get('FREQ') ?? '')) return `FREQ must be one of ${frequencies.join(', ')}`;
  const [count, until] = [values.get('COUNT'), values.get('UNTIL')];
  if (count !== undefined && Number(count) > MOST_OCCURRENCES) return `COUNT must be at most ${MOST_OCCURRENCES}`;
  if (until !== undefined && Number.isNaN(dateOf(until))) {
    return 'UNTIL must be a date (20261231) or a time in UTC (20261231T230000Z)';
  }
  try {
    const { rule } = occurrencesOf(schedule);
    const lost = given.find(([name = '', value = '']) => !sameValues(rule.toString(), name, value));
    if (lost !== undefined) return `"${lost.join('=')}" has a value that is not valid`;
    const first = asUtc(wallTime(schedule.startsAt.getTime(), schedule.timeZone));
    if (rule.next(first, true)?.equals(first) === true) return null;
    return 'the first window does not begin at an occurrence of the rule';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const dateOf = (until: string): number => {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = UNTIL.exec(until) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};

/** The library drops values that are out of range. */
function sameValues(written: string, name: string, value: string): boolean {
  if (name === 'UNTIL' || name === 'WKST' || name === 'INTERVAL') return true;
  const kept = new RegExp(`${name}=([^;\\n]*)`).exec(written)?.[1] ?? '';
  return kept.split(',').length === value.split(',').length && kept !== '';
}
