import { testApi } from './api';
import { parts, pipeline, stage, workflow } from './language/documents';

const given = 'environment: $' + '{environment}';
const source =
  parts +
  workflow('build', { tasks: 'tasks: { pack: { run: x } }' }) +
  workflow('deploy', {
    keys: `${given}\nservices: [web, inventory]`,
    tasks: 'tasks: { one: { run: x, deploys: [web, inventory], artifacts: { from: [build.pack, build] } } }',
  }) +
  workflow('check', { keys: 'environment: staging' }) +
  pipeline(
    'release',
    [
      stage('name: build, workflow: build'),
      stage('name: stage, workflow: deploy, environment: staging, services: [web]'),
      stage('name: check, workflow: check'),
    ].join('\n'),
  );

interface Numbers {
  readonly [name: string]: number;
}

describe('renaming resources that definitions refer to', () => {
  const api = testApi();
  beforeEach(() => api.apply(source));
  afterEach(() => api.empty());

  /** All definitions as documents, and the numbers of the current revisions. */
  async function defined(): Promise<{ readonly documents: string; readonly numbers: Numbers }> {
    const parts = 'nodes { name definition revision { number } }';
    const { applicationByName } = await api.ask<{
      applicationByName: Record<
        string,
        { nodes: { name: string; definition: string; revision: { number: number } }[] }
      >;
    }>(`{ applicationByName(name: "shop") { workflows { ${parts} } pipelines { ${parts} } } }`);
    const nodes = Object.values(applicationByName).flatMap((connection) => connection.nodes);
    return {
      documents: nodes.map((node) => node.definition).join('---\n'),
      numbers: Object.fromEntries(nodes.map((node) => [node.name, node.revision.number])),
    };
  }

  /** Applying the written documents must change nothing: references and hashes are correct. */
  async function expectSound(): Promise<void> {
    const applied = await api.apply((await defined()).documents);
    expect(applied.map((one) => one.action)).toEqual(applied.map(() => 'UNCHANGED'));
  }

  test('an environment', async () => {
    const environmentId = await api.partId('environments', 'staging');
    await api.mutate('updateEnvironment', { environmentId, name: 'test' }, 'clientMutationId');
    const { documents, numbers } = await defined();
    expect(documents).not.toContain('staging');
    expect(numbers).toEqual({ build: 1, deploy: 1, check: 2, release: 2 });
    await expectSound();
  });

  test('a service', async () => {
    const serviceId = await api.partId('services', 'web');
    await api.mutate('updateService', { serviceId, name: 'a front' }, 'clientMutationId');
    const { documents, numbers } = await defined();
    expect(documents).toContain('services:\n  - a front\n  - inventory');
    expect(documents).toContain('deploys:\n      - a front\n      - inventory');
    expect(numbers).toEqual({ build: 1, deploy: 2, check: 1, release: 2 });
    await expectSound();
  });

  test('a workflow', async () => {
    const workflowId = await api.partId('workflows', 'build');
    await api.mutate('updateWorkflow', { workflowId, name: 'make' }, 'clientMutationId');
    const { documents, numbers } = await defined();
    expect(documents).toContain('- make.pack\n');
    expect(documents).toContain('workflow: make\n');
    expect(numbers).toEqual({ make: 1, deploy: 2, check: 1, release: 2 });
    await expectSound();
  });

  test('old revisions keep the old name', async () => {
    const environmentId = await api.partId('environments', 'staging');
    await api.mutate('updateEnvironment', { environmentId, name: 'test' }, 'clientMutationId');
    const answer = await api.ask(
      `query ($id: ID!) { pipeline(pipelineId: $id) { revisions { nodes { number definition } } } }`,
      {
        id: await api.partId('pipelines', 'release'),
      },
    );
    expect(answer).toEqual({
      pipeline: {
        revisions: {
          nodes: [
            { number: 2, definition: expect.stringContaining('environment: test') },
            { number: 1, definition: expect.stringContaining('environment: staging') },
          ],
        },
      },
    });
  });

  test.each(['make.all', 'one'])('rejects a workflow name with another meaning in artifacts.from: %s', async (name) => {
    const workflowId = await api.partId('workflows', 'build');
    const before = await defined();
    const refused = await api.refusedMutation('updateWorkflow', { workflowId, name });
    expect(refused).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ field: 'name', rule: 'AMBIGUOUS_REFERENCE' }],
    });
    expect(await defined()).toEqual(before);
  });

  test('a change without a new name creates no revision', async () => {
    const environmentId = await api.partId('environments', 'staging');
    await api.mutate('updateEnvironment', { environmentId, name: 'staging', description: 'x' }, 'clientMutationId');
    expect((await defined()).numbers).toEqual({ build: 1, deploy: 1, check: 1, release: 1 });
  });

  test('concurrent renames and applies leave no dangling reference', async () => {
    const environmentId = await api.partId('environments', 'staging');
    const rename = (name: string) => api.mutate('updateEnvironment', { environmentId, name }, 'clientMutationId');
    // An apply after a rename creates "staging" again; in any order, every reference resolves.
    await Promise.allSettled([rename('a'), api.apply(source), rename('b'), api.apply(source), rename('c')]);
    await expectSound();
  });
});

