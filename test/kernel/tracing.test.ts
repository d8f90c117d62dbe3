import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { newSpanId, newTraceId, type Tracing, createTracing } from '../../src/kernel/tracing';
import { memoryLog, until } from '../support/graphqlHarness';

// Read by the SDK itself. The exporter does not retry after so short a time.
const settings = { OTEL_BSP_SCHEDULE_DELAY: '5', OTEL_EXPORTER_OTLP_TIMEOUT: '200' };

let tracing: Tracing | undefined;
let collector: Server | undefined;
const lines: Record<string, unknown>[] = [];
const at = (level: number) => lines.filter((line) => line.level === level).map(({ msg }) => msg);
const LOST = 'traces could not be sent; their spans are lost until the collector responds again';

beforeAll(() => Object.assign(process.env, settings));
afterAll(() => {
  for (const name of Object.keys(settings)) delete process.env[name];
});
afterEach(async () => {
  lines.length = 0;
  await tracing?.stop();
  await closeCollector();
});

async function closeCollector(): Promise<void> {
  const closing = collector;
  collector = undefined;
  closing?.closeAllConnections();
  if (closing) await new Promise((resolve) => closing.close(resolve));
}

async function listen(port: number, respond: () => number | null): Promise<number> {
  const server = createServer((request, response) => {
    const status = respond();
    request.resume();
    if (status !== null) response.writeHead(status).end();
  });
  collector = server;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A port at which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function trace(port: number): Promise<Tracing> {
  const memory = memoryLog();
  const endpoint = { OTEL_SDK_DISABLED: false, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  tracing = await createTracing('test', endpoint, memory.log);
  lines.length = 0;
  memory.lines.push = (...given) => lines.push(...given);
  return tracing ?? fail('no tracing');
}

const emit = (to: Tracing) =>
  to.emit({
    ...{ name: 'span', traceId: newTraceId(), spanId: newSpanId(), parentId: null },
    ...{ start: new Date(), end: new Date(), attributes: {}, failure: null },
  });

function fail(message: string): never {
  throw new Error(message);
}

/** Loses the spans of at least this many batches, one after the other. */
async function lose(to: Tracing, batches: number): Promise<void> {
  const failures = () => [...at(40), ...at(20)].length;
  for (let n = 1; n <= batches; n++) {
    const before = failures();
    emit(to);
    await until(() => failures() > before);
  }
}

describe('a collector that does not work', () => {
  it('is in the log once until it responds again, if its port is closed', async () => {
    const port = await closedPort();
    const to = await trace(port);
    await lose(to, 3);
    expect([at(40), at(30)]).toEqual([[LOST], []]);
    expect(lines.find(({ level }) => level === 40)).toMatchObject({ collector: `127.0.0.1:${port}`, lost: 1 });

    await listen(port, () => 200);
    const settled = () => [...at(30), ...at(20)].length;
    for (let before = settled(); at(30).length === 0; before = settled()) {
      emit(to);
      await until(() => settled() > before);
    }
    expect(at(30)).toEqual(['traces are sent again']);
    expect(lines.find(({ level }) => level === 30)?.lost).toBeGreaterThanOrEqual(3);

    await closeCollector();
    await lose(to, 2);
    expect(at(40)).toEqual([LOST, LOST]);
  });

  it('is in the log once if it hangs, loses spans only, and does not delay a stop', async () => {
    let asked = 0;
    const port = await listen(0, () => {
      asked++;
      return null;
    });
    const to = await trace(port);
    await lose(to, 2);
    expect([at(40), asked]).toEqual([[LOST], 2]);
    emit(to);
    await until(() => asked === 3);
    // The third batch is on its way; its end would be a line.
    const ended = lines.length;
    await to.stop();
    expect(lines).toHaveLength(ended);
    await closeCollector();
    await until(() => lines.length > ended);
  });

  it('is in the log once if it refuses spans', async () => {
    const to = await trace(await listen(0, () => 400));
    await lose(to, 2);
    expect(at(40)).toEqual([LOST]);
  });
});
