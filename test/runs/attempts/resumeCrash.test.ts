import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClient } from '../../support/client';
import { createTestDatabase } from '../../support/database';
import { startServerProcess } from '../../support/processes';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, startTestServer, type TestServer, testEnvironment } from '../../support/server';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: steps
tasks:
  first: { run: "true" }
  second: { run: "true", depends_on: [first] }
  third: { run: "true", depends_on: [second] }
---
kind: Pipeline
application: app
name: flow
stages:
  - elements: [{ name: one, workflow: steps }]
  - elements: [{ name: two, workflow: steps }]
`;
const RUNS = 16;

/** Number of directly started executions with this status, from one query. */
const countOf = async (client: TestClient, status: string): Promise<number> => {
  const { executions } = await client.ask<{ executions: { pageInfo: { total: number } } }>(
    'query ($status: String!) { executions(filters: [{status: {operator: EQUALS, values: [$status]}}], limit: 1) { pageInfo { total } } }',
    { status },
  );
  return executions.pageInfo.total;
};

it('a server killed during a resume leaves each execution unchanged or fully resumed', async () => {
  const database = await createTestDatabase();
  const dir = await mkdtemp(join(tmpdir(), 'slipway-resume-'));
  const doomed = await startServerProcess(testEnvironment(database.url, dir));
  const client = new TestClient(doomed.url, ADMIN_KEY);
  let heir: TestServer | undefined;
  try {
    const before = new Runs({ client } as unknown as TestServer);
    await before.apply(DEFINITIONS);
    const agent = await ProtocolAgent.register(doomed.url);
    const ids = await Promise.all(Array.from({ length: RUNS }, () => before.start('pipeline', 'flow')));
    await agent.work(
      async () => (await countOf(client, 'FAILED')) === RUNS,
      (job) => job.task === 'second',
    );
    const { applicationId } = await before.ids('pipeline', 'flow');
    const resume = (id: string, by: TestClient) =>
      by.ask('mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }', {
        input: { applicationId, pipelineExecutionId: id, granularity: 'TASK' },
      });
    const answers = ids.map((id) => resume(id, client).then(() => true));
    await Promise.race(answers);
    await doomed.end('SIGKILL');
    const answered = (await Promise.allSettled(answers)).map((answer) => answer.status === 'fulfilled');

    heir = await startTestServer({}, database.url);
    const after = new Runs(heir);
    const rows = await heir.app.database.rows<{ id: string; status: string; attempt: number; jobs: number }>(
      `SELECT execution.id, status, attempt, (SELECT count(*)::int FROM ready_job JOIN job ON job.id = ready_job.job_id WHERE job.run_id = execution.id) AS jobs
       FROM execution WHERE id = run_id`,
    );
    const states = new Map(rows.map((row) => [row.id, row]));
    const heirClient = heir.client;
    for (const [index, id] of ids.entries()) {
      const state = states.get(id);
      const resumed = { id, status: 'RESUMING', attempt: 2, jobs: 1 };
      const untouched = { id, status: 'FAILED', attempt: 1, jobs: 0 };
      // Accepted resumes took effect; the others may or may not have.
      expect(answered[index] ? [resumed] : [resumed, untouched]).toContainEqual(state);
      if (state?.attempt === 1) await resume(id, heirClient);
    }
    const heirAgent = await ProtocolAgent.register(heir.url);
    const ran = await heirAgent.work(async () => (await countOf(heirClient, 'SUCCESS')) === RUNS);
    const each = ['first', 'second', 'second', 'third', 'third'].flatMap((task) => ids.map(() => task));
    expect(ran.map((job) => job.task).sort()).toEqual(each);
    for (const id of ids) {
      const sequences = (await after.events(id)).map((event) => event.sequence);
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    }
  } finally {
    if (doomed.child.exitCode === null && doomed.child.signalCode === null) await doomed.end('SIGKILL');
    await heir?.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);
