import { Cron } from 'croner';
import { LRUCache } from 'lru-cache';
import { Temporal } from 'temporal-polyfill';

/**
 * Cron expressions of triggers. Five parts are minute, hour, day of the month, month and day of the week, where Sunday
 * is 0 or 7. Six or seven parts are those of Quartz: they begin with seconds, Sunday is 1, and the seventh is the year.
 */
export interface CronSchedule {
  readonly cron: string;
  readonly timeZone: string;
}

/** Times of day on the wall clock, as if all days had 24 hours: they are those of UTC. */
interface WallTimes {
  readonly cron: Cron;
  /** True if the schedule has every hour, so that it follows real time. */
  readonly hourly: boolean;
}

const known = new LRUCache<string, WallTimes>({ max: 1000 });
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

function read(text: string): WallTimes {
  const pattern = text.trim();
  const read = known.get(pattern);
  if (read !== undefined) return read;
  const parts = pattern.split(/\s+/);
  const cron = new Cron(pattern, { timezone: 'UTC', paused: true, alternativeWeekdays: parts.length > 5 });
  const hour = parts[parts.length > 5 ? 2 : 1];
  const hourly = hour === undefined ? /^@hourly$/i.test(pattern) : /^(\*|\?|0-23)(\/1)?$/.test(hour);
  const made = { cron, hourly };
  known.set(pattern, made);
  return made;
}

/**
 * The first time of the schedule after a moment; null if there is none. A time of day that the clocks skip comes at the
 * end of the gap, and one that they repeat comes once, the first time. Schedules of every hour follow real time.
 */
export function nextTick({ cron: text, timeZone }: CronSchedule, after: Date): Date | null {
  const { cron, hourly } = read(text);
  const next = hourly ? nextInRealTime(cron, timeZone, after.getTime()) : nextOnWall(cron, timeZone, after.getTime());
  return next === null ? null : new Date(next);
}

const zoned = (ms: number, timeZone: string) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
const offsetOf = ({ offsetNanoseconds }: Temporal.ZonedDateTime): number => offsetNanoseconds / 1e6;

/** Every time of day comes once a day. */
function nextOnWall(cron: Cron, timeZone: string, after: number): number | null {
  let wall = cron.nextRun(new Date(after + offsetOf(zoned(after, timeZone))));
  // In the repetition of an hour, its times are over.
  for (; wall !== null; wall = cron.nextRun(wall)) {
    const at = placed(wall, timeZone);
    if (at > after) return at;
  }
  return null;
}

/** The moment of a time on the wall clock: the first of two, or the end of the gap in which it would be. */
function placed(wall: Date, timeZone: string): number {
  const time = Temporal.PlainDateTime.from(wall.toISOString().slice(0, 19));
  const at = time.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const exists = at.toPlainDateTime().equals(time);
  return (exists ? at : (at.getTimeZoneTransition('next') ?? at)).epochMilliseconds;
}

/** Every moment comes at which the wall clock shows one of the times. */
function nextInRealTime(cron: Cron, timeZone: string, after: number): number | null {
  let from = after;
  // croner looks for times after a second.
  let before = 0;
  for (;;) {
    const start = zoned(from, timeZone);
    const offset = offsetOf(start);
    const change = start.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
    const wall = cron.nextRun(new Date(from + offset - before));
    const at = wall === null ? Number.POSITIVE_INFINITY : wall.getTime() - offset;
    if (at < change) return at;
    const soon = change - from < DAY_MS;
    if (at === Number.POSITIVE_INFINITY && !soon) return null;
    // Until shortly before the time, no other one comes, whatever the clocks do.
    from = soon ? change : Math.max(change, at - DAY_MS);
    before = SECOND_MS;
  }
}

export interface CronProblem {
  readonly field: 'cron' | 'timeZone';
  readonly message: string;
}

/** Reason why a schedule is not valid, as seen at a moment. */
export function cronProblem(schedule: CronSchedule, now: Date): CronProblem | undefined {
  const { cron, timeZone } = schedule;
  if (!isTimeZone(timeZone)) {
    const message = `"${timeZone}" is not an IANA time zone, such as Europe/Berlin.`;
    return { field: 'timeZone', message };
  }
  const bad = (why: string): CronProblem => ({ field: 'cron', message: `"${cron}" is not a valid schedule: ${why}.` });
  if (cron.length > 200 || !/^(@\w+|\S+(\s+\S+){4,6})$/.test(cron.trim())) {
    return bad(
      'expected five parts (minute, hour, day, month, day of the week), or six or seven that begin with seconds',
    );
  }
  try {
    return nextTick(schedule, now) === null ? bad('it never fires') : undefined;
  } catch (error) {
    const [, why = 'it can’t be read'] = /^CronPattern: (.*?)\.?$/s.exec((error as Error).message) ?? [];
    return bad(why);
  }
}

function isTimeZone(zone: string): boolean {
  // Offsets such as +02:00 are no zones: they do not follow changes of the clock.
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The schedule in words, as far as they are short. */
export const describeCron = ({ cron, timeZone }: CronSchedule): string => `${cron} (${timeZone})`;
