import fc from 'fast-check';
import { closedAt, type FreezeRule, nextClosed } from '../../../src/catalog/freezes/freezeState';
import { recurrenceProblem, type Schedule } from '../../../src/catalog/freezes/recurrence';
import { property } from '../../support/property';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const QUARTER = 15 * MINUTE;

const rule = (own: Partial<FreezeRule> & { readonly startsAt: Date }): FreezeRule => ({
  ...{ id: '1', kind: 'FREEZE', endsAt: null, timeZone: 'Europe/Berlin', recurrence: null },
  ...own,
});
const times = (from: string, until: string) => ({ startsAt: new Date(from), endsAt: new Date(until) });
const untilOf = (freezes: readonly FreezeRule[], at: string) => {
  const closed = closedAt(freezes, new Date(at));
  return closed === null ? 'open' : (closed.until?.toISOString() ?? 'unknown');
};

describe('closedAt', () => {
  it('keeps the times of day of a weekly freeze over both changes of the clock', () => {
    const weekend = rule({ ...times('2026-01-02T18:00+01:00', '2026-01-05T08:00+01:00'), recurrence: 'FREQ=WEEKLY' });
    expect(untilOf([weekend], '2026-03-27T16:59:59Z')).toBe('open');
    // Clocks go forward on Sunday, March 29: Monday 8:00 is UTC+2.
    expect(untilOf([weekend], '2026-03-27T17:00:00Z')).toBe('2026-03-30T06:00:00.000Z');
    expect(untilOf([weekend], '2026-07-03T16:00:00Z')).toBe('2026-07-06T06:00:00.000Z');
    // Clocks go back on Sunday, October 25.
    expect(untilOf([weekend], '2026-10-23T15:59:59Z')).toBe('open');
    expect(untilOf([weekend], '2026-10-23T16:00:00Z')).toBe('2026-10-26T07:00:00.000Z');
  });

  it('ends a window in the skipped hour when the clock jumps, and covers a repeated hour twice', () => {
    const night = (from: string, until: string) =>
      rule({ ...times(`2026-03-01T${from}+01:00`, `2026-03-01T${until}+01:00`), recurrence: 'FREQ=DAILY' });
    const across = night('02:30', '03:30');
    expect(untilOf([across], '2026-03-29T00:59:59Z')).toBe('open');
    expect(untilOf([across], '2026-03-29T01:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
    const within = night('02:15', '02:45');
    expect(untilOf([within], '2026-03-29T01:00:00Z')).toBe('open');
    expect(nextClosed([within], new Date('2026-03-28T12:00:00Z'))?.from?.toISOString()).toBe(
      '2026-03-30T00:15:00.000Z',
    );
    // On October 25, the clock shows 2:15 to 2:45 twice: at UTC+2, and an hour later at UTC+1.
    expect(untilOf([within], '2026-10-25T00:15:00Z')).toBe('2026-10-25T01:45:00.000Z');
  });

  it('finds the true end of freezes that overlap and follow each other', () => {
    const first = rule({ ...times('2026-12-20T00:00Z', '2026-12-24T00:00Z') });
    const second = rule({ id: '2', ...times('2026-12-23T00:00Z', '2026-12-27T00:00Z') });
    const third = rule({ id: '3', ...times('2026-12-27T00:00Z', '2027-01-02T00:00Z') });
    expect(untilOf([third, first, second], '2026-12-21T00:00Z')).toBe('2027-01-02T00:00:00.000Z');
    const open = rule({ id: '4', startsAt: new Date('2026-12-31T00:00Z') });
    expect(untilOf([third, first, second, open], '2026-12-21T00:00Z')).toBe('unknown');
    const everyDay = rule({ ...times('2026-01-01T00:00Z', '2026-01-02T00:00Z'), recurrence: 'FREQ=DAILY' });
    expect(untilOf([everyDay], '2026-06-01T00:00Z')).toBe('unknown');
  });

  it('closes an environment outside of its deployment windows, for ever after the last one', () => {
    const window = rule({
      kind: 'DEPLOYMENT_WINDOW',
      ...times('2026-06-01T10:00Z', '2026-06-01T12:00Z'),
      ...{ timeZone: 'UTC', recurrence: 'FREQ=DAILY;COUNT=2' },
    });
    expect(untilOf([window], '2026-05-30T00:00Z')).toBe('2026-06-01T10:00:00.000Z');
    expect(untilOf([window], '2026-06-01T11:59:59Z')).toBe('open');
    expect(untilOf([window], '2026-06-01T12:00Z')).toBe('2026-06-02T10:00:00.000Z');
    expect(untilOf([window], '2026-06-02T12:00Z')).toBe('unknown');
    const freeze = rule({ id: '2', ...times('2026-06-01T00:00Z', '2026-06-01T11:00Z') });
    expect(untilOf([window, freeze], '2026-06-01T09:00Z')).toBe('2026-06-01T11:00:00.000Z');
    expect(nextClosed([window, freeze], new Date('2026-06-01T11:00Z'))).toMatchObject({
      freeze: window,
      from: new Date('2026-06-01T12:00Z'),
      until: new Date('2026-06-02T10:00Z'),
    });
  });

  it('agrees with a model that looks at the clock each quarter of an hour', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'UTC'];
    const anySchedule = fc.record({
      kind: fc.constantFrom<FreezeRule['kind']>('FREEZE', 'FREEZE', 'DEPLOYMENT_WINDOW'),
      timeZone: fc.constantFrom(...zones),
      start: fc.integer({ min: 0, max: 4 * 24 * 14 }),
      length: fc.integer({ min: 1, max: 4 * 60 }),
      recurrence: fc.constantFrom(null, 'FREQ=DAILY', 'FREQ=DAILY;INTERVAL=3', 'FREQ=WEEKLY', 'FREQ=DAILY;COUNT=9'),
    });
    const anyBegin = fc.constantFrom('2026-03-16T00:00Z', '2026-10-12T00:00Z', '2026-04-01T00:00Z');
    fc.assert(
      fc.property(anyBegin, fc.array(anySchedule, { minLength: 1, maxLength: 4 }), fc.nat(), (begin, given, seen) => {
        const base = Date.parse(begin);
        const rules = given.map(({ start, length, ...own }, index) => {
          const from = base + start * QUARTER;
          return rule({
            id: String(index),
            ...own,
            startsAt: new Date(from),
            endsAt: new Date(from + length * QUARTER),
          });
        });
        const first = base - 2 * 24 * HOUR;
        const closed = modelOf(rules, first);
        const place = seen % (closed.length - 4 * 24 * 20);
        const found = closedAt(rules, new Date(first + place * QUARTER));
        expect(found !== null).toBe(closed[place]);
        const open = closed.indexOf(false, place);
        const until = found === null ? first + place * QUARTER : (found.until?.getTime() ?? Number.POSITIVE_INFINITY);
        if (open >= 0) expect(until).toBe(first + open * QUARTER);
        else expect(until).toBeGreaterThanOrEqual(first + closed.length * QUARTER);
      }),
      property(100),
    );
  });
});

