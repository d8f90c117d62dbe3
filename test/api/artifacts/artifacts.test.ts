import { createHash } from 'node:crypto';
import { pruneArtifacts } from '../../../src/runs/artifacts/artifactRetention';
import { TestClient } from '../../support/client';
import { createKey, READS_RUNS } from '../../support/keys';
import { ADMIN_KEY } from '../../support/server';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: build
tasks:
  make: { run: make, artifacts: ["**"] }
---
kind: Workflow
application: app
name: deliver
environment: staging
services: [web]
tasks:
  make: { run: make, artifacts: ["**"] }
---
kind: Workflow
application: app
name: chain
tasks:
  make: { run: make, artifacts: ["**"] }
  use: { run: use, depends_on: [make], artifacts: { from: make } }
`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly deletedAt: string | null;
  readonly deletion: { readonly reason: string; readonly by: { readonly kind: string } } | null;
  readonly holds: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly availableActions: readonly {
    readonly action: string;
    readonly allowed: boolean;
    readonly code: string | null;
  }[];
  readonly downloadUrl: string;
  readonly signedLink: { readonly url: string; readonly expiresAt: string };
}

describe('artifacts', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  /** A run of `build` that leaves these files. */
  const build = async (files: Readonly<Record<string, string>>, name = 'build', more = {}): Promise<string> => {
    const id = await runs.start('workflow', name, more);
    const job = await agent.claimOne();
    await agent.start(job);
    for (const [name, text] of Object.entries(files)) {
      expect((await agent.upload(job, name, Buffer.from(text), sha256(text))).status).toBe(201);
    }
    await agent.finish(job);
    await runs.until(id, 'SUCCESS');
    return id;
  };
  const list = async (filters: object, more = {}, client = server.client) => {
    const { artifacts } = await client.ask<{
      artifacts: { nodes: Listed[]; pageInfo: { total: number; endCursor: string | null; hasNextPage: boolean } };
    }>(
      `query ($filters: [ArtifactFilterInput!], $search: String, $first: Int, $after: String) {
        artifacts(filters: $filters, search: $search, first: $first, after: $after) {
          nodes { id name deletedAt deletion { reason by { kind } } holds createdAt expiresAt availableActions { action allowed code } downloadUrl signedLink(expiresInSeconds: 60) { url expiresAt } }
          pageInfo { total endCursor hasNextPage } } }`,
      { filters: [filters], ...more },
    );
    return artifacts;
  };
  const names = async (filters: object, more = {}) => (await list(filters, more)).nodes.map(({ name }) => name).sort();
  const get = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(server.url + url, { method, headers });
  const withKey = { 'x-api-key': ADMIN_KEY };

  it('artifacts finds files by every filter, in pages, with the same statements for any number', async () => {
    const run = await build({ 'dist/web.tgz': 'web', 'dist/deep/api.tgz': 'the api', 'notes.md': 'read me' });
    const execution = { operator: 'EQUALS', values: [run] };
    expect(await names({ execution })).toEqual(['dist/deep/api.tgz', 'dist/web.tgz', 'notes.md']);
    expect(await names({ execution, name: 'dist/*' })).toEqual(['dist/web.tgz']);
    expect(await names({ execution, name: '**/*.tgz' })).toEqual(['dist/deep/api.tgz', 'dist/web.tgz']);
    expect(await names({ execution, name: 'n*.md' })).toEqual(['notes.md']);
    expect(await names({ execution, name: 'n.tes.md' })).toEqual([]);
    expect(await names({ execution }, { search: 'API' })).toEqual(['dist/deep/api.tgz']);
    expect(await names({ execution, size: { operator: 'GREATER_THAN', values: [3] }, name: 'dist/**' })).toEqual([
      'dist/deep/api.tgz',
    ]);
    expect(await names({ sha256: { operator: 'EQUALS', values: [sha256('web')] } })).toEqual(['dist/web.tgz']);
    const [tgz] = (await list({ execution, name: 'dist/web.tgz' })).nodes;
    expect(await names({ artifact: { operator: 'EQUALS', values: [tgz?.id] } })).toEqual(['dist/web.tgz']);
    const now = new Date(Date.now() + 60_000).toISOString();
    expect(await names({ execution, createdAt: { operator: 'AFTER', value: now } })).toEqual([]);
    const { applicationId, entityId } = await runs.ids('workflow', 'build');
    expect(
      await names({
        execution,
        application: { operator: 'IN', values: [applicationId] },
        workflow: { operator: 'EQUALS', values: [entityId] },
      }),
    ).toHaveLength(3);
    expect(await names({ execution, pipeline: { operator: 'NOT_NULL', values: [] } })).toEqual([]);
    expect(await names({ execution, pinned: true })).toEqual([]);

    const first = await list({ execution }, { first: 2 });
    expect(first.pageInfo).toMatchObject({ total: 3, hasNextPage: true });
    const second = await list({ execution }, { first: 2, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...second.nodes].map(({ name }) => name).sort()).toHaveLength(3);
    const { database } = server.app;
    const count = async (size: number) => {
      const before = database.statements;
      await list({ execution }, { first: size });
      return database.statements - before;
    };
    // The fewest of several: the server's own statements count, too.
    const fewest = async (size: number) => Math.min(await count(size), await count(size), await count(size));
    expect(await fewest(3)).toBe(await fewest(1));
    expect((await server.client.errorOf('{ artifacts(filters: [{name: "/etc/*"}]) { nodes { id } } }')).code).toBe(
      'INVALID_INPUT',
    );
  });

  it('hides files of executions that the caller may not see', async () => {
    const run = await build({ 'hidden.txt': 'hidden' });
    const execution = { operator: 'EQUALS', values: [run] };
    const [artifact] = (await list({ execution })).nodes;
    const stranger = await createKey(server.client, 'Strangers', {}, 'a stranger');
    const client = new TestClient(server.url, stranger);
    expect((await list({ execution }, {}, client)).nodes).toEqual([]);
    expect((await get(artifact?.downloadUrl ?? '', { 'x-api-key': stranger })).status).toBe(404);
    const reader = new TestClient(server.url, await createKey(server.client, 'Readers', READS_RUNS, 'a reader'));
    const pin = `mutation { pinArtifact(input: {artifactId: "${artifact?.id}"}) { artifact { id } } }`;
    expect((await client.errorOf(pin)).code).toBe('NOT_FOUND');
    expect((await reader.errorOf(pin)).code).toBe('FORBIDDEN');
    const [seen] = (await list({ execution }, {}, reader)).nodes;
    expect(seen?.availableActions.map(({ allowed, code }) => [allowed, code])).toEqual([
      [false, 'FORBIDDEN'],
      [false, 'FORBIDDEN'],
    ]);
  });

  it('downloads by key or by a signed link, in ranges, and never as a page', async () => {
    const name = 'out/naïve "page".html';
    const run = await build({ [name]: '<script>alert(1)</script>' });
    const [artifact] = (await list({ execution: { operator: 'EQUALS', values: [run] } })).nodes;
    const { downloadUrl = '', signedLink = { url: '' } } = artifact ?? {};
    expect((await get(downloadUrl)).status).toBe(401);
    const whole = await get(downloadUrl, withKey);
    expect(await whole.text()).toBe('<script>alert(1)</script>');
    const etag = whole.headers.get('etag') ?? '';
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="na_ve _page_.html"; filename*=UTF-8''na%C3%AFve%20%22page%22.html`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'accept-ranges': 'bytes',
    });
    const head = await get(signedLink.url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '25']);
    const ranges: [string, number, string | null, string][] = [
      ['bytes=1-6', 206, 'bytes 1-6/25', 'script'],
      ['bytes=-9', 206, 'bytes 16-24/25', '</script>'],
      ['bytes=20-', 206, 'bytes 20-24/25', 'ript>'],
      ['bytes=20-999', 206, 'bytes 20-24/25', 'ript>'],
      ['bytes=25-', 416, 'bytes */25', ''],
      ['bytes=5-2', 200, null, ''],
    ];
    for (const [range, status, contentRange, text] of ranges) {
      const response = await get(signedLink.url, { range });
      expect([range, response.status, response.headers.get('content-range')]).toEqual([range, status, contentRange]);
      if (status === 206) expect(await response.text()).toBe(text);
    }
    expect((await get(signedLink.url, { 'if-none-match': etag })).status).toBe(304);
    expect((await get(signedLink.url, { range: 'bytes=1-6', 'if-range': '"other"' })).status).toBe(200);

    const [path = '', query = ''] = signedLink.url.split('?');
    const altered = new URLSearchParams(query);
    altered.set('expires', String(Number(altered.get('expires')) + 1));
    expect((await get(`${path}?${altered}`)).status).toBe(401);
    const [other] = (await list({ name: 'notes.md' })).nodes;
    expect((await get(`/artifacts/${other?.id}?${query}`)).status).toBe(401);
    const old = await server.app.signing.sign('artifact link', artifact?.id ?? '', '1000');
    const expired = await get(`${path}?expires=1000&signature=${old}`);
    expect(await expired.json()).toMatchObject({
      error: { message: expect.stringContaining('This link expired at 1970') },
    });
  });

  it('deleteArtifact deletes content but not what it was, unless something holds it', async () => {
    const id = await runs.start('workflow', 'chain');
    const job = await agent.claimOne();
    await agent.start(job);
    for (const name of ['kept', 'gone'])
      await agent.upload(job, name, Buffer.from(`only ${name}`), sha256(`only ${name}`));
    await agent.upload(job, 'shared', Buffer.from('web'), sha256('web'));
    const of = async () =>
      new Map((await list({ job: { operator: 'EQUALS', values: [job.jobId] } })).nodes.map((one) => [one.name, one]));
    const change = (verb: string, name: string, artifacts: ReadonlyMap<string, Listed>) =>
      `mutation { ${verb}(input: {artifactId: "${artifacts.get(name)?.id}"}) { artifact { deletedAt pin { note } } } }`;
    let artifacts = await of();
    const offers = (name: string) =>
      artifacts.get(name)?.availableActions.map(({ action, code }) => `${action} ${code ?? 'allowed'}`);
    expect(artifacts.get('gone')?.holds).toEqual(['RUN']);
    expect(offers('gone')).toEqual(['pin allowed', 'delete ARTIFACT_HELD']);
    const { createdAt = '', expiresAt } = artifacts.get('gone') ?? {};
    expect(Date.parse(expiresAt ?? '') - Date.parse(createdAt)).toBe(
      server.app.config.SLIPWAY_ARTIFACT_RETENTION_DAYS * 86_400_000,
    );
    const refused = await server.client.errorOf(change('deleteArtifact', 'gone', artifacts));
    expect([refused.code, refused.details.holds]).toEqual(['ARTIFACT_HELD', ['RUN']]);
    await agent.finish(job);
    const [next] = await agent.claim();
    if (next === undefined) throw new Error('no job came');
    await agent.start(next);
    await agent.finish(next, { exitCode: 1 });
    await runs.until(id, 'FAILED');
    await server.client.ask(change('pinArtifact', 'kept', artifacts));
    expect((await server.client.errorOf(change('deleteArtifact', 'kept', artifacts))).details.holds).toEqual([
      'PERSON',
    ]);
    // As if the hour in which another upload may rely on the content were over.
    await server.app.database.write("UPDATE stored_content SET check_at = check_at - interval '1 hour'");
    for (const name of ['gone', 'shared', 'gone']) await server.client.ask(change('deleteArtifact', name, artifacts));
    artifacts = await of();
    const gone = artifacts.get('gone');
    expect(gone).toMatchObject({
      deletedAt: expect.any(String),
      deletion: { reason: 'PERSON', by: { kind: 'API_KEY' } },
      holds: [],
      expiresAt: null,
    });
    expect(offers('gone')).toEqual(['pin ARTIFACT_DELETED', 'delete ARTIFACT_DELETED']);
    expect(offers('kept')).toEqual(['unpin allowed', 'delete ARTIFACT_HELD']);
    const response = await get(gone?.downloadUrl ?? '', withKey);
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({
      error: { code: 'ARTIFACT_DELETED', name: 'gone', deletedAt: gone?.deletedAt },
    });
    expect((await server.client.errorOf(change('pinArtifact', 'gone', artifacts))).code).toBe('ARTIFACT_DELETED');
    expect(await server.app.contents.has(sha256('only gone'))).toBe(false);
    expect(await server.app.contents.has(sha256('web'))).toBe(true);
    const { audits } = await server.client.ask<{ audits: { nodes: { action: string; object: { name: string } }[] } }>(
      '{ audits(filters: [{action: {operator: EQUALS, values: ["artifact.delete"]}, outcome: ALLOWED}], first: 3) { nodes { action object { name } } } }',
    );
    expect(audits.nodes.map(({ object }) => object.name)).toEqual(expect.arrayContaining(['gone', 'shared']));

    // The task that takes the files is told which one is gone.
    const { applicationId } = await runs.ids('workflow', 'chain');
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id } },
    );
    const again = await agent.claimOne();
    expect(again).toMatchObject({
      task: 'use',
      missing: [expect.stringMatching(/^make \(its file (gone|shared) was deleted at /)],
    });
    await agent.start(again);
    await agent.finish(again, { exitCode: null, reason: 'INPUT_MISSING' });
  });

  it('are held for what an environment has, and for what a rollback would bring back', async () => {
    const { app } = server;
    const deliver = (image: string) =>
      build({ out: image }, 'deliver', { serviceInputs: [{ name: 'web', image: `web:${image}` }] });
    const delivered = [await deliver('1'), await deliver('2'), await deliver('3')];
    const holds = async () =>
      Promise.all(
        delivered.map(async (run) => {
          const [one] = (await list({ execution: { operator: 'EQUALS', values: [run] } })).nodes;
          return [...(one?.holds ?? []), ...(one?.deletion === null ? [] : ['deleted'])];
        }),
      );
    expect(await holds()).toEqual([[], ['DEPLOYMENT'], ['DEPLOYMENT']]);
    await pruneArtifacts({ ...app, config: { ...app.config, SLIPWAY_ARTIFACT_RETENTION_RUNS: 1 } });
    expect(await holds()).toEqual([['deleted'], ['DEPLOYMENT'], ['DEPLOYMENT']]);
    const [staging] = await app.database.rows<{ id: string }>(`SELECT id FROM environment WHERE name = 'staging'`);
    const { rollbackEnvironment } = await server.client.ask<{ rollbackEnvironment: { execution: { id: string } } }>(
      `mutation { rollbackEnvironment(input: {environmentId: "${staging?.id}"}) { execution { id } } }`,
    );
    await agent.work(() => runs.is(rollbackEnvironment.execution.id, 'SUCCESS', 'FAILED'));
    expect(await holds()).toEqual([['deleted'], ['DEPLOYMENT'], ['DEPLOYMENT']]);
    await deliver('4');
    // A rollback would bring back web:2, which the second run had made.
    expect(await holds()).toEqual([['deleted'], ['DEPLOYMENT'], []]);
  });

  it('retention deletes by age, by newer runs and by size, oldest first, but nothing that is held', async () => {
    const { app } = server;
    const prune = (more: object) => pruneArtifacts({ ...app, config: { ...app.config, ...more } });
    const first = await build({ a: 'first a', b: 'first b' });
    const second = await build({ a: 'second' });
    const reasons = async (run: string) =>
      (await list({ execution: { operator: 'EQUALS', values: [run] } })).nodes
        .map(({ name, deletion }) => [name, deletion?.reason ?? null])
        .sort();
    const [pinned] = (await list({ execution: { operator: 'EQUALS', values: [first] }, name: 'a' })).nodes;
    await server.client.ask(
      `mutation { pinArtifact(input: {artifactId: "${pinned?.id}", note: "evidence"}) { artifact { pin { note } } } }`,
    );
    await prune({ SLIPWAY_ARTIFACT_RETENTION_RUNS: 1 });
    expect(await reasons(first)).toEqual([
      ['a', null],
      ['b', 'COUNT'],
    ]);
    expect(await reasons(second)).toEqual([['a', null]]);
    await prune({ SLIPWAY_ARTIFACT_RETENTION_BYTES: 1_000_000 });
    expect(await reasons(second)).toEqual([['a', null]]);
    const third = await build({ a: 'third' });
    await prune({ SLIPWAY_ARTIFACT_RETENTION_BYTES: 'first a, third, only kept, 2, 4'.replaceAll(', ', '').length });
    expect([...(await reasons(second)), ...(await reasons(third))]).toEqual([
      ['a', 'SIZE'],
      ['a', null],
    ]);
    await app.database.write(`UPDATE artifact SET created_at = created_at - interval '400 days' WHERE run_id = $1`, [
      third,
    ]);
    await app.database.write(`UPDATE artifact SET created_at = created_at - interval '400 days' WHERE run_id = $1`, [
      first,
    ]);
    await prune({});
    expect([...(await reasons(first)), ...(await reasons(third))]).toEqual([
      ['a', null],
      ['b', 'COUNT'],
      ['a', 'AGE'],
    ]);
    expect(await prune({})).toBe(0);
    const { audits } = await server.client.ask<{ audits: { nodes: { input: { reason: string } }[] } }>(
      '{ audits(filters: [{action: {operator: EQUALS, values: ["artifact.delete"]}}], first: 20) { nodes { input actor { kind } } } }',
    );
    expect(audits.nodes.flatMap(({ input }) => input?.reason ?? [])).toEqual(
      expect.arrayContaining(['COUNT', 'SIZE', 'AGE']),
    );
  });
});
