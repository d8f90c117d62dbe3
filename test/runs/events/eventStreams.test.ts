import { once } from 'node:events';
import http from 'node:http';
import { createClient } from 'graphql-sse';
import { eventually } from '../../support/eventually';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { itemOf, RawStream } from '../../support/rawStream';
import { EVENTS, type EventsItem } from '../../support/reading';
import { note, eventsWorld } from './world';

const world = eventsWorld();

const post = (id: string, more: Readonly<Record<string, string>> = {}, after: number | null = null) =>
  RawStream.open(`${world.server.url}/graphql/stream`, { query: EVENTS, variables: { id, after } }, more);
async function finished(): Promise<string> {
  const id = await world.runs.start('workflow', 'one');
  await world.agent.runOne();
  await world.runs.until(id, 'SUCCESS');
  return id;
}

it('delivers a snapshot, each event with its cursor as id, and completes', async () => {
  const id = await world.runs.start('workflow', 'one');
  const stream = await post(id);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const first = await stream.next();
  expect(itemOf(first ?? {}).snapshot?.execution.status).toBe('QUEUED');
  await world.agent.runOne();
  const rest = await stream.rest();
  expect(rest.at(-1)).toEqual({ event: 'complete', data: '' });
  const items = rest.slice(0, -1);
  expect(items.map((event) => event.event)).toEqual(items.map(() => 'next'));
  expect(items.map((event) => event.id)).toEqual(items.map((event) => itemOf(event).cursor));
  const last = (await world.runs.events(id)).length;
  expect([first, ...items].map((event) => Number(event?.id))).toEqual(
    Array.from({ length: last - Number(first?.id) + 1 }, (_, n) => Number(first?.id) + n),
  );
});

it('resumes after Last-Event-ID, which takes precedence over an argument', async () => {
  const id = await finished();
  const last = (await world.runs.events(id)).length;
  for (const after of [null, 0, 1]) {
    const stream = await post(id, { 'last-event-id': '3' }, after);
    const ids = (await stream.rest()).flatMap((event) => event.id ?? []);
    expect(ids.map(Number)).toEqual(Array.from({ length: last - 3 }, (_, n) => n + 4));
  }
});

it('loses nothing when the connection drops repeatedly', async () => {
  const id = await world.runs.start('workflow', 'one');
  const seen: number[] = [];
  let cursor = '0';
  for (let round = 0; round < 5; round++) {
    const stream = await post(id, { 'last-event-id': cursor });
    await note(world.server, { runId: id }, 5);
    for (let n = 0; n < 3; n++) {
      const event = await stream.next();
      cursor = event?.id ?? cursor;
      seen.push(Number(cursor));
    }
    stream.drop();
  }
  await world.agent.runOne();
  seen.push(...(await (await post(id, { 'last-event-id': cursor })).rest()).flatMap((event) => Number(event.id ?? [])));
  const all = (await world.runs.events(id)).map((event) => event.sequence);
  expect(seen.filter((sequence) => !Number.isNaN(sequence) && sequence > 0)).toEqual(all);
});

it('works with the client of graphql-sse', async () => {
  const id = await finished();
  const client = createClient({ url: `${world.server.url}/graphql/stream`, headers: { 'x-api-key': ADMIN_KEY } });
  const items = [];
  for await (const result of client.iterate<{ executionEvents: EventsItem }>({
    query: EVENTS,
    variables: { id, after: 0 },
  })) {
    items.push(result.data?.executionEvents.cursor);
  }
  expect(items).toEqual((await world.runs.events(id)).map((event) => String(event.sequence)));
  const query = await client.iterate({ query: '{ version }' }).next();
  expect(query.value).toMatchObject({ data: { version: expect.anything() } });
  const wrong = await client.iterate({ query: 'subscription { nothing }' }).next();
  expect(wrong.value).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
  client.dispose();
});

it('accepts a GET, as curl and EventSource send it', async () => {
  const id = await finished();
  const query = new URLSearchParams({ query: EVENTS, variables: JSON.stringify({ id, after: 2 }) });
  const stream = await RawStream.open(`${world.server.url}/graphql/stream?${query}`, null, {
    accept: 'text/event-stream',
  });
  expect(itemOf((await stream.next()) ?? {}).event?.sequence).toBe(3);
  await stream.rest();
});

it.each([
  ['no key', { 'x-api-key': '' }, {}, 401, 'UNAUTHENTICATED'],
  ['a wrong key', { 'x-api-key': 'wrong' }, {}, 401, 'UNAUTHENTICATED'],
  ['another answer', { accept: 'application/json' }, {}, 406, 'INVALID_INPUT'],
  ['no JSON', { 'content-type': 'text/plain' }, {}, 415, 'INVALID_INPUT'],
  ['no operation', {}, { query: 7 }, 400, 'INVALID_INPUT'],
])('rejects a request with %s', async (_what, headers, body, status, code) => {
  const { response } = await RawStream.open(`${world.server.url}/graphql/stream`, { query: EVENTS, ...body }, headers);
  expect(response.status).toBe(status);
  const text = JSON.stringify(await fetchAgain(headers, body));
  expect(text).toContain(code);
});

const fetchAgain = async (headers: object, body: object) =>
  (
    await fetch(`${world.server.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: EVENTS, ...body }),
    })
  ).json();

it('rejects a mutation by GET, and the single connection mode', async () => {
  const query = new URLSearchParams({ query: 'mutation { x: __typename }' });
  const { response } = await RawStream.open(`${world.server.url}/graphql/stream?${query}`, null);
  expect(response.status).toBe(405);
  const reserve = await fetch(`${world.server.url}/graphql/stream`, {
    method: 'PUT',
    headers: { 'x-api-key': ADMIN_KEY },
  });
  expect([reserve.status, await reserve.text()]).toEqual([405, expect.stringContaining('single connection mode')]);
});

it('sends an operation’s error in the stream, and completes', async () => {
  const stream = await post('x');
  const [error, complete] = await stream.rest();
  expect(JSON.parse(error?.data ?? '')).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  expect(complete?.event).toBe('complete');
});

it('ends without completing when the server stops, so that clients reconnect', async () => {
  const second = await startTestServer({ SLIPWAY_DRAIN_SECONDS: '20' }, world.server.databaseUrl);
  const id = await world.runs.start('workflow', 'idle');
  const stream = await RawStream.open(`${second.url}/graphql/stream`, { query: EVENTS, variables: { id, after: 0 } });
  const first = await stream.next();
  await second.stop();
  expect((await stream.rest()).map((event) => event.event)).not.toContain('complete');
  const on = await post(id, { 'last-event-id': first?.id ?? '' });
  expect(itemOf((await on.next()) ?? {}).event?.sequence).toBe(Number(first?.id) + 1);
  on.drop();
});

it('stops reading after the client disconnects', async () => {
  const id = await world.runs.start('workflow', 'idle');
  const request = http.request(`${world.server.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'application/json' },
  });
  request.on('error', () => undefined);
  request.end(JSON.stringify({ query: EVENTS, variables: { id } }));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  await once(response, 'data');
  // The first bytes belong to the snapshot, or to a keep-alive before it.
  await eventually(
    () => world.server.app.feeds.events.followers(id),
    (n) => n === 1,
  );
  response.on('error', () => undefined);
  request.destroy();
  await eventually(
    () => world.server.app.feeds.events.followers(id),
    (n) => n === 0,
  );
});
