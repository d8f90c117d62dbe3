import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { WebSocket } from 'ws';
import { ApiError } from '../../src/client/apiError';
import { Client, type ClientOptions } from '../../src/client/client';
import { VersionDocument } from '../../src/client/generated';
import { eventually } from '../support/eventually';
import { FlakyProxy } from '../support/flakyProxy';
import { listen } from '../support/ports';
import { ADMIN_KEY, startTestServer, type TestServer } from '../support/server';
import { testWorld } from '../support/world';

const { server, runs, agent } = testWorld(`
kind: Application
name: app
---
kind: Workflow
application: app
name: flow
tasks:
  one: { run: "true" }
`);
let other: TestServer;
beforeAll(async () => {
  other = await startTestServer({}, server.databaseUrl);
});
afterAll(() => other.stop());

const flow = { application: 'app', workflow: 'flow' } as const;
const transports: readonly (readonly [string, ClientOptions])[] = [
  ['server-sent events', {}],
  ['a WebSocket', { transport: 'websocket', webSocketImpl: WebSocket }],
];

describe.each(transports)('a watcher over %s', (_name, options) => {
  it('continues on another server after lost connections, with each event once', async () => {
    let target = server.url;
    const proxy = await FlakyProxy.start(() => target);
    const outages: (string | undefined)[] = [];
    const client = new Client(proxy.url, ADMIN_KEY, { ...options, onOutage: (problem) => outages.push(problem?.code) });
    const all = client.watchEvents();
    await all.next();
    const id = await client.start(flow);
    const seen: number[] = [];
    const seenOfAll: number[] = [];
    for await (const { event } of client.watchExecution(id, { after: '0' })) {
      seen.push(event?.sequence ?? 0);
      while (seenOfAll.length < seen.length) {
        const { value } = await all.next();
        if (value?.event?.executionId === id) seenOfAll.push(value.event.sequence);
      }
      if (seen.length === 2) {
        target = other.url;
        proxy.cut();
        await runs.abort(id);
      }
    }
    expect(seen).toEqual(seen.map((_sequence, index) => index + 1));
    expect(seen.length).toBeGreaterThan(3);
    expect(seenOfAll).toEqual(seen);
    expect(outages).toContain('UNREACHABLE');
    // A stream without any news is restored as well.
    const quiet = all.next();
    await eventually(
      () => outages.at(-1),
      (last) => last === undefined,
    );
    const lost = outages.length;
    proxy.cut();
    await eventually(
      () => outages.slice(lost),
      (later) => later.length > 1 && later.at(-1) === undefined,
    );
    const last = await runs.start('workflow', 'flow');
    await quiet;
    await runs.abort(last);
    await all.return();
    client.close();
    await proxy.stop();
  });

  it('begins with a snapshot, and ends with the reason of its signal', async () => {
    const client = new Client(server.url, ADMIN_KEY, options);
    const stop = new AbortController();
    const { signal } = stop;
    for (const watched of [client.watchApprovals({ signal }), client.watchEvents({ signal })])
      expect((await watched.next()).value?.snapshot).not.toBeNull();
    const queue = client.watchQueue({ signal });
    expect((await queue.next()).value).toMatchObject({ change: null, cursor: expect.any(String) });
    const next = queue.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    client.close();
  });

  it('ends on an error that is not retryable', async () => {
    const client = new Client(server.url, ADMIN_KEY, options);
    const missing = client.watchExecution('01a1fde6-77b0-740d-b857-a367d0a2b8ae').next();
    await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const stranger = new Client(server.url, 'wrong', options);
    await expect(stranger.watchEvents().next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
    client.close();
    stranger.close();
  });
});

describe('startAndWait', () => {
  const client = () => new Client(server.url, ADMIN_KEY);

  it('returns the final state', async () => {
    const types: string[] = [];
    const done = client().startAndWait(flow, { onItem: ({ event }) => void types.push(event?.type ?? '') });
    await agent.runOne();
    expect(await done).toMatchObject({ status: 'SUCCESS', attempt: 1 });
    expect(types[0]).toBe('EXECUTION_CREATED');
  });

  it('aborts the execution with its signal if it is asked to', async () => {
    const stop = new AbortController();
    let id = '';
    const onItem = ({ event }: { readonly event?: { readonly runId: string } | null }) => {
      id = event?.runId ?? '';
      stop.abort(new Error('canceled'));
    };
    const done = client().startAndWait(flow, { signal: stop.signal, abortOnSignal: true, onItem });
    await expect(done).rejects.toThrow('canceled');
    expect(await client().wait(id)).toMatchObject({ status: 'ABORTED' });
  });

  it('needs one of a pipeline and a workflow', async () => {
    await expect(client().start({ application: 'app' })).rejects.toThrow('Give either "pipeline" or "workflow".');
  });
});

describe('ask', () => {
  it('repeats a query after retryable errors, waits as long as it is told, and repeats no mutation', async () => {
    const asked: string[] = [];
    const errors: Record<string, unknown>[] = [
      { code: 'UNAVAILABLE', retryable: true },
      { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 0 },
    ];
    const { url, close } = await listen(
      createServer(async (request, response) => {
        asked.push(JSON.parse(await text(request)).query);
        const extensions = errors.shift();
        const body = extensions ? { errors: [{ message: 'no', extensions }] } : { data: { version: '1' } };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }),
    );
    const client = new Client(url, async () => ADMIN_KEY);
    expect(await client.ask(VersionDocument)).toEqual({ version: '1' });
    expect(asked).toHaveLength(3);
    errors.push({ code: 'CONFLICT', retryable: true });
    await expect(client.ask(VersionDocument)).rejects.toBeInstanceOf(ApiError);
    await expect(client.ask(VersionDocument, {}, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(asked).toHaveLength(4);
    await close();
  });
});

describe('the browser bundle', () => {
  it('watches an execution without anything of Node', async () => {
    const { outputFiles } = await build({
      entryPoints: [join(__dirname, '../../src/client/exports.ts')],
      bundle: true,
      format: 'iife',
      globalName: 'slipway',
      platform: 'browser',
      write: false,
    });
    const id = await runs.start('workflow', 'flow');
    await runs.abort(id);
    const web = { fetch, AbortController, AbortSignal, TextDecoder, URL, WebSocket, performance, crypto };
    const page = createContext({ ...web, setTimeout, clearTimeout, at: [server.url, ADMIN_KEY, id] });
    runInContext(outputFiles[0]?.text ?? '', page);
    const script = `(async () => {
      const [url, key, id] = at;
      const types = [];
      for (const transport of ['server-sent events', 'websocket']) {
        const client = new slipway.Client(url, key, { transport });
        for await (const { event } of client.watchExecution(id, { after: '0' })) types.push(event.type);
        client.close();
      }
      return types.join();
    })()`;
    const types = String(await runInContext(script, page)).split(',');
    expect(types.filter((type) => type === 'ABORT_REQUESTED')).toHaveLength(2);
    expect(Buffer.byteLength(outputFiles[0]?.text ?? '')).toBeLessThan(400_000);
  });

  it('is what the package exports', () => {
    expect(require('slipway/client').Client).toBeInstanceOf(Function);
  });
});
