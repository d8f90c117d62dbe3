import { randomUUID } from 'node:crypto';
import { SLACK, testApi } from './api';
import { parts, pipeline, shop, stage, workflow } from './language/documents';

interface Connection {
  readonly nodes: readonly { readonly name: string }[];
  readonly edges?: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null; readonly total?: number };
}

const many = (count: number): string =>
  Array.from({ length: count }, (_, n) => {
    const name = `app-${String(n).padStart(2, '0')}`;
    return [
      `kind: Application\nname: ${name}`,
      `kind: Environment\napplication: ${name}\nname: staging\ntype: NON_PROD`,
      `kind: Environment\napplication: ${name}\nname: production\ntype: PROD`,
      `kind: Service\napplication: ${name}\nname: web`,
      `kind: Workflow\napplication: ${name}\nname: deploy\nenvironment: production\nservices: [web]\ntasks: { one: { run: x } }`,
      `kind: Workflow\napplication: ${name}\nname: build\ntasks: { one: { run: x } }`,
      `kind: Pipeline\napplication: ${name}\nname: release\nstages: [{ elements: [{ name: a, workflow: build }, { name: b, workflow: deploy }] }]`,
    ].join('\n---\n');
  }).join('\n---\n');

describe('lists of resources', () => {
  const api = testApi();
  beforeAll(async () => {
    await api.apply(many(12));
  });

  const list = async (field: string, args: string, more = ''): Promise<Connection> => {
    const query = `{ ${field}${args === '' ? '' : `(${args})`} { nodes { name } pageInfo { hasNextPage endCursor ${more} } } }`;
    return (await api.ask<Record<string, Connection>>(query))[field] as Connection;
  };
  const names = (connection: Connection) => connection.nodes.map((node) => node.name);

  /** All pages, in order. */
  async function walk(field: string, size: number, filters = ''): Promise<string[][]> {
    const pages: string[][] = [];
    for (let after = ''; ; ) {
      const page = await list(field, `first: ${size}${after}${filters}`);
      pages.push(names(page));
      if (!page.pageInfo.hasNextPage) return pages;
      after = `, after: "${page.pageInfo.endCursor}"`;
    }
  }

  test.each(['applications', 'environments', 'services', 'workflows', 'pipelines'])(
    '%s: pages are the whole list in its order',
    async (field) => {
      const whole = names(await list(field, 'first: 500'));
      expect(whole).toEqual([...whole].sort());
      for (const size of [1, 5, 500]) {
        const pages = await walk(field, size);
        expect(pages.flat()).toEqual(whole);
        expect(pages.every((page) => page.length <= size)).toBe(true);
      }
      expect(names(await list(field, 'limit: 3, offset: 2'))).toEqual(whole.slice(2, 5));
      expect((await list(field, 'first: 1', 'total')).pageInfo.total).toBe(whole.length);
      expect(whole).toHaveLength(
        { applications: 12, environments: 24, services: 12, workflows: 24, pipelines: 12 }[field] ?? 0,
      );
    },
  );

  test('rows that change between two pages neither hide nor repeat others', async () => {
    const first = await list('applications', 'first: 3');
    await api.apply('kind: Application\nname: aaa\n---\nkind: Application\nname: app-02x');
    const next = await list('applications', `first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(names(next)).toEqual(['app-02x', 'app-03']);
    for (const name of ['aaa', 'app-02x']) {
      await api.mutate('deleteApplication', { applicationId: await api.applicationId(name) }, 'clientMutationId');
    }
    expect(names(await list('applications', `first: 1, after: "${next.pageInfo.endCursor}"`))).toEqual(['app-04']);
  });

  test.each([
    ['applications', 'name: { operator: EQUALS, values: ["app-03"] }', ['app-03']],
    [
      'applications',
      'name: { operator: LIKE, values: ["P-0", "_"] }',
      Array.from({ length: 10 }, (_, n) => `app-0${n}`),
    ],
    ['applications', 'name: { operator: IN, values: [] }', []],
    ['applications', 'application: { operator: EQUALS, values: ["no id"] }', []],
    [
      'environments',
      'environmentType: { operator: EQUALS, values: [PROD] }, name: { operator: LIKE, values: ["stag"] }',
      [],
    ],
    ['workflows', 'name: { operator: NOT_IN, values: ["build"] }', Array.from({ length: 12 }, () => 'deploy')],
  ])('%s filtered by %s', async (field, filter, expected) => {
    const page = await list(field, `first: 500, filters: [{ ${filter} }]`, 'total');
    expect(names(page)).toEqual(expected);
    expect(page.pageInfo.total).toBe(expected.length);
  });

  test('filters by application and by ID; combines filters; keeps them across pages', async () => {
    const application = await api.applicationId('app-05');
    const own = `{ application: { operator: EQUALS, values: ["${application}"] } }`;
    expect(names(await list('environments', `filters: [${own}]`))).toEqual(['production', 'staging']);
    expect(
      names(await list('environments', `filters: [${own}, { environmentType: { operator: IN, values: [NON_PROD] } }]`)),
    ).toEqual(['staging']);
    expect(await walk('workflows', 1, `, filters: [${own}]`)).toEqual([['build'], ['deploy']]);
    for (const [field, key] of [
      ['environments', 'environment'],
      ['services', 'service'],
      ['workflows', 'workflow'],
      ['pipelines', 'pipeline'],
      ['applications', 'application'],
    ] as const) {
      const { [field]: one } = await api.ask<Record<string, { nodes: { id: string; name: string }[] }>>(
        `{ ${field}(first: 1, offset: 7) { nodes { id name } } }`,
      );
      const id = one?.nodes[0]?.id;
      const query = `{ ${field}(filters: [{ ${key}: { operator: IN, values: ["${id}", "x"] } }]) { nodes { id name } } }`;
      expect(await api.ask(query)).toEqual({ [field]: one });
    }
  });

  test.each([
    ['filters: [{ name: { operator: EQUALS, values: [] } }]', 'filters[0].name'],
    ['first: 0', 'first'],
    ['first: 501', 'first'],
    ['first: 1, limit: 1', 'limit'],
    ['offset: -1', 'offset'],
    ['after: "x"', 'after'],
    [`after: "${Buffer.from('["environments","a","no id"]').toString('base64url')}"`, 'after'],
    [
      `after: "${Buffer.from('["services","a","00000000-0000-4000-8000-000000000000"]').toString('base64url')}"`,
      'after',
    ],
  ])('environments(%s) is refused', async (args, field) => {
    const refused = await api.refused(`{ environments(${args}) { nodes { id } } }`);
    expect(refused.code).toBe('INVALID_INPUT');
    expect((refused.errors as { field: string }[])[0]?.field.startsWith(field)).toBe(true);
  });

  const everything = (size: number) => `{
    applications(first: ${size}) { nodes { name
      environments(first: 2) { nodes { name application { name } variables { name } deployments { image service { name } } } pageInfo { total } }
      services { nodes { name application { name } } }
      workflows(first: 1) { nodes { name workflowVariables { name } revision { number definition } revisions(first: 1) { nodes { number definition(format: JSON) } pageInfo { total } } definition } pageInfo { total hasNextPage endCursor } }
      pipelines { nodes { name application { name } pipelineVariables { name } revision { number } definition
        stages { name elements { name ... on WorkflowStageElement { workflow { name } environment { name } } } } } }
    } } }`;

  test('the number of statements does not depend on page size, even for deep queries', async () => {
    await api.ask(everything(12)); // Fills the cache of revisions; otherwise the first query would be the most expensive.
    const small = await api.statements(() => api.ask(everything(1)));
    const large = await api.statements(() => api.ask(everything(12)));
    expect(large).toBeLessThan(small + SLACK);
    expect(large).toBeLessThan(25);
  });

  test.each(['applications', 'environments', 'services', 'workflows', 'pipelines'])(
    '%s: one statement more than none, and one for the total',
    async (field) => {
      const gate = await api.statements(() => api.ask('{ version }'));
      const page = await api.statements(() =>
        api.ask(`{ ${field}(first: 10) { nodes { name } edges { cursor } pageInfo { hasNextPage } } }`),
      );
      const total = await api.statements(() =>
        api.ask(`{ ${field}(first: 10) { nodes { name } pageInfo { total } } }`),
      );
      expect([page - gate, total - gate]).toEqual([1, 2]);
    },
  );

  test('pages through nested lists', async () => {
    const query = (after: string) =>
      `{ applications(first: 3) { nodes { workflows(first: 1${after}) { nodes { name } pageInfo { total hasNextPage endCursor } } } } }`;
    type Answer = { applications: { nodes: { workflows: Connection }[] } };
    const first = (await api.ask<Answer>(query(''))).applications.nodes;
    expect(
      first.map(({ workflows }) => [names(workflows), workflows.pageInfo.total, workflows.pageInfo.hasNextPage]),
    ).toEqual(Array.from({ length: 3 }, () => [['build'], 2, true]));
    const second = (await api.ask<Answer>(query(`, after: "${first[0]?.workflows.pageInfo.endCursor}"`))).applications
      .nodes;
    expect(second[0]?.workflows).toMatchObject({
      nodes: [{ name: 'deploy' }],
      pageInfo: { total: 2, hasNextPage: false },
    });
    expect(await api.refused(query(', after: "x"'))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('keeps two pages of one list in one operation apart', async () => {
    const query =
      '{ applicationByName(name: "app-01") { a: workflows(first: 1) { nodes { name } } b: workflows(first: 1, offset: 1) { nodes { name } } } }';
    expect(await api.ask(query)).toEqual({
      applicationByName: { a: { nodes: [{ name: 'build' }] }, b: { nodes: [{ name: 'deploy' }] } },
    });
  });
});

describe('reading resources', () => {
  const api = testApi();
  beforeAll(async () => {
    const variables =
      'variables: [{ name: V, type: number, required: true, default: 1, allowed_values: [1, 2], description: How many }]';
    await api.apply(
      parts +
        workflow('deploy', { keys: `${variables}\nservices: [web]\nenvironment: staging` }) +
        pipeline(
          'release',
          `${stage('name: a, workflow: deploy, services: [web], variables: { V: "2" }')}\n${stage('name: gate, approval: { approvers: [B, A], timeout: 1h }')}`,
          variables,
        ),
    );
  });

  test('by name', async () => {
    const id = await api.applicationId();
    expect(await api.ask('{ applicationByName(name: "shop") { name } }')).toEqual({
      applicationByName: { name: 'shop' },
    });
    for (const [kind, name] of [
      ['workflow', 'deploy'],
      ['pipeline', 'release'],
    ] as const) {
      const query = `query ($id: ID!, $name: String!) { ${kind}ByName(applicationId: $id, ${kind}Name: $name) { name application { name } } }`;
      expect(await api.ask(query, { id, name })).toEqual({
        [`${kind}ByName`]: { name, application: { name: 'shop' } },
      });
      for (const wrong of [
        { id, name: 'other' },
        { id: 'x', name },
        { id, name: 'a\0' },
      ]) {
        expect(await api.refused(query, wrong)).toMatchObject({ code: 'NOT_FOUND', kind, name: wrong.name });
      }
    }
    for (const name of ['other', '', 'a\0']) {
      expect(
        await api.refused('query ($name: String!) { applicationByName(name: $name) { name } }', { name }),
      ).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('variables, stages and revisions', async () => {
    const variables = [
      {
        name: 'V',
        type: 'number',
        required: true,
        defaultValue: '1',
        allowedValues: ['1', '2'],
        allowMultipleValues: false,
        fixed: false,
        description: 'How many',
      },
    ];
    const fields = 'name type required defaultValue allowedValues allowMultipleValues fixed description';
    const answer = await api.ask(`{ applicationByName(name: "shop") {
      workflows { nodes { workflowVariables { ${fields} } revision { number contentHash createdAt } } }
      pipelines { nodes { pipelineVariables { ${fields} } stages { name elements { __typename name pipelineStageElementId
        ... on WorkflowStageElement { workflowName environmentName serviceNames variables { name value } workflow { name } environment { name } }
        ... on ApprovalStageElement { approvers timeoutSeconds } } } } } } }`);
    const pipelineStageElementId = expect.any(String);
    expect(answer).toEqual({
      applicationByName: {
        workflows: {
          nodes: [
            {
              workflowVariables: variables,
              revision: {
                number: 1,
                contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
                createdAt: expect.any(String),
              },
            },
          ],
        },
        pipelines: {
          nodes: [
            {
              pipelineVariables: variables,
              stages: [
                {
                  name: 'STAGE 1',
                  elements: [
                    {
                      __typename: 'WorkflowStageElement',
                      name: 'a',
                      pipelineStageElementId,
                      workflowName: 'deploy',
                      environmentName: null,
                      serviceNames: ['web'],
                      variables: [{ name: 'V', value: '2' }],
                      workflow: { name: 'deploy' },
                      environment: null,
                    },
                  ],
                },
                {
                  name: 'STAGE 2',
                  elements: [
                    {
                      __typename: 'ApprovalStageElement',
                      name: 'gate',
                      pipelineStageElementId,
                      approvers: ['A', 'B'],
                      timeoutSeconds: 3600,
                    },
                  ],
                },
              ],
            },
          ],
        },
      },
    });
  });

  test('deployments, with their service even after it is deleted', async () => {
    const applicationId = await api.applicationId();
    const environmentId = await api.partId('environments', 'production');
    const entityId = await api.partId('workflows', 'deploy');
    const start = {
      applicationId,
      entityId,
      executionType: 'WORKFLOW',
      serviceInputs: [{ name: 'web', image: 'web:1' }],
    };
    const { execution } = await api.mutate<{ execution: { id: string } }>('startExecution', start, 'execution { id }');
    let attempt = 0;
    const deploy = (serviceId: string, image: string, status = 'SUCCEEDED') =>
      api.server.app.database.write(
        `INSERT INTO deployment (id, number, environment_id, service_id, image, execution_id, attempt, run_id, cause, status, started_at, ended_at, end_number)
         SELECT $1, number, $2, $3, $4, $5, $7, $5, '{}', $6, now(), now(), number + 1
         FROM (SELECT 2 * nextval('deployment_number_seq') AS number) next`,
        [randomUUID(), environmentId, serviceId, image, execution.id, status, ++attempt],
      );
    const inventory = await api.partId('services', 'inventory');
    await deploy(await api.partId('services', 'web'), 'web:0');
    await deploy(await api.partId('services', 'web'), 'web:1');
    await deploy(await api.partId('services', 'web'), 'web:2', 'FAILED');
    await deploy(inventory, 'inventory:7');
    await api.mutate('deleteService', { serviceId: inventory }, 'clientMutationId');
    const answer = await api.ask(
      'query ($id: ID!) { environment(environmentId: $id) { application { name } deployments { service { name } image executionId deployedAt } } }',
      { id: environmentId },
    );
    const common = { executionId: execution.id, deployedAt: expect.any(String) };
    expect(answer).toEqual({
      environment: {
        application: { name: 'shop' },
        deployments: [
          { service: { name: 'inventory' }, image: 'inventory:7', ...common },
          { service: { name: 'web' }, image: 'web:1', ...common },
        ],
      },
    });
  });

  test('revisions have pages, newest first', async () => {
    for (let n = 2; n <= 6; n++) await api.apply(shop + workflow('many', { keys: `max_parallel: ${n}` }));
    const workflowId = await api.partId('workflows', 'many');
    const query = (args: string) =>
      `query ($id: ID!) { workflow(workflowId: $id) { revisions(${args}) { nodes { number } pageInfo { total endCursor hasNextPage } } } }`;
    type Answer = {
      workflow: {
        revisions: {
          nodes: { number: number }[];
          pageInfo: { total: number; endCursor: string; hasNextPage: boolean };
        };
      };
    };
    const { revisions } = (await api.ask<Answer>(query('first: 2'), { id: workflowId })).workflow;
    expect(revisions).toMatchObject({
      nodes: [{ number: 5 }, { number: 4 }],
      pageInfo: { total: 5, hasNextPage: true },
    });
    const next = (
      await api.ask<Answer>(query(`first: 9, after: "${revisions.pageInfo.endCursor}"`), { id: workflowId })
    ).workflow;
    expect(next.revisions).toMatchObject({
      nodes: [{ number: 3 }, { number: 2 }, { number: 1 }],
      pageInfo: { hasNextPage: false },
    });
    const bad = Buffer.from('["revisions",1.5]').toString('base64url');
    expect(await api.refused(query(`after: "${bad}"`), { id: workflowId })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
