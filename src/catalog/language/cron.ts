import { Cron } from 'croner';

/**
 * Cron expressions of triggers. Five parts are minute, hour, day of the month, month and day of the week, where Sunday
 * is 0 or 7. Six or seven parts are those of Quartz: they begin with seconds, Sunday is 1, and the seventh is the year.
 */
export interface CronSchedule {
  readonly cron: string;
  readonly timeZone: string;
}

const known = new Map<string, Cron>();
const CAPACITY = 1000;

function read({ cron, timeZone }: CronSchedule): Cron {
  const key = `${timeZone}\n${cron}`;
  const read = known.get(key);
  if (read !== undefined) return read;
  const parts = cron.trim().split(/\s+/).length;
  const made = new Cron(cron.trim(), { timezone: timeZone, paused: true, alternativeWeekdays: parts > 5 });
  if (known.size >= CAPACITY) known.clear();
  known.set(key, made);
  return made;
}

/**
 * The first time of the schedule after a moment; null if there is none. A time of day that the clocks skip comes at the
 * end of the gap, and one that they repeat comes once, the first time. Schedules with several hours follow real time.
 */
export const nextTick = (schedule: CronSchedule, after: Date): Date | null => read(schedule).nextRun(after);

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