const clocks = new Map<string, readonly number[]>();

/** What the clock of a zone shows at each quarter of an hour of 40 days, as milliseconds. */
function clockOf(timeZone: string, first: number): readonly number[] {
  const key = `${timeZone} ${first}`;
  const known =
    clocks.get(key) ?? Array.from({ length: 4 * 24 * 40 }, (_, index) => wall(timeZone, first + index * QUARTER));
  clocks.set(key, known);
  return known;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wall(timeZone: string, at: number): number {
  const options = { timeZone, hourCycle: 'h23', dateStyle: 'short', timeStyle: 'short' } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', options);
  formats.set(timeZone, format);
  const [year, month, day, hour, minute] = format.format(at).match(/\d+/g) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}Z`);
}

/** The definition: a window lasts from the first moment that shows its start to the last one before its end. */
function modelOf(rules: readonly FreezeRule[], first: number): boolean[] {
  const covered = (one: FreezeRule): boolean[] => {
    const [start, end] = [one.startsAt.getTime(), one.endsAt?.getTime() ?? Number.POSITIVE_INFINITY];
    const clock = clockOf(one.timeZone, first);
    if (one.recurrence === null) {
      return clock.map((_, index) => start <= first + index * QUARTER && first + index * QUARTER < end);
    }
    const [from, until] = [wall(one.timeZone, start), wall(one.timeZone, end)];
    const numberIn = (name: string, otherwise: number) =>
      Number(new RegExp(`${name}=(\\d+)`).exec(one.recurrence ?? '')?.[1] ?? otherwise);
    const days = one.recurrence.includes('WEEKLY') ? 7 : numberIn('INTERVAL', 1);
    const found = clock.map(() => false);
    for (let number = 0; number < numberIn('COUNT', 60); number++) {
      const shift = number * days * 24 * HOUR;
      const begins = clock.findIndex((shown) => shown >= from + shift);
      const ends = clock.findLastIndex((shown) => shown < until + shift);
      if (begins >= 0) found.fill(true, begins, ends + 1);
    }
    return found;
  };
  const all = rules.map((one) => ({ kind: one.kind, in: covered(one) }));
  const windows = all.filter(({ kind }) => kind === 'DEPLOYMENT_WINDOW');
  return clockOf('UTC', first).map(
    (_, index) =>
      all.some((one) => one.kind === 'FREEZE' && one.in[index]) ||
      (windows.length > 0 && !windows.some((one) => one.in[index])),
  );
}

describe('recurrenceProblem', () => {
  const schedule = (recurrence: string): Schedule & { readonly recurrence: string } => ({
    ...times('2026-01-02T18:00+01:00', '2026-01-05T08:00+01:00'),
    ...{ timeZone: 'Europe/Berlin', recurrence },
  });

  it.each([
    'FREQ=WEEKLY',
    'FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231T225959Z',
    'FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20261231',
    'FREQ=MONTHLY;BYDAY=1FR',
    'FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=2;COUNT=3',
  ])('accepts %s', (recurrence) => {
    expect(recurrenceProblem(schedule(recurrence))).toBeNull();
  });

  it.each([
    ['FREQ=HOURLY', /FREQ must be one of/],
    ['BYDAY=FR', /FREQ must be one of/],
    ['FREQ=DAILY;BYHOUR=9', /"BYHOUR=9" is not a part/],
    ['FREQ=DAILY;COUNT=100000', /at most 1000/],
    ['FREQ=WEEKLY;BYDAY=FR,XX', /XX/],
    ['FREQ=MONTHLY;BYMONTHDAY=2,40', /BYMONTHDAY=2,40/],
    ['FREQ=WEEKLY;BYDAY=MO', /does not begin at an occurrence/],
    ['FREQ=DAILY;UNTIL=tomorrow', /UNTIL must be/],
    ['FREQ=DAILY;FREQ=WEEKLY', /same part twice/],
    ['FREQ=DAILY\nRRULE:FREQ=DAILY', /FREQ must be one of/],
  ])('refuses %s', (recurrence, problem) => {
    expect(recurrenceProblem(schedule(recurrence))).toMatch(problem);
  });
});
