import type { ApiError } from '../../../src/client/apiError';
import type { Actions, Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey } from '../../support/keys';
import type { ClaimedJob } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, service: string, tasks: string) => `---
kind: Workflow
application: app
name: ${name}
environment: \${environment}
services: [${service}]
variables: [{ name: MODE, default: fast }]
tasks:
${tasks}
`;

/** Each test has its own environment. */
const DEFINITIONS = [
  APP,
  '---\n{kind: Service, application: app, name: api}\n',
  ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(
    (n) => `---\n{kind: Environment, application: app, name: ${n}, type: NON_PROD}\n`,
  ),
  workflow('put-web', 'web', '  build: { run: x }\n  put: { run: x, depends_on: [build], deploys: true }'),
  workflow('put-api', 'api', '  put: { run: x }'),
  workflow('doomed', 'web', '  put: { run: x }'),
  workflow(
    'undoing',
    'web',
    '  put: { run: x, deploys: true }\n  drain: { run: x, type: rollback }\n  switch: { run: x, type: rollback, depends_on: [drain], deploys: [web] }',
  ),
  `---
kind: Pipeline
application: app
name: safe
stages:
  - name: Put
    on_failure: rollback
    elements: [{ name: put, workflow: smoked, environment: f }]
`,
  workflow('smoked', 'web', '  put: { run: x, deploys: true }\n  smoke: { run: x, depends_on: [put] }'),
].join('');

const PREVIEW = `query ($input: RollbackEnvironmentInput!) { rollbackPreview(input: $input) { allowed planToken refusals { code message }
  kept { service reason } steps { workflow services tasks hasRollbackTasks }
  services { service { name } from { image } newer { image status } to { image } } } }`;
const ROLL_BACK = `mutation ($input: RollbackEnvironmentInput!) { rollbackEnvironment(input: $input) { execution { id
  attempts { kind } rollback { environment { name } services { image from { image } to { image } } failedExecution { id } }
  history { action } pipeline { name } notes pipelineStageExecutions { pipelineStageName ... on WorkflowStageExecution { inputVariables { name value } } } } } }`;

interface Preview {
  readonly allowed: boolean;
  readonly planToken: string | null;
  readonly refusals: readonly { code: string; message: string }[];
  readonly kept: readonly object[];
  readonly steps: readonly object[];
  readonly services: readonly { service: { name: string }; from: { image: string } | null; to: { image: string } }[];
}

