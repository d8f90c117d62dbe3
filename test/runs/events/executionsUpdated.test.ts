import { decodePlace } from '../../../src/runs/events/eventLog';
import { findCommitted } from '../../../src/runs/events/eventLog.store';
import { adoptRestored } from '../../../src/runs/eventSubscriptions/adoptRestored';
import { onServer } from '../../support/database';
import { eventually } from '../../support/eventually';
import { endOf, Reading } from '../../support/reading';
import { beginLate, note, eventsWorld } from './world';

interface Item {
  readonly cursor: string;
  readonly event: { readonly sequence: number; readonly executionId: string; readonly type: string } | null;
  readonly execution: { readonly id: string; readonly status: string } | null;
  readonly snapshot: {
    readonly executions: { readonly nodes: readonly { readonly id: string; readonly status: string }[] };
  } | null;
  readonly gap: { readonly reason: string; readonly after: string } | null;
}

const UPDATES = `subscription ($filters: [ExecutionFilter!], $indirect: Boolean, $after: ID) {
  executionsUpdated(filters: $filters, includeIndirectExecutions: $indirect, after: $after) {
    cursor event { sequence executionId type } execution { id status } snapshot { executions(first: 10) { nodes { id status } } } gap { reason after } } }`;

const world = eventsWorld();

const read = (variables: Readonly<Record<string, unknown>> = {}) =>
  new Reading<Item>(world.server.url, UPDATES, variables);
const of = (...ids: string[]) => ({ filters: [{ execution: { operator: 'IN', values: ids } }] });
const start = () => world.runs.start('workflow', 'idle');
const told = (items: readonly Item[]) => items.map((item) => [item.event?.executionId, item.event?.sequence]);

it('sends a snapshot of matching executions, then their events', async () => {
  const [a, b] = [await start(), await start()];
  const reading = read(of(a, b));
  const first = await reading.next();
  expect(first?.snapshot?.executions.nodes.map((node) => node.id).sort()).toEqual([a, b].sort());
  expect(first?.event).toBeNull();
  await note(world.server, { runId: b });
  await note(world.server, { runId: await start() });
  await note(world.server, { runId: a });
  // Events committed while an older transaction was open follow the snapshot: each once, although the snapshot may
  // already show them.
  const ofB = await reading.until(({ event }) => event?.executionId === b);
  expect(ofB).toMatchObject({ execution: { id: b, status: 'QUEUED' }, snapshot: null, gap: null });
  await reading.until(({ event }) => event?.executionId === a);
  expect(reading.items.every(({ event }) => event === null || [a, b].includes(event.executionId))).toBe(true);
  await reading.close();
});

it('loses nothing when a transaction commits late', async () => {
  const [early, late] = [await start(), await start()];
  const reading = read(of(early, late));
  const begin = (await reading.next())?.cursor;
  // The late transaction gets its number before the early one writes anything, and commits after it.
  const slow = await beginLate(world.server, late);
  await note(world.server, { runId: early }, 3);
  expect((await world.runs.events(early)).length).toBeGreaterThan(3);
  // Readers in the common order get neither of them yet, so they can't miss one.
  const place = decodePlace(begin ?? '').place;
  const none = await findCommitted(world.server.app.database, place, () => 'TRUE', 100);
  expect(none).toMatchObject({ events: [], waiting: true });
  await slow.commit();
  const items = [];
  for (let n = 0; n < 4; n++) items.push(await reading.next());
  expect(told(items as Item[]).filter(([id]) => id === late)).toHaveLength(1);
  expect(told(items as Item[]).filter(([id]) => id === early)).toHaveLength(3);
  await reading.close();
  // Every position in between resumes to exactly the rest.
  const all = told(items as Item[]);
  for (const [n, cursor] of [begin, ...items.map((item) => item?.cursor)].entries()) {
    const again = read({ ...of(early, late), after: cursor });
    const rest = [];
    for (let k = n; k < all.length; k++) rest.push((await again.next()) as Item);
    expect(told(rest)).toEqual(all.slice(n));
    await again.close();
  }
});

