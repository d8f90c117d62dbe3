import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { JobLog } from '../../src/agent/jobLog';
import { LogSpool } from '../../src/agent/logSpool';
import { ProtocolClient } from '../../src/agent/protocolClient';
import { systemClock } from '../../src/kernel/clock';
import { createLog } from '../../src/kernel/log';
import { eventually } from '../support/eventually';

interface Append {
  readonly offset: number;
  readonly sha256: string;
  readonly frames: readonly { readonly stream: string; readonly text: string }[];
}
type Answer = { readonly status: number; readonly body: unknown } | undefined;

/** Server side of a log; tests can replace its responses. */
let log: Buffer;
let appends: Append[];
let bodies: number[];
let answer: (append: Append) => Answer | Promise<Answer>;
let folder: string;
let server: Server;
let client: ProtocolClient;
let stale: string[];
let gone: AbortController;

const refusal = (status: number, code: string, details = {}): Answer => ({
  status,
  body: { error: { code, message: code, ...details } },
});
const silent = createLog({ level: 'silent', pretty: false });
const dataOf = ({ frames }: Append) => Buffer.from(frames.map(({ text }) => text).join(''));

function append(one: Append): Answer {
  if (one.offset > log.length) return refusal(409, 'LOG_GAP', { offset: log.length });
  log = Buffer.concat([log, dataOf(one).subarray(log.length - one.offset)]);
  return { status: 200, body: { offset: log.length } };
}

