import type { ClaimedJob } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') => `---
kind: Workflow
application: app
name: ${name}
environment: \${environment}
services: [web]
${keys}
tasks:
${tasks}
`;

/** Every workflow deploys `web`, so each test can have its own environment. */
const DEFINITIONS = [
  APP,
  ...Array.from({ length: 24 }, (_, n) => `---\n{kind: Environment, application: app, name: e${n}, type: NON_PROD}\n`),
  workflow('whole', '  build: { run: x }\n  deploy: { run: x, depends_on: [build] }'),
  workflow('case', '  build: { run: x }\n  deploy: { run: x, depends_on: [build], if: "false" }'),
  workflow('ignored', '  deploy: { run: x, ignore_failure: true }'),
  workflow('all-skipped', '  deploy: { run: x, if: "false" }'),
  workflow('retried', '  deploy: { run: x, retries: 1 }'),
  workflow('marked', '  deploy: { run: x, deploys: [web] }\n  smoke: { run: x, depends_on: [deploy] }'),
  workflow('marked-case', '  build: { run: x }\n  deploy: { run: x, depends_on: [build], deploys: true, if: "false" }'),
  workflow('marked-ignored', '  deploy: { run: x, deploys: true, ignore_failure: true }'),
  workflow('marked-retried', '  deploy: { run: x, deploys: true, retries: 1 }'),
  workflow('marked-asks', '  deploy: { run: x, deploys: true, failure_strategy: { wait: 1h } }'),
  workflow('regions', '  put: { run: x, deploys: [web], matrix: { region: [eu, us] } }', 'mode: PARALLEL'),
  `---
kind: Workflow
application: app
name: nowhere
tasks: { build: { run: x } }
`,
  `---
