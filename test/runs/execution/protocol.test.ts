import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { eventually } from '../../support/eventually';
import { type ClaimedJob, ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { ADMIN_KEY, AGENT_TOKEN } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: labeled
tasks:
  anywhere: { run: "true" }
  linux: { run: "true", labels: { os: linux, zone: a } }
---
kind: Workflow
application: app
name: files
environment: staging
env: { FROM_WORKFLOW: w, WHERE: workflow }
variables: [{ name: GIVEN, default: "x" }]
tasks:
  make: { run: "make it", artifacts: ["out/*.txt"], env: { FROM_TASK: t } }
  use: { run: "use it", depends_on: [make], artifacts: { from: make } }
`;
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe('the agent protocol', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });

  it('rejects wrong tokens, and limits each token to its purpose', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const ask = async (path: string, token: string | null, body: unknown = {}) => {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body),
      });
      return response.status;
    };
    expect(await ask('/agent/v1/register', null)).toBe(401);
    expect(await ask('/agent/v1/register', 'wrong-token', { name: 'x', slots: 1 })).toBe(401);
    expect(await ask('/agent/v1/register', ADMIN_KEY, { name: 'x', slots: 1 })).toBe(401);
    expect(await ask('/agent/v1/claim', AGENT_TOKEN, { slots: 1, waitMs: 0 })).toBe(401);
    expect(await ask('/agent/v1/claim', ADMIN_KEY, { slots: 1, waitMs: 0 })).toBe(401);
    expect(await ask('/graphql', AGENT_TOKEN, { query: '{ version }' })).toBe(401);
    expect(await ask('/graphql', null, { query: '{ version }' })).toBe(401);

    const id = await runs.start('workflow', 'files');
    const job = await agent.claimOne();
    await agent.start(job);
    expect(await ask('/graphql', job.token, { query: '{ version }' })).toBe(401);
    expect(await ask('/agent/v1/claim', job.token, { slots: 1, waitMs: 0 })).toBe(401);
    const stranger = { ...job, token: 'swc_stranger' };
    expect((await agent.log(stranger, 0, 'x')).body.error?.code).toBe('STALE_CLAIM');
    expect((await agent.finish(stranger)).body.results).toMatchObject([{ code: 'STALE_CLAIM' }]);
    expect((await agent.upload(stranger, 'a', Buffer.from('a'), sha256(Buffer.from('a')))).status).toBe(409);
    await runs.abort(id);
  });

  it('gives a job only to an agent that has every label', async () => {
    const id = await runs.start('workflow', 'labeled');
    const plain = await ProtocolAgent.register(server.url, { labels: { os: 'linux' } });
    expect((await plain.claim(10)).map((job) => job.task)).toEqual(['anywhere']);
    expect(await plain.claim(10, 0)).toEqual([]);
    const parked = plain.claim(10, 500);
    const able = await ProtocolAgent.register(server.url, { labels: { os: 'linux', zone: 'a', more: 'yes' } });
    expect((await able.claim(10)).map((job) => job.task)).toEqual(['linux']);
    await runs.abort(id);
    expect(await parked).toEqual([]);
  });

  it('wakes a parked claim when a job arrives', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const parked = agent.claimOne(20_000);
    const id = await runs.start('workflow', 'files');
    expect((await parked).executionId).toBe(id);
    await runs.abort(id);
  });

  it('returns jobs that were claimed as the wait ended, instead of losing them', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'labeled');
    const blocker = new Client({ connectionString: server.databaseUrl });
    await blocker.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE job_lease IN SHARE ROW EXCLUSIVE MODE');
      const claim = agent.claim(10, 1500);
      const blocked = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
        AND query LIKE '%DELETE FROM ready_job%' AND query_start < clock_timestamp() - interval '2 s'`;
      await eventually(
        () => server.app.database.rows(blocked),
        (rows) => rows.length === 1,
      );
      await blocker.query('COMMIT');
      expect((await claim).map((job) => job.task)).toEqual(['anywhere']);
    } finally {
      await blocker.end();
      await runs.abort(id);
    }
  });

  it('gives a job all its variables, in order of precedence', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'files', {
      variableInputs: [{ name: 'GIVEN', variableValue: { type: 'NAME', value: `it's "quoted" $(rm -rf /)\n; ok` } }],
    });
    const job = await agent.claimOne();
    expect(job).toMatchObject({
      task: 'make',
      command: 'make it',
      attempt: 1,
      outputs: ['out/*.txt'],
      inputs: [],
      missing: [],
    });
    expect(job.env).toMatchObject({
      GIVEN: `it's "quoted" $(rm -rf /)\n; ok`,
      WHERE: 'workflow',
      FROM_WORKFLOW: 'w',
      FROM_TASK: 't',
      SLIPWAY_APPLICATION: 'app',
      SLIPWAY_ENVIRONMENT: 'staging',
      SLIPWAY_ENVIRONMENT_TYPE: 'NON_PROD',
      SLIPWAY_EXECUTION_ID: id,
      SLIPWAY_RUN_ID: id,
      SLIPWAY_TASK: 'make',
    });
    await runs.abort(id);
  });

  it('appends to the logs of several jobs with one request, with a result for each', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const ids = [await runs.start('workflow', 'files'), await runs.start('workflow', 'files')];
    const jobs = await agent.claim(2);
    const [one, two] = jobs;
    if (one === undefined || two === undefined) throw new Error('two jobs were expected');
    await agent.start(...jobs);
    const piece = ({ jobId, token }: ClaimedJob, offset: number, text: string) => {
      return { jobId, token, offset, frames: [{ stream: 'stdout', at: new Date().toISOString(), text }] };
    };
    const logs = [piece(one, 0, 'one é\n'), piece(two, 0, 'two\n'), piece({ ...two, token: one.jobId }, 4, 'x')];
    const { body } = await agent.post('logs', { logs: [...logs, piece(two, 99, 'x'), piece(one, 7, 'more\n')] });
    expect(body.logs).toEqual([
      { jobId: one.jobId, ok: true, offset: 7 },
      { jobId: two.jobId, ok: true, offset: 4 },
      { jobId: two.jobId, ok: false, code: 'STALE_CLAIM', message: expect.any(String) },
      { jobId: two.jobId, ok: false, code: 'LOG_GAP', message: expect.any(String), offset: 4 },
      { jobId: one.jobId, ok: true, offset: 12 },
    ]);
    for (const [job, logBytes] of [
      [one, 12],
      [two, 4],
    ] as const) {
      expect((await agent.finish(job, { logBytes })).body.results).toEqual([{ jobId: job.jobId, ok: true }]);
    }
    for (const id of ids) await runs.abort(id);
  });

  it('keeps a log as one byte sequence: accepts repeats, rejects gaps, keeps the order', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'files');
    const job = await agent.claimOne();
    await agent.start(job);
    expect((await agent.log(job, 0, 'one é\n')).body).toEqual({ offset: 7 });
    expect((await agent.log(job, 0, 'one é\n')).body).toEqual({ offset: 7 });
    expect((await agent.log(job, 7, 'two\n', 'stderr')).body).toEqual({ offset: 11 });
    expect((await agent.log(job, 4, 'é\ntwo\nthree\n')).body).toEqual({ offset: 17 });
    const gap = await agent.log(job, 99, 'x');
    expect([gap.status, gap.body.error]).toMatchObject([409, { code: 'LOG_GAP', offset: 17 }]);

    const early = await agent.finish(job, { logBytes: 20 });
    expect(early.body.results).toMatchObject([{ ok: false, code: 'LOG_GAP', offset: 17 }]);
    expect((await runs.task(id, 'make')).status).toBe('RUNNING');

    const pages: { offset: number; text: string }[] = [];
    const watching = (async () => {
      const pageOf = server.client.watch<{ jobLog: { offset: number; frames: { stream: string; text: string }[] } }>(
        'subscription ($id: ID!) { jobLog(jobId: $id, afterOffset: 7) { offset nextOffset final frames { stream text } } }',
        { id: job.jobId },
      );
      for await (const { jobLog } of pageOf) {
        for (const frame of jobLog.frames) pages.push({ offset: jobLog.offset, text: `${frame.stream} ${frame.text}` });
      }
    })();
    const together = await Promise.all([
      agent.log(job, 17, 'end\n'),
      agent.log(job, 17, 'end\n'),
      agent.log({ ...job, token: 'swc_stranger' }, 17, 'x'),
    ]);
    expect(together.map(({ body }) => body.error?.code ?? body)).toEqual([
      { offset: 21 },
      { offset: 21 },
      'STALE_CLAIM',
    ]);
    expect((await agent.finish(job, { logBytes: 21 })).body.results).toMatchObject([{ ok: true }]);
    expect((await agent.finish(job, { logBytes: 21 })).body.results).toMatchObject([{ ok: true }]);
    await watching;
    expect(pages.map((page) => page.text).join('|')).toBe('stderr two\n|stdout three\n|stdout end\n');

    const { jobLog } = await server.client.ask<{
      jobLog: { frames: { text: string }[]; final: boolean; truncated: boolean };
    }>('query ($id: ID!) { jobLog(jobId: $id) { frames { text } final truncated } }', { id: job.jobId });
    expect(jobLog).toEqual({
      frames: [{ text: 'one é\n' }, { text: 'two\n' }, { text: 'three\n' }, { text: 'end\n' }],
      final: true,
      truncated: false,
    });
    await runs.abort(id);
  });

  it('cuts a log at the limit and marks it', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'files');
    const job = await agent.claimOne();
    await agent.start(job);
    await server.app.database.write('INSERT INTO job_log (job_id, bytes, lines) VALUES ($1, $2, 0)', [
      job.jobId,
      1024 ** 3 - 2,
    ]);
    const refused = await agent.log(job, 1024 ** 3 - 2, 'long');
    expect([refused.status, refused.body.error?.code]).toEqual([413, 'TOO_LARGE']);
    await agent.finish(job);
    const { job: seen } = await server.client.ask<{ job: { log: { truncated: boolean } } }>(
      'query ($id: ID!) { job(jobId: $id) { log { truncated } } }',
      { id: job.jobId },
    );
    expect(seen.log.truncated).toBe(true);
    await runs.abort(id);
  });

  it('checks uploaded artifacts, and serves them to later jobs and to callers with a key', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'files');
    const job = await agent.claimOne();
    await agent.start(job);
    const data = Buffer.from('the content');
    expect((await agent.upload(job, 'out/a.txt', data, sha256(Buffer.from('other')))).status).toBe(422);
    expect((await agent.upload(job, '../a.txt', data, sha256(data))).status).toBe(400);
    expect((await agent.upload(job, 'out/a.txt', data, sha256(data))).status).toBe(201);
    expect((await agent.upload(job, 'out/a.txt', data, sha256(data))).status).toBe(200);
    const other = Buffer.from('changed');
    expect((await agent.upload(job, 'out/a.txt', other, sha256(other))).status).toBe(409);
    await agent.finish(job);

    const next: ClaimedJob = await agent.claimOne();
    expect(next.inputs).toMatchObject([{ name: 'out/a.txt', size: data.length, sha256: sha256(data) }]);
    await agent.start(next);
    const fetched = await agent.download(next, next.inputs[0]?.artifactId ?? '');
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(data);

    const [artifact] = (await runs.task(id, 'make')).artifacts;
    const url = `${server.url}${artifact?.downloadUrl}`;
    expect((await fetch(url)).status).toBe(401);
    const download = await fetch(url, { headers: { 'x-api-key': ADMIN_KEY } });
    expect(await download.text()).toBe('the content');
    expect(download.headers.get('content-disposition')).toContain('attachment');
    await runs.abort(id);
  });

  it('counts the end of a job once, even if its report is repeated in the same request', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'files');
    const job = (await agent.claim(10)).find(({ executionId }) => executionId === id);
    if (job === undefined) throw new Error('no job came');
    await agent.start(job);
    const other = { ...job, token: `${job.token.slice(0, -1)}${job.token.endsWith('a') ? 'b' : 'a'}` };
    const { body } = await agent.finishAll([job, other, job], () => ({ exitCode: 3 }));
    expect(body.results).toEqual([
      { jobId: job.jobId, ok: true },
      expect.objectContaining({ ok: false, code: 'STALE_CLAIM' }),
      { jobId: job.jobId, ok: true },
    ]);
    expect((await runs.read(id)).status).toBe('FAILED');
  });

  it('names every invalid field of a request', async () => {
    const response = await fetch(`${server.url}/agent/v1/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${AGENT_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: '', slots: 0, labels: { 'a=b': 'c' } }),
    });
    const body = (await response.json()) as { error: { code: string; errors: { field: string }[] } };
    expect([response.status, body.error.code]).toEqual([400, 'INVALID_INPUT']);
    expect(body.error.errors.map((error) => error.field.split('.')[0]).sort()).toEqual(['labels', 'name', 'slots']);
  });
});