beforeEach(async () => {
  [log, appends, bodies, stale, gone] = [Buffer.alloc(0), [], [], [], new AbortController()];
  answer = () => undefined;
  folder = await mkdtemp(join(tmpdir(), 'slipway-log-'));
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const one: Append = JSON.parse(Buffer.concat(chunks).toString());
    appends.push(one);
    bodies.push(Buffer.concat(chunks).length);
    const { status, body } = (await answer(one)) ?? append(one) ?? { status: 500, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const identity = { name: 'test', labels: {}, slots: 1, version: '0' };
  client = new ProtocolClient(`http://127.0.0.1:${port}`, 'swr_test', identity, silent);
});
afterEach(async () => {
  client.close();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function open(settings = { logFlushMs: 5, logMaxBytes: 65_536 }, spool?: LogSpool) {
  const job = client.jobClient({ jobId: 'job', token: 'swc_test' }, (message) => {
    stale.push(message);
    gone.abort(new Error(message));
  });
  const jobLog = new JobLog({
    client: job,
    spoolFile: join(folder, 'spool'),
    ...(spool && { spool }),
    settings,
    gone: gone.signal,
    clock: systemClock,
    log: silent,
  });
  const stdout = new PassThrough();
  jobLog.read(stdout, 'stdout');
  return { jobLog, stdout };
}

async function deliver(text: string, settings?: { logFlushMs: number; logMaxBytes: number }) {
  const { jobLog, stdout } = open(settings);
  const closed = new Promise((resolve) => stdout.once('close', resolve));
  stdout.end(text);
  await closed;
  return { jobLog, bytes: await jobLog.end() };
}

const text = Array.from({ length: 20_000 }, (_, n) => `line ${n} äöü\n`).join('');

describe('the log of a job', () => {
  it('arrives whole, in appends within the server’s limit', async () => {
    const { jobLog, bytes } = await deliver(text);
    expect(bytes).toBe(Buffer.byteLength(text));
    expect(log.toString()).toBe(text);
    expect(Math.max(...bodies)).toBeLessThanOrEqual(65_536);
    await jobLog.close();
  });

  it('sends nothing for a job without output', async () => {
    const { jobLog, bytes } = await deliver('');
    expect(bytes).toBe(0);
    expect(appends).toEqual([]);
    await jobLog.close();
  });

  it('resumes from the end of the server’s log, even from its beginning', async () => {
    let crashes = 0;
    answer = (one) => {
      if (one.offset < 200_000 || crashes++ > 0) return undefined;
      log = Buffer.alloc(0);
      return undefined;
    };
    const { jobLog, bytes } = await deliver(text);
    expect(crashes).toBeGreaterThan(0);
    expect(bytes).toBe(Buffer.byteLength(text));
    expect(log.toString()).toBe(text);
    await jobLog.close();
  });

  it('resends the part that the finish found missing', async () => {
    const { jobLog } = await deliver(text);
    log = log.subarray(0, 12_345);
    expect(await jobLog.resend(12_345)).toBe(Buffer.byteLength(text));
    expect(log.toString()).toBe(text);
    await jobLog.close();
  });

  it('repeats after a failure, without gaps or duplicates', async () => {
    let calls = 0;
    // Every second append is stored, but its response is lost.
    answer = (one) => {
      if (calls++ % 2 === 1) return undefined;
      append(one);
      return refusal(503, 'UNAVAILABLE');
    };
    const { jobLog, bytes } = await deliver(text.slice(0, 60_000));
    expect(bytes).toBe(Buffer.byteLength(text.slice(0, 60_000)));
    expect(log.toString()).toBe(text.slice(0, 60_000));
    await jobLog.close();
  });

  it('fills a log nearly to its limit, and reports it as incomplete', async () => {
    answer = (one) => (one.offset + dataOf(one).length > 10_000 ? refusal(413, 'TOO_LARGE') : undefined);
    const { jobLog, bytes } = await deliver(text);
    expect(bytes).toBeNull();
    expect(log.length).toBeGreaterThan(9000);
    expect(text.startsWith(log.toString())).toBe(true);
    await jobLog.close();
  });

  it('sends less when a proxy rejects long requests', async () => {
    answer = (one) => (dataOf(one).length > 3000 ? refusal(413, 'HTTP_413') : undefined);
    const { jobLog, bytes } = await deliver(text.slice(0, 30_000));
    expect(bytes).toBe(log.length);
    expect(log.toString()).toBe(text.slice(0, 30_000));
    await jobLog.close();
  });

  it('sends a piece again that changed on the way', async () => {
    let changed = 0;
    answer = (one) => {
      const isLast = changed++ >= 2;
      const found = isLast ? dataOf(one) : Buffer.from(dataOf(one)).fill('x', 0, 1);
      const sha256 = createHash('sha256').update(found).digest('hex');
      return one.sha256 === sha256 ? undefined : refusal(409, 'LOG_GAP', { offset: one.offset });
    };
    const { jobLog, bytes } = await deliver('text of a command\n');
    expect([bytes, log.toString(), appends.length]).toEqual([18, 'text of a command\n', 3]);
    await jobLog.close();
  });

  it('gives up on a server whose log does not grow', async () => {
    answer = () => refusal(409, 'LOG_GAP', { offset: 0 });
    const { jobLog, bytes } = await deliver('text');
    expect(bytes).toBeNull();
    expect(appends.length).toBeLessThan(20);
    await jobLog.close();
  });

  it('reports that the claim is over, and discards further output', async () => {
    answer = () => refusal(409, 'STALE_CLAIM');
    const { jobLog, bytes } = await deliver(text);
    expect(bytes).toBeNull();
    expect(stale).toEqual(['STALE_CLAIM']);
    expect(appends).toHaveLength(1);
    await jobLog.close();
  });

  it('holds a command back while the server accepts nothing', async () => {
    let release: (() => void) | undefined;
    let serving = false;
    let received = 0;
    server.removeAllListeners('request');
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (!serving) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      const one: Append = JSON.parse(Buffer.concat(chunks).toString());
      received = one.offset + dataOf(one).length;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ offset: received }));
    });
    const { jobLog, stdout } = open({ logFlushMs: 5, logMaxBytes: 8_388_608 });
    const chunk = Buffer.alloc(65_536, 'a');
    let written = 0;
    const limit = 1600;
    const writing = (async () => {
      for (; written < limit && !stdout.destroyed; written++) {
        if (!stdout.write(chunk)) await new Promise((resolve) => stdout.once('drain', resolve));
        // The spool writes to disk and needs a turn of the event loop.
        await new Promise((resolve) => setImmediate(resolve));
      }
      stdout.end();
    })();
    while (!jobLog.isPaused || release === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(limit);
    serving = true;
    release();
    await writing;
    if (!stdout.closed) await new Promise((resolve) => stdout.once('close', resolve));
    expect(await jobLog.end()).toBe(limit * chunk.length);
    expect(received).toBe(limit * chunk.length);
    await jobLog.close();
  });
});

