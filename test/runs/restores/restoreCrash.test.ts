import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClient } from '../../support/client';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { startAgentProcess, startServerProcess, type TestProcess } from '../../support/processes';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, type TestServer, testEnvironment } from '../../support/server';

/** The restore task writes a line when it begins, and waits for the test. */
const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
variables: [{ name: DIR, required: true }]
tasks:
  deploy: { run: 'case "$SLIPWAY_IMAGE" in *broken) exit 1;; esac' }
  back: { type: restore, run: 'echo "$SLIPWAY_IMAGE" >> "$DIR/back"; until [ -e "$DIR/go" ]; do sleep 0.05; done', on_lost: RETRY }
---
kind: Pipeline
application: app
name: release
variables: [{ name: DIR, required: true }]
stages:
  - elements: [{ name: deploy, workflow: deploy }]
`;

describe('kill -9 of the server while it restores', () => {
  let dir: string;
  let database: TestDatabase;
  const processes: TestProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-restore-'));
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) if (process.child.exitCode === null) await process.end('SIGKILL');
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Starts a server on this database, with its own agent. */
  const serve = async (name: string): Promise<{ server: TestProcess; client: TestClient; runs: Runs }> => {
    const server = await startServerProcess({ ...testEnvironment(database.url, dir), SLIPWAY_LEASE_SECONDS: '3' });
    processes.push(server, startAgentProcess(server.url, dir, name));
    const client = new TestClient(server.url, ADMIN_KEY);
    return { server, client, runs: new Runs({ client } as unknown as TestServer) };
  };
  const linesOf = async (name: string): Promise<string[]> =>
    (await readFile(join(dir, name), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const operation = async (client: TestClient, id: string) => {
    const answer = await client.ask<{ operation: { status: string; log: string } }>(
      'query ($id: ID!) { operation(operationId: $id) { status log } }',
      { id },
    );
    return answer.operation;
  };

  it('another server continues it, and restores the run', async () => {
    const first = await serve('one');
    await first.runs.apply(DEFINITIONS);
    const id = await first.runs.start('pipeline', 'release', {
      variableInputs: [{ name: 'DIR', variableValue: { type: 'NAME', value: dir } }],
      serviceInputs: [{ name: 'web', image: 'web:1' }],
    });
    await first.runs.until(id, 'SUCCESS');
    await first.client.ask(
      `mutation { addImagesToRun(input: {runId: "${id}", images: [{service: "web", image: "web:2-broken"}]}) { run { status } } }`,
    );
    await first.runs.until(id, 'FAILED');
    const { restoreRun } = await first.client.ask<{ restoreRun: { operation: { id: string } } }>(
      `mutation { restoreRun(input: {runId: "${id}", debug: true}) { operation { id } } }`,
    );
    const operationId = restoreRun.operation.id;
    await eventually(
      () => linesOf('back'),
      (lines) => lines.length === 1,
    );
    await first.server.end('SIGKILL');

    const second = await serve('two');
    expect((await second.runs.read(id)).status).toBe('RESTORING');
    await writeFile(join(dir, 'go'), '');
    const ended = await eventually(
      () => operation(second.client, operationId),
      ({ status }) => status !== 'RUNNING',
      { withinMs: 60_000 },
    );
    // The first agent can no longer reach its server. Its job is lost, or finished in time; the task succeeded either
    // way.
    expect(ended.status).toBe('SUCCESS');
    expect([...new Set(await linesOf('back'))]).toEqual(['web:1']);
    expect((await second.runs.read(id)).status).toBe('SUCCESS');
    expect(ended.log.match(/restored: the run is SUCCESS/g)).toHaveLength(1);
  });
});
