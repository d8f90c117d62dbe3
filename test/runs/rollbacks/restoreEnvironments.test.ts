import type { ApiError } from '../../../src/client/apiError';
import type { Actions, Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import type { ClaimedJob } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, services: string) => `---
kind: Workflow
application: app
name: ${name}
environment: \${environment}
services: [${services}]
tasks: { ${name}: { run: x } }
`;

/** web needs api, which needs db; search is independent. */
const DEFINITIONS = [
  APP.replace('name: web\n', 'name: web\ndepends_on: [api]\n'),
  '---\n{kind: Service, application: app, name: api, depends_on: db}\n',
  '---\n{kind: Service, application: app, name: db}\n',
  '---\n{kind: Service, application: app, name: search}\n',
  ...['a', 'b', 'c', 'd'].map((n) => `---\n{kind: Environment, application: app, name: ${n}, type: NON_PROD}\n`),
  ...['web', 'api', 'db', 'search'].map((name) => workflow(`put-${name}`, name)),
  workflow('doomed', 'search'),
  `---
{kind: Application, name: other}
---
{kind: Environment, application: other, name: o, type: NON_PROD}
---
{kind: Service, application: other, name: ledger, depends_on: [app/db]}
---
kind: Workflow
application: other
name: put-ledger
environment: o
services: [ledger]
tasks: { put: { run: x } }
`,
].join('');

const PREVIEW = `query ($input: RestoreEnvironmentsInput!) { restoreEnvironmentsPreview(input: $input) { allowed planToken
  refusals { code message } applications { name } services { environment { name } service { name } to { image } }
  left { environment { name } service code reason } stages { steps { workflow environment { name } } } } }`;
const RESTORE = `mutation ($input: RestoreEnvironmentsInput!) { restoreEnvironments(input: $input) { execution { id
  attempts { kind } pipeline { name } rollback { environment { name } time services { environment { name } image } } } } }`;

interface Preview {
  readonly allowed: boolean;
  readonly planToken: string | null;
  readonly refusals: readonly { code: string; message: string }[];
  readonly applications: readonly { name: string }[];
  readonly services: readonly { environment: { name: string }; service: { name: string }; to: { image: string } }[];
  readonly left: readonly object[];
  readonly stages: readonly { steps: readonly { workflow: string; environment: { name: string } }[] }[];
}

