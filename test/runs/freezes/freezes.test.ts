import { beginWaiting } from '../../../src/runs/slots/beginWaiting';
import { codeOf } from '../../support/client';
import { eventually } from '../../support/eventually';
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
    await runs.abort(run);
    await agent.work(() => runs.is(run, 'ABORTED'));
  });
});
