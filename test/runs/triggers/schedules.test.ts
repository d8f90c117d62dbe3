import fc from 'fast-check';
import { tickSchedules } from '../../../src/runs/triggers/tickSchedules';
import { nextTick } from '../../../src/catalog/language/cron';
import { APP } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const COUNT = 100;
const zone = (index: number) => ['Europe/Berlin', 'America/New_York', 'UTC', 'Australia/Lord_Howe'][index % 4];
// Monthly, apart from some that run within the hours that clocks skip and repeat.
const cron = (index: number) => (index < 8 ? '30 1 * * 0' : `${index % 60} ${index % 24} ${1 + (index % 28)} * *`);
const TRIGGERS = Array.from(
  { length: COUNT },
  (_, index) => `---
kind: Trigger
application: app
name: t${index}
on: { schedule: { cron: "${cron(index)}", time_zone: ${zone(index)}, missed: ${index === 0 ? 'SKIP' : 'RUN_ONCE'} } }
if: "false"
start: { workflow: work }
`,
).join('');
const WORK = `---\nkind: Workflow\napplication: app\nname: work\ntasks: { a: { run: "true" } }\n`;

describe('schedules', () => {
  const { server, runs } = testWorld(APP + WORK, { agent: null });
  let other: TestServer;
  afterAll(() => other?.stop());

  it('fires 100 schedules once a tick for a year, on two servers', async () => {
    await server.sweeper.pause();
    other = await startTestServer({}, server.databaseUrl);
    await other.sweeper.pause();
    let now = new Date('2026-01-01T00:00:00Z');
    const end = new Date('2027-01-01T00:00:00Z');
    for (const { app } of [server, other]) jest.spyOn(app.clock, 'now').mockImplementation(() => now);
    try {
      await runs.apply(TRIGGERS);
      for (;;) {
        const [next] = await server.app.database.rows<{ at: Date | null }>(
          'SELECT min(next_at) AS at FROM start_trigger',
        );
        if (next?.at == null || next.at >= end) break;
        now = next.at;
        await Promise.all([tickSchedules(server.app), tickSchedules(other.app)]);
      }
      const fired = await server.app.database.rows<{ name: string; delivery: string }>(
        `SELECT t.name, f.delivery FROM trigger_firing f JOIN start_trigger t ON t.id = f.trigger_id`,
      );
      const expected: string[] = [];
      for (let index = 0; index < COUNT; index++) {
        const schedule = { cron: cron(index), timeZone: zone(index) ?? '' };
        let tick = nextTick(schedule, new Date('2026-01-01T00:00:00Z'));
        for (; tick !== null && tick < end; tick = nextTick(schedule, tick))
          expected.push(`t${index} ${tick.toISOString()}`);
      }
      expect(fired.map(({ name, delivery }) => `${name} ${delivery}`).sort()).toEqual(expected.sort());
      // Both servers were down for a month.
      now = new Date('2027-02-10T00:00:00Z');
      while (await tickSchedules(server.app));
      const missed = await server.app.database.rows<{ name: string; status: string }>(
        `SELECT t.name, f.status FROM trigger_firing f JOIN start_trigger t ON t.id = f.trigger_id
         WHERE f.created_at >= $1 AND t.name IN ('t0', 't1')`,
        [now],
      );
      expect(missed.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: 't0', status: 'SKIPPED' },
        { name: 't1', status: 'FILTERED' },
      ]);
      // A schedule that can’t be read, such as one in a time zone that is gone, holds up no other one.
      await server.app.database.write(
        `UPDATE start_trigger SET definition = jsonb_set(definition, '{on,schedule,timeZone}', '"Gone/Zone"') WHERE name = 't9'`,
      );
      now = new Date('2027-04-10T00:00:00Z');
      while (await tickSchedules(server.app));
      const due = await server.app.database.rows<{ name: string; at: Date }>(
        'SELECT name, next_at AS at FROM start_trigger WHERE next_at <= $1',
        [new Date(now.getTime() + 60_000)],
      );
      expect(due).toEqual([{ name: 't9', at: new Date('2027-04-10T00:01:00Z') }]);
    } finally {
      jest.restoreAllMocks();
    }
  });

  it.each([
    ['skipped', '30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']],
    ['repeated', '30 2 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']],
    ['skipped', '30 1,2,3 * * *', '2026-03-29T00:30:00Z', ['2026-03-29T01:00:00.000Z', '2026-03-29T01:30:00.000Z']],
    ['skipped', '*/30 * * * *', '2026-03-29T00:30:00Z', ['2026-03-29T01:00:00.000Z', '2026-03-29T01:30:00.000Z']],
    ['repeated', '15 * * * *', '2026-10-25T00:00:00Z', ['2026-10-25T00:15:00.000Z', '2026-10-25T01:15:00.000Z']],
  ])('come at the right times around a %s hour: %s', (_what, text, from, ticks) => {
    const schedule = { cron: text, timeZone: 'Europe/Berlin' };
    const first = nextTick(schedule, new Date(from));
    const second = first && nextTick(schedule, first);
    expect([first, second].map((one) => one?.toISOString())).toEqual(ticks);
  });

  it.each([
    ...['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Africa/Casablanca'],
    ...['Asia/Beirut', 'Africa/Cairo', 'Atlantic/Azores', 'Asia/Kolkata'],
  ])('come once for each time of day, whatever the clocks of %s do', (timeZone) => {
    const days = changesOf(timeZone);
    const sets = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 });
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...days), minutes, fc.oneof(sets, fc.constant(null)), (day, minute, hour) => {
        const cron = `${minute.join()} ${hour?.join() ?? '*'} * * *`;
        const wanted = ({ clock }: Moment) =>
          minute.includes(clock % 60) && (hour === null || hour.includes(Math.floor(clock / 60) % 24));
        const expected = (hour === null ? day.filter(wanted) : reached(day, wanted)).map(({ at }) => at);
        const found: number[] = [];
        let tick = nextTick({ cron, timeZone }, new Date((day[0]?.at ?? 0) - 1));
        for (; tick !== null && tick.getTime() <= (day.at(-1)?.at ?? 0); tick = nextTick({ cron, timeZone }, tick))
          found.push(tick.getTime());
        expect({ cron, found }).toEqual({ cron, found: expected });
      }),
      { numRuns: 60 },
    );
  });
});