describe('restoreEnvironments', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const environments = new Map<string, string>();
  const applications = new Map<string, string>();
  beforeAll(async () => {
    const { database } = server.app;
    for (const table of ['environment', 'application'] as const) {
      const found = table === 'environment' ? environments : applications;
      for (const { id, name } of await database.rows<{ id: string; name: string }>(`SELECT id, name FROM ${table}`))
        found.set(name, id);
    }
  });

  const work = (id: string, ...fails: string[]) =>
    agent.work(
      () => runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'),
      (job: ClaimedJob) => fails.includes(job.task),
    );
  const deploy = async (name: string, environment: string, image: string) => {
    const id = await runs.start('workflow', name, {
      serviceInputs: [{ name: image.split(':')[0], image }],
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: environment } }],
    });
    await work(id);
  };
  const deployAll = async (environment: string, tag: string, services = ['web', 'api', 'db']) => {
    for (const service of services) await deploy(`put-${service}`, environment, `${service}:${tag}`);
  };
  const now = () => server.app.clock.now().toISOString();
  const input = (time: string, names: readonly string[] | null, more: object = {}) => ({
    applicationIds: [applications.get('app')],
    time,
    ...(names !== null && { environmentIds: names.map((name) => environments.get(name)) }),
    ...more,
  });
  const preview = async (asked: object, client = server.client): Promise<Preview> =>
    (await client.ask<{ restoreEnvironmentsPreview: Preview }>(PREVIEW, { input: asked })).restoreEnvironmentsPreview;
  const restore = async (asked: object, client = server.client) =>
    (
      await client.ask<{ restoreEnvironments: { execution: { id: string } & Record<string, unknown> } }>(RESTORE, {
        input: asked,
      })
    ).restoreEnvironments.execution;
  const errorOf = (asked: Promise<unknown>) =>
    asked.then(
      () => ({ code: 'OK', message: '' }),
      ({ code, message }: ApiError) => ({ code, message }),
    );
  const images = async (environment: string): Promise<string[]> => {
    const { environment: found } = await server.client.ask<{ environment: { deployments: { image: string }[] } }>(
      'query ($id: ID!) { environment(environmentId: $id) { deployments { image } } }',
      { id: environments.get(environment) },
    );
    return found.deployments.map(({ image }) => image);
  };

  it('brings services back in order of dependencies, and resumes after a failure', async () => {
    await deployAll('a', '1');
    await deployAll('b', '1', ['web', 'search']);
    const time = now();
    expect((await preview(input(time, ['a', 'b']))).refusals).toMatchObject([{ code: 'NOTHING_TO_ROLL_BACK' }]);
    await deployAll('a', '2');
    await deployAll('b', '2', ['web', 'search']);
    const plan = await preview(input(time, ['a', 'b']));
    expect(plan).toMatchObject({ allowed: true, refusals: [], left: [], applications: [{ name: 'app' }] });
    // In b, web depends only on services that are not there.
    expect(
      plan.stages.map(({ steps }) => steps.map((step) => `${step.environment.name} ${step.workflow}`).sort()),
    ).toEqual([['a put-db', 'b put-search', 'b put-web'], ['a put-api'], ['a put-web']]);

    const asked = input(time, ['a', 'b'], { planToken: plan.planToken, idempotencyKey: 'back' });
    const execution = await restore(asked);
    expect(execution).toMatchObject({
      attempts: [{ kind: 'ROLLBACK' }],
      pipeline: { name: `Restore of ${time}` },
      rollback: {
        environment: null,
        time,
        services: expect.arrayContaining([{ environment: { name: 'a' }, image: 'db:1' }]),
      },
    });
    expect((await restore(asked)).id).toBe(execution.id);
    await work(execution.id, 'put-api');
    expect(await runs.read(execution.id)).toMatchObject({ status: 'FAILED' });
    expect(await images('a')).toEqual(['api:2', 'db:1', 'web:2']);
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId: applications.get('app'), pipelineExecutionId: execution.id } },
    );
    expect((await work(execution.id)).map((job) => job.task)).toEqual(['put-api', 'put-web']);
    expect([await images('a'), await images('b')]).toEqual([
      ['api:1', 'db:1', 'web:1'],
      ['search:1', 'web:1'],
    ]);
  });

  it('lists services that can’t be brought back; PLAN_STALE names the changes', async () => {
    await deployAll('c', '1', ['web']);
    await deploy('doomed', 'c', 'search:1');
    const time = now();
    await deployAll('c', '2', ['web', 'db', 'search']);
    const { entityId } = await runs.ids('workflow', 'doomed');
    await server.client.ask('mutation ($id: ID!) { deleteWorkflow(input: { workflowId: $id }) { clientMutationId } }', {
      id: entityId,
    });
    const plan = await preview(input(time, ['c']));
    expect(plan).toMatchObject({
      allowed: false,
      planToken: null,
      refusals: [{ code: 'PARTLY_GONE' }],
      left: [
        { environment: { name: 'c' }, service: 'db', code: 'NOTHING_TO_ROLL_BACK' },
        { service: 'search', code: 'REVISION_GONE', reason: expect.stringContaining('"doomed"') },
      ],
      services: [{ service: { name: 'web' }, to: { image: 'web:1' } }],
    });
    expect(await errorOf(restore(input(time, ['c'])))).toMatchObject({ code: 'PARTLY_GONE' });
    const { planToken } = await preview(input(time, ['c'], { leaveOut: true }));
    await deployAll('c', '3', ['web']);
    await deployAll('c', '1', ['db']);
    const asked = input(time, ['c'], { leaveOut: true });
    expect(await errorOf(restore({ ...asked, planToken }))).toEqual({
      code: 'PLAN_STALE',
      message: expect.stringContaining('web in c has changed since the preview.'),
    });
    await work((await restore(asked)).id);
    expect(await images('c')).toEqual(['db:1', 'search:2', 'web:1']);
  });

  it('requires permissions for each environment, and a single application', async () => {
    await deployAll('d', '1', ['db']);
    const time = now();
    await deployAll('d', '2', ['db']);
    const rights = (...actions: Actions[]): Permissions => ({
      appPermissions: [
        { permissionType: 'ENV', actions: ['READ'], applications: { filterType: 'ALL' } },
        {
          permissionType: 'DEPLOYMENT',
          actions,
          applications: { filterType: 'ALL' },
          deployments: { envIds: [environments.get('d') ?? ''] },
        },
      ],
    });
    const key = async (name: string, ...actions: Actions[]) =>
      new TestClient(server.url, await createKey(server.client, name, rights(...actions), name));
    const may = await key('may', 'READ', 'ROLLBACK_WORKFLOW');
    const sees = await key('sees', 'READ');
    expect(await errorOf(restore(input(time, ['d']), sees))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(restore(input(time, null), sees))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(restore(input(time, ['d', 'a']), may))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(restore(input(time, []), may))).toMatchObject({ code: 'INVALID_INPUT' });
    // All that the caller may roll back: d alone.
    const { services } = await preview(input(time, null), may);
    expect(services.map(({ environment }) => environment.name)).toEqual(['d']);

    const other = new Map<string, string>();
    const ledger = async (image: string) => {
      const { database } = server.app;
      const [row] = await database.rows<{ id: string }>(`SELECT id FROM workflow WHERE name = 'put-ledger'`);
      const { startExecution } = await server.client.ask<{ startExecution: { execution: { id: string } } }>(
        'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }',
        {
          input: {
            ...{ applicationId: applications.get('other'), entityId: row?.id, executionType: 'WORKFLOW' },
            serviceInputs: [{ name: 'ledger', image }],
          },
        },
      );
      other.set(image, startExecution.execution.id);
      await work(startExecution.execution.id);
    };
    await ledger('ledger:1');
    const both = now();
    await ledger('ledger:2');
    await deployAll('d', '3', ['db']);
    const applicationIds = [applications.get('other'), applications.get('app')];
    const plan = await preview({ ...input(both, ['d', 'o']), applicationIds });
    // The ledger depends on app/db.
    expect(plan.applications).toEqual([{ name: 'app' }, { name: 'other' }]);
    expect(plan.refusals).toMatchObject([{ code: 'SEVERAL_APPLICATIONS' }]);
    await work((await restore({ ...input(both, ['o']), applicationIds })).id);
    await work((await restore(input(both, ['d']), may)).id);
    expect([await images('d'), await images('o')]).toEqual([['db:2'], ['ledger:1']]);
  });
});
