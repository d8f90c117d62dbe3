import type { ApiError } from '../../../src/client/apiError';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Environment
application: app
name: latest
type: NON_PROD
concurrency: { policy: LATEST }
---
kind: Environment
application: app
name: refusing
type: NON_PROD
concurrency: { policy: REFUSE }
---
{kind: Environment, application: app, name: east, type: NON_PROD, concurrency: { group: cluster, limit: 2 }}
---
{kind: Environment, application: app, name: west, type: NON_PROD, concurrency: { group: cluster, limit: 2 }}
---
{kind: Environment, application: app, name: south, type: NON_PROD, concurrency: { group: cluster, limit: 2 }}
---
kind: Workflow
application: app
name: ship
environment: \${environment}
services: [web]
tasks: { deploy: { run: "true", deploys: true } }
---
kind: Workflow
application: app
name: test
variables: [{ name: SUITE, default: all }]
concurrency: { group: "db-\${SUITE}", limit: 2 }
tasks: { check: { run: "true" } }
---
kind: Workflow
application: app
name: migrate
concurrency: { group: db-all, policy: LATEST }
tasks: { migrate: { run: "true" } }
---
kind: Pipeline
application: app
name: nightly
concurrency: { policy: LATEST }
stages:
  - elements: [{ name: test, workflow: test }]
  - elements: [{ name: again, workflow: test }]
---
kind: Pipeline
application: app
name: alone
variables: [{ name: LINE, default: a }]
concurrency: { group: "line-\${LINE}", policy: REFUSE }
stages:
  - elements: [{ name: look, approval: { approvers: [Managers], timeout: 1h } }]
---
kind: Pipeline
application: app
name: line
concurrency: { policy: QUEUE }
stages:
  - elements: [{ name: test, workflow: test }]
---
kind: Pipeline
application: app
name: refused later
stages:
  - elements: [{ name: test, workflow: test }]
  - elements: [{ name: ship, workflow: ship, environment: refusing }]
