import type { ApiError } from '../../../src/client/apiError';
import type { ClaimedJob } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string) => `---
kind: Workflow
application: app
name: ${name}
environment: \${environment}
services: [web]
tasks:
${tasks}
`;
const pipeline = (name: string, of: string, environment: string, more = '') => `---
kind: Pipeline
application: app
name: ${name}
stages:
  - elements: [{ name: put, workflow: ${of}, environment: ${environment} }]
  - elements: [{ name: check, workflow: check }]
${more}`;

/** Each test has its own environment. */
const DEFINITIONS = [
  APP,
  ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(
    (n) => `---\n{kind: Environment, application: app, name: ${n}, type: NON_PROD}\n`,
  ),
  workflow('put', '  deploy: { run: x }'),
  workflow('marked', '  deploy: { run: x, deploys: true }\n  smoke: { run: x, depends_on: [deploy] }'),
  workflow('asks', '  deploy: { run: x, deploys: true, failure_strategy: { wait: 1h } }\n  other: { run: x }'),
  workflow('two', '  deploy: { run: x, deploys: true }\n  other: { run: x }'),
  `---
kind: Workflow
application: app
name: check
tasks: { look: { run: x } }
`,
  pipeline('to-a', 'put', 'a'),
  pipeline('to-b', 'marked', 'b'),
  `---
kind: Pipeline
application: app
name: gated
stages:
  - elements: [{ name: gate, approval: { approvers: [Managers], timeout: 1h } }]
  - elements: [{ name: put, workflow: marked, environment: f }]
---
kind: Pipeline
application: app
name: checked
stages:
  - elements: [{ name: check, workflow: check }]
  - elements: [{ name: put, workflow: marked, environment: g }]
`,
].join('');

const MOVED_ON = 'ENVIRONMENT_MOVED_ON';

