import { beginWaiting } from '../../../src/runs/slots/beginWaiting';
import { codeOf, TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey } from '../../support/keys';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Service
application: app
name: api
---
kind: Workflow
application: app
name: ship
environment: \${environment}
services: [web]
tasks:
  first: { run: "true" }
  second: { run: "false", depends_on: [first] }
---
kind: Workflow
application: app
name: careful
environment: prod
services: [web]
on_freeze: REFUSE
tasks: { deploy: { run: "true" } }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: to staging, workflow: ship, environment: staging }]
  - elements: [{ name: to prod, workflow: ship, environment: prod }]
---
kind: Pipeline
application: app
name: strict
on_freeze: REFUSE
stages:
  - elements: [{ name: to staging, workflow: ship, environment: staging }]
  - elements: [{ name: to prod, workflow: ship, environment: prod }]
`;

const web = { serviceInputs: [{ name: 'web', image: 'web:1' }] };
const HOUR = 3_600_000;
const fromNow = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const YEAR_END = { name: 'Year end', reason: 'Nobody is on call', from: fromNow(-1), until: fromNow(24) };

const CREATE = 'mutation ($input: CreateFreezeInput!) { createFreeze(input: $input) { freeze { id until } } }';
const UPDATE = 'mutation ($input: UpdateFreezeInput!) { updateFreeze(input: $input) { freeze { id until } } }';
const DELETE = 'mutation ($input: DeleteFreezeInput!) { deleteFreeze(input: $input) { clientMutationId } }';
const START = 'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id status } } }';

describe('freezes', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const ids = new Map<string, string>();
  const made: string[] = [];

  beforeAll(async () => {
    const { environments, services } = await server.client.ask<{
      environments: { nodes: { id: string; name: string }[] };
      services: { nodes: { id: string; name: string }[] };
    }>('{ environments { nodes { id name } } services { nodes { id name } } }');
    for (const { id, name } of [...environments.nodes, ...services.nodes]) ids.set(name, id);
  });
  afterEach(async () => {
    for (const freezeId of made.splice(0)) await server.client.ask(DELETE, { input: { freezeId } });
  });

  async function freeze(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const input = { ...YEAR_END, environmentIds: [ids.get('prod')], ...more };
    const { createFreeze } = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(CREATE, { input });
    made.push(createFreeze.freeze.id);
    return createFreeze.freeze.id;
  }
  const thaw = async (freezeId: string) => {
    made.splice(made.indexOf(freezeId), 1);
    await server.client.ask(DELETE, { input: { freezeId } });
  };
  const inEnvironment = (name: string) => ({
    ...web,
    variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: name } }],
  });
  const stages = async (id: string) => (await runs.read(id)).pipelineStageExecutions ?? [];
  const delays = async (id: string) =>
    (await runs.events(id)).filter(({ type }) => type === 'BEGIN_DELAYED').map(({ data }) => data);
  const at = (time: string) => ({ ...server.app, clock: { now: () => new Date(time) } });

  it('hold back the element that deploys, and let it begin at their end', async () => {
    await freeze();
    const run = await runs.start('pipeline', 'release', web);
    await agent.runOne();
    await agent.runOne();
    const [, prod] = await stages(run);
    expect(prod).toMatchObject({
      status: 'WAITING',
      reasonCode: 'FROZEN',
      reason: `environment "prod" is frozen by "Year end" until ${YEAR_END.until}: Nobody is on call`,
    });
    expect(await delays(run)).toMatchObject([{ reasonCode: 'FROZEN', until: YEAR_END.until, position: null }]);
    const alone = await runs.start('workflow', 'ship', inEnvironment('prod'));
    expect(await runs.is(alone, 'WAITING')).toBe(true);
    // Asked again in vain, without a second event.
    await beginWaiting(at(fromNow(1)));
    expect([await delays(run), await delays(alone)].map(({ length }) => length)).toEqual([1, 1]);
    await beginWaiting(at(fromNow(25)));
    expect((await stages(run))[1]).toMatchObject({ status: 'QUEUED', reasonCode: null });
    expect(await runs.is(alone, 'WAITING')).toBe(true);
    for (const id of [run, alone]) await runs.abort(id);
    await agent.work(async () => (await runs.is(run, 'ABORTED')) && (await runs.is(alone, 'ABORTED')));
  });

  it('hold back what an extension deploys', async () => {
    const run = await runs.start('pipeline', 'release', web);
    await agent.work(() => runs.is(run, 'SUCCESS'));
    const freezeId = await freeze();
    await server.client.ask(
      'mutation ($input: AddImagesToRunInput!) { addImagesToRun(input: $input) { run { id } } }',
      { input: { runId: run, images: [{ service: 'web', image: 'web:2' }] } },
    );
    await agent.runOne();
    await agent.runOne();
    expect((await stages(run))[1]).toMatchObject({ status: 'WAITING', reasonCode: 'FROZEN' });
    await thaw(freezeId);
    await agent.work(() => runs.is(run, 'SUCCESS'));
  });

  it('let waiting elements begin when they are changed or deleted', async () => {
    const freezeId = await freeze({ until: null });
    const alone = await runs.start('workflow', 'ship', inEnvironment('prod'));
    expect(await delays(alone)).toMatchObject([{ until: null, reason: expect.stringMatching(/without a known end/) }]);
    await server.client.ask(UPDATE, { input: { freezeId, until: fromNow(5) } });
    await eventually(
      async () => (await delays(alone)).length,
      (length) => length === 2,
    );
    await thaw(freezeId);
    await runs.until(alone, 'QUEUED');
    // What has begun continues.
    await freeze();
    await agent.work(() => runs.is(alone, 'SUCCESS'));
  });

  it('refuse commands of pipelines and workflows that say so, and fail elements that are reached later', async () => {
    const { applicationId, entityId } = await runs.ids('pipeline', 'strict');
    const run = await runs.start('pipeline', 'strict', web);
    const freezeId = await freeze();
    const refused = await server.client.errorOf(START, {
      input: { applicationId, entityId, executionType: 'PIPELINE', ...web },
    });
    expect(refused).toMatchObject({
      code: 'ENVIRONMENT_FROZEN',
      details: { freezeId, freeze: 'Year end', reason: YEAR_END.reason, until: YEAR_END.until },
    });
    const careful = { ...(await runs.ids('workflow', 'careful')), executionType: 'WORKFLOW', ...web };
    expect(await codeOf(server.client.ask(START, { input: careful }))).toBe('ENVIRONMENT_FROZEN');
    await agent.runOne();
    await agent.runOne();
    await runs.until(run, 'FAILED');
    expect((await stages(run))[1]).toMatchObject({ status: 'FAILED', reasonCode: 'ENVIRONMENT_FROZEN' });
    const resume = (input: object) =>
      server.client.ask(
        'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
        { input: { applicationId, pipelineExecutionId: run, ...input } },
      );
    expect(await codeOf(resume({}))).toBe('ENVIRONMENT_FROZEN');
    await resume({ overrideFreeze: { reason: 'Hotfix for checkout' } });
    expect((await stages(run))[1]).toMatchObject({ status: 'QUEUED' });
    expect((await runs.events(run)).find(({ type }) => type === 'FREEZE_OVERRIDDEN')?.data).toMatchObject({
      ...{ freezeId, freeze: 'Year end', reason: 'Hotfix for checkout', by: { kind: 'API_KEY' } },
    });
    const { execution } = await server.client.ask<{ execution: { history: object[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { history { action text actor { name } } } }',
      { id: run },
    );
    expect(execution.history.at(-1)).toEqual({
      ...{ action: 'FREEZE_OVERRIDDEN', text: 'Year end: Hotfix for checkout', actor: { name: expect.any(String) } },
    });
    await runs.abort(run);
    await agent.work(() => runs.is(run, 'ABORTED'));
  });
});

describe('freezes through the API', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  const check = (client: TestClient, environmentId: string, at: string) =>
    client.ask<{ freezeCheck: unknown }>(
      'query ($id: ID!, $at: DateTime) { freezeCheck(environmentId: $id, at: $at) { frozen current { from until freeze { name } } next { from until } } }',
      { id: environmentId, at },
    );

  it('are managed with MANAGE_FREEZES, seen with their environments, and checked at any time', async () => {
    const { environments } = await server.client.ask<{ environments: { nodes: { id: string; name: string }[] } }>(
      '{ environments { nodes { id name } } }',
    );
    const id = (name: string) => environments.nodes.find((one) => one.name === name)?.id ?? '';
    const input = {
      ...{ name: 'Weekend', reason: 'Nobody is on call', environmentTypes: ['PROD'] },
      ...{ from: '2026-12-04T18:00:00+01:00', until: '2026-12-07T08:00:00+01:00' },
      ...{ timeZone: 'Europe/Berlin', recurrence: 'RRULE:FREQ=WEEKLY' },
    };
    const { createFreeze } = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(CREATE, { input });
    const freezeId = createFreeze.freeze.id;
    expect(await check(server.client, id('prod'), '2027-03-27T12:00:00Z')).toEqual({
      freezeCheck: {
        frozen: true,
        // Clocks go forward on March 28.
        current: { from: '2027-03-26T17:00:00.000Z', until: '2027-03-29T06:00:00.000Z', freeze: { name: 'Weekend' } },
        next: { from: '2027-04-02T16:00:00.000Z', until: '2027-04-05T06:00:00.000Z' },
      },
    });
    expect(await check(server.client, id('staging'), '2027-03-27T12:00:00Z')).toEqual({
      freezeCheck: { frozen: false, current: null, next: null },
    });
    expect((await server.client.errorOf(CREATE, { input })).code).toBe('NAME_TAKEN');
    expect(
      await server.client.errorOf(CREATE, {
        input: { ...input, name: 'x', timeZone: 'Berlin', environmentIds: ['01a22be6-8d1c-746e-839d-9d9551c0558b'] },
      }),
    ).toMatchObject({ code: 'INVALID_INPUT', details: { errors: [{ field: 'timeZone', rule: 'TIME_ZONE' }] } });

    const reader = new TestClient(
      server.url,
      await createKey(server.client, 'staging', {
        appPermissions: [
          {
            ...{ permissionType: 'ENV', actions: ['READ'], applications: { filterType: 'ALL' } },
            environments: { filterTypes: ['NON_PRODUCTION_ENVIRONMENTS'] },
          },
        ],
      }),
    );
    expect(await reader.ask('{ freezes { nodes { id } } }')).toEqual({ freezes: { nodes: [] } });
    expect(await codeOf(reader.ask(DELETE, { input: { freezeId } }))).toBe('NOT_FOUND');
    await server.client.ask(UPDATE, { input: { freezeId, environmentTypes: null } });
    expect(await reader.ask('{ freezes { nodes { name environmentTypes } } }')).toEqual({
      freezes: { nodes: [{ name: 'Weekend', environmentTypes: null }] },
    });
    expect(await codeOf(reader.ask(DELETE, { input: { freezeId } }))).toBe('FORBIDDEN');
    expect(await codeOf(reader.ask(CREATE, { input: { ...input, name: 'mine' } }))).toBe('FORBIDDEN');
    await server.client.ask(DELETE, { input: { freezeId } });
    const { audits } = await server.client.ask<{ audits: { nodes: { action: string; outcome: string }[] } }>(
      '{ audits(first: 40) { nodes { action outcome object { kind } } } }',
    );
    const own = audits.nodes.filter(({ action }) => action.startsWith('freeze.'));
    expect(own.filter(({ outcome }) => outcome === 'ALLOWED').map(({ action }) => action)).toEqual([
      'freeze.delete',
      'freeze.update',
      'freeze.create',
    ]);
  });

  it('make exceptions for services and for members of user groups, at the start and at the gate', async () => {
    const groups = '{ userGroups { nodes { id name } } }';
    const permissions = {
      appPermissions: [
        { permissionType: 'DEPLOYMENT', actions: ['EXECUTE_WORKFLOW'], applications: { filterType: 'ALL' } },
        { permissionType: 'WORKFLOW', actions: ['READ'], applications: { filterType: 'ALL' } },
      ],
    };
    const onCall = new TestClient(server.url, await createKey(server.client, 'on call', permissions as never));
    const { userGroups } = await server.client.ask<{ userGroups: { nodes: { id: string; name: string }[] } }>(groups);
    const exceptGroupIds = userGroups.nodes.filter(({ name }) => name === 'on call').map(({ id }) => id);
    const { services } = await server.client.ask<{ services: { nodes: { id: string; name: string }[] } }>(
      '{ services { nodes { id name } } }',
    );
    const serviceId = (name: string) => services.nodes.find((one) => one.name === name)?.id ?? '';
    const { createFreeze } = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(CREATE, {
      input: { ...YEAR_END, name: 'Exceptions', environmentTypes: ['PROD'], exceptGroupIds },
    });
    const freezeId = createFreeze.freeze.id;
    const refusing = { ...(await runs.ids('workflow', 'careful')), executionType: 'WORKFLOW', ...web };
    const waiting = {
      ...(await runs.ids('workflow', 'ship')),
      executionType: 'WORKFLOW',
      ...web,
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: 'prod' } }],
    };
    const outcome = async (client: TestClient, input: object) => {
      try {
        const { startExecution } = await client.ask<{ startExecution: { execution: { id: string; status: string } } }>(
          START,
          { input },
        );
        await runs.abort(startExecution.execution.id);
        return startExecution.execution.status;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const outcomes = async (client: TestClient) => [await outcome(client, refusing), await outcome(client, waiting)];
    expect(await outcomes(onCall)).toEqual(['QUEUED', 'QUEUED']);
    expect(await outcomes(server.client)).toEqual(['ENVIRONMENT_FROZEN', 'WAITING']);
    await server.client.ask(UPDATE, { input: { freezeId, exceptGroupIds: [], exceptServiceIds: [serviceId('web')] } });
    expect(await outcomes(server.client)).toEqual(['QUEUED', 'QUEUED']);
    await server.client.ask(UPDATE, { input: { freezeId, exceptServiceIds: [serviceId('api')] } });
    expect(await outcomes(onCall)).toEqual(['ENVIRONMENT_FROZEN', 'WAITING']);
    await server.client.ask(DELETE, { input: { freezeId } });
  });

  it('are overridden with OVERRIDE_FREEZE and a reason only, by the command or later', async () => {
    const { createFreeze } = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(CREATE, {
      input: { ...YEAR_END, environmentTypes: ['PROD'] },
    });
    const target = { ...(await runs.ids('workflow', 'careful')), executionType: 'WORKFLOW', ...web };
    const override = (reason: string) => ({ ...target, overrideFreeze: { reason } });
    const grant = (actions: string[]) => ({
      appPermissions: [
        { permissionType: 'DEPLOYMENT', actions, applications: { filterType: 'ALL' } },
        { permissionType: 'WORKFLOW', actions: ['READ'], applications: { filterType: 'ALL' } },
      ],
    });
    const may = async (name: string, actions: string[]) =>
      new TestClient(server.url, await createKey(server.client, name, grant(actions) as never));
    const runner = await may('runner', ['EXECUTE_WORKFLOW']);
    const lead = await may('lead', ['EXECUTE_WORKFLOW', 'OVERRIDE_FREEZE']);
    const plan =
      'query ($input: StartExecutionInput!) { executionPlan(input: $input) { startable problems { code refuses message } } }';
    expect(await server.client.ask(plan, { input: target })).toMatchObject({
      executionPlan: {
        startable: false,
        problems: expect.arrayContaining([
          expect.objectContaining({
            code: 'ENVIRONMENT_FROZEN',
            refuses: true,
            message: expect.stringMatching(/^Environment "prod" is frozen by "Year end" until/),
          }),
        ]),
      },
    });
    expect(await codeOf(runner.ask(START, { input: override('Hotfix') }))).toBe('FORBIDDEN');
    expect(await codeOf(lead.ask(START, { input: override('  ') }))).toBe('INVALID_INPUT');
    const { startExecution } = await lead.ask<{ startExecution: { execution: { id: string; status: string } } }>(
      START,
      {
        input: override('Hotfix'),
      },
    );
    expect(startExecution.execution.status).toBe('QUEUED');
    const attempts =
      'query ($id: ID!) { execution(executionId: $id) { attempts { freezeOverride { reason by { name } } } } }';
    expect(await server.client.ask(attempts, { id: startExecution.execution.id })).toEqual({
      execution: { attempts: [{ freezeOverride: { reason: 'Hotfix', by: { name: 'lead' } } }] },
    });
    await runs.abort(startExecution.execution.id);

    const waiting = await runs.start('workflow', 'ship', {
      ...web,
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: 'prod' } }],
    });
    expect(await runs.is(waiting, 'WAITING')).toBe(true);
    const OVERRIDE =
      'mutation ($input: OverrideFreezeOfRunInput!) { overrideFreeze(input: $input) { execution { status } } }';
    const later = { input: { executionId: waiting, reason: 'Checked with the customer' } };
    expect(await codeOf(runner.ask(OVERRIDE, later))).toBe('FORBIDDEN');
    expect(await lead.ask(OVERRIDE, later)).toEqual({ overrideFreeze: { execution: { status: 'QUEUED' } } });
    expect((await runs.events(waiting)).map(({ type }) => type)).toContain('FREEZE_OVERRIDDEN');
    await runs.abort(waiting);
    await server.client.ask(DELETE, { input: { freezeId: createFreeze.freeze.id } });
  });
});