/** A minute, and what a clock on the wall shows: minutes since 1970. */
interface Moment {
  readonly at: number;
  readonly clock: number;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** The minutes around each change of the clocks in a year, and around a day without one. */
function changesOf(timeZone: string): Moment[][] {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric' },
  });
  const momentOf = (at: number): Moment => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? Number.NaN;
    const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
    return { at, clock: shown / MINUTE };
  };
  const offset = (at: number) => momentOf(at).clock * MINUTE - at;
  const year = Date.UTC(2026, 0, 1);
  const days = Array.from({ length: 364 }, (_, index) => year + (index + 1) * 24 * HOUR);
  const changes = days.filter((at) => offset(at) !== offset(at + 24 * HOUR));
  return [Date.UTC(2026, 5, 15), ...changes].map((from) =>
    Array.from({ length: 60 * 48 }, (_, index) => momentOf(from - 12 * HOUR + index * MINUTE)),
  );
}

/** Moments at which the clock first shows a wanted time, or a later one because it skips that time. */
function reached(day: readonly Moment[], wanted: (moment: Moment) => boolean): Moment[] {
  const found: Moment[] = [];
  let latest = (day[0]?.clock ?? 0) - 1;
  for (const moment of day) {
    const times = Array.from({ length: Math.max(0, moment.clock - latest) }, (_, index) => latest + 1 + index);
    if (times.some((clock) => wanted({ at: 0, clock }))) found.push(moment);
    latest = Math.max(latest, moment.clock);
  }
  return found;
}