it('keeps the order of each run, even if a later writer began earlier', async () => {
  const id = await start();
  const reading = read(of(id));
  await reading.next();
  const slow = await beginLate(world.server, id);
  await note(world.server, { runId: id }, 2);
  await slow.commit();
  const items = [await reading.next(), await reading.next(), await reading.next()];
  const first = items[0]?.event?.sequence ?? 0;
  expect(items.map((item) => item?.event?.sequence)).toEqual([first, first + 1, first + 2]);
  await reading.close();
});

it('reports an execution that leaves a requested status', async () => {
  const reading = read({ filters: [{ status: { operator: 'IN', values: ['RUNNING'] } }] });
  await reading.next();
  const id = await world.runs.start('workflow', 'one');
  await world.agent.runOne();
  await world.runs.until(id, 'SUCCESS');
  const last = await reading.until(
    (item) => item.event?.type === 'EXECUTION_STATUS' && item.execution?.status === 'SUCCESS',
  );
  expect(last.event?.executionId).toBe(id);
  await reading.close();
});

it('reports members only on request', async () => {
  const direct = read();
  const all = read({ indirect: true });
  await Promise.all([direct.next(), all.next()]);
  const id = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
  await world.agent.runOne();
  await world.runs.until(id, 'WAITING');
  const events = await world.runs.events(id);
  const count = events.filter((event) => event.executionId === id).length;
  for (let n = 0; n < count; n++) expect((await direct.next())?.event?.executionId).toBe(id);
  const seen = [];
  for (let n = 0; n < events.length; n++) seen.push((await all.next())?.event);
  const member = seen.filter((event) => event?.executionId !== id);
  // Each has its position in its own log.
  expect(member.map((event) => event?.sequence)).toEqual(member.map((_, n) => n + 1));
  await Promise.all([direct.close(), all.close()]);
  await world.runs.abort(id);
});

describe('a cursor', () => {
  it('of another database, or beyond the log, gets a gap and a snapshot', async () => {
    const id = await start();
    const reading = read(of(id));
    const cursor = (await reading.next())?.cursor ?? '';
    await reading.close();
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    for (const [index, value] of [
      [1, 'another'],
      [2, 2 ** 40],
    ] as const) {
      const other = Buffer.from(JSON.stringify(parts.with(index, value))).toString('base64url');
      const gapped = read({ ...of(id), after: other });
      expect(await gapped.next()).toMatchObject({
        gap: { reason: 'UNKNOWN', after: other },
        snapshot: { executions: { nodes: [{ id }] } },
      });
      await note(world.server, { runId: id });
      expect((await gapped.next())?.event?.executionId).toBe(id);
      await gapped.close();
    }
  });

  it('that is malformed is rejected', async () => {
    expect(await endOf(read({ after: 'x' }))).toContain('"rule":"CURSOR"');
  });

  it('does not hide an invalid filter', async () => {
    const end = await endOf(read({ filters: [{ execution: { operator: 'EQUALS', values: ['a', 'b'] } }] }));
    expect(end).toContain('INVALID_INPUT');
  });
});

it('continues after the database was restored from a dump', async () => {
  const id = await start();
  const { database } = world.server.app;
  await database.write('UPDATE execution_event SET transaction_id = transaction_id + 1000000000 WHERE run_id = $1', [
    id,
  ]);
  expect(await adoptRestored(database)).toBe((await world.runs.events(id)).length);
  const reading = read(of(id));
  await reading.next();
  await note(world.server, { runId: id });
  expect((await reading.next())?.event?.executionId).toBe(id);
  await reading.close();
});

it('costs one reader for all with the same filters', async () => {
  const id = await start();
  const readings = Array.from({ length: 10 }, () => read(of(id)));
  await Promise.all(readings.map((reading) => reading.next()));
  expect(world.server.app.feeds.committed.size).toBe(1);
  await Promise.all(readings.map((reading) => reading.close()));
  await eventually(
    () => world.server.app.feeds.committed.size,
    (n) => n === 0,
  );
});

it('does not wait for transactions of other databases', async () => {
  const id = await start();
  const reading = read(of(id));
  await reading.next();
  await onServer(async (elsewhere) => {
    await elsewhere.query('BEGIN');
    await elsewhere.query('SELECT pg_current_xact_id()');
    try {
      await note(world.server, { runId: id });
      await reading.until(({ event }) => event?.type === 'ABORT_REQUESTED');
    } finally {
      await elsewhere.query('ROLLBACK');
    }
  });
  await reading.close();
});
