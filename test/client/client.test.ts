import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { ApiError } from '../../src/client/apiError';
import { Client } from '../../src/client/client';
import {
  ApplicationIdDocument,
  FindRunDocument,
  ListRunsDocument,
  RerunExecutionDocument,
  RunEventsDocument,
  RunStatusDocument,
  StartExecutionDocument,
  VersionDocument,
} from '../../src/client/generated';
import { listen } from '../support/ports';
import { Runs } from '../support/runs';
import { ADMIN_KEY } from '../support/server';
import { testServer } from '../support/world';

const NOBODY = '01a1fde6-77b0-740d-b857-a367d0a2b8ae';

const server = testServer();
let client: Client;
let id: string;
beforeAll(async () => {
  client = new Client(server.url, ADMIN_KEY, { retryQueriesMs: 0 });
  const runs = new Runs(server);
  await runs.apply(
    'kind: Application\nname: app\n---\nkind: Workflow\napplication: app\nname: flow\ntasks:\n  one: { run: "true" }\n',
  );
  id = await runs.start('workflow', 'flow');
  await runs.abort(id);
  await runs.until(id, 'ABORTED');
});

const errorOf = async (work: Promise<unknown>): Promise<ApiError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof ApiError) return error;
  throw error;
};

describe('ask', () => {
  it('returns the data', async () => {
    const { applicationByName } = await client.ask(ApplicationIdDocument, { name: 'app' });
    expect(applicationByName).toEqual({ id: expect.any(String) });
  });

  it('throws an error with code, details and the id of the request', async () => {
    const error = await errorOf(client.ask(FindRunDocument, { id: NOBODY }));
    expect(error).toMatchObject({ code: 'NOT_FOUND', retryable: false, details: { id: NOBODY } });
    expect(error.requestId).toMatch(/^[\w-]+$/);
  });

  it('throws an error from before GraphQL', async () => {
    expect(await errorOf(new Client(server.url, 'wrong').ask(VersionDocument))).toMatchObject({
      code: 'UNAUTHENTICATED',
      retryable: false,
    });
  });

  it('reports a refused connection as retryable', async () => {
    const { url, close } = await listen(createServer());
    await close();
    const error = await errorOf(new Client(url, ADMIN_KEY, { retryQueriesMs: 0 }).ask(VersionDocument));
    expect(error).toMatchObject({ code: 'UNREACHABLE', retryable: true, requestId: null });
    expect(error.message).toBe(`connection refused at ${url} (is the server running?)`);
  });
});

describe('change', () => {
  /** Passes requests to the server and drops the first `lost` responses. */
  async function lossy(lost: number) {
    const keys: string[] = [];
    const listener = createServer(async (request, response) => {
      const body = await text(request);
      keys.push(
        (JSON.parse(body) as { variables: { input: { idempotencyKey: string } } }).variables.input.idempotencyKey,
      );
      const headers = { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY };
      const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
      if (keys.length <= lost) return void request.socket.destroy();
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    return { ...(await listen(listener)), keys };
  }

  it('takes effect once if its response is lost', async () => {
    const { url, close, keys } = await lossy(2);
    const outages: (string | null)[] = [];
    const losing = new Client(url, ADMIN_KEY, { onOutage: (problem) => outages.push(problem?.code ?? null) });
    const { applicationId, entityId } = await new Runs(server).ids('workflow', 'flow');
    const input = { applicationId, entityId, executionType: 'WORKFLOW', notes: 'once' } as const;
    const { execution } = (await losing.change(StartExecutionDocument, { input })).startExecution;
    await close();
    expect([keys.length, new Set(keys).size, outages]).toEqual([3, 1, ['UNREACHABLE', 'UNREACHABLE', null]]);
    const { executions } = await client.ask(ListRunsDocument, { first: 500 });
    expect(executions.nodes.filter((run) => run.id !== id)).toEqual([expect.objectContaining({ id: execution.id })]);
  });

  it('is not repeated if it was refused', async () => {
    const { url, close, keys } = await lossy(0);
    const { execution } = await client.ask(FindRunDocument, { id });
    const input = { applicationId: execution.application?.id ?? '', executionId: id, expectedVersion: 1 };
    const error = await errorOf(new Client(url, ADMIN_KEY).change(RerunExecutionDocument, { input }));
    await close();
    expect([error.code, keys.length]).toEqual(['CONFLICT', 1]);
  });
});

describe('stream', () => {
  it('returns each result, and ends when the subscription is complete', async () => {
    const statuses: string[] = [];
    for await (const { executionUpdated } of client.stream(RunStatusDocument, { id }))
      statuses.push(executionUpdated.status);
    expect(statuses).toEqual(['ABORTED']);
  });

  it('throws the error of a refused subscription', async () => {
    expect(await errorOf(client.stream(RunStatusDocument, { id: NOBODY }).next())).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('follow', () => {
  it('continues after the last cursor when the connection is lost', async () => {
    const whole: number[] = [];
    for await (const { executionEvents } of client.stream(RunEventsDocument, { id, after: '0' }))
      whole.push(executionEvents.event?.sequence ?? 0);
    expect(whole.length).toBeGreaterThan(2);

    // Passes the first two results of each connection, then breaks it.
    const { url, close } = await listen(
      createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const answer = await fetch(`${server.url}${request.url}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': ADMIN_KEY },
          body: Buffer.concat(chunks),
        });
        const events = (await answer.text()).split('\n\n');
        response.writeHead(answer.status, { 'content-type': 'text/event-stream' });
        const cut = events.filter((event) => event.includes('event: next')).length > 2;
        const passed = events.filter((event) => event.includes('event: ')).slice(0, cut ? 2 : undefined);
        response.write(passed.map((event) => `${event}\n\n`).join(''), () =>
          cut ? response.destroy() : response.end(),
        );
      }),
    );
    const outages: (string | undefined)[] = [];
    const follower = new Client(url, ADMIN_KEY, { onOutage: (problem) => outages.push(problem?.code) });
    const seen: number[] = [];
    let after = '0';
    const signal = new AbortController().signal;
    for await (const { executionEvents } of follower.follow(RunEventsDocument, () => ({ id, after }), signal)) {
      seen.push(executionEvents.event?.sequence ?? 0);
      after = executionEvents.cursor;
    }
    await close();
    expect(seen).toEqual(whole);
    expect(outages.slice(0, 2)).toEqual(['UNREACHABLE', undefined]);
  });

  it('ends immediately on an error that is not retryable', async () => {
    const signal = new AbortController().signal;
    const results = client.follow(RunStatusDocument, () => ({ id: NOBODY }), signal);
    expect(await errorOf(results.next())).toMatchObject({ code: 'NOT_FOUND' });
  });
});