describe('the log of a job on a slow disk', () => {
  let diskWrites: () => void;
  let spool: LogSpool;
  beforeEach(() => {
    const written = new Promise<void>((resolve) => {
      diskWrites = resolve;
    });
    spool = new (class extends LogSpool {
      private spills: Promise<boolean> | undefined;
      override spill(): Promise<boolean> {
        this.spills = written.then(() => super.spill());
        return this.spills;
      }
      override async close(): Promise<void> {
        await this.spills;
        await super.close();
      }
    })(join(folder, 'spool'));
  });

  /** Writes more than the agent holds in memory, and waits until the agent holds the command back. */
  async function writeUntilPaused() {
    const { jobLog, stdout } = open(undefined, spool);
    const closed = new Promise((resolve) => stdout.once('close', resolve));
    for (let n = 0; n < 64; n++) stdout.write(Buffer.alloc(65_536, 'a'));
    stdout.end();
    await eventually(
      () => jobLog.isPaused,
      (isPaused) => isPaused,
    );
    return { jobLog, stdout, closed };
  }

  it('lets the command continue after the disk has caught up', async () => {
    const { jobLog, closed } = await writeUntilPaused();
    diskWrites();
    await closed;
    expect(await jobLog.end()).toBe(64 * 65_536);
    await jobLog.close();
  });

  it('lets the command continue when the server is full', async () => {
    let refuse: () => void = () => undefined;
    const refused = new Promise<Answer>((resolve) => {
      refuse = () => resolve(refusal(413, 'TOO_LARGE', { offset: 0 }));
    });
    answer = () => refused;
    const { jobLog, closed } = await writeUntilPaused();
    refuse();
    await closed;
    expect(jobLog.isPaused).toBe(false);
    expect(await jobLog.end()).toBeNull();
    expect(jobLog.written).toBe(64 * 65_536);
    diskWrites();
    await jobLog.close();
  });

  it('holds back what a later step of the command writes', async () => {
    const { jobLog, closed } = await writeUntilPaused();
    const later = new PassThrough();
    jobLog.read(later, 'stderr');
    expect(later.isPaused()).toBe(true);
    later.end('later');
    diskWrites();
    await closed;
    expect(await jobLog.end()).toBe(64 * 65_536 + 5);
    await jobLog.close();
  });
});

describe('appending to the logs of several jobs', () => {
  const JOBS = 8;
  let requests: string[];
  let several: ((jobId: string) => object) | 'unknown';

  /** Every job appends at the same time, three times in a row. */
  async function appendAll(): Promise<PromiseSettledResult<number>[]> {
    const body = JSON.stringify({ offset: 0, frames: [] });
    const append = async (jobId: string) => {
      const job = client.jobClient({ jobId, token: `swc_${jobId}` }, () => stale.push(jobId));
      for (let n = 0; n < 2; n++) await job.appendLog(body, gone.signal);
      return job.appendLog(body, gone.signal);
    };
    return Promise.allSettled(Array.from({ length: JOBS }, (_, n) => append(`job${n}`)));
  }

  beforeEach(() => {
    requests = [];
    server.removeAllListeners('request');
    server.on('request', async (request, response) => {
      requests.push(request.url ?? '');
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { logs = [] } = JSON.parse(Buffer.concat(chunks).toString());
      const isShared = request.url === '/agent/v1/logs';
      const known = !isShared || several !== 'unknown';
      const entries = logs.map(({ jobId, token }: { jobId: string; token: string }) => {
        expect(token).toBe(`swc_${jobId}`);
        return several === 'unknown' ? {} : { jobId, ...several(jobId) };
      });
      const unknown = refusal(404, 'NOT_FOUND')?.body;
      const body = known ? (isShared ? { logs: entries } : { offset: 7 }) : unknown;
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  const isFulfilled = (one: PromiseSettledResult<number>) => one.status === 'fulfilled' && one.value === 7;

  it('shares requests, and a rejected piece does not affect the others', async () => {
    several = (jobId) =>
      jobId === 'job3' ? { ok: false, code: 'STALE_CLAIM', message: 'over' } : { ok: true, offset: 7 };
    const settled = await appendAll();
    expect(settled.filter(isFulfilled)).toHaveLength(JOBS - 1);
    expect(settled[3]).toMatchObject({ status: 'rejected', reason: { code: 'STALE_CLAIM' } });
    expect(stale).toEqual(['job3']);
    expect(requests.length).toBeLessThanOrEqual(6);
  });

  it('falls back to one request for each job if the server is too old', async () => {
    several = 'unknown';
    expect((await appendAll()).filter(isFulfilled)).toHaveLength(JOBS);
    expect(requests.filter((url) => url === '/agent/v1/logs')).toHaveLength(1);
    expect(requests.filter((url) => url === '/agent/v1/jobs/job3/log')).toHaveLength(3);
  });

  it('does not wait for a shared request once the job is gone', async () => {
    const held = new Promise<void>((resolve) => {
      server.removeAllListeners('request');
      server.on('request', () => resolve());
    });
    const appending = appendAll();
    await held;
    gone.abort(new Error('gone'));
    const reasons = (await appending).map((one) => one.status === 'rejected' && String(one.reason.message));
    expect(reasons).toEqual(Array.from({ length: JOBS }, () => 'gone'));
  });
});