describe('rollbackEnvironment', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const environments = new Map<string, string>();
  beforeAll(async () => {
    const rows = await server.app.database.rows<{ id: string; name: string }>('SELECT id, name FROM environment');
    for (const { id, name } of rows) environments.set(name, id);
  });

  const work = (id: string, ...fails: string[]) =>
    agent.work(
      () => runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'),
      (job: ClaimedJob) => fails.includes(job.task),
    );
  const start = (name: string, environment: string, image: string, more: object[] = []) =>
    runs.start('workflow', name, {
      serviceInputs: [{ name: image.split(':')[0], image }],
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: environment } }, ...more],
    });
  const deploy = async (name: string, environment: string, image: string, more: object[] = []) => {
    const id = await start(name, environment, image, more);
    await work(id);
    return id;
  };
  const input = (environment: string, more: object) => ({ environmentId: environments.get(environment), ...more });
  const preview = async (environment: string, more: object = {}): Promise<Preview> =>
    (await server.client.ask<{ rollbackPreview: Preview }>(PREVIEW, { input: input(environment, more) }))
      .rollbackPreview;
  const rollBack = async (environment: string, more: object = {}) =>
    (
      await server.client.ask<{ rollbackEnvironment: { execution: { id: string } & Record<string, unknown> } }>(
        ROLL_BACK,
        { input: input(environment, more) },
      )
    ).rollbackEnvironment.execution;
  const refused = (asked: Promise<unknown>) => asked.then(() => 'OK').catch((error: ApiError) => error.code);
  const images = async (environment: string): Promise<string[]> => {
    const { environment: found } = await server.client.ask<{ environment: { deployments: { image: string }[] } }>(
      'query ($id: ID!) { environment(environmentId: $id) { deployments { image } } }',
      { id: environments.get(environment) },
    );
    return found.deployments.map(({ image }) => image);
  };

  it('repeats the workflow that deployed the previous image, as a run of kind ROLLBACK', async () => {
    const mode = { name: 'MODE', variableValue: { type: 'NAME', value: 'slow' } };
    await deploy('put-web', 'a', 'web:1', [mode]);
    expect((await preview('a')).refusals).toEqual([
      { code: 'NOTHING_TO_ROLL_BACK', message: expect.stringContaining('no service') },
    ]);
    expect(await refused(rollBack('a', { services: ['web'] }))).toBe('NOTHING_TO_ROLL_BACK');
    await deploy('put-web', 'a', 'web:2');
    await deploy('put-api', 'a', 'api:1');
    const plan = await preview('a');
    expect(plan).toMatchObject({
      allowed: true,
      refusals: [],
      kept: [{ service: 'api', reason: 'it has no earlier image to return to' }],
      steps: [{ workflow: 'put-web', services: ['web'], tasks: ['build', 'put'], hasRollbackTasks: false }],
      services: [{ service: { name: 'web' }, from: { image: 'web:2' }, newer: null, to: { image: 'web:1' } }],
    });
    const asked = { planToken: plan.planToken, reason: 'errors', idempotencyKey: 'once' };
    const execution = await rollBack('a', asked);
    expect(execution).toMatchObject({
      attempts: [{ kind: 'ROLLBACK' }],
      history: [{ action: 'ROLLED_BACK' }],
      notes: 'errors',
      pipeline: { name: 'Rollback of a' },
      rollback: {
        environment: { name: 'a' },
        services: [{ image: 'web:1', from: { image: 'web:2' }, to: { image: 'web:1' } }],
        failedExecution: null,
      },
      pipelineStageExecutions: [{ pipelineStageName: 'web', inputVariables: [{ name: 'MODE', value: 'slow' }] }],
    });
    expect((await rollBack('a', asked)).id).toBe(execution.id);
    await work(execution.id);
    expect(await images('a')).toEqual(['api:1', 'web:1']);
    expect(await refused(rollBack('a', { planToken: plan.planToken }))).toBe('PLAN_STALE');
    const names = await server.client.ask<{ pipelines: { nodes: { name: string }[] } }>(
      '{ pipelines { nodes { name } } }',
    );
    expect(names.pipelines.nodes).toEqual([{ name: 'safe' }]);
  });

  it('runs the tasks of type rollback instead, if the workflow has them', async () => {
    await deploy('undoing', 'b', 'web:1');
    await deploy('undoing', 'b', 'web:2');
    const plan = await preview('b', { services: ['web'] });
    expect(plan.steps).toEqual([
      { workflow: 'undoing', services: ['web'], tasks: ['drain', 'switch'], hasRollbackTasks: true },
    ]);
    const { id } = await rollBack('b');
    expect(
      await agent.claimOne().then((job) => [job.task, agent.start(job).then(() => agent.finish(job))]),
    ).toMatchObject(['drain', {}]);
    await work(id);
    expect(await images('b')).toEqual(['web:1']);
    // Back to the newer image: the rollback itself can be repeated, too.
    const again = await rollBack('b');
    await work(again.id);
    expect(await images('b')).toEqual(['web:2']);
  });

  it('returns to a moment, or to one deployment, and resumes after a failure', async () => {
    await deploy('put-web', 'c', 'web:1');
    await deploy('put-api', 'c', 'api:1');
    const time = server.app.clock.now().toISOString();
    await deploy('put-web', 'c', 'web:2');
    await deploy('put-api', 'c', 'api:2');
    await deploy('put-web', 'c', 'web:3');
    const plan = await preview('c', { to: { time } });
    expect(plan.services.map(({ from, to }) => [from?.image, to.image])).toEqual([
      ['api:2', 'api:1'],
      ['web:3', 'web:1'],
    ]);
    const { id } = await rollBack('c', { to: { time }, planToken: plan.planToken });
    await work(id, 'put');
    expect((await runs.read(id)).status).toBe('FAILED');
    // What failed may be on the machines: the current image of the record is the one to return to.
    expect((await preview('c', { services: ['web'] })).services.map(({ to }) => to.image)).toEqual(['web:3']);
    const { applicationId } = await runs.ids('pipeline', 'safe');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id } },
    );
    await work(id);
    expect(await images('c')).toEqual(['api:1', 'web:1']);

    const [row] = await server.app.database.rows<{ id: string }>(
      `SELECT id FROM deployment WHERE image = 'web:2' AND environment_id = $1`,
      [environments.get('c')],
    );
    const to = { deploymentId: row?.id };
    expect(await refused(rollBack('c', { to, services: ['api'] }))).toBe('INVALID_INPUT');
    expect(await refused(rollBack('d', { to }))).toBe('NOT_FOUND');
    await work((await rollBack('c', { to })).id);
    expect(await images('c')).toEqual(['api:1', 'web:2']);
  });

  it('is refused without the rights, while a deployment is in progress, and without the workflow', async () => {
    await deploy('doomed', 'd', 'web:1');
    await deploy('put-web', 'd', 'web:2');
    const running = await start('put-web', 'd', 'web:3');
    const build = await agent.claimOne();
    await agent.start(build);
    await agent.finish(build);
    const put = await agent.claimOne();
    await agent.start(put);
    expect(await refused(rollBack('d'))).toBe('ENVIRONMENT_MOVED_ON');
    expect((await preview('d', { overrule: true })).allowed).toBe(true);
    await agent.finish(put);
    await work(running);

    const rights = (...actions: Actions[]): Permissions => ({
      appPermissions: [
        { permissionType: 'ENV', actions: ['READ'], applications: { filterType: 'ALL' } },
        { permissionType: 'DEPLOYMENT', actions, applications: { filterType: 'ALL' } },
      ],
    });
    const may = new TestClient(
      server.url,
      await createKey(server.client, 'May', rights('READ', 'ROLLBACK_WORKFLOW'), 'may'),
    );
    const sees = new TestClient(server.url, await createKey(server.client, 'Sees', rights('READ'), 'sees'));
    const asked = { input: input('d', {}) };
    expect(await refused(sees.ask(ROLL_BACK, asked))).toBe('FORBIDDEN');
    const { rollbackPreview } = await sees.ask<{ rollbackPreview: Preview }>(PREVIEW, asked);
    expect(rollbackPreview).toMatchObject({ allowed: false, planToken: null, refusals: [{ code: 'FORBIDDEN' }] });
    const { rollbackEnvironment } = await may.ask<{ rollbackEnvironment: { execution: { id: string } } }>(
      ROLL_BACK,
      asked,
    );
    await work(rollbackEnvironment.execution.id);
    expect(await images('d')).toEqual(['web:2']);

    const { entityId } = await runs.ids('workflow', 'doomed');
    await server.client.ask('mutation ($id: ID!) { deleteWorkflow(input: { workflowId: $id }) { clientMutationId } }', {
      id: entityId,
    });
    const [row] = await server.app.database.rows<{ id: string }>(
      `SELECT id FROM deployment WHERE image = 'web:1' AND environment_id = $1`,
      [environments.get('d')],
    );
    expect(await refused(rollBack('d', { to: { deploymentId: row?.id } }))).toBe('REVISION_GONE');
  });

  it('waits for the end of a freeze, fails because of it, or overrides it', async () => {
    await deploy('put-web', 'g', 'web:1');
    await deploy('put-web', 'g', 'web:2');
    const { createFreeze } = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(
      'mutation ($input: CreateFreezeInput!) { createFreeze(input: $input) { freeze { id } } }',
      { input: { name: 'Party', reason: 'x', environmentIds: [environments.get('g')], from: '2026-01-01T00:00:00Z' } },
    );
    const careful = { onFreeze: 'REFUSE' };
    expect((await preview('g', careful)).refusals).toMatchObject([{ code: 'ENVIRONMENT_FROZEN' }]);
    expect(await refused(rollBack('g', careful))).toBe('ENVIRONMENT_FROZEN');
    const overrideFreeze = { reason: 'checkout fails' };
    const readsAndRolls: Permissions = {
      appPermissions: [
        { permissionType: 'ENV', actions: ['READ'], applications: { filterType: 'ALL' } },
        { permissionType: 'DEPLOYMENT', actions: ['READ', 'ROLLBACK_WORKFLOW'], applications: { filterType: 'ALL' } },
      ],
    };
    const may = new TestClient(server.url, await createKey(server.client, 'Rolls', readsAndRolls, 'rolls'));
    expect(await refused(may.ask(ROLL_BACK, { input: input('g', { overrideFreeze }) }))).toBe('FORBIDDEN');
    expect((await preview('g', { ...careful, overrideFreeze })).allowed).toBe(true);
    const { id } = await rollBack('g', { ...careful, overrideFreeze });
    await work(id);
    expect(await images('g')).toEqual(['web:1']);
    expect((await runs.events(id)).find(({ type }) => type === 'FREEZE_OVERRIDDEN')?.data).toMatchObject(
      overrideFreeze,
    );
    const waiting = await rollBack('g');
    expect(await runs.read(waiting.id)).toMatchObject({ status: 'WAITING' });
    await server.client.ask('mutation ($id: ID!) { deleteFreeze(input: { freezeId: $id }) { clientMutationId } }', {
      id: createFreeze.freeze.id,
    });
    await work(waiting.id);
    expect(await images('g')).toEqual(['web:2']);
  });

  it('waits until what else deploys to the environment has ended', async () => {
    await deploy('put-web', 'h', 'web:1');
    await deploy('put-web', 'h', 'web:2');
    const other = await start('put-api', 'h', 'api:1');
    const { id } = await rollBack('h', { services: ['web'] });
    const { pipelineStageExecutions } = await runs.read(id);
    expect(pipelineStageExecutions).toMatchObject([{ status: 'WAITING', reasonCode: 'WAITING_FOR_SLOT' }]);
    await work(other);
    await work(id);
    expect(await images('h')).toEqual(['api:1', 'web:1']);
  });

  it('follows a failed stage with on_failure: rollback, once', async () => {
    const release = async (image: string) =>
      runs.start('pipeline', 'safe', { serviceInputs: [{ name: 'web', image }] });
    await work(await release('web:1'));
    const failed = await release('web:2');
    await work(failed, 'smoke');
    const rolledBack = async () =>
      (await runs.events(failed)).filter(({ type }) => type === 'ROLLED_BACK').map(({ data }) => data);
    const [event] = await eventually(rolledBack, (found) => found.length > 0, { what: 'a rollback' });
    const id = String(event?.rollbackRunId);
    expect(await runs.read(failed)).toMatchObject({ status: 'FAILED' });
    // The rollback fails, too: nothing follows it.
    await work(id, 'smoke');
    const open = await server.app.database.rows('SELECT FROM rollback_request WHERE done_at IS NULL OR run_id = $1', [
      id,
    ]);
    expect(open).toEqual([]);
    const { execution } = await server.client.ask<{ execution: object }>(
      `query ($id: ID!) { execution(executionId: $id) { rolledBackBy { id status rollback { failedExecution { id } } } } }`,
      { id: failed },
    );
    expect(execution).toEqual({
      rolledBackBy: [{ id, status: 'FAILED', rollback: { failedExecution: { id: failed } } }],
    });

    // The first release that fails has nothing to return to.
    expect(await images('f')).toEqual(['web:1']);
  });
});
