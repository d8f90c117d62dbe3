import { eventually } from '../../support/eventually';
import { startTestServer, type TestServer } from '../../support/server';
import { EVENTS, type EventsItem, endOf, Reading, readEvents } from '../../support/reading';
import { note, eventsWorld } from './world';

const world = eventsWorld();
const others: TestServer[] = [];

afterEach(async () => {
  for (const server of others.splice(0)) await server.stop();
});

const sequences = (items: readonly EventsItem[]) => items.map((item) => item.event?.sequence);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** The run as stored in its table. */
const lastOf = async (runId: string) => (await world.runs.events(runId)).at(-1)?.sequence ?? 0;

async function finished(): Promise<string> {
  const id = await world.runs.start('workflow', 'one');
  await world.agent.runOne();
  await world.runs.until(id, 'SUCCESS');
  return id;
}

describe('a stream of events', () => {
  it('sends a snapshot, then each event, and completes when the execution is final', async () => {
    const id = await world.runs.start('workflow', 'one');
    const before = await lastOf(id);
    const reading = readEvents(world.server.url, id);
    expect(await reading.next()).toEqual({
      cursor: String(before),
      event: null,
      snapshot: { sequence: before, execution: { status: 'QUEUED' } },
      gap: null,
    });
    await world.agent.runOne();
    const rest = await reading.rest();
    expect(sequences(rest)).toEqual(upTo(await lastOf(id), before + 1));
    expect(rest.map((item) => item.cursor)).toEqual(rest.map((item) => String(item.event?.sequence)));
    expect(rest.map((item) => item.event?.type)).toContain('EXECUTION_STATUS');
  });

  it('continues exactly after a cursor, and delivers a final execution in full', async () => {
    const id = await finished();
    const last = await lastOf(id);
    for (const after of [0, 1, last - 1]) {
      expect(sequences(await readEvents(world.server.url, id, after).rest())).toEqual(upTo(last, after + 1));
    }
    expect(await readEvents(world.server.url, id, last).rest()).toEqual([]);
    // As text, like "cursor", and as a number, like "sequence".
    expect(sequences(await readEvents(world.server.url, id, `${last - 2}`).rest())).toEqual([last - 1, last]);
    expect((await readEvents(world.server.url, id).rest()).map((item) => item.snapshot?.sequence)).toEqual([last]);
  });

  it('reads long logs in pages without gaps', async () => {
    const id = await world.runs.start('workflow', 'one');
    for (let n = 0; n < 5; n++) await note(world.server, { runId: id }, 90);
    const reading = readEvents(world.server.url, id, 0);
    await reading.until((item) => item.event?.sequence === 400);
    await note(world.server, { runId: id }, 120);
    await world.agent.runOne();
    await reading.rest();
    expect(sequences(reading.items)).toEqual(upTo(await lastOf(id)));
  });

  it('of a member has its own sequence; the run’s stream has all events', async () => {
    const id = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    await world.agent.runOne();
    await world.runs.until(id, 'WAITING');
    const events = await world.runs.events(id);
    const memberId = events.find((event) => event.executionId !== id)?.executionId ?? '';
    const own = events.filter((event) => event.executionId === memberId);
    const member = await readEvents(world.server.url, memberId, 0).rest();
    expect(sequences(member)).toEqual(upTo(own.length));
    expect(member.map((item) => item.event?.type)).toEqual(own.map((event) => event.type));
    const run = readEvents(world.server.url, id, 0);
    await run.until((item) => item.event?.sequence === events.length);
    expect(run.items.map((item) => item.event?.executionId)).toEqual(events.map((event) => event.executionId));
    await run.close();
    await world.runs.abort(id);
  });

  it('of a resumed execution continues after the last cursor', async () => {
    const id = await world.runs.start('workflow', 'one');
    const first = readEvents(world.server.url, id, 0);
    await world.agent.runOne({ exitCode: 1 });
    const last = (await first.rest()).at(-1)?.cursor ?? '';
    const { applicationId } = await world.runs.ids('workflow', 'one');
    await world.server.client.ask(
      'mutation ($input: RerunExecutionInput!) { rerunExecution(input: $input) { execution { status } } }',
      { input: { applicationId, executionId: id } },
    );
    const second = readEvents(world.server.url, id, last);
    expect((await second.next())?.event?.sequence).toBe(Number(last) + 1);
    await world.agent.runOne();
    await second.rest();
    expect(sequences([...first.items, ...second.items])).toEqual(upTo(await lastOf(id)));
    expect(second.items.map((item) => item.event?.type)).toContain('ATTEMPT_STARTED');
  });

  it('has snapshots that match exactly the events up to their sequence', async () => {
    const id = await world.runs.start('workflow', 'busy');
    const query = `subscription ($id: ID!, $after: ID) { executionEvents(executionId: $id, after: $after) { cursor
      event { sequence ... on TaskStatusEvent { name to } } snapshot { sequence execution { ... on WorkflowExecution { tasks { name status } } } } } }`;
    type Item = {
      cursor: string;
      event: { sequence: number; name?: string; to?: string } | null;
      snapshot: { sequence: number; execution: { tasks: { name: string; status: string }[] } } | null;
    };
    const working = world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    for (let n = 0; n < 10; n++) {
      const reading = new Reading<Item>(world.server.url, query, { id });
      const first = await reading.next();
      await reading.close();
      const snapshot = first?.snapshot;
      const events = (await world.runs.events(id)).filter((event) => event.sequence <= (snapshot?.sequence ?? 0));
      const told = new Map(snapshot?.execution.tasks.map((task) => [task.name, 'QUEUED']));
      for (const { type, data } of events) if (type === 'TASK_STATUS') told.set(String(data.name), String(data.to));
      expect(new Map(snapshot?.execution.tasks.map((task) => [task.name, task.status]))).toEqual(told);
    }
    await working;
  });

  it('serves watchers on other servers, also without notifications between them', async () => {
    const id = await world.runs.start('workflow', 'one');
    for (const environment of [{}, { SLIPWAY_NOTIFY: 'false', SLIPWAY_POLL_MS: '50' }]) {
      others.push(await startTestServer(environment as Record<string, string>, world.server.databaseUrl));
    }
    const readings = others.map((server) => readEvents(server.url, id, 0));
    await Promise.all(readings.map((reading) => reading.until((item) => item.event?.sequence === 2)));
    await note(world.server, { runId: id }, 3);
    await world.agent.runOne();
    const last = await lastOf(id);
    for (const reading of readings) {
      await reading.rest();
      expect(sequences(reading.items)).toEqual(upTo(last));
    }
  });
});

