import type { Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { endDueRuntimeInputs } from '../../../src/runs/commands/answerRuntimeInputs';
import { APP } from '../../support/runs';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: deploy
environment: \${environment}
variables:
  - { name: VERSION, required: true }
  - { name: REPLICAS, type: number, default: "2" }
  - { name: COLOR, required: true, allowed_values: [blue, green] }
tasks:
  go: { run: "true" }
---
kind: Workflow
application: app
name: check
tasks: { look: { run: "true" } }
---
kind: Pipeline
application: app
name: release
variables: [{ name: VERSION, default: "1.0" }]
stages:
  - elements: [{ name: check, workflow: check }]
  - elements:
      - name: deploy
        workflow: deploy
        environment: prod
        runtime_inputs: [COLOR, REPLICAS, VERSION]
---
kind: Pipeline
application: app
name: patient
stages:
  - elements:
      - name: deploy
        workflow: deploy
        environment: staging
        variables: { COLOR: green, VERSION: "7" }
        runtime_inputs: { variables: [COLOR, VERSION], timeout: 1h, on_timeout: continue }
      - { name: check, workflow: check }
`;

interface Element {
  readonly pipelineStageElementId: string;
  readonly pipelineStepName: string;
  readonly status: string;
  readonly reason: string | null;
  readonly waitsUntil: string | null;
  readonly inputVariables: readonly { name: string; value: string }[];
  readonly runtimeInputVariables: readonly { name: string; defaultValue: string | null; required: boolean }[] | null;
  readonly runtimeInputsGiven: { by: { name: string }; variables: readonly { name: string; value: string }[] } | null;
}

describe('runtime inputs', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const element = async (id: string): Promise<Element> => {
    const { execution } = await server.client.ask<{ execution: { pipelineStageExecutions: Element[] } }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { pipelineStageExecutions {
        pipelineStageElementId pipelineStepName status reason ... on WorkflowStageExecution { waitsUntil inputVariables { name value }
          runtimeInputVariables { name type required fixed allowedValues allowMultipleValues defaultValue }
          runtimeInputsGiven { by { name } variables { name value } } } } } } }`,
      { id },
    );
    const found = execution.pipelineStageExecutions.find((one) => one.pipelineStepName === 'deploy');
    if (found === undefined) throw new Error('there is an element "deploy"');
    return found;
  };
  const answer = async (id: string, values: Readonly<Record<string, string>>, client = server.client) => {
    const { applicationId } = await runs.ids('pipeline', 'release');
    const { pipelineStageElementId } = await element(id);
    const variableInputs = Object.entries(values).map(([name, value]) => ({
      name,
      variableValue: { type: 'NAME', value },
    }));
    const input = { applicationId, pipelineExecutionId: id, pipelineStageElementId, variableInputs };
    return client.ask(
      'mutation ($input: PipelineResumeRuntimeInput!) { pipelineResumeRuntime(input: $input) { status } }',
      { input },
    );
  };
  const asking = async (pipeline = 'release'): Promise<string> => {
    const id = await runs.start('pipeline', pipeline);
    await agent.work(() => runs.is(id, 'PAUSED'));
    return id;
  };
  const overdue = (id: string) =>
    server.app.database.write(
      `UPDATE stage_execution SET waits_until = now() - interval '1 s' WHERE execution_id = $1 AND waits_until IS NOT NULL`,
      [id],
    );
  const envOf = (jobs: readonly { task: string; env: Readonly<Record<string, string>> }[]) =>
    jobs.find((job) => job.task === 'go')?.env;

  it('pause the run at the stage, and start it with the answers', async () => {
    const id = await asking();
    expect(await element(id)).toMatchObject({
      status: 'PAUSED',
      waitsUntil: expect.any(String),
      runtimeInputVariables: [
        { name: 'VERSION', type: 'string', required: true, fixed: false, defaultValue: '1.0' },
        { name: 'REPLICAS', type: 'number', required: false, defaultValue: '2' },
        { name: 'COLOR', allowedValues: ['blue', 'green'], allowMultipleValues: false, defaultValue: null },
      ],
      runtimeInputsGiven: null,
    });
    await answer(id, { COLOR: 'blue', REPLICAS: '3' });
    expect(await runs.read(id)).toMatchObject({ status: 'RUNNING' });
    await answer(id, { COLOR: 'blue', REPLICAS: '3' });
    await expect(answer(id, { COLOR: 'green' })).rejects.toThrow('CONFLICT');
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(envOf(ran)).toMatchObject({ VERSION: '1.0', REPLICAS: '3', COLOR: 'blue' });
    expect(await element(id)).toMatchObject({
      status: 'SUCCESS',
      waitsUntil: null,
      runtimeInputVariables: null,
      runtimeInputsGiven: {
        variables: expect.arrayContaining([
          { name: 'COLOR', value: 'blue' },
          { name: 'REPLICAS', value: '3' },
        ]),
      },
    });
    const told = (await runs.events(id)).filter(({ type }) => type.startsWith('RUNTIME_INPUTS'));
    expect(told.map(({ type, data }) => [type, data.variables])).toEqual([
      ['RUNTIME_INPUTS_REQUESTED', ['COLOR', 'REPLICAS', 'VERSION']],
      ['RUNTIME_INPUTS_GIVEN', ['COLOR', 'REPLICAS']],
    ]);
  });

  it('are rejected with all errors, and stay requested', async () => {
    const id = await asking();
    const refused = answer(id, { REPLICAS: 'many', COLOR: 'red', OTHER: 'x' });
    await expect(refused).rejects.toThrow(/"many" is not a number.*"red" is not one of|"red".*"many"/s);
    await expect(answer(id, { REPLICAS: '1', OTHER: 'x' })).rejects.toThrow(/"OTHER".*required|required.*"OTHER"/s);
    expect(await element(id)).toMatchObject({ status: 'PAUSED', runtimeInputsGiven: null });
    await runs.abort(id);
    expect(await element(id)).toMatchObject({ status: 'ABORTED', runtimeInputVariables: null });
  });

  it('expire by default, and can be requested again by a resume', async () => {
    const id = await asking();
    await endDueRuntimeInputs(server.app);
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await overdue(id);
    await endDueRuntimeInputs(server.app);
    expect(await runs.read(id)).toMatchObject({ status: 'EXPIRED' });
    expect((await element(id)).reason).toContain('nobody answered');
    await resume(id);
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await answer(id, { COLOR: 'green' });
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'go',
    );
    await resume(id, { askRuntimeInputs: true });
    expect((await element(id)).runtimeInputVariables?.at(-1)).toMatchObject({ name: 'COLOR', defaultValue: 'green' });
    await answer(id, {});
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'go',
    );
    await resume(id);
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(envOf(ran)).toMatchObject({ COLOR: 'green' });
  });
  const resume = async (id: string, more: object = {}) => {
    const { applicationId } = await runs.ids('pipeline', 'release');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id, pipelineStageName: 'STAGE 2', ...more } },
    );
  };

  it('are kept by a resume with the latest definition if they meet its rules', async () => {
    const id = await asking();
    await answer(id, { COLOR: 'blue', REPLICAS: '3' });
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'go',
    );
    await runs.apply(DEFINITIONS.replace('[blue, green]', '[green]'));
    await expect(resume(id, { definition: 'LATEST' })).rejects.toThrow(/INVALID_INPUT.*COLOR: "blue" is not one of/s);
    await runs.apply(
      DEFINITIONS.replace('[blue, green]', '[blue, green, red]').replace('[COLOR, REPLICAS, VERSION]', '[COLOR]'),
    );
    await resume(id, { definition: 'LATEST' });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(envOf(ran)).toMatchObject({ COLOR: 'blue', REPLICAS: '2', VERSION: '1.0' });
    await runs.apply(DEFINITIONS);
  });

  it('continue with the defaults after their timeout if the definition says so', async () => {
    const id = await asking('patient');
    await overdue(id);
    await endDueRuntimeInputs(server.app);
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(envOf(ran)).toMatchObject({ COLOR: 'green', VERSION: '7' });
    expect((await element(id)).runtimeInputsGiven).toMatchObject({ variables: [] });
  });

  it('leave parallel elements running, and are withdrawn if one of them fails', async () => {
    const id = await runs.start('pipeline', 'patient');
    const job = await agent.claimOne();
    await agent.start(job);
    expect(await runs.read(id)).toMatchObject({ status: 'RUNNING' });
    await agent.finish(job, { exitCode: 1 });
    expect(await runs.read(id)).toMatchObject({ status: 'FAILED' });
    expect(await element(id)).toMatchObject({ status: 'SKIPPED', waitsUntil: null });
  });

  it('that are answered while the run is paused start nothing until it continues', async () => {
    const id = await runs.start('pipeline', 'patient');
    const job = await agent.claimOne();
    await agent.start(job);
    await hold('pause', id);
    await answer(id, { COLOR: 'blue' });
    expect(await element(id)).toMatchObject({ status: 'QUEUED' });
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await agent.finish(job);
    expect(await agent.claim(10, 0)).toEqual([]);
    await hold('continue', id);
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(envOf(ran)).toMatchObject({ COLOR: 'blue' });
  });
  it('of a paused run are withdrawn if a parallel element fails, and by an abort', async () => {
    for (const end of ['fail', 'abort']) {
      const id = await runs.start('pipeline', 'patient');
      const job = await agent.claimOne();
      await agent.start(job);
      await hold('pause', id);
      await answer(id, { COLOR: 'blue' });
      if (end === 'fail') await agent.finish(job, { exitCode: 1 });
      else {
        await runs.abort(id);
        await agent.finish(job, { exitCode: null, reason: 'CANCELLED' });
      }
      expect(await runs.read(id)).toMatchObject({ status: end === 'fail' ? 'FAILED' : 'ABORTED' });
      expect(await element(id)).toMatchObject({ status: 'SKIPPED' });
    }
  });
  const hold = async (verb: 'pause' | 'continue', executionId: string) => {
    const { applicationId } = await runs.ids('pipeline', 'release');
    await server.client.ask(
      `mutation ($input: PauseExecutionInput!) { ${verb}Execution(input: $input) { execution { id } } }`,
      { input: { applicationId, executionId } },
    );
  };

  it('can’t be paused or continued: they wait for answers', async () => {
    const id = await asking();
    await expect(hold('pause', id)).rejects.toThrow('pipelineResumeRuntime');
    await expect(hold('continue', id)).rejects.toThrow('pipelineResumeRuntime');
    await runs.abort(id);
  });

  it('accept exactly one of twenty concurrent answers, over two servers', async () => {
    const second = await startTestServer({}, server.databaseUrl);
    const clients = Array.from(
      { length: 20 },
      (_, n) => new TestClient(n % 2 === 0 ? server.url : second.url, ADMIN_KEY),
    );
    try {
      const id = await asking();
      const outcomes = await Promise.all(
        clients.map((client, n) =>
          answer(id, { COLOR: 'blue', REPLICAS: String(n) }, client).then(
            () => 'taken',
            (error: Error) => error.message.split(':')[0],
          ),
        ),
      );
      expect(outcomes.filter((one) => one === 'taken')).toHaveLength(1);
      expect(outcomes.filter((one) => one === 'CONFLICT')).toHaveLength(19);
      await runs.abort(id);
    } finally {
      await second.stop();
    }
  });

  it('need the permission for the environment of the stage', async () => {
    const { applicationId } = await runs.ids('pipeline', 'release');
    const applications = { appIds: [applicationId] };
    const developers: Permissions = {
      appPermissions: [
        { permissionType: 'DEPLOYMENT', actions: ['READ'], applications },
        {
          permissionType: 'DEPLOYMENT',
          actions: ['EXECUTE_PIPELINE'],
          applications,
          deployments: { filterTypes: ['NON_PRODUCTION_ENVIRONMENTS'] },
        },
      ],
    };
    const developer = new TestClient(server.url, await createKey(server.client, 'Developers', developers));
    const prod = await asking('release');
    await expect(answer(prod, { COLOR: 'blue' }, developer)).rejects.toThrow('FORBIDDEN');
    const staging = await asking('patient');
    await answer(staging, { COLOR: 'blue' }, developer);
    await runs.abort(prod);
    await runs.abort(staging);
  });
});