describe('deleting resources that others refer to', () => {
  const api = testApi();
  beforeAll(async () => {
    await api.apply(source);
  });

  test.each([
    ['Environment', 'environments', 'staging', ['WORKFLOW check', 'PIPELINE release']],
    ['Service', 'services', 'web', ['WORKFLOW deploy', 'PIPELINE release']],
    ['Service', 'services', 'inventory', ['WORKFLOW deploy']],
    ['Workflow', 'workflows', 'build', ['WORKFLOW deploy', 'PIPELINE release']],
    ['Workflow', 'workflows', 'check', ['PIPELINE release']],
  ] as const)('%s (%s) %s is refused', async (kind, list, name, users) => {
    const id = await api.partId(list, name);
    const refused = await api.refusedMutation(`delete${kind}`, { [`${kind.toLowerCase()}Id`]: id });
    expect(refused.code).toBe('IN_USE');
    const usedBy = refused.usedBy as { kind: string; id: string; name: string }[];
    expect(usedBy.map((user) => `${user.kind} ${user.name}`)).toEqual(users);
    expect(await api.partId(list, name)).toBe(id);
  });

  test('refuses to delete an environment that another one comes after', async () => {
    await api.apply('kind: Environment\napplication: shop\nname: east\ntype: PROD\nafter: production\n');
    const environmentId = await api.partId('environments', 'production');
    const { usedBy } = await api.refusedMutation('deleteEnvironment', { environmentId });
    const id = await api.partId('environments', 'east');
    expect(usedBy).toEqual([{ kind: 'ENVIRONMENT', id, name: 'east' }]);
    await api.mutate('deleteEnvironment', { environmentId: id }, 'clientMutationId');
  });

  test('deletes resources that nothing refers to', async () => {
    const environmentId = await api.partId('environments', 'production');
    await api.mutate('deleteEnvironment', { environmentId }, 'clientMutationId');
    await expect(api.partId('environments', 'production')).rejects.toThrow('there is no');
  });

  test('an application with an active execution stays; afterwards it is deleted with all its parts', async () => {
    const applicationId = await api.applicationId();
    const entityId = await api.partId('workflows', 'build');
    const input = { applicationId, entityId, executionType: 'WORKFLOW' };
    const { execution } = await api.mutate<{ execution: { id: string } }>('startExecution', input, 'execution { id }');
    expect(await api.refusedMutation('deleteApplication', { applicationId })).toMatchObject({
      code: 'IN_USE',
      usedBy: [{ kind: 'EXECUTION', id: execution.id, status: 'QUEUED' }],
    });
    await api.mutate('abortExecution', { applicationId, executionId: execution.id }, 'clientMutationId');
    await api.mutate('deleteApplication', { applicationId }, 'clientMutationId');
    for (const list of ['applications', 'environments', 'services', 'workflows', 'pipelines']) {
      expect(await api.ask(`{ ${list} { nodes { id } } }`)).toEqual({ [list]: { nodes: [] } });
    }
    // Its results stay readable, with the names of deleted objects.
    const answer = await api.ask(
      'query ($id: ID!) { execution(executionId: $id) { application { name } ... on WorkflowExecution { workflow { name } } } }',
      { id: execution.id },
    );
    expect(answer).toEqual({ execution: { application: { name: 'shop' }, workflow: { name: 'build' } } });
  });
});
