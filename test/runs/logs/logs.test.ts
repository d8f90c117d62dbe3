// Long because one log on one server serves all tests: it is written, read in each of its places, searched, and deleted.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { JobLog } from '../../../src/agent/jobLog';
import { ProtocolClient } from '../../../src/agent/protocolClient';
import { systemClock } from '../../../src/kernel/clock';
import { createLog } from '../../../src/kernel/log';
import { pruneLogs } from '../../../src/runs/logs/logRetention';
import { moveLogs } from '../../../src/runs/logs/moveLogs';
import { sealLogs } from '../../../src/runs/logs/sealLogs';
import { eventually } from '../../support/eventually';
import { hostileProxy } from '../../support/hostileProxy';
import type { ClaimedJob } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { ADMIN_KEY } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: writes
tasks: { write: { run: "write" } }
---
kind: Workflow
application: app
name: other
tasks: { other: { run: "write" } }
`;
const MAX_LOG_BYTES = 1_200_000;
const silent = createLog({ level: 'silent', pretty: false });
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Lines with half characters and bytes that are no text, groups, and a line longer than a row. */
function output(): Buffer {
  const parts: Buffer[] = [];
  for (let n = 1; n <= 6000; n++) {
    if (n === 100) parts.push(Buffer.from('::group::Build äöü\n'));
    else if (n === 200) parts.push(Buffer.from('::endgroup::\n'));
    else if (n === 300) parts.push(Buffer.concat([Buffer.alloc(200_000, 'long '), Buffer.from('needle\n')]));
    else if (n % 500 === 0) parts.push(Buffer.from([0xff, 0x00, 0xc3, 0x28, 0xe2, 0x82]), Buffer.from(' binary\n'));
    else if (n % 7 === 0)
      parts.push(randomBytes(60).map((byte) => (byte === 10 ? 0 : byte)) as Buffer, Buffer.from('\n'));
    else parts.push(Buffer.from(`line ${n} \u001b[31mäöü\u001b[0m progress\r${'x'.repeat(n % 90)}\n`));
  }
  return Buffer.concat(parts);
}

describe('the log of a job', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, {
    environment: { SLIPWAY_MAX_LOG_BYTES: String(MAX_LOG_BYTES) },
  });
  const written = output();
  let folder: string;
  let job: ClaimedJob;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-logs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function begin(workflow = 'writes'): Promise<ClaimedJob> {
    await runs.start('workflow', workflow);
    const claimed = await agent.claimOne();
    await agent.start(claimed);
    return claimed;
  }

  /** The agent’s own way from a pipe to a server. */
  async function deliver(url: string, { jobId, token }: ClaimedJob, data: Buffer) {
    const client = new ProtocolClient(url, 'swr_test', { name: 'logs', labels: {}, slots: 1, version: '0' }, silent);
    const gone = new AbortController();
    const log = new JobLog({
      client: client.jobClient({ jobId, token }, (message) => gone.abort(new Error(message))),
      spoolFile: join(folder, jobId),
      settings: { logFlushMs: 1, logMaxBytes: 40_000 },
      gone: gone.signal,
      clock: systemClock,
      log: silent,
    });
    const pipe = new PassThrough();
    log.read(pipe, 'stdout');
    const closed = once(pipe, 'close');
    for (let at = 0; at < data.length; at += 10_007) {
      if (!pipe.write(data.subarray(at, at + 10_007))) await once(pipe, 'drain');
    }
    pipe.end();
    await closed;
    const end = { logBytes: await log.end(), logSha256: log.sha256(), logWritten: log.written };
    await log.close();
    client.close();
    return end;
  }

  /** The server seals logs, too. */
  async function sealAll(): Promise<void> {
    await sealLogs(server.app);
    const ended = `SELECT job_id FROM job_log WHERE phase = 'ENDED'`;
    await eventually(
      () => server.app.database.rows(ended),
      (rows) => rows.length === 0,
    );
  }

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${server.url}${path}`, { method, headers: { 'x-api-key': ADMIN_KEY, ...headers } });
  const download = async (jobId: string) => Buffer.from(await (await get(`/jobs/${jobId}/log`)).arrayBuffer());
  const rowsOf = (jobId: string) =>
    server.app.database.rows<{ length: number; size: number; packed: boolean }>(
      'SELECT length, octet_length(data) AS size, frames IS NULL AS packed FROM log_chunk WHERE job_id = $1',
      [jobId],
    );
  interface Page {
    firstLine: number;
    nextOffset: number;
    endOffset: number | null;
    more: boolean;
    final: boolean;
    frames: { stream: string; text: string; base64: string }[];
    lines: { number: number; offset: number; text: string; at: string; group: string | null; continued: boolean }[];
  }
  const ask = async (selection: string, jobId = job.jobId): Promise<Page> => {
    const { jobLog } = await server.client.ask<{ jobLog: Page }>(
      `{ jobLog(jobId: "${jobId}", ${selection}) { firstLine nextOffset endOffset more final
         frames { stream text base64 } lines { number offset text at group continued } } }`,
    );
    return jobLog;
  };
  const stateOf = async (jobId: string) => {
    const { job: found } = await server.client.ask<{ job: { log: Record<string, unknown> } }>(
      `{ job(jobId: "${jobId}") { log { bytes lines sealed sha256 truncated loss writtenBytes storedBytes expiresAt deletedAt
         downloadUrl groups { title depth firstLine lastLine offset } } } }`,
    );
    return found.log;
  };
  const lines = written.toString('latin1').split('\n').slice(0, -1);

  it('has the bytes that were written, though a fifth of the requests is lost, doubled and reordered', async () => {
    job = await begin();
    const seed = Number(process.env.PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const proxy = await hostileProxy(server.url, 0.2, seed);
    const end = await deliver(proxy.url, job, written);
    await proxy.close();
    const told = { seed, ...proxy.counts };
    expect({ ...told, logBytes: end.logBytes }).toEqual({ ...told, logBytes: written.length });
    expect(end.logSha256).toBe(sha256(written));
    expect((await download(job.jobId)).equals(written)).toBe(true);
    for (const { length } of await rowsOf(job.jobId)) expect(length).toBeLessThanOrEqual(65_536);
    expect((await agent.finish(job, end)).body.results).toEqual([{ jobId: job.jobId, ok: true }]);
    expect(await stateOf(job.jobId)).toMatchObject({
      ...{ bytes: written.length, writtenBytes: written.length, lines: lines.length, sealed: true },
      ...{ sha256: sha256(written), truncated: false, loss: null, storedBytes: null, deletedAt: null },
      groups: [{ title: 'Build äöü', depth: 0, firstLine: 100, lastLine: 200 }],
    });
  });

  const places: [string, () => Promise<void>][] = [
    ['plain', async () => undefined],
    [
      'compressed',
      async () => {
        await sealAll();
        const rows = await rowsOf(job.jobId);
        expect(rows.every((row) => row.packed && row.length <= 65_536)).toBe(true);
        expect(rows.reduce((sum, row) => sum + row.size, 0)).toBeLessThan(written.length / 4);
        expect(await stateOf(job.jobId)).toMatchObject({ sha256: sha256(written), loss: null });
      },
    ],
    [
      'moved to the content store',
      async () => {
        const later = { now: () => new Date(Date.now() + 8 * 86_400_000) };
        expect(await moveLogs({ ...server.app, clock: later })).toBe(1);
        expect(await rowsOf(job.jobId)).toContainEqual(expect.objectContaining({ size: null }));
        expect((await download(job.jobId)).equals(written)).toBe(true);
      },
    ],
  ];

  it.each(places)('reads by bytes, lines, time and end, and by HTTP ranges: %s', async (_name, move) => {
    await move();
    const text = (line: number) =>
      Buffer.from(lines[line - 1] ?? '', 'latin1')
        .toString('utf8')
        .replace(/\r$/, '');
    for (const [selection, from, to] of [
      ['fromLine: 1, lines: 2', 1, 2],
      ['fromLine: 3000, lines: 5', 3000, 3004],
      ['fromLine: 5999, lines: 100', 5999, 6000],
      ['lastLines: 3', 5998, 6000],
    ] as const) {
      const page = await ask(selection);
      expect(page.lines.map(({ number, text }) => [number, text])).toEqual(
        Array.from({ length: to - from + 1 }, (_, n) => [from + n, text(from + n)]),
      );
      expect([page.firstLine, page.more]).toEqual([from, false]);
    }
    // All pages of a part, also of a line that is longer than a row.
    const parts: Buffer[] = [];
    let part = await ask('fromLine: 299, lines: 2, maxBytes: 50000');
    for (;;) {
      parts.push(...part.frames.map(({ base64 }) => Buffer.from(base64, 'base64')));
      if (!part.more) break;
      part = await ask(`afterOffset: ${part.nextOffset}, beforeOffset: ${part.endOffset}, maxBytes: 50000`);
      expect(part.lines[0]).toMatchObject({ number: 300, continued: true });
    }
    expect(Buffer.concat(parts).toString('latin1')).toBe(`${lines.slice(298, 300).join('\n')}\n`);
    const {
      lines: [line],
    } = await ask('fromLine: 4000, lines: 1');
    const since = await ask(`since: "${line?.at}", lines: 1`);
    expect(since.lines[0]?.number).toBeLessThanOrEqual(4000);
    expect(since.lines[0]?.at).toBe(line?.at);
    const until = await ask(`afterOffset: 0, until: "${line?.at}", maxBytes: 100`);
    expect(until.endOffset).toBe(since.lines[0]?.offset);
    expect((await ask('since: "2100-01-01T00:00:00Z"')).frames).toEqual([]);

    const path = `/jobs/${job.jobId}/log`;
    const head = await get(path, {}, 'HEAD');
    const tag = `"${sha256(written)}"`;
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([
      200,
      String(written.length),
      tag,
    ]);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    });
    for (const [range, from, to] of [
      ['bytes=100000-300001', 100_000, 300_002],
      ['bytes=-5000', written.length - 5000, written.length],
      [`bytes=${written.length - 1}-`, written.length - 1, written.length],
    ] as const) {
      const response = await get(path, { range, 'if-range': tag });
      expect([response.status, response.headers.get('content-range')]).toEqual([
        206,
        `bytes ${from}-${to - 1}/${written.length}`,
      ]);
      expect(Buffer.from(await response.arrayBuffer()).equals(written.subarray(from, to))).toBe(true);
    }
    expect((await get(path, { range: `bytes=${written.length}-` })).status).toBe(416);
    expect((await get(path, { 'if-none-match': tag })).status).toBe(304);
    const timed = await (await get(`${path}?timestamps=true`)).text();
    expect(timed.split('\n')[2999]).toBe(`${(await ask('fromLine: 3000, lines: 1')).lines[0]?.at} ${text(3000)}`);
    expect((await fetch(`${server.url}${path}`)).status).toBe(401);
  });

  it('jobLogSearch finds lines with context, page by page', async () => {
    const executionId = job.executionId;
    const search = async (selection: string, id = executionId) => {
      const { jobLogSearch } = await server.client.ask<{
        jobLogSearch: {
          matches: { task: string; line: number; text: string; before: string[]; after: string[] }[];
          more: boolean;
          endCursor: string | null;
        };
      }>(
        `{ jobLogSearch(executionId: "${id}", ${selection}) { matches { task line text before after } more endCursor } }`,
      );
      return jobLogSearch;
    };
    const found = await search('text: "LINE 3001 ", ignoreCase: true, context: 1');
    expect(found).toMatchObject({ more: false, endCursor: null, matches: [{ task: 'write', line: 3001 }] });
    expect(found.matches[0]?.before[0]).toContain(' binary');
    expect(found.matches[0]?.after).toHaveLength(1);
    expect((await search('text: "LINE 3001 "')).matches).toEqual([]);
    const [long] = (await search('text: "needle"')).matches;
    expect([long?.line, long?.text.includes('needle'), (long?.text.length ?? 0) <= 4096]).toEqual([300, true, true]);
    const numbers: number[] = [];
    let after = 'null';
    for (;;) {
      const page = await search(`text: " binary", first: 5, after: ${after}`);
      numbers.push(...page.matches.map(({ line }) => line));
      if (!page.more) break;
      after = `"${page.endCursor}"`;
    }
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, n) => (n + 1) * 500));
    expect((await search('text: "line", task: "none"')).matches).toEqual([]);
    expect((await search(`text: "needle", jobId: "${job.jobId}"`)).matches).toHaveLength(1);
    expect((await search(`text: "needle", jobId: "${executionId}"`)).matches).toEqual([]);
    const linked = await server.client.ask(
      `{ job(jobId: "${job.jobId}") { execution { id } taskExecution { id name } } }`,
    );
    expect(linked).toMatchObject({ job: { execution: { id: executionId }, taskExecution: { name: 'write' } } });
    const error = await server.client.errorOf(
      `{ jobLogSearch(executionId: "${executionId}", text: "", first: 101, jobId: "none") { more } }`,
    );
    expect(error.details.errors).toMatchObject([
      { field: 'text', rule: 'LENGTH' },
      { field: 'jobId', value: 'none', rule: 'FORMAT' },
      { field: 'first', rule: 'RANGE' },
    ]);
    const both = await server.client.errorOf(`{ jobLog(jobId: "${job.jobId}", fromLine: 0, lastLines: 1) { final } }`);
    expect(both.details.errors).toMatchObject([{ rule: 'EXCLUSIVE' }, { field: 'fromLine', rule: 'RANGE' }]);
  });

  it('reaches all followers with the statement that stores it', async () => {
    const followed = await begin('other');
    await agent.log(followed, 0, 'first\n');
    const arrived: string[][] = Array.from({ length: 30 }, () => []);
    const following = arrived.map(async (pages) => {
      const stream = server.client.watch<{ jobLog: { frames: { text: string }[] } }>(
        `subscription { jobLog(jobId: "${followed.jobId}") { frames { text } } }`,
      );
      for await (const { jobLog } of stream) pages.push(jobLog.frames.map(({ text }) => text).join(''));
    });
    const all = (count: number) =>
      eventually(
        () => arrived.filter((pages) => pages.length >= count).length,
        (number) => number === arrived.length,
      );
    await all(1);
    const resumeSweeps = await server.sweeper.pause();
    // Other work of the server may come between, but not each time.
    const counts: number[] = [];
    for (let piece = 0; piece < 5; piece++) {
      const before = server.app.database.statements;
      await agent.log(followed, 6 + 5 * piece, 'more\n');
      await all(2 + piece);
      counts.push(server.app.database.statements - before);
    }
    expect(Math.min(...counts)).toBeLessThanOrEqual(2);
    resumeSweeps();
    await agent.finish(followed, { logBytes: 31 });
    await Promise.all(following);
    expect(new Set(arrived.map((pages) => pages.join('')))).toEqual(new Set([`first\n${'more\n'.repeat(5)}`]));
  });

  it('stops at its limit while the command continues, and says so', async () => {
    const full = await begin();
    const much = Buffer.alloc(MAX_LOG_BYTES + 100_000, 'abcdefghi\n');
    const end = await deliver(server.url, full, much);
    expect(end).toMatchObject({ logBytes: null, logWritten: much.length });
    await agent.finish(full, end);
    expect(await stateOf(full.jobId)).toMatchObject({
      ...{ bytes: MAX_LOG_BYTES, writtenBytes: much.length, truncated: true, loss: 'LIMIT', sha256: null },
    });
    const remark = '\n[slipway] The log has reached its limit of 1.1 MiB. Later output was not stored.\n';
    const { frames, final, nextOffset } = await ask(`afterOffset: ${MAX_LOG_BYTES - 10}`, full.jobId);
    expect(frames.map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'abcdefghi\n'],
      ['slipway', remark],
    ]);
    expect(final).toBe(true);
    expect((await ask(`afterOffset: ${nextOffset}`, full.jobId)).frames).toEqual([]);
    const stored = await download(full.jobId);
    expect(stored.subarray(0, MAX_LOG_BYTES).equals(much.subarray(0, MAX_LOG_BYTES))).toBe(true);
    expect(stored.subarray(MAX_LOG_BYTES).toString()).toBe(remark);
  });

  it('stores no piece whose bytes changed on the way, and takes it when it is sent again', async () => {
    const job = await begin();
    const piece = (text: string, written = text) => {
      const frames = [{ stream: 'stdout', at: new Date().toISOString(), text }];
      return { jobId: job.jobId, token: job.token, offset: 0, frames, sha256: sha256(Buffer.from(written)) };
    };
    const long = 'a long line of text\n'.repeat(15_000);
    const send = async (one: object) => (await agent.post('logs', { logs: [one] })).body.logs;
    expect(await send(piece(long.replace('a', 'e'), long))).toMatchObject([{ ok: false, code: 'LOG_GAP', offset: 0 }]);
    expect(await send(piece(long))).toMatchObject([{ ok: true, offset: long.length }]);
    // A repeat is compared, too.
    expect(await send(piece('x', long))).toMatchObject([{ ok: false, code: 'LOG_GAP', offset: 0 }]);
    await agent.finish(job, { logBytes: long.length, logSha256: sha256(Buffer.from(long)) });
    await sealAll();
    expect(await stateOf(job.jobId)).toMatchObject({ bytes: long.length, loss: null });
  });

  it('is sent again if the stored bytes are not those of the agent, and marked if they can’t be had', async () => {
    const [spoiled, lost] = [await begin('other'), await begin()];
    const database = server.app.database;
    const spoil = (jobId: string) =>
      database.write(`UPDATE log_chunk SET data = set_byte(data, 3, 0) WHERE job_id = $1 AND start = 0`, [jobId]);
    await agent.log(spoiled, 0, 'as it was written\n');
    await spoil(spoiled.jobId);
    const end = { logBytes: 18, logSha256: sha256(Buffer.from('as it was written\n')) };
    expect((await agent.finish(spoiled, end)).body.results).toMatchObject([{ ok: false, code: 'LOG_GAP', offset: 0 }]);
    await agent.log(spoiled, 0, 'as it was written\n');
    expect((await agent.finish(spoiled, end)).body.results).toMatchObject([{ ok: true }]);
    expect(await stateOf(spoiled.jobId)).toMatchObject({ bytes: 18, storedBytes: 18, lines: 1, loss: null });

    const long = 'a long line of text\n'.repeat(15_000);
    await agent.log(lost, 0, long);
    await spoil(lost.jobId);
    await agent.finish(lost, { logBytes: long.length, logSha256: sha256(Buffer.from(long)) });
    await sealAll();
    expect(await stateOf(lost.jobId)).toMatchObject({ loss: 'DAMAGED', truncated: true, sha256: null });
    expect((await ask('lastLines: 1', lost.jobId)).frames.at(-1)?.text).toContain(
      'differs from the one that the agent',
    );
  });

  it('is deleted by the retention, oldest first, with an audit record; never of a running job', async () => {
    const running = await begin();
    await agent.log(running, 0, 'still here\n');
    await sealAll();
    const { app } = server;
    const stored = () =>
      app.database.rows<{ jobId: string }>(
        `SELECT job_id AS "jobId" FROM job_log WHERE phase NOT IN ('OPEN', 'DELETED') ORDER BY ended_at`,
      );
    const [oldest, ...others] = await stored();
    const config = { ...app.config, SLIPWAY_LOG_STORAGE_BYTES: 1 };
    const total = await app.database.rows<{ sum: number }>(
      `SELECT sum(stored_bytes)::bigint AS sum FROM job_log WHERE phase <> 'DELETED'`,
    );
    expect(
      await pruneLogs({ ...app, config: { ...config, SLIPWAY_LOG_STORAGE_BYTES: (total[0]?.sum ?? 0) - 1 } }),
    ).toBe(1);
    expect(await stored()).toEqual(others);
    const later = { now: () => new Date(Date.now() + 401 * 86_400_000) };
    expect(await pruneLogs({ ...app, clock: later })).toBe(others.length);
    const { deletedAt, ...state } = await stateOf(oldest?.jobId ?? '');
    expect(state).toMatchObject({ bytes: written.length, sha256: sha256(written), expiresAt: null });
    expect((await ask('lastLines: 5')).frames.map(({ stream }) => stream)).toEqual(['slipway']);
    expect((await ask('afterOffset: 7')).final).toBe(true);
    expect((await get(`/jobs/${job.jobId}/log`)).status).toBe(404);
    expect((await ask('lastLines: 1', running.jobId)).frames[0]?.text).toBe('still here\n');
    const { audits } = await server.client.ask<{ audits: { nodes: { action: string; input: unknown }[] } }>(
      '{ audits(first: 3) { nodes { action input } } }',
    );
    expect(audits.nodes.filter(({ action }) => action === 'jobLog.delete').map(({ input }) => input)).toMatchObject([
      { reason: 'AGE', logs: others.length },
      { reason: 'SIZE', logs: 1 },
    ]);
    expect(deletedAt).not.toBeNull();
  });
});
