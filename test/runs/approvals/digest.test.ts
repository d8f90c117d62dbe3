import { randomUUID } from 'node:crypto';
import { moveSlots } from '../../../src/runs/slots/slots.store';
import type { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';
import { People } from './people';

const ship = (name: string, environment: string, more = '') =>
  `{ name: ${name}, workflow: ship, environment: ${environment}${more} }`;
const pipeline = (name: string, stages: string) => `
---
kind: Pipeline
application: app
name: ${name}
variables: [{ name: REGION, default: eu }]
stages:
${stages}`;
const ASK = '  - elements: [{ name: ask, approval: { approvals: { from: [Managers], count: 1 } } }]\n';

const DEFINITIONS = `${APP}
---
{kind: Service, application: app, name: api}
---
kind: Workflow
application: app
name: ship
environment: \${environment}
services: [web]
variables: [{ name: REGION, default: eu }, { name: TAG, default: none }]
tasks: { deploy: { run: "true", deploys: true } }
---
kind: Workflow
application: app
name: build
outputs: { TAG: "\${TAG}" }
tasks: { build: { run: "true", register: TAG } }
${pipeline('release', `${ASK}  - elements: [${ship('staging', 'staging')}]\n  - elements: [${ship('prod', 'prod')}]\n`)}
${pipeline('two', `  - elements: [{ name: ask, approval: { approvals: { from: [Managers, Leads], count: 2 } } }]\n  - elements: [${ship('prod', 'prod')}]\n`)}
${pipeline('gated', `${ASK}  - elements: [${ship('prod', 'prod')}]\n`)}
${pipeline('free', `  - elements: [${ship('prod', 'prod')}]\n`)}
${pipeline('both', `${ASK}  - elements: [${ship('staging', 'staging')}, ${ship('prod', 'prod')}]\n`)}
${pipeline('asking', `${ASK}  - elements: [${ship('prod', 'prod', ', runtime_inputs: [REGION]')}]\n`)}
${pipeline('built', `${ASK}  - elements: [{ name: build, workflow: build }]\n  - elements: [${ship('prod', 'prod', `, variables: { TAG: "\${steps.build.outputs.TAG}" }`)}]\n`)}
`;

describe('the digest of an approval', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const people = new People(server, runs);
  let [ann, bob]: TestClient[] = [];
  let version = 0;

  beforeAll(async () => {
    ann = await people.key('ann', ['Managers']);
    bob = await people.key('bob', ['Leads']);
  });
  const as = (client: TestClient | undefined) => client as TestClient;
  const start = (name: string, image = `web:${++version}`, more: object = {}) =>
    runs.start('pipeline', name, { serviceInputs: [{ name: 'web', image }], ...more });
  const ended = (...ids: string[]) =>
    agent.work(async () => (await Promise.all(ids.map((id) => runs.is(id, 'SUCCESS')))).every(Boolean));
  const current = async (environment: string) => {
    const [row] = await server.app.database.rows<{ image: string }>(
      `SELECT image FROM deployment d JOIN environment e ON e.id = d.environment_id WHERE e.name = $1 AND status = 'SUCCEEDED' ORDER BY end_number DESC LIMIT 1`,
      [environment],
    );
    return row?.image ?? null;
  };
  const stage = async (id: string, name: string) =>
    (await runs.read(id)).pipelineStageExecutions?.find((one) => one.pipelineStepName === name);
  const eventsOf = async (id: string) =>
    (await runs.events(id)).filter(({ type }) => type.startsWith('APPROVAL_')).map(({ type }) => type);

  it('covers images to replace; an unchanged subject is not approved twice', async () => {
    const before = await current('prod');
    const id = await start('release');
    const { subject, digest } = await people.waiting(id);
    expect(subject.elements).toEqual([
      {
        stepName: 'staging',
        environment: { name: 'staging' },
        variables: [
          { name: 'REGION', value: 'eu' },
          { name: 'TAG', value: 'none' },
        ],
        services: [{ service: { name: 'web' }, image: `web:${version}`, replaces: await current('staging') }],
      },
      expect.objectContaining({ stepName: 'prod', services: [expect.objectContaining({ replaces: before })] }),
    ]);
    await people.decide(as(ann), id, 'APPROVE', { digest });
    await ended(id);
    expect(await eventsOf(id)).toEqual(['APPROVAL_REQUESTED', 'APPROVAL_DECIDED']);
  });

  it('refuses a vote if the subject has changed, and requests the approval again', async () => {
    const from = await current('prod');
    const id = await start('two');
    const { digest } = await people.waiting(id);
    await people.decide(as(ann), id);
    const other = await start('free');
    await ended(other);
    const to = await current('prod');
    const changes = [{ what: 'web in prod', from, to }];
    await expect(people.decide(as(bob), id)).rejects.toMatchObject({ code: 'APPROVAL_CHANGED', details: { changes } });
    const asked = await people.waiting(id);
    expect(asked).toMatchObject({ changedSince: changes, missing: '2 of Leads or Managers' });
    expect(asked.votes.map(({ counts }) => counts)).toEqual([false]);
    expect(asked.digest).not.toBe(digest);
    await expect(people.decide(as(bob), id, 'APPROVE', { digest })).rejects.toMatchObject({ code: 'APPROVAL_CHANGED' });
    expect(await people.inbox(as(ann))).toContain(id);
    await people.decide(as(bob), id, 'APPROVE', { digest: asked.digest });
    expect(await people.decide(as(ann), id)).toEqual({ decided: true, missing: null });
    await ended(id);
    expect(await eventsOf(id)).toEqual([
      'APPROVAL_REQUESTED',
      'APPROVAL_VOTED',
      'APPROVAL_CHANGED',
      'APPROVAL_VOTED',
      'APPROVAL_DECIDED',
    ]);
  });

  it('requests approval again for an element whose subject has changed, and no other', async () => {
    const [first, second] = [await start('release'), await start('release')];
    await people.decide(as(ann), first);
    await people.decide(as(ann), second);
    const [one, two] = [`web:${version - 1}`, `web:${version}`];
    await agent.work(async () => (await stage(second, 'staging'))?.reasonCode === 'APPROVAL_CHANGED');
    const asked = await people.waiting(second);
    expect(asked).toMatchObject({
      stepName: 'staging',
      changedSince: [expect.objectContaining({ what: 'web in staging', to: one })],
    });
    expect(asked.renewsId).not.toBeNull();
    expect(await runs.read(second)).toMatchObject({ status: 'WAITING' });
    const { execution } = await server.client.ask<{
      execution: { whyNotRunning: { code: string; userGroups: string[] }[] };
    }>('query ($id: ID!) { execution(executionId: $id) { whyNotRunning { code userGroups } } }', { id: second });
    expect(execution.whyNotRunning).toEqual([{ code: 'APPROVAL_CHANGED', userGroups: ['Managers'] }]);
    await ended(first);
    // Production has changed, too, since this approval was asked.
    await expect(people.decide(as(ann), second)).rejects.toMatchObject({ code: 'APPROVAL_CHANGED' });
    await people.decide(as(ann), second);
    await ended(second);
    expect([await current('staging'), await current('prod')]).toEqual([two, two]);
    expect(await eventsOf(second)).toEqual([
      'APPROVAL_REQUESTED',
      'APPROVAL_DECIDED',
      'APPROVAL_REQUESTED',
      'APPROVAL_CHANGED',
      'APPROVAL_DECIDED',
    ]);
  });

  it('renews one approval for all elements of a stage; a rejection ends them', async () => {
    const waiting = async () => {
      const [first, second] = [await start('both'), await start('both')];
      for (const id of [first, second]) await people.decide(as(ann), id);
      await agent.work(() => runs.is(first, 'SUCCESS'));
      for (const name of ['staging', 'prod'])
        await eventually(
          () => stage(second, name),
          (one) => one?.reasonCode === 'APPROVAL_CHANGED',
        );
      return second;
    };
    const id = await waiting();
    expect((await people.approvals(id)).filter(({ status }) => status === 'WAITING')).toHaveLength(1);
    const code = await people.decide(as(ann), id).catch((error: { code: string }) => error.code);
    if (code === 'APPROVAL_CHANGED') await people.decide(as(ann), id);
    await ended(id);

    const rejected = await waiting();
    await people.decide(as(ann), rejected, 'REJECT', { comments: 'not today' });
    await agent.work(() => runs.is(rejected, 'REJECTED'));
    expect(await runs.read(rejected)).toMatchObject({ failureCode: 'REJECTED' });
    expect(await server.app.database.rows(`SELECT FROM approval WHERE status = 'WAITING'`)).toEqual([]);
    expect(await server.app.database.rows('SELECT FROM begin_wait UNION ALL SELECT FROM slot')).toEqual([]);
  });

  it('is exact: the statement that takes the slot refuses what was deployed after the comparison', async () => {
    await ended(await start('free'));
    const { database } = server.app;
    const [now] = await database.rows<{ id: string; environmentId: string; serviceId: string }>(
      `SELECT id, environment_id AS "environmentId", service_id AS "serviceId" FROM deployment
       WHERE status = 'SUCCEEDED' ORDER BY end_number DESC LIMIT 1`,
    );
    if (now === undefined) throw new Error('nothing was deployed');
    const { environmentId, serviceId } = now;
    const [holderId, runId] = [randomUUID(), randomUUID()];
    const holder = { holderId, runId, executionId: runId, stageExecutionId: null, operationId: null };
    const needs = [{ key: `environment ${environmentId}`, limit: 1, policy: 'QUEUE' as const, name: '' }];
    const take = (deploymentId: string | null) => {
      const taken = [{ ...holder, environmentId, needs, assumed: false, replaces: { [serviceId]: deploymentId } }];
      return moveSlots(database, { freed: [], taken, waiting: [] }, new Date());
    };
    for (const other of [null, randomUUID()]) await expect(take(other)).rejects.toMatchObject({ code: 'SL001' });
    await take(now.id);
    await moveSlots(database, { freed: [holderId], taken: [], waiting: [] }, new Date());
  });

  it('is compared after an extension, another definition, an abort and an expiry', async () => {
    const fail = async (id: string) => {
      await agent.runOne({ exitCode: 1 });
      await runs.until(id, 'FAILED');
    };
    const id = await start('gated');
    await people.decide(as(ann), id);
    await fail(id);
    const { applicationId } = await runs.ids('pipeline', 'gated');
    const resume = (definition: string) =>
      server.client.ask(
        'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
        {
          input: { applicationId, pipelineExecutionId: id, definition },
        },
      );
    // Nothing has changed: the failed deployment was its own.
    await resume('PINNED');
    await fail(id);
    expect(await eventsOf(id)).toEqual(['APPROVAL_REQUESTED', 'APPROVAL_DECIDED']);
    const later = pipeline(
      'gated',
      `${ASK}  - elements: [${ship('prod', 'prod')}]\n  - elements: [{ name: build, workflow: build }]\n`,
    );
    await runs.apply(later.slice(5));
    await resume('LATEST');
    expect((await people.waiting(id)).changedSince?.map(({ what }) => what)).toEqual([
      'revision of the pipeline',
      'element "build"',
    ]);
    const [asked] = (await people.approvals(id)).filter(({ status }) => status === 'WAITING');
    await runs.abort(id);
    await runs.until(id, 'ABORTED');
    expect((await people.approvals(id)).find(({ approvalId }) => approvalId === asked?.approvalId)?.status).toBe(
      'ABORTED',
    );

    await resume('PINNED');
    await people.waiting(id);
    await server.app.database.write(`UPDATE approval SET expires_at = now() - interval '1 s' WHERE status = 'WAITING'`);
    expect((await runs.until(id, 'EXPIRED')).pipelineStageExecutions?.[1]).toMatchObject({ reasonCode: 'EXPIRED' });
    await resume('PINNED');
    await people.decide(as(ann), id);
    await ended(id);

    await server.client.ask(
      'mutation ($input: AddImagesToRunInput!) { addImagesToRun(input: $input) { run { id } } }',
      { input: { runId: id, images: [{ service: 'web', image: `web:${++version}` }] } },
    );
    expect(await people.waiting(id)).toMatchObject({ stepName: 'ask', changedSince: null });
    await people.decide(as(ann), id);
    await ended(id);
    expect(await server.app.database.rows('SELECT FROM begin_wait UNION ALL SELECT FROM slot')).toEqual([]);
  });

  it('changes with answers to runtime inputs, but not with later outputs', async () => {
    const id = await start('asking');
    await people.decide(as(ann), id);
    const { applicationId } = await runs.ids('pipeline', 'asking');
    const answer = async (value: string) =>
      server.client.ask(
        'mutation ($input: PipelineResumeRuntimeInput!) { pipelineResumeRuntime(input: $input) { status } }',
        {
          input: {
            applicationId,
            pipelineExecutionId: id,
            pipelineStageElementId: (await stage(id, 'prod'))?.pipelineStageElementId,
            variableInputs: [{ name: 'REGION', variableValue: { type: 'NAME', value } }],
          },
        },
      );
    await answer('us');
    expect((await people.waiting(id)).changedSince).toEqual([
      { what: 'variable REGION of "prod"', from: 'eu', to: 'us' },
    ]);
    await people.decide(as(ann), id);
    await ended(id);

    const built = await start('built');
    expect((await people.waiting(built)).subject.elements[1]?.variables).toContainEqual({
      name: 'TAG',
      value: `\${steps.build.outputs.TAG}`,
    });
    await people.decide(as(ann), built);
    await agent.runOne({ outputs: [{ name: 'TAG', value: 'v7', type: 'string' }] });
    await ended(built);
    expect(await eventsOf(built)).toEqual(['APPROVAL_REQUESTED', 'APPROVAL_DECIDED']);
  });
});