kind: Pipeline
application: app
name: release
stages: [{ elements: [{ name: put, workflow: marked, environment: e0 }] }]
`,
].join('');

interface View {
  readonly status: string;
  readonly image: string;
  readonly task: string | null;
  readonly executionId: string;
  readonly runId: string;
}

const short = ({ image, status, task }: View) => `${image} ${status}${task === null ? '' : ` by ${task}`}`;

describe('what is deployed where', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  let next = 1;

  const begin = async (name: string, image = 'web:1', environment = `e${next++}`) => {
    const serviceInputs = [{ name: 'web', image }];
    const variableInputs = [{ name: 'environment', variableValue: { type: 'NAME', value: environment } }];
    const more = name === 'nowhere' ? {} : { serviceInputs, variableInputs };
    return { environment, id: await runs.start('workflow', name, more) };
  };
  const work = (id: string, ...fails: string[]) =>
    agent.work(
      () => runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'),
      (job: ClaimedJob) => fails.includes(job.task),
    );

  const DEPLOYMENT = 'status image task executionId runId';
  const recorded = async (id: string): Promise<string[]> => {
    const { execution } = await server.client.ask<{ execution: { deployments: View[] } }>(
      `query ($id: ID!) { execution(executionId: $id) { deployments { ${DEPLOYMENT} } } }`,
      { id },
    );
    return execution.deployments.map(short);
  };
  /** Current deployments of an environment, and newer ones. */
  const standing = async (environment: string): Promise<string[]> => {
    const { applicationByName } = await server.client.ask<{
      applicationByName: {
        environments: { nodes: { name: string; deployments: View[]; unsettledDeployments: View[] }[] };
      };
    }>(
      `{ applicationByName(name: "app") { environments(limit: 50) { nodes { name
        deployments { ${DEPLOYMENT} } unsettledDeployments { ${DEPLOYMENT} } } } } }`,
    );
    const found = applicationByName.environments.nodes.find(({ name }) => name === environment);
    return [
      ...(found?.deployments ?? []).map(short),
      ...(found?.unsettledDeployments ?? []).map((one) => `? ${short(one)}`),
    ];
  };
  /** Events of the whole run without a gap, and each deployment with its changes. */
  const told = async (runId: string) => {
    const events = await runs.events(runId);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    return events
      .filter(({ type }) => type === 'DEPLOYMENT_STATUS' || type === 'DEPLOYED')
      .map(({ type, data }) => (type === 'DEPLOYED' ? 'DEPLOYED' : data.status));
  };

  it('shows images as artifacts of their repositories, and those of before', async () => {
    const first = await begin('whole', 'registry.example:5000/web:1');
    await work(first.id);
    const { id } = await begin('whole', 'registry.example:5000/web:2', first.environment);
    await work(id);
    const artifact = 'buildNo image collectedAt artifactSource { name }';
    const read = `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution {
      artifacts { ${artifact} } rollbackArtifacts { ${artifact} } } }
      services { nodes { artifactType deploymentType artifactSources { name artifacts(limit: 1) { nodes { buildNo } pageInfo { total hasMore } } } } } }`;
    const answer = await server.client.ask<{
      services: { nodes: { artifactSources: { name: string }[] }[] };
      execution: object;
    }>(read, { id });
    const source = { artifactSource: { name: 'registry.example:5000/web' }, collectedAt: expect.any(String) };
    expect(answer.execution).toEqual({
      artifacts: [{ ...source, buildNo: '2', image: 'registry.example:5000/web:2' }],
      rollbackArtifacts: [{ ...source, buildNo: '1', image: 'registry.example:5000/web:1' }],
    });
    const [web] = answer.services.nodes.filter(({ artifactSources }) => artifactSources.length > 0);
    expect(web).toMatchObject({ artifactType: 'DOCKER', deploymentType: 'CUSTOM' });
    expect(web?.artifactSources.filter(({ name }) => name.startsWith('registry'))).toEqual([
      {
        name: 'registry.example:5000/web',
        artifacts: { nodes: [{ buildNo: '2' }], pageInfo: { total: 2, hasMore: true } },
      },
    ]);
  });

  it('follows the whole workflow if no task declares deploys', async () => {
    const { id, environment } = await begin('whole');
    expect(await recorded(id)).toEqual([]);
    const job = await agent.claimOne();
    await agent.start(job);
    expect(await standing(environment)).toEqual(['? web:1 IN_PROGRESS']);
    await agent.finish(job);
    expect(await standing(environment)).toEqual(['? web:1 IN_PROGRESS']);
    await work(id);
    expect(await standing(environment)).toEqual(['web:1 SUCCEEDED']);
    expect(await told(id)).toEqual(['IN_PROGRESS', 'SUCCEEDED', 'DEPLOYED']);
  });

  // How each workflow runs, and the expected record.
  it.each<[string, string, string[], string[]]>([
    ['recorded-but-not-deployed: a condition skips the task that deploys', 'case', [], ['web:1 UNKNOWN']],
    ['recorded-but-not-deployed: the failure is ignored', 'ignored', ['deploy'], ['web:1 UNKNOWN']],
    ['nothing for a workflow of which every task is skipped', 'all-skipped', [], []],
    ['a failed workflow', 'whole', ['deploy'], ['web:1 FAILED']],
    ['one deployment for all tries of a workflow', 'retried', ['deploy'], ['web:1 FAILED']],
    ['a marked task that succeeds, whatever fails later', 'marked', ['smoke'], ['web:1 SUCCEEDED by deploy']],
    ['a marked task that fails', 'marked', ['deploy'], ['web:1 FAILED by deploy']],
    ['nothing for a marked task that a condition skips', 'marked-case', [], []],
    ['nothing for a marked task that is never reached', 'marked-case', ['build'], []],
    ['a marked task whose failure is ignored', 'marked-ignored', ['deploy'], ['web:1 UNKNOWN by deploy']],
    [
      'a deployment for each try of a marked task',
      'marked-retried',
      ['deploy'],
      Array(2).fill('web:1 FAILED by deploy'),
    ],
    [
      'a deployment for each combination of a matrix',
      'regions',
      ['put[region=eu]'],
      ['web:1 FAILED by put[region=eu]', 'web:1 SUCCEEDED by put[region=us]'],
    ],
    ['nothing where no environment is given', 'nowhere', [], []],
  ])('records %s', async (_name, name, fails, expected) => {
    const { id } = await begin(name);
    await work(id, ...fails);
    expect((await recorded(id)).sort()).toEqual(expected);
    const statuses = (await told(id)).filter((status) => status !== 'IN_PROGRESS' && status !== 'DEPLOYED').sort();
    expect(statuses).toEqual(expected.map((one) => one.split(' ')[1]).sort());
  });

  it('shows later unsuccessful deployments, until the next success', async () => {
    const { id, environment } = await begin('marked');
    await work(id);
    await work((await begin('marked', 'web:2', environment)).id, 'deploy');
    expect(await standing(environment)).toEqual(['web:1 SUCCEEDED by deploy', '? web:2 FAILED by deploy']);
    await work((await begin('marked', 'web:3', environment)).id);
    expect(await standing(environment)).toEqual(['web:3 SUCCEEDED by deploy']);
    // A combination that succeeds later doesn't settle the one that failed.
    await work((await begin('regions', 'web:4', environment)).id, 'put[region=eu]');
    const mixed = ['web:4 SUCCEEDED by put[region=us]', '? web:4 FAILED by put[region=eu]'];
    expect(await standing(environment)).toEqual(mixed);
  });

  it.each([
    ['MARK_AS_SUCCESS', 'web:1 SUCCEEDED by deploy'],
    ['IGNORE', 'web:1 UNKNOWN by deploy'],
    ['FAIL', 'web:1 FAILED by deploy'],
  ])('waits with the task for a person’s decision: %s', async (action, expected) => {
    const { id } = await begin('marked-asks');
    await agent.runOne({ exitCode: 1 });
    expect(await recorded(id)).toEqual(['web:1 IN_PROGRESS by deploy']);
    const { applicationId } = await runs.ids('workflow', 'marked-asks');
    const { id: taskExecutionId } = await runs.task(id, 'deploy');
    await server.client.ask(
      'mutation ($input: InterveneExecutionInput!) { interveneExecution(input: $input) { clientMutationId } }',
      {
        input: { applicationId, executionId: id, taskExecutionId, action },
      },
    );
    expect(await recorded(id)).toEqual([expected]);
  });

  it('is UNKNOWN if the command is stopped, and not recorded if it had not started', async () => {
    const { id } = await begin('marked');
    const job = await agent.claimOne();
    await agent.start(job);
    await runs.abort(id);
    await agent.finish(job, { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
    expect(await recorded(id)).toEqual(['web:1 UNKNOWN by deploy']);
    const never = await begin('marked');
    await runs.abort(never.id);
    expect(await recorded(never.id)).toEqual([]);
    const killed = await begin('marked');
    await agent.runOne({ exitCode: null, signal: 'SIGKILL' });
    expect(await recorded(killed.id)).toEqual(['web:1 UNKNOWN by deploy']);
  });

  it('pages through the history, with run, actor and service', async () => {
    const { environment } = await begin('marked', 'web:1', 'e0');
    for (const image of ['web:2', 'web:3']) await begin('marked', image, environment);
    for (let n = 0; n < 6; n++) await agent.runOne();
    const { environments } = await server.client.ask<{ environments: { nodes: { id: string }[] } }>(
      '{ environments(filters: [{name: {operator: EQUALS, values: ["e0"]}}]) { nodes { id } } }',
    );
    const id = environments.nodes[0]?.id;
    const page = (after: string | null, service: string | null = 'web') =>
      server.client.ask<{
        environment: {
          deploymentHistory: { nodes: { image: string }[]; pageInfo: { endCursor: string; total: number } };
        };
      }>(
        `query ($id: ID!, $after: String, $service: String) { environment(environmentId: $id) {
          deploymentHistory(service: $service, first: 2, after: $after) {
            nodes { image actor { kind } run { id } service { name } newer { id } } pageInfo { endCursor total } } } }`,
        { id, after, service },
      );
    const first = (await page(null)).environment.deploymentHistory;
    expect(first.nodes).toEqual([
      expect.objectContaining({
        image: expect.any(String),
        service: { name: 'web' },
        actor: { kind: expect.any(String) },
      }),
      expect.anything(),
    ]);
    expect(first.pageInfo.total).toBe(3);
    const second = (await page(first.pageInfo.endCursor, null)).environment.deploymentHistory;
    expect(new Set([...first.nodes, ...second.nodes].map(({ image }) => image)).size).toBe(3);
    await expect(page(null, 'wep')).rejects.toThrow('No service named "wep" exists');
  });

  it('takes the same number of statements for many environments as for one', async () => {
    const goOn = await server.sweeper.pause();
    // Minimum of several measurements, because the server also sends its own statements.
    const statements = async (limit: number) => {
      const counts: number[] = [];
      for (let n = 0; n < 5; n++) {
        const before = server.app.database.statements;
        await server.client.ask(`{ environments(limit: ${limit}) { nodes {
          deployments { image service { name } newer { image } run { id } } unsettledDeployments { image actor { name } }
          deploymentHistory(first: 3) { nodes { image environment { name } } } } }
          services(limit: 5) { nodes { deployments { image } unsettledDeployments { image } } } }`);
        counts.push(server.app.database.statements - before);
      }
      return Math.min(...counts);
    };
    expect(await statements(20)).toBeLessThanOrEqual((await statements(9)) + 2);
    goOn();
  });
});