describe('a cursor', () => {
  it('whose events were deleted gets a gap and a fresh snapshot', async () => {
    const id = await world.runs.start('workflow', 'one');
    await note(world.server, { runId: id }, 10);
    const last = await lastOf(id);
    await world.server.app.database.write('DELETE FROM execution_event WHERE run_id = $1 AND sequence <= 8', [id]);
    const reading = readEvents(world.server.url, id, 4);
    expect(await reading.next()).toEqual({
      gap: { reason: 'PRUNED', after: '4' },
      snapshot: { sequence: last, execution: { status: 'QUEUED' } },
      event: null,
      cursor: String(last),
    });
    // Without a cursor, the remaining events are returned.
    const kept = readEvents(world.server.url, id, 8);
    expect((await kept.next())?.event?.sequence).toBe(9);
    await kept.close();
    await world.agent.runOne();
    expect(sequences(await reading.rest())).toEqual(upTo(await lastOf(id), last + 1));
  });

  it('from a log that no longer exists gets a gap, too', async () => {
    const id = await finished();
    const last = await lastOf(id);
    expect(await readEvents(world.server.url, id, last + 5).rest()).toEqual([
      {
        gap: { reason: 'UNKNOWN', after: String(last + 5) },
        snapshot: { sequence: last, execution: { status: 'SUCCESS' } },
        event: null,
        cursor: String(last),
      },
    ]);
  });

  it.each(['-1', 'x', '99999999999', 'bm90IGEgY3Vyc29y'])('that is invalid is rejected: %s', async (after) => {
    const end = await endOf(readEvents(world.server.url, await finished(), after));
    expect(end).toContain('"rule":"CURSOR"');
    expect(end).toContain('INVALID_INPUT');
  });
});

describe('sharing', () => {
  const loads = (query: string, after: number | null, count: number, id: string) =>
    Array.from({ length: count }, () => new Reading<EventsItem>(world.server.url, query, { id, after }));

  it('costs one reader and one execution for all equal subscriptions', async () => {
    const id = await world.runs.start('workflow', 'one');
    // Each execution of this document reads the run once, so the statements count executions.
    const query = `subscription ($id: ID!, $after: ID) { executionEvents(executionId: $id, after: $after) {
      cursor event { sequence } snapshot { sequence execution { application { name } } } } }`;
    const last = await lastOf(id);
    const readings = [...loads(query, last, 20, id), ...loads(query, last - 1, 20, id), ...loads(EVENTS, last, 5, id)];
    for (const reading of readings.slice(20, 40)) await reading.next();
    const { feeds, database } = world.server.app;
    // All 45 are open once the feed has them.
    await eventually(
      () => feeds.events.followers(id),
      (n) => n === 45,
    );
    const before = database.statements;
    await note(world.server, { runId: id });
    for (const reading of readings) expect((await reading.next())?.event?.sequence).toBe(last + 1);
    const statements = database.statements - before;
    // The note itself (4), the feed, and the rights version for each of the two documents; other loops run in parallel.
    expect(statements).toBeLessThan(20);
    await Promise.all(readings.map((reading) => reading.close()));
    await eventually(
      () => feeds.events.size,
      (n) => n === 0,
    );
    await world.agent.runOne();
  });
});

it('ends with NOT_FOUND for an unknown execution and for invalid keys', async () => {
  expect(await endOf(readEvents(world.server.url, '01a1fde6-77b0-740d-b857-a367d0a2b8ae'))).toContain('NOT_FOUND');
  expect(await endOf(new Reading(world.server.url, EVENTS, { id: 'x' }, 'wrong'))).toContain('4403');
});