`;

describe('concurrency', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const ship = (environment: string) =>
    runs.start('workflow', 'ship', {
      serviceInputs: [{ name: 'web', image: 'web:1' }],
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: environment } }],
    });
  const code = (work: Promise<unknown>) => work.then(() => 'OK').catch((error: ApiError) => error.code);
  const all = (ids: readonly string[]) => async () =>
    (await Promise.all(ids.map((id) => runs.is(id, 'SUCCESS', 'ABORTED', 'FAILED')))).every(Boolean);
  const statuses = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await runs.read(id)).status));

  afterEach(async () => {
    expect(await server.app.database.rows('SELECT FROM slot UNION ALL SELECT FROM begin_wait')).toEqual([]);
  });

  it('of an environment with LATEST: a newer deployment supersedes one that waits', async () => {
    const ids = [await ship('latest'), await ship('latest'), await ship('latest')];
    const [first = '', second = '', third = ''] = ids;
    expect(await runs.until(second, 'ABORTED')).toMatchObject({
      failureCode: 'SUPERSEDED',
      failureDetails: `superseded by execution ${third}, which is newer`,
    });
    await agent.work(all(ids));
    expect(await statuses(first, second, third)).toEqual(['SUCCESS', 'ABORTED', 'SUCCESS']);
  });

  it('of an environment with REFUSE: a start fails, and an element that is reached later ends FAILED', async () => {
    const first = await ship('refusing');
    expect(await code(ship('refusing'))).toBe('CONCURRENCY_LIMIT');
    const later = await runs.start('pipeline', 'refused later', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    const jobs = await agent.claim();
    await agent.start(...jobs);
    await agent.finishAll(jobs.filter(({ task }) => task === 'check'));
    const ended = await runs.until(later, 'FAILED');
    expect(ended.pipelineStageExecutions?.[1]).toMatchObject({ status: 'FAILED', reasonCode: 'CONCURRENCY_LIMIT' });
    await agent.finishAll(jobs.filter(({ task }) => task === 'deploy'));
    await runs.until(first, 'SUCCESS');
  });

  it('is requested again by a rerun and a resume of a pipeline, which wait once', async () => {
    const again = await runs.start('pipeline', 'line');
    await agent.runOne({ exitCode: 1 });
    const holder = await runs.start('pipeline', 'line');
    const { applicationId } = await runs.ids('pipeline', 'line');
    const next = (verb: string, input: object) =>
      server.client.ask(
        `mutation ($input: ${verb}Input!) { ${verb[0]?.toLowerCase()}${verb.slice(1)}(input: $input) { execution { id } } }`,
        { input: { applicationId, ...input } },
      );
    const delays = async () => (await runs.events(again)).filter(({ type }) => type === 'BEGIN_DELAYED').length;
    await next('ResumeExecution', { pipelineExecutionId: again, granularity: 'TASK' });
    expect([await runs.is(again, 'WAITING'), await delays()]).toEqual([true, 1]);
    await runs.abort(again);
    await next('RerunExecution', { executionId: again });
    expect([await runs.is(again, 'WAITING'), await delays()]).toEqual([true, 2]);
    await agent.work(all([again, holder]));
    expect(await statuses(again, holder)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  it('of environments that share a group limits them together', async () => {
    const ids = [await ship('east'), await ship('west'), await ship('south'), await ship('east')];
    expect(await statuses(...ids)).toEqual(['QUEUED', 'QUEUED', 'WAITING', 'WAITING']);
    await agent.work(all(ids));
    expect(await statuses(...ids)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  it('of workflows limits those whose variables name the same group', async () => {
    const input = (value: string) => ({
      variableInputs: [{ name: 'SUITE', variableValue: { type: 'NAME', value } }],
    });
    const ids = [
      await runs.start('workflow', 'test', input('all')),
      await runs.start('workflow', 'test', input('all')),
      await runs.start('workflow', 'test', input('all')),
      await runs.start('workflow', 'test', input('fast')),
      await runs.start('workflow', 'migrate'),
    ];
    expect(await statuses(...ids)).toEqual(['QUEUED', 'QUEUED', 'WAITING', 'QUEUED', 'WAITING']);
    await agent.work(all(ids));
    expect(new Set(await statuses(...ids))).toEqual(new Set(['SUCCESS']));
  });

  it('of a pipeline is held by a run to its end, and a newer run supersedes one that waits', async () => {
    const first = await runs.start('pipeline', 'nightly');
    const second = await runs.start('pipeline', 'nightly');
    const third = await runs.start('pipeline', 'nightly');
    expect(await runs.until(second, 'ABORTED')).toMatchObject({ failureCode: 'SUPERSEDED' });
    expect((await runs.read(second)).pipelineStageExecutions?.map(({ status }) => status)).toEqual([
      'SKIPPED',
      'SKIPPED',
    ]);
    await agent.runOne();
    expect(await statuses(first, third)).toEqual(['RUNNING', 'WAITING']);
    await agent.work(all([first, third]));
    expect(await statuses(first, third)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  it('of a pipeline with REFUSE: a second start, or a rerun, is refused while another run holds the group', async () => {
    const line = (value: string) => ({ variableInputs: [{ name: 'LINE', variableValue: { type: 'NAME', value } }] });
    const first = await runs.start('pipeline', 'alone', line('b'));
    expect(await code(runs.start('pipeline', 'alone', line('b')))).toBe('CONCURRENCY_LIMIT');
    const other = await runs.start('pipeline', 'alone', line('c'));
    await runs.decide(other, 'APPROVE');
    await runs.decide(first, 'APPROVE');
    const next = await runs.start('pipeline', 'alone', line('b'));
    const { applicationId } = await runs.ids('pipeline', 'alone');
    const rerun = () =>
      server.client.ask(
        'mutation ($input: RerunExecutionInput!) { rerunExecution(input: $input) { execution { status } } }',
        { input: { applicationId, executionId: first } },
      );
    expect(await code(rerun())).toBe('CONCURRENCY_LIMIT');
    await runs.decide(next, 'APPROVE');
    expect(await code(rerun())).toBe('OK');
    await runs.decide(first, 'APPROVE');
    expect(await statuses(first, next, other)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
  });
});
