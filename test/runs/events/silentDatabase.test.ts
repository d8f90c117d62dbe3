import type { ApiError } from '../../../src/client/apiError';
import { FlakyProxy } from '../../support/flakyProxy';
import { type EventsItem, EVENTS, Reading, readEvents } from '../../support/reading';
import { startTestServer, type TestServer } from '../../support/server';
import { RawStream } from '../../support/rawStream';
import { eventsWorld, note } from './world';

const world = eventsWorld();
let proxy: FlakyProxy;
let server: TestServer;
beforeAll(async () => {
  const { databaseUrl } = world.server;
  proxy = await FlakyProxy.start(() => databaseUrl);
  const url = new URL(databaseUrl);
  url.host = new URL(proxy.url).host;
  server = await startTestServer({ SLIPWAY_POLL_MS: '100' }, url.href);
});
afterAll(async () => {
  // Connections that don't respond can't be closed gracefully.
  proxy.giveUpStalled();
  await server.stop();
  await proxy.stop();
});

const ALL = 'subscription { executionsUpdated { cursor event { sequence type executionId } snapshot { __typename } } }';

describe('a database that stops responding without closing its connections', () => {
  it('delays streams until their next try, without losing an event', async () => {
    const id = await world.runs.start('workflow', 'one');
    const before = (await world.runs.events(id)).at(-1)?.sequence ?? 0;
    const byServerEvents = await RawStream.open(
      `${server.url}/graphql/stream`,
      { query: EVENTS, variables: { id } },
      { 'last-event-id': String(before - 1) },
    );
    const readings = [readEvents(server.url, id, before - 1), readEvents(server.url, id, before - 1)];
    const all = new Reading<EventsItem>(server.url, ALL);
    await all.next();
    for (const stream of [byServerEvents, ...readings]) {
      const item = await (stream instanceof RawStream ? stream.nextItem() : stream.next());
      expect(item?.event?.sequence).toBe(before);
    }
    proxy.stallAll();
    await note(world.server, { runId: id }, 3);
    // A client that joins during the silence. Its connection may be refused; like any client, it then retries.
    const joined = (async () => {
      for (;;) {
        const late = readEvents(server.url, id, before);
        const first = await late.next().catch(() => undefined);
        if (first !== undefined) return { late, first };
      }
    })();
    for (const stream of [byServerEvents, ...readings]) {
      for (const sequence of [before + 1, before + 2, before + 3]) {
        const item = await (stream instanceof RawStream ? stream.nextItem() : stream.next());
        expect(item?.event?.sequence).toBe(sequence);
      }
    }
    expect((await all.next())?.event?.sequence).toBe(before + 1);
    const { late, first } = await joined;
    expect(first.event?.sequence).toBe(before + 1);
    byServerEvents.drop();
    await Promise.all([...readings, late, all].map((reading) => reading.close()));
  });

  it('delays streams no longer if it stops while rights are read', async () => {
    const id = await world.runs.start('workflow', 'one');
    const before = (await world.runs.events(id)).at(-1)?.sequence ?? 0;
    const { traffic } = server.app.database;
    const reading = readEvents(server.url, id, before - 1);
    await reading.next();
    traffic.beforeFlush = (statements) => {
      if (!statements.some((text) => text.startsWith('SELECT') && text.includes('rights_version'))) return;
      traffic.beforeFlush = undefined;
      proxy.stallAll();
    };
    await note(world.server, { runId: id });
    // The stream ends with an error and continues from its cursor.
    const failure = await reading.next().catch((error: unknown) => JSON.stringify(error));
    expect(failure).toContain('UNAVAILABLE');
    const again = readEvents(server.url, id, before);
    expect((await again.next())?.event?.sequence).toBe(before + 1);
    await again.close();
  });
});

describe('connections that fall silent in the middle of a change', () => {
  it('fail it in less than 15 s, free its locks, and delay neither its repetition nor the sweeper longer', async () => {
    const resume = await world.server.sweeper.pause();
    const { applicationId } = await world.runs.ids('workflow', 'idle');
    const [aborted, expired] = [await world.runs.start('workflow', 'idle'), await world.runs.start('workflow', 'idle')];
    const abort = () =>
      server.client.ask<{ abortExecution: { execution: { status: string } } }>(
        'mutation ($input: AbortExecutionInput!) { abortExecution(input: $input) { execution { status } } }',
        { input: { applicationId, executionId: aborted, idempotencyKey: aborted } },
      );
    const { traffic } = server.app.database;
    const silent = new Promise<void>((resolve) => {
      traffic.beforeFlush = (statements) => {
        if (!statements.includes('COMMIT') || !statements.some((text) => text.includes('execution_event'))) return;
        traffic.beforeFlush = undefined;
        proxy.stallAll();
        resolve();
      };
    });
    const first = abort().catch((error: ApiError) => error.code);
    await silent;
    const since = performance.now();
    await world.server.app.database.write(`UPDATE execution SET expires_at = now() WHERE id = $1`, [expired]);
    expect(await first).toBe('UNAVAILABLE');
    expect((await abort()).abortExecution.execution.status).toBe('ABORTED');
    await world.runs.until(expired, 'EXPIRED');
    expect(performance.now() - since).toBeLessThan(15_000);
    const events = await world.runs.events(aborted);
    expect(events.filter(({ type }) => type === 'ABORT_REQUESTED')).toHaveLength(1);
    resume();
  });
});
