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
  ])('comes once on the day of a %s hour', (_what, text, from, ticks) => {
    const schedule = { cron: text, timeZone: 'Europe/Berlin' };
    const first = nextTick(schedule, new Date(from));
    const second = first && nextTick(schedule, first);
    expect([first, second].map((one) => one?.toISOString())).toEqual(ticks);
  });
});
