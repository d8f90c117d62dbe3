import { gunzipSync } from 'node:zlib';
import { expireExports, writeExports } from '../../../src/runs/exports/writeExports';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey } from '../../support/keys';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: build
tasks:
  make: { run: make }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: build, workflow: build }]
`;

const EXPORT = `mutation ($filters: [ExecutionFilter!]) {
  exportExecutions(input: {filters: $filters}) { requestId status totalExecutions statusLink downloadLink expiresAt errorMessage } }`;

interface Export {
  readonly requestId: string;
  readonly status: string;
  readonly totalExecutions: number;
  readonly statusLink: string;
  readonly downloadLink: string;
  readonly expiresAt: string;
  readonly errorMessage: string | null;
}
type Line = Readonly<Record<string, unknown>> & { readonly record: string };

describe('exports of executions', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const request = async (filters: object[] = [], client = server.client) =>
    (await client.ask<{ exportExecutions: Export }>(EXPORT, { filters })).exportExecutions;
  const open = (path: string) => fetch(`${server.url}${path}`);
  const statusOf = async ({ statusLink }: Export) => (await (await open(statusLink)).json()) as Export;
  /** Waits for a status, and takes part in the writing. */
  const until = async (made: Export, status: string) => {
    await writeExports(server.app, new AbortController().signal);
    return eventually(
      () => statusOf(made),
      (shown) => shown.status === status,
    );
  };
  const linesOf = async ({ downloadLink }: Export): Promise<Line[]> => {
    const response = await open(downloadLink);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/gzip']);
    const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString('utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  };
  const change = (sql: string, parameters: unknown[]) => server.app.database.write(sql, parameters);

  it('has executions with their events and logs behind signed links, and survives the server that wrote it', async () => {
    const run = await runs.start('pipeline', 'release');
    const job = await agent.claimOne();
    await agent.start(job);
    await agent.log(job, 0, 'größer\n');
    await agent.finish(job);
    await runs.until(run, 'SUCCESS');
    const other = await runs.start('workflow', 'build');

    const made = await request([{ execution: { operator: 'EQUALS', values: [run] } }]);
    expect(made).toMatchObject({ status: 'QUEUED', totalExecutions: 1, errorMessage: null });
    expect(await until(made, 'READY')).toMatchObject({ requestId: made.requestId, totalExecutions: 1 });
    const lines = await linesOf(made);
    const [first] = lines;
    expect(first).toMatchObject({ record: 'EXECUTION', id: run, status: 'SUCCESS', kind: 'PIPELINE' });
    expect(lines.find(({ record, runId, id }) => record === 'EXECUTION' && runId === run && id !== run)).toMatchObject({
      tasks: [{ name: 'make', status: 'SUCCESS', exitCode: 0 }],
      jobs: [{ id: job.jobId, status: 'SUCCESS' }],
    });
    const events = lines.filter(({ record }) => record === 'EVENT');
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(lines.filter(({ record }) => record === 'LOG')).toEqual([
      { record: 'LOG', jobId: job.jobId, text: 'größer\n' },
    ]);
    expect(JSON.stringify(lines)).not.toContain(other);

    // As a server leaves it that is killed while it writes; then its lease runs out.
    const lease = `UPDATE execution_export SET status = 'QUEUED', due_at = $2, sha256 = NULL, size = NULL WHERE id = $1`;
    await change(lease, [made.requestId, new Date('2100-01-01')]);
    expect((await open(made.downloadLink)).status).toBe(409);
    const refused = await open(made.downloadLink);
    expect(await refused.json()).toMatchObject({ error: { code: 'EXPORT_NOT_READY', retryable: true } });
    await change(lease, [made.requestId, new Date()]);
    await until(made, 'READY');
    expect((await linesOf(made)).length).toBe(lines.length);

    expect((await open(made.downloadLink.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')))).status).toBe(401);
    expect((await open(`/exports/${made.requestId}`)).status).toBe(401);
    const ask = `query ($id: ID!) { executionExport(requestId: $id) { status downloadLink } }`;
    const stranger = new TestClient(server.url, await createKey(server.client, 'strangers'));
    expect(await server.client.ask(ask, { id: made.requestId })).toEqual({
      executionExport: { status: 'READY', downloadLink: made.downloadLink },
    });
    expect((await stranger.errorOf(ask, { id: made.requestId })).code).toBe('NOT_FOUND');
    expect((await request([], stranger)).totalExecutions).toBe(0);

    const { sha256 } = (
      await server.app.database.rows<{ sha256: string }>('SELECT sha256 FROM execution_export WHERE id = $1', [
        made.requestId,
      ])
    )[0] as { sha256: string };
    await change('UPDATE execution_export SET expires_at = now() WHERE id = $1', [made.requestId]);
    expect((await statusOf(made)).status).toBe('EXPIRED');
    expect((await open(made.downloadLink)).status).toBe(404);
    await expireExports(server.app);
    expect((await statusOf(made)).status).toBe('EXPIRED');
    await change(`UPDATE stored_content SET check_at = now() - interval '1 s' WHERE sha256 = $1`, [sha256]);
    await server.app.contents.remove(sha256);
    expect(await server.app.contents.has(sha256)).toBe(false);
  });

  it('fails with a reason if it is larger than the store takes', async () => {
    await runs.start('workflow', 'build');
    const made = await request();
    await until(made, 'READY');
    // Due in the future of one server only, which takes less.
    const at = new Date('2100-01-01');
    await change(
      `UPDATE execution_export SET status = 'QUEUED', due_at = $2, sha256 = NULL, size = NULL WHERE id = $1`,
      [made.requestId, at],
    );
    const config = { ...server.app.config, SLIPWAY_MAX_ARTIFACT_BYTES: 10 };
    await writeExports({ ...server.app, config, clock: { now: () => at } }, new AbortController().signal);
    expect(await statusOf(made)).toMatchObject({ status: 'FAILED', errorMessage: expect.stringContaining('10 bytes') });
    const refused = await open(made.downloadLink);
    expect(await refused.json()).toMatchObject({ error: { code: 'EXPORT_FAILED', retryable: false } });
    expect(refused.status).toBe(410);
  });

  it('is written as soon as it is requested', async () => {
    const made = await request();
    // Only the server writes it, and sooner than it looks for exports on its own.
    await eventually(
      () => statusOf(made),
      ({ status }) => status === 'READY',
      { withinMs: 10_000 },
    );
  });

  it('is refused to a user who has asked for too many within a day', async () => {
    const key = await createKey(server.client, 'busy');
    const client = new TestClient(server.url, key);
    const { requestId } = await request([], client);
    await change(
      `INSERT INTO execution_export (id, status, execution_ids, member_ids, requested_by, created_at, expires_at, tries)
       SELECT gen_random_uuid(), 'FAILED', '{}', '{}', requested_by, created_at, expires_at, 5
       FROM execution_export, generate_series(1, 24) WHERE id = $1`,
      [requestId],
    );
    const refused = await client.errorOf(EXPORT, { filters: [] });
    expect([refused.code, typeof refused.details.retryAfterSeconds]).toEqual(['RATE_LIMITED', 'number']);
  });
});