describe('a run that an environment has moved past', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  let applicationId = '';
  beforeAll(async () => {
    ({ applicationId } = await runs.ids('workflow', 'put'));
  });

  const work = (id: string, ...fails: string[]) =>
    agent.work(
      () => runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'),
      (job: ClaimedJob) => fails.includes(job.task),
    );
  const pipelineRun = async (name: string, image: string, ...fails: string[]) => {
    const id = await runs.start('pipeline', name, { serviceInputs: [{ name: 'web', image }] });
    await work(id, ...fails);
    return id;
  };
  const workflowRun = async (name: string, environment: string, image: string) =>
    runs.start('workflow', name, {
      serviceInputs: [{ name: 'web', image }],
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: environment } }],
    });
  const mutate = (name: string, type: string, input: object) =>
    server.client
      .ask(`mutation ($input: ${type}!) { ${name}(input: $input) { clientMutationId } }`, { input })
      .then(() => 'OK')
      .catch((error: ApiError) => error.code);
  const images = async (environment: string) => {
    const { environments } = await server.client.ask<{
      environments: { nodes: { deployments: { image: string; runId: string }[] }[] };
    }>(
      `{ environments(filters: [{name: {operator: EQUALS, values: ["${environment}"]}}]) { nodes { deployments { image runId } } } }`,
    );
    return environments.nodes[0]?.deployments.map(({ image }) => image);
  };

  it('resume-overwrites-newer: is resumed and rerun only with overrule, as previewed', async () => {
    const old = await pipelineRun('to-a', 'web:1', 'look');
    const input = { applicationId, pipelineExecutionId: old, pipelineStageName: 'STAGE 1' };
    const preview = (more: object = {}) =>
      server.client.ask<{
        resumePreview: { allowed: boolean; planToken: string | null; refusals: { code: string }[]; replaced: object[] };
      }>(
        `query ($input: ResumeExecutionInput!) { resumePreview(input: $input) { allowed planToken refusals { code }
          replaced { environment service image deployed { image runId } } } }`,
        { input: { ...input, ...more } },
      );
    const before = (await preview()).resumePreview;
    expect(before).toMatchObject({ allowed: true, replaced: [] });
    const newer = await pipelineRun('to-a', 'web:2');
    const replaced = [{ environment: 'a', service: 'web', image: 'web:1', deployed: { image: 'web:2', runId: newer } }];
    expect((await preview()).resumePreview).toMatchObject({ allowed: false, refusals: [{ code: MOVED_ON }], replaced });
    expect(await mutate('resumeExecution', 'ResumeExecutionInput', input)).toBe(MOVED_ON);
    expect(await mutate('rerunExecution', 'RerunExecutionInput', { applicationId, executionId: old })).toBe(MOVED_ON);
    // It continues from the stage that deploys nothing, and so does the newer run.
    expect(await mutate('resumeExecution', 'ResumeExecutionInput', { applicationId, pipelineExecutionId: old })).toBe(
      'OK',
    );
    await work(old, 'look');
    expect(await mutate('rerunExecution', 'RerunExecutionInput', { applicationId, executionId: newer })).toBe('OK');
    await work(newer);
    expect(await images('a')).toEqual(['web:2']);
    const seen = (await preview({ overrule: true })).resumePreview;
    expect(seen).toMatchObject({ allowed: true, replaced: [{ deployed: { image: 'web:2' } }] });
    const given = { ...input, overrule: true, planToken: before.planToken };
    expect(await mutate('resumeExecution', 'ResumeExecutionInput', given)).toBe('PLAN_STALE');
    expect(await mutate('resumeExecution', 'ResumeExecutionInput', { ...given, planToken: seen.planToken })).toBe('OK');
    await work(old);
    expect(await images('a')).toEqual(['web:1']);
    // The newer run started after the one that made the current deployment.
    expect(await mutate('rerunExecution', 'RerunExecutionInput', { applicationId, executionId: newer })).toBe('OK');
    await work(newer);
  });

  it('is extended, and resumed at the task that deploys, only with overrule', async () => {
    const [failed, old] = [await pipelineRun('to-b', 'web:1', 'smoke'), await pipelineRun('to-b', 'web:1')];
    await pipelineRun('to-b', 'web:9');
    const extension = { runId: old, images: [{ service: 'web', image: 'web:2' }] };
    expect(await mutate('addImagesToRun', 'AddImagesToRunInput', extension)).toBe(MOVED_ON);
    const input = { applicationId, pipelineExecutionId: failed };
    expect(await mutate('resumeExecution', 'ResumeExecutionInput', input)).toBe(MOVED_ON);
    // The task that deployed is kept.
    expect(await mutate('resumeExecution', 'ResumeExecutionInput', { ...input, granularity: 'TASK' })).toBe('OK');
    await work(failed);
    expect(await images('b')).toEqual(['web:9']);
    expect(await mutate('addImagesToRun', 'AddImagesToRunInput', { ...extension, overrule: true })).toBe('OK');
    await work(old);
    expect(await images('b')).toEqual(['web:2']);
  });

  it('resumes its workflow only with overrule', async () => {
    const old = await workflowRun('marked', 'c', 'web:1');
    await work(old, 'deploy');
    await work(await workflowRun('put', 'c', 'web:2'));
    const resume = { applicationId, workflowExecutionId: old };
    expect(await mutate('resumeWorkflowExecution', 'ResumeWorkflowExecutionInput', resume)).toBe(MOVED_ON);
    const overrule = { ...resume, overrule: true };
    expect(await mutate('resumeWorkflowExecution', 'ResumeWorkflowExecutionInput', overrule)).toBe('OK');
    await work(old);
    expect(await images('c')).toEqual(['web:1']);
  });

  it('can’t exist while a failed task waits for a decision, because a newer run waits for its slot', async () => {
    const waiting = await workflowRun('asks', 'd', 'web:1');
    await agent.work(
      async () => (await runs.task(waiting, 'deploy')).status === 'WAITING',
      ({ task }) => task === 'deploy',
    );
    const newer = await workflowRun('put', 'd', 'web:2');
    expect(await runs.is(newer, 'WAITING')).toBe(true);
    const { id: taskExecutionId } = await runs.task(waiting, 'deploy');
    const retry = { applicationId, executionId: waiting, taskExecutionId, action: 'RETRY' };
    expect(await mutate('interveneExecution', 'InterveneExecutionInput', retry)).toBe('OK');
    await work(waiting);
    await work(newer);
    expect(await images('d')).toEqual(['web:2']);
  });

  it('can’t exist while its workflow runs and a failed task is retried', async () => {
    const id = await workflowRun('two', 'e', 'web:1');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    for (const job of jobs.filter(({ task }) => task === 'deploy')) await agent.finish(job, { exitCode: 1 });
    const newer = await workflowRun('put', 'e', 'web:2');
    const retry = { applicationId, taskExecutionId: (await runs.task(id, 'deploy')).id };
    expect(await mutate('retryTask', 'RetryTaskInput', retry)).toBe('OK');
    for (const job of jobs.filter(({ task }) => task !== 'deploy')) await agent.finish(job);
    await work(id);
    expect(await images('e')).toEqual(['web:1']);
    await work(newer);
    expect(await images('e')).toEqual(['web:2']);
  });

  it('shows what it would replace once it is approved or continued', async () => {
    const serviceInputs = [{ name: 'web', image: 'web:1' }];
    const gated = await runs.start('pipeline', 'gated', { serviceInputs });
    const paused = await runs.start('pipeline', 'checked', { serviceInputs });
    const input = { applicationId, executionId: paused };
    expect(await mutate('pauseExecution', 'PauseExecutionInput', input)).toBe('OK');
    const willReplace = async (...ids: string[]) => {
      const { executions } = await server.client.ask<{
        executions: { nodes: { id: string; willReplace: object[] }[] };
      }>(
        `query ($ids: [String!]!) { executions(filters: [{execution: {operator: IN, values: $ids}}]) { nodes { id
          willReplace { environment service image deployed { image runId } } } } }`,
        { ids },
      );
      return ids.map((id) => executions.nodes.find((node) => node.id === id)?.willReplace);
    };
    expect(await willReplace(gated, paused)).toEqual([[], []]);
    const newer: string[] = [];
    for (const environment of ['f', 'g']) {
      const id = await workflowRun('put', environment, 'web:2');
      newer.push(id);
      await work(id);
    }
    const shown = (environment: string, runId = '') => [
      { environment, service: 'web', image: 'web:1', deployed: { image: 'web:2', runId } },
    ];
    expect(await willReplace(gated, paused)).toEqual([shown('f', newer[0]), shown('g', newer[1])]);
    // The approval covered the earlier image. It is requested again, with the change.
    await expect(runs.decide(gated, 'APPROVE')).rejects.toThrow('web in f is web:2 instead of nothing');
    await runs.decide(gated, 'APPROVE');
    expect(await mutate('continueExecution', 'PauseExecutionInput', input)).toBe('OK');
    await work(gated);
    await work(paused);
    expect(await willReplace(gated, paused)).toEqual([[], []]);
  });
});
