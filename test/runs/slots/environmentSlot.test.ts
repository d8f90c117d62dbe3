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
environment: staging
services: [web]
tasks:
  deploy: { run: "true", deploys: true }
---
kind: Workflow
application: app
name: check
environment: staging
tasks:
  look: { run: "true" }
---
kind: Workflow
application: app
name: rocky
environment: staging
services: [web]
tasks:
  one: { run: "true" }
  two: { run: "true", depends_on: [one] }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: ship, workflow: ship }]
  - elements: [{ name: again, workflow: ship, retries: 1 }]
---
kind: Pipeline
application: app
name: rockyline
stages:
  - elements: [{ name: rocky, workflow: rocky }, { name: look, workflow: check }]
`;

const web = { serviceInputs: [{ name: 'web', image: 'web:1' }] };

describe('the slot of an environment', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const slots = () =>
    server.app.database.rows<{ holder: string; number: number }>(
      'SELECT execution_id AS holder, number FROM slot ORDER BY group_key, number',
    );
  const waits = () =>
    server.app.database.rows<{ id: string; position: number }>(
      'SELECT w.execution_id AS id, w.position FROM begin_wait w ORDER BY position, id',
    );
  const delays = async (id: string) =>
    (await runs.events(id)).filter(({ type }) => type === 'BEGIN_DELAYED').map(({ data }) => data);
  const stage = async (id: string, index = 0) => (await runs.read(id)).pipelineStageExecutions?.[index];
  const resume = async (pipelineExecutionId: string, granularity: 'STAGE' | 'TASK') => {
    const { applicationId } = await runs.ids('pipeline', 'release');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId, granularity } },
    );
  };

  afterEach(async () => {
    expect({ slots: await slots(), waits: await waits() }).toEqual({ slots: [], waits: [] });
  });

  it('is held by one element at a time, in the order in which runs asked', async () => {
    const first = await runs.start('pipeline', 'release', web);
    const second = await runs.start('workflow', 'ship', web);
    const third = await runs.start('pipeline', 'release', web);
    expect(await slots()).toEqual([{ holder: first, number: 1 }]);
    expect([await runs.is(second, 'WAITING'), await runs.is(third, 'WAITING')]).toEqual([true, true]);
    expect(await waits()).toEqual([
      { id: second, position: 1 },
      { id: third, position: 2 },
    ]);
    expect(await stage(third)).toMatchObject({
      status: 'WAITING',
      reasonCode: 'WAITING_FOR_SLOT',
      reason: expect.stringMatching(
        new RegExp(`^waits for environment "staging": held by execution ${first} since .*, place 2$`),
      ),
    });
    // Its first stage ends, and its second one queues behind the others.
    await agent.runOne();
    await runs.until(second, 'QUEUED');
    expect((await slots()).map(({ holder }) => holder)).toEqual([second]);
    await agent.work(() => runs.is(third, 'SUCCESS'));
    await agent.work(() => runs.is(first, 'SUCCESS'));
    const order = await server.app.database.rows<{ run: string }>(
      'SELECT run_id AS run FROM deployment ORDER BY number',
    );
    expect(order.map(({ run }) => run)).toEqual([first, second, third, first, third]);
    expect((await delays(third)).map(({ position, holderExecutionId }) => [position, holderExecutionId])).toEqual(
      expect.arrayContaining([
        [2, first],
        [1, second],
      ]),
    );
    expect(await runs.until(second, 'SUCCESS')).toMatchObject({ status: 'SUCCESS' });
  });

  it('shows its holder and its queue, in which executions can be moved ahead and withdrawn', async () => {
    const ids = [await runs.start('workflow', 'ship', web)];
    ids.push(await runs.start('pipeline', 'release', web), await runs.start('workflow', 'ship', web));
    const [first = '', second = '', third = ''] = ids;
    const read = async () => {
      const { environments } = await server.client.ask<{
        environments: { nodes: { slot: { holder: { execution: { id: string } }; waiting: object[] } }[] };
      }>(
        `{ environments(filters: [{name: {operator: EQUALS, values: ["staging"]}}]) { nodes { slot {
          holder { since execution { id } stageExecution { pipelineStepName } }
          waiting { position estimate execution { id } stageExecution { pipelineStepName } } } } } }`,
      );
      return environments.nodes[0]?.slot;
    };
    const shown = await read();
    expect(shown).toMatchObject({
      holder: { execution: { id: first }, stageExecution: null },
      waiting: [
        { position: 1, execution: { id: second }, stageExecution: { pipelineStepName: 'ship' } },
        { position: 2, execution: { id: third }, stageExecution: null },
      ],
    });
    const { applicationId } = await runs.ids('workflow', 'ship');
    const mutate = (name: string, executionId: string, more: object = {}) =>
      server.client.ask(
        `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { execution { status } } }`,
        { input: { applicationId, executionId, ...more } },
      );
    await expect(mutate('moveSlotWaiter', first)).rejects.toThrow('NOT_WAITING');
    await mutate('moveSlotWaiter', third, { before: second });
    expect((await read())?.waiting).toMatchObject([{ execution: { id: third } }, { execution: { id: second } }]);
    await mutate('moveSlotWaiter', second);
    expect((await read())?.waiting).toMatchObject([{ execution: { id: second } }, { execution: { id: third } }]);
    await mutate('withdrawSlotWaiter', second, { reason: 'not today' });
    expect(await runs.read(second)).toMatchObject({ status: 'ABORTED', failureCode: 'WITHDRAWN' });
    await mutate('withdrawSlotWaiter', third);
    expect(await runs.read(third)).toMatchObject({ status: 'ABORTED', failureCode: 'WITHDRAWN' });
    await agent.work(() => runs.is(first, 'SUCCESS'));
    expect(await read()).toEqual({ holder: null, waiting: [] });
  });

  it('costs an element that deploys nothing no wait', async () => {
    const first = await runs.start('workflow', 'ship', web);
    const second = await runs.start('workflow', 'check');
    expect((await slots()).map(({ holder }) => holder)).toEqual([first]);
    await agent.work(async () => (await runs.is(first, 'SUCCESS')) && runs.is(second, 'SUCCESS'));
  });

  it('is free after an abort, and a waiting element that is aborted leaves the queue', async () => {
    const first = await runs.start('workflow', 'ship', web);
    const second = await runs.start('pipeline', 'release', web);
    const third = await runs.start('workflow', 'ship', web);
    expect(await runs.abort(second)).toBe('ABORTED');
    expect((await stage(second))?.status).toBe('ABORTED');
    expect(await runs.abort(first)).toBe('ABORTED');
    await runs.until(third, 'QUEUED');
    expect(await runs.abort(third)).toBe('ABORTED');
  });

  it('is asked for again by a resume, which keeps its tasks while it waits', async () => {
    const id = await runs.start('pipeline', 'rockyline', web);
    await agent.work(
      () => runs.is(id, 'FAILED'),
      ({ task }) => task === 'two',
    );
    const holder = await runs.start('workflow', 'ship', web);
    await resume(id, 'TASK');
    expect(await stage(id)).toMatchObject({ status: 'WAITING', workflowExecutionId: null });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map(({ task }) => task)).toEqual(['deploy', 'two']);
    expect(await runs.until(holder, 'SUCCESS')).toMatchObject({ status: 'SUCCESS' });
    expect((await stage(id))?.reasonCode).toBe(null);
  });

  it('is passed on while runs are paused', async () => {
    const first = await runs.start('workflow', 'ship', web);
    const paused = await runs.start('pipeline', 'rockyline', web);
    const third = await runs.start('workflow', 'ship', web);
    const { applicationId } = await runs.ids('pipeline', 'release');
    const hold = (verb: string) =>
      server.client.ask(
        `mutation ($input: PauseExecutionInput!) { ${verb}Execution(input: $input) { execution { status } } }`,
        { input: { applicationId, executionId: paused } },
      );
    const jobs = await agent.claim();
    await agent.start(...jobs);
    await runs.until(paused, 'RUNNING');
    await hold('pause');
    await agent.finishAll(jobs);
    await runs.until(third, 'QUEUED');
    await agent.work(() => runs.is(third, 'SUCCESS'));
    expect((await waits()).map(({ id }) => id)).toEqual([paused]);
    await hold('continue');
    await agent.work(() => runs.is(paused, 'SUCCESS'));
    expect(await runs.is(first, 'SUCCESS')).toBe(true);
  });
});
