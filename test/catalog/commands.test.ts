import { testApi } from './api';
import { parts, pipeline, shop, stage, workflow } from './language/documents';

const nobody = '00000000-0000-4000-8000-000000000000';
const kinds = ['Application', 'Environment', 'Service', 'Workflow', 'Pipeline'] as const;
const one = 'tasks: { one: { run: x } }';
const gate = 'stages: [{ elements: [{ name: a, approval: { approvers: [A] } }] }]';

/** Creates, changes and deletes each kind of resource with its own mutations. */
describe('the mutations of configuration', () => {
  const api = testApi();
  let applicationId: string;
  beforeEach(async () => {
    await api.apply(shop);
    applicationId = await api.applicationId();
  });
  afterEach(async () => {
    await api.mutate('deleteApplication', { applicationId: await api.applicationId() }, 'clientMutationId');
  });

  const create = {
    Application: (name: string) => ({ name }),
    Environment: (name: string) => ({ applicationId, name, type: 'PROD' }),
    Service: (name: string) => ({ applicationId, name }),
    Workflow: (name: string) => ({ applicationId, name, definition: { source: one } }),
    Pipeline: (name: string) => ({ applicationId, name, definition: { source: gate } }),
  };
  const field = (kind: (typeof kinds)[number]) => kind.toLowerCase();
  const idField = (kind: (typeof kinds)[number]) => `${field(kind)}Id`;

  async function made(kind: (typeof kinds)[number], name: string): Promise<string> {
    const payload = await api.mutate<Record<string, { id: string }>>(
      `create${kind}`,
      create[kind](name),
      `${field(kind)} { id }`,
    );
    return payload[field(kind)]?.id ?? '';
  }

  describe.each(kinds)('%s', (kind) => {
    const read = (id: string) => ({
      query: `query ($id: ID!) { ${field(kind)}(${idField(kind)}: $id) { id name description } }`,
      variables: { id },
    });

    test('is created, renamed and deleted; clientMutationId is returned', async () => {
      const input = { ...create[kind](`a ${kind}`), clientMutationId: 'x' };
      const payload = `clientMutationId ${field(kind)} { id name createdAt updatedAt createdById }`;
      const created = await api.mutate<Record<string, unknown>>(`create${kind}`, input, payload);
      expect(created).toEqual({
        clientMutationId: 'x',
        [field(kind)]: {
          id: expect.any(String),
          name: `a ${kind}`,
          createdAt: expect.any(String),
          updatedAt: expect.any(String),
          createdById: expect.any(String),
        },
      });
      const { id } = created[field(kind)] as { id: string };

      const renamed = await api.mutate(
        `update${kind}`,
        { [idField(kind)]: id, name: `b ${kind}`, clientMutationId: 'y' },
        `clientMutationId ${field(kind)} { id name }`,
      );
      expect(renamed).toEqual({ clientMutationId: 'y', [field(kind)]: { id, name: `b ${kind}` } });
      expect(await api.ask(read(id).query, { id })).toEqual({
        [field(kind)]: { id, name: `b ${kind}`, description: null },
      });

      expect(
        await api.mutate(`delete${kind}`, { [idField(kind)]: id, clientMutationId: 'z' }, 'clientMutationId'),
      ).toEqual({ clientMutationId: 'z' });
      expect(await api.refused(read(id).query, { id })).toMatchObject({ code: 'NOT_FOUND', kind: field(kind), id });
      expect(await api.refusedMutation(`delete${kind}`, { [idField(kind)]: id })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await api.refusedMutation(`update${kind}`, { [idField(kind)]: id, name: 'c' })).toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('has a unique name, which is free again after its deletion', async () => {
      const first = await made(kind, `first ${kind}`);
      const second = await made(kind, `second ${kind}`);
      expect(await api.refusedMutation(`create${kind}`, create[kind](`first ${kind}`))).toMatchObject({
        code: 'NAME_TAKEN',
        name: `first ${kind}`,
        message: expect.stringMatching(/^There is already (an [aeiou]|a [^aeiou])/),
      });
      expect(
        await api.refusedMutation(`update${kind}`, { [idField(kind)]: second, name: `first ${kind}` }),
      ).toMatchObject({ code: 'NAME_TAKEN' });
      await api.mutate(`update${kind}`, { [idField(kind)]: second, name: `second ${kind}` }, 'clientMutationId');
      for (const id of [first, second]) await api.mutate(`delete${kind}`, { [idField(kind)]: id }, 'clientMutationId');
      expect(await made(kind, `first ${kind}`)).not.toBe(first);
    });

    test('gives one name to exactly one of many concurrent creations', async () => {
      const name = `contested ${kind}`;
      const wishes = Array.from({ length: 6 }, () =>
        made(kind, name).then(
          () => 'created',
          (error: Error) => error.message.split(':')[0],
        ),
      );
      const answers = await Promise.all(wishes);
      expect(answers.sort()).toEqual(['NAME_TAKEN', 'NAME_TAKEN', 'NAME_TAKEN', 'NAME_TAKEN', 'NAME_TAKEN', 'created']);
    });

    test.each(['', ' a', 'a ', '-a', 'a/b', 'ä', 'a\n', 'a\0', 'x'.repeat(101)])(
      'rejects the name %j',
      async (name) => {
        expect(await api.refusedMutation(`create${kind}`, create[kind](name))).toMatchObject({
          code: 'INVALID_INPUT',
          errors: [{ field: 'name', value: name, rule: 'BAD_NAME' }],
        });
      },
    );

    test.each([nobody, 'x', ''])('reports the unknown id %j', async (id) => {
      expect(await api.refused(read(id).query, { id })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await api.refusedMutation(`update${kind}`, { [idField(kind)]: id, name: 'a' })).toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await api.refusedMutation(`delete${kind}`, { [idField(kind)]: id })).toMatchObject({ code: 'NOT_FOUND' });
      if (kind === 'Application') return;
      expect(await api.refusedMutation(`create${kind}`, { ...create[kind]('a'), applicationId: id })).toMatchObject({
        code: 'NOT_FOUND',
        kind: 'application',
      });
    });
  });

  test.each(['Application', 'Environment', 'Service'] as const)(
    'a description of %s is kept, changed, removed, and rejected',
    async (kind) => {
      const description = `${field(kind)} { description }`;
      const created = await api.mutate<Record<string, { id: string }>>(
        `create${kind}`,
        { ...create[kind](`described ${kind}`), description: 'first' },
        `${field(kind)} { id description }`,
      );
      const id = created[field(kind)]?.id ?? '';
      const change = (changes: object) => api.mutate(`update${kind}`, { [idField(kind)]: id, ...changes }, description);
      expect(created).toMatchObject({ [field(kind)]: { description: 'first' } });
      expect(await change({})).toEqual({ [field(kind)]: { description: 'first' } });
      expect(await change({ description: 'second' })).toEqual({ [field(kind)]: { description: 'second' } });
      expect(await change({ description: null })).toEqual({ [field(kind)]: { description: null } });
      const wrong = { [idField(kind)]: id, name: '!', description: 'x'.repeat(20_001) };
      expect(await api.refusedMutation(`update${kind}`, wrong)).toMatchObject({
        code: 'INVALID_INPUT',
        errors: [{ rule: 'BAD_NAME' }, { field: 'description', rule: 'TOO_LONG' }],
      });
      expect(await api.refusedMutation(`update${kind}`, { [idField(kind)]: id, description: 'a\0' })).toMatchObject({
        errors: [{ rule: 'BAD_CHARACTER' }],
      });
      await api.mutate(`delete${kind}`, { [idField(kind)]: id }, 'clientMutationId');
    },
  );

  test('keeps an environment’s variables in order, replaces and validates them', async () => {
    const variables = [
      { name: 'B', value: '1' },
      { name: 'A', value: '' },
    ];
    const payload = 'environment { id type variables { name value } }';
    const { environment } = await api.mutate<{ environment: { id: string } }>(
      'createEnvironment',
      { ...create.Environment('e'), variables },
      payload,
    );
    expect(environment).toMatchObject({ type: 'PROD', variables: [...variables].reverse() });
    const change = (changes: object) =>
      api.mutate('updateEnvironment', { environmentId: environment.id, ...changes }, payload);
    expect(await change({ type: 'NON_PROD', variables: null })).toMatchObject({
      environment: { type: 'NON_PROD', variables: [...variables].reverse() },
    });
    expect(await change({ variables: [] })).toMatchObject({ environment: { variables: [] } });
    const wrong = [
      { name: 'PATH', value: 'x' },
      { name: '1', value: 'x' },
      { name: 'A', value: 'x' },
      { name: 'A', value: 'y' },
    ];
    expect(
      await api.refusedMutation('updateEnvironment', { environmentId: environment.id, variables: wrong }),
    ).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [
        { field: 'variables[0].name', rule: 'RESERVED_VARIABLE_NAME' },
        { field: 'variables[1].name', rule: 'BAD_VARIABLE_NAME' },
        { field: 'variables[3].name', rule: 'DUPLICATE_NAME' },
      ],
    });
    const unstorable = [{ name: 'A', value: 'a\0' }];
    expect(
      await api.refusedMutation('updateEnvironment', { environmentId: environment.id, variables: unstorable }),
    ).toMatchObject({ errors: [{ field: 'variables[0].value', rule: 'BAD_CHARACTER' }] });
  });

  test('sets, replaces, keeps and removes the concurrency of an environment', async () => {
    const payload = 'environment { id concurrency { group limit policy } }';
    const concurrency = { group: 'cluster', limit: 2 };
    const { environment } = await api.mutate<{ environment: { id: string } }>(
      'createEnvironment',
      { ...create.Environment('e'), concurrency },
      payload,
    );
    const made = { id: environment.id, concurrency: { ...concurrency, policy: 'QUEUE' } };
    expect(environment).toEqual(made);
    const { id: environmentId } = environment;
    const change = (changes: object) => api.mutate('updateEnvironment', { environmentId, ...changes }, payload);
    expect(await change({ description: 'x' })).toEqual({ environment: made });
    expect(await change({ concurrency: { policy: 'LATEST' } })).toMatchObject({
      environment: { concurrency: { group: null, limit: 1, policy: 'LATEST' } },
    });
    const fields = async (wrong: object) =>
      (await api.refusedMutation('updateEnvironment', { environmentId, concurrency: wrong })).errors;
    expect(await fields({ limit: 2 })).toMatchObject([{ field: 'concurrency.limit', rule: 'BAD_VALUE' }]);
    expect(await fields({ group: ' ', limit: 0 })).toMatchObject([
      { field: 'concurrency.group' },
      { field: 'concurrency.limit' },
    ]);
    expect(await fields({ group: `\${X}` })).toMatchObject([{ field: 'concurrency.group' }]);
    expect(await change({ concurrency: null })).toMatchObject({ environment: { concurrency: null } });
  });

  test('a new definition creates a revision, and the old one stays', async () => {
    const workflowId = await made('Workflow', 'w');
    const payload =
      'workflow { description revision { number } revisions { nodes { number contentHash definition(format: JSON) } } }';
    const update = (source: string) =>
      api.mutate<{ workflow: Record<string, unknown> }>(
        'updateWorkflow',
        { workflowId, definition: { source } },
        payload,
      );
    const { workflow: changed } = await update('description: better\ntasks: { one: { run: y } }');
    expect(changed).toMatchObject({
      description: 'better',
      revision: { number: 2 },
      revisions: { nodes: [{ number: 2 }, { number: 1 }] },
    });
    const { workflow: same } = await update(
      `kind: Workflow\napplication: shop\nname: w\ndescription: better\n${one.replace('x', 'y')}`,
    );
    expect(same).toEqual(changed);
    expect(
      await api.refusedMutation('updateWorkflow', { workflowId, definition: { source: 'name: v\ntasks: {}' } }),
    ).toMatchObject({
      code: 'INVALID_DEFINITION',
      errors: [{ rule: 'WRONG_DOCUMENT' }, { rule: 'EMPTY' }],
    });
  });

  test('a name and a definition can change together; the definition has the new name', async () => {
    const workflowId = await made('Workflow', 'w');
    const definition = { source: `name: v\n${one}\nmax_parallel: 1` };
    const changed = await api.mutate(
      'updateWorkflow',
      { workflowId, name: 'v', definition },
      'workflow { name revision { number } }',
    );
    expect(changed).toEqual({ workflow: { name: 'v', revision: { number: 2 } } });
    const refused = await api.refusedMutation('updateWorkflow', { workflowId, name: 'u', definition });
    expect(refused).toMatchObject({
      code: 'INVALID_DEFINITION',
      errors: [{ rule: 'WRONG_DOCUMENT', path: 'documents[0].name' }],
    });
    expect(await api.ask('query ($id: ID!) { workflow(workflowId: $id) { name } }', { id: workflowId })).toEqual({
      workflow: { name: 'v' },
    });
  });

  test('a changed workflow must fit the pipelines that use it', async () => {
    await api.apply(parts + workflow('w') + pipeline('p', stage('name: a, workflow: w')));
    const workflowId = await api.partId('workflows', 'w');
    const source = `${one}\nvariables: [{ name: V, required: true }]`;
    expect(await api.refusedMutation('updateWorkflow', { workflowId, definition: { source } })).toMatchObject({
      errors: [{ rule: 'BREAKS_PIPELINE' }],
    });
  });
});

describe('applyDefinitions with unchanged', () => {
  const api = testApi();
  it.each([true, false])('refuses to overwrite what changed since it was read (dry run: %s)', async (dryRun) => {
    await api.apply(shop);
    const id = await api.applicationId();
    const of = (updatedAt: string) => ({ input: { source: shop, dryRun, unchanged: [{ id, updatedAt }] } });
    const apply = 'mutation ($input: ApplyDefinitionsInput!) { applyDefinitions(input: $input) { results { name } } }';
    expect((await api.refused(apply, of('2020-01-01T00:00:00Z'))).code).toBe('CONFLICT');
    const query =
      'query ($id: ID!) { node(id: $id) { ... on Application { updatedAt definition } } viewer { mayChange(id: $id) { allowed code } } }';
    const read = await api.ask<{
      node: { updatedAt: string; definition: string };
      viewer: { mayChange: { allowed: boolean; code: string | null } };
    }>(query, { id });
    expect(read.node.definition).toContain('kind: Application');
    expect(read.viewer.mayChange).toEqual({ allowed: true, code: null });
    await api.ask(apply, of(read.node.updatedAt));
  });
});
