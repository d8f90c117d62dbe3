// Long because all of its tests share one world of applications and callers.
import { randomUUID } from 'node:crypto';
import { systemActor } from '../../src/access/actor';
import { createApiKey } from '../../src/access/changeApiKeys';
import { createUserGroup } from '../../src/access/changeUserGroups';
import type { ApplicationPermissionInput, PermissionsInput } from '../../src/access/permissionInput';
import { findPipelineTargets, findTemplateWorkflows, findWorkflowTargets } from '../../src/access/targets.store';
import { ACCOUNT_ADMINISTRATOR } from '../../src/access/userGroups';
import { applications } from '../../src/catalog/applications/applications';
import { pipelineSubject, surroundingsOf, workflowSubject } from '../../src/catalog/definitions/aims';
import { loadConfiguration } from '../../src/catalog/definitions/configuration';
import { SLACK, testApi } from '../catalog/api';
import { parts, pipeline, stage, workflow } from '../catalog/language/documents';
import { ADMIN_KEY } from '../support/server';

type Variables = Readonly<Record<string, unknown>>;
interface Refused extends Variables {
  readonly code: string;
  readonly message: string;
}
interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Variables }[];
}

const shopSource = [
  parts,
  workflow('build', { keys: 'services: [web]' }),
  workflow('to-staging', { keys: 'environment: staging\nservices: [web]' }),
  workflow('to-production', { keys: 'environment: production\nservices: [web]' }),
  workflow('anywhere', { keys: `environment: \${environment}` }),
  pipeline('only-staging', stage('name: a, workflow: to-staging')),
  pipeline('only-production', stage('name: a, workflow: to-production')),
  pipeline(
    'mixed',
    [
      stage('name: build, workflow: build'),
      stage('name: a, workflow: to-staging'),
      stage('name: b, workflow: anywhere, environment: production'),
    ].join('\n'),
  ),
  pipeline('builds', stage('name: build, workflow: build')),
].join('');

/** A second copy that the callers may not see. */
const vaultSource = shopSource
  .replaceAll('application: shop', 'application: vault')
  .replace('name: shop', 'name: vault');

describe('permissions on resources', () => {
  const api = testApi();
  let shop: string;
  let vault: string;
  /** May see and change everything in the shop that targets staging, but none of its services. */
  let staging: Caller;

  class Caller {
    constructor(readonly key: string) {}

    async answer(query: string, variables: Variables = {}): Promise<Answer> {
      const response = await fetch(`${api.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': this.key },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    }

    async ask<Data>(query: string, variables: Variables = {}): Promise<Data> {
      const { data, errors } = await this.answer(query, variables);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data as Data;
    }

    async refused(query: string, variables: Variables = {}): Promise<Refused> {
      const [error] = (await this.answer(query, variables)).errors ?? [];
      if (error === undefined) throw new Error('the server granted what it should refuse');
      return { ...error.extensions, code: String(error.extensions.code), message: error.message };
    }

    mutate<Data>(field: string, input: Variables, payload = 'clientMutationId'): Promise<Data> {
      return this.ask<Data>(mutation(field, payload), { input });
    }

    refusedMutation(field: string, input: Variables): Promise<Refused> {
      return this.refused(mutation(field, 'clientMutationId'), { input });
    }

    apply(source: string, more: Variables = {}): Promise<unknown> {
      return this.mutate('applyDefinitions', { source, ...more }, 'results { kind name action }');
    }
  }

  const mutation = (field: string, payload: string) =>
    `mutation ($input: ${field.charAt(0).toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${payload} } }`;

  async function caller(permissions: PermissionsInput, applicationIds: string[] | null = null): Promise<Caller> {
    const { app } = api.server;
    const group = await createUserGroup(app, systemActor, { name: `group ${randomUUID()}`, permissions });
    const { value } = await createApiKey(app, systemActor, { name: 'key', userGroupIds: [group.id], applicationIds });
    return new Caller(value);
  }

  const inShop = (
    permissionType: ApplicationPermissionInput['permissionType'],
    actions: ApplicationPermissionInput['actions'],
    more: Partial<ApplicationPermissionInput> = {},
  ): ApplicationPermissionInput => ({ permissionType, actions, applications: { appIds: [shop] }, ...more });

  const partId = async (kind: 'environments' | 'services' | 'workflows' | 'pipelines', name: string, of = shop) => {
    const filters = `filters: [{ application: { operator: EQUALS, values: ["${of}"] }, name: { operator: EQUALS, values: ["${name}"] } }]`;
    const answer = await api.ask<Record<string, { nodes: { id: string }[] }>>(
      `{ ${kind}(${filters}) { nodes { id } } }`,
    );
    return answer[kind]?.nodes[0]?.id ?? '';
  };

  beforeAll(async () => {
    await api.apply(shopSource);
    await api.apply(vaultSource);
    shop = await api.applicationId('shop');
    vault = await api.applicationId('vault');
    const actions = ['CREATE', 'READ', 'UPDATE', 'DELETE'] as const;
    staging = await caller({
      appPermissions: [
        inShop('ENV', actions, { environments: { filterTypes: ['NON_PRODUCTION_ENVIRONMENTS'] } }),
        inShop('WORKFLOW', actions, { workflows: { filterTypes: ['NON_PRODUCTION_WORKFLOWS'] } }),
        inShop('PIPELINE', actions, { pipelines: { filterTypes: ['NON_PRODUCTION_PIPELINES'] } }),
      ],
    });
  });

  describe('hidden resources', () => {
    const seen = {
      applications: ['shop'],
      environments: ['staging'],
      services: [],
      workflows: ['to-staging'],
      pipelines: ['mixed', 'only-staging'],
    };

    it('is absent from lists and totals', async () => {
      for (const [field, names] of Object.entries(seen)) {
        const query = `{ ${field} { nodes { name } pageInfo { total hasNextPage } } }`;
        const answer = await staging.ask<Record<string, unknown>>(query);
        const nodes = names.map((name) => ({ name }));
        expect(answer).toEqual({ [field]: { nodes, pageInfo: { total: names.length, hasNextPage: false } } });
      }
    });

    it('is absent from the lists of an application', async () => {
      const list = (field: string) => `${field} { nodes { name } pageInfo { total } }`;
      const fields = ['environments', 'services', 'workflows', 'pipelines'] as const;
      const query = `{ applicationByName(name: "shop") { ${fields.map(list).join(' ')} } }`;
      const { applicationByName } = await staging.ask<{ applicationByName: Record<string, unknown> }>(query);
      for (const field of fields) {
        const nodes = seen[field].map((name) => ({ name }));
        expect([field, applicationByName[field]]).toEqual([field, { nodes, pageInfo: { total: nodes.length } }]);
      }
    });

    it('can’t be found by filters', async () => {
      const of = `filters: [{ application: { operator: EQUALS, values: ["${vault}"] } }]`;
      for (const field of Object.keys(seen)) {
        const answer = await staging.ask(`{ ${field}(${of}) { nodes { id } pageInfo { total } } }`);
        expect(answer).toEqual({ [field]: { nodes: [], pageInfo: { total: 0 } } });
      }
      const named = 'filters: [{ name: { operator: LIKE, values: ["prod"] } }]';
      for (const field of ['environments', 'workflows', 'pipelines']) {
        const answer = await staging.ask(`{ ${field}(${named}) { nodes { id } pageInfo { total } } }`);
        expect(answer).toEqual({ [field]: { nodes: [], pageInfo: { total: 0 } } });
      }
    });

    it('is null where something visible refers to it', async () => {
      const query = `{ pipelineByName(applicationId: "${shop}", pipelineName: "mixed") { application { name } stages { elements {
        name ... on WorkflowStageElement { workflow { name } environment { name } } } } } }`;
      const { pipelineByName } = await staging.ask<{ pipelineByName: { stages: { elements: unknown[] }[] } }>(query);
      expect(pipelineByName.stages.flatMap(({ elements }) => elements)).toEqual([
        { name: 'build', workflow: null, environment: null },
        { name: 'a', workflow: { name: 'to-staging' }, environment: null },
        { name: 'b', workflow: null, environment: null },
      ]);
      expect(pipelineByName).toMatchObject({ application: { name: 'shop' } });
    });

    it('gets the same error as one that does not exist', async () => {
      const both = async (of: (id: string) => Promise<Refused>, id: string) => {
        const other = randomUUID();
        const [hidden, missing] = [await of(id), await of(other)];
        expect(hidden.code).toBe('NOT_FOUND');
        expect(JSON.stringify(hidden).replaceAll(id, 'ID')).toBe(JSON.stringify(missing).replaceAll(other, 'ID'));
      };
      const hidden = {
        application: vault,
        environment: await partId('environments', 'production'),
        service: await partId('services', 'web'),
        workflow: await partId('workflows', 'to-production'),
        pipeline: await partId('pipelines', 'only-production'),
      };
      for (const [kind, id] of Object.entries(hidden)) {
        const type = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
        await both((one) => staging.refused(`{ ${kind}(${kind}Id: "${one}") { id } }`), id);
        await both((one) => staging.refusedMutation(`update${type}`, { [`${kind}Id`]: one, name: 'other' }), id);
        await both((one) => staging.refusedMutation(`delete${type}`, { [`${kind}Id`]: one }), id);
      }
      const named = [`{ applicationByName(name: "N") { id } }`];
      for (const kind of ['workflow', 'pipeline']) {
        named.push(`{ ${kind}ByName(applicationId: "${shop}", ${kind}Name: "N") { id } }`);
        named.push(`{ ${kind}ByName(applicationId: "${vault}", ${kind}Name: "N") { id } }`);
      }
      for (const query of named) {
        const name = query.includes('applicationByName') ? 'vault' : query.includes('workflow') ? 'build' : 'builds';
        await both((one) => staging.refused(query.replace('"N"', `"${one}"`)), name);
      }
      const creations: [string, Variables][] = [
        ['createEnvironment', { name: 'one', type: 'NON_PROD' }],
        ['createService', { name: 'one' }],
        ['createWorkflow', { name: 'one', definition: { source: 'tasks: { one: { run: x } }' } }],
        [
          'createPipeline',
          { name: 'one', definition: { source: 'stages: [{ elements: [{ name: a, workflow: build }] }]' } },
        ],
      ];
      for (const [field, input] of creations) {
        await both((one) => staging.refusedMutation(field, { ...input, applicationId: one }), vault);
      }
    });

    it('is revealed neither by suggestions nor by IN_USE', async () => {
      const misspelt = workflow('one', { keys: 'environment: productio\nservices: [wep]' });
      const refused = await staging.refusedMutation('applyDefinitions', { source: misspelt });
      expect(refused.code).toBe('INVALID_DEFINITION');
      expect(JSON.stringify(refused.errors)).not.toMatch(/production|"web"/);
      const query = 'query ($source: String!) { validateDefinition(source: $source) { errors { message } } }';
      const said = JSON.stringify(await staging.ask(query, { source: misspelt }));
      expect(said).toMatch(/productio/);
      expect(said).not.toMatch(/production|\\"web\\"/);

      const services = await caller({ appPermissions: [inShop('SERVICE', ['DELETE'])] });
      const inUse = await services.refusedMutation('deleteService', { serviceId: await partId('services', 'web') });
      expect(inUse).toMatchObject({ code: 'IN_USE', usedBy: [] });
      expect(inUse.message).toMatch(/3 that you may not see/);
    });
  });

  describe('read-only resources', () => {
    it('is FORBIDDEN with the missing permission', async () => {
      const reader = await caller({ appPermissions: [inShop('ALL', ['READ'])] });
      const definition = { source: 'tasks: { one: { run: x } }\nenvironment: production' };
      const stages = { source: 'stages: [{ elements: [{ name: a, workflow: to-production }] }]' };
      const wanted: [string, Variables, Variables][] = [
        [
          'createEnvironment',
          { applicationId: shop, name: 'one', type: 'PROD' },
          { permissionType: 'ENV', action: 'CREATE' },
        ],
        ['createService', { applicationId: shop, name: 'one' }, { permissionType: 'SERVICE', action: 'CREATE' }],
        [
          'createWorkflow',
          { applicationId: shop, name: 'one', definition },
          { permissionType: 'WORKFLOW', action: 'CREATE' },
        ],
        [
          'createPipeline',
          { applicationId: shop, name: 'one', definition: stages },
          { permissionType: 'PIPELINE', action: 'CREATE' },
        ],
        // A caller that may not create it doesn't learn that it exists, or that nothing would change.
        [
          'createWorkflow',
          { applicationId: shop, name: 'build', definition },
          { permissionType: 'WORKFLOW', action: 'CREATE' },
        ],
        ['createService', { applicationId: shop, name: 'web' }, { permissionType: 'SERVICE', action: 'CREATE' }],
        ['updateApplication', { applicationId: shop, name: 'vault' }, { permissionType: 'ALL', action: 'UPDATE' }],
        ['createApplication', { name: 'vault' }, { accountPermission: 'CREATE_AND_DELETE_APPLICATION' }],
        ['deleteApplication', { applicationId: shop }, { accountPermission: 'CREATE_AND_DELETE_APPLICATION' }],
      ];
      for (const [kind, name, type] of [
        ['environment', 'production', 'ENV'],
        ['service', 'web', 'SERVICE'],
        ['workflow', 'to-production', 'WORKFLOW'],
        ['pipeline', 'mixed', 'PIPELINE'],
      ] as const) {
        const id = await partId(`${kind}s`, name);
        const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
        wanted.push([`update${title}`, { [`${kind}Id`]: id }, { permissionType: type, action: 'UPDATE' }]);
        wanted.push([`update${title}`, { [`${kind}Id`]: id, name: 'x' }, { permissionType: type, action: 'UPDATE' }]);
        wanted.push([`delete${title}`, { [`${kind}Id`]: id }, { permissionType: type, action: 'DELETE' }]);
      }
      for (const [field, input, missing] of wanted) {
        const refused = await reader.refusedMutation(field, input);
        expect([field, refused]).toEqual([field, expect.objectContaining({ code: 'FORBIDDEN', ...missing })]);
      }
    });

    it('stays read-only for environments outside the permission, before and after the change', async () => {
      const production = await partId('environments', 'production');
      const moved = await staging.refusedMutation('updateWorkflow', {
        workflowId: await partId('workflows', 'to-staging'),
        definition: { source: 'environment: production\ntasks: { one: { run: x } }' },
      });
      expect(moved).toMatchObject({ code: 'FORBIDDEN', action: 'UPDATE', environmentIds: [production] });
      // It also targets production, so it is visible but can't be changed.
      const mixed = await partId('pipelines', 'mixed');
      for (const [field, more] of [
        ['updatePipeline', { definition: { source: `stages:\n${stage('name: a, workflow: to-staging')}` } }],
        ['deletePipeline', {}],
      ] as const) {
        const refused = await staging.refusedMutation(field, { pipelineId: mixed, ...more });
        expect(refused).toMatchObject({ code: 'FORBIDDEN', environmentIds: [production] });
      }
      const type = await staging.refusedMutation('updateEnvironment', {
        environmentId: await partId('environments', 'staging'),
        type: 'PROD',
      });
      expect(type).toMatchObject({ code: 'FORBIDDEN', permissionType: 'ENV', action: 'UPDATE' });
      const created = await staging.refusedMutation('createEnvironment', {
        applicationId: shop,
        name: 'x',
        type: 'PROD',
      });
      // It has no id yet.
      const missing = `ENV CREATE in application ${shop}`;
      expect(created).toMatchObject({ code: 'FORBIDDEN', permissionType: 'ENV', environmentIds: [], missing });
      // Without an environment, only an unrestricted permission covers it.
      const definition = { source: 'tasks: { one: { run: x } }' };
      const nowhere = await staging.refusedMutation('createWorkflow', { applicationId: shop, name: 'x', definition });
      expect(nowhere).toMatchObject({ code: 'FORBIDDEN', permissionType: 'WORKFLOW', environmentIds: [] });
    });

    it('prevents deleting or renaming groups that its approvals name', async () => {
      const root = new Caller(ADMIN_KEY);
      const group = async (name: string) => {
        const made = await root.mutate<{ createUserGroup: { userGroup: { id: string } } }>(
          'createUserGroup',
          { name },
          'userGroup { id }',
        );
        return made.createUserGroup.userGroup.id;
      };
      const [approvers, others] = [await group('Approvers'), await group('Not Approvers')];
      const approval = 'stages:\n  - elements: [{ name: a, approval: { approvers: [Approvers] } }]';
      const made = await root.mutate<{ createPipeline: { pipeline: { id: string } } }>(
        'createPipeline',
        { applicationId: shop, name: 'gated', definition: { source: approval } },
        'pipeline { id }',
      );
      const usedBy = [{ kind: 'PIPELINE', id: made.createPipeline.pipeline.id, name: 'gated' }];
      expect(await root.refusedMutation('deleteUserGroup', { userGroupId: approvers })).toMatchObject({
        code: 'IN_USE',
        usedBy,
        message: 'The user group "Approvers" is still used by: pipeline "gated".',
      });
      expect(await root.refusedMutation('updateUserGroup', { userGroupId: approvers, name: 'X' })).toMatchObject({
        code: 'IN_USE',
      });
      await root.mutate('updateUserGroup', { userGroupId: approvers, description: 'x' });
      await root.mutate('deleteUserGroup', { userGroupId: others });
      const manager = await caller({ accountPermissions: { accountPermissionTypes: ['MANAGE_USERS_AND_GROUPS'] } });
      const unseen = await manager.refusedMutation('deleteUserGroup', { userGroupId: approvers });
      expect(unseen).toMatchObject({ code: 'IN_USE', usedBy: [] });
      expect(unseen.message).not.toContain('gated');
      await root.mutate('deletePipeline', { pipelineId: made.createPipeline.pipeline.id });
      await root.mutate('deleteUserGroup', { userGroupId: approvers });
    });

    it('can be changed with the permission', async () => {
      const definition = { source: 'environment: staging\nservices: [inventory]\ntasks: { one: { run: x } }' };
      const answer = await staging.mutate<{ createWorkflow: { workflow: { id: string } } }>(
        'createWorkflow',
        { applicationId: shop, name: 'mine', definition },
        'workflow { id }',
      );
      const workflowId = answer.createWorkflow.workflow.id;
      await staging.mutate('updateWorkflow', { workflowId, name: 'still-mine' });
      await staging.mutate('deleteWorkflow', { workflowId });
      const made = await staging.mutate<{ createEnvironment: { environment: { id: string } } }>(
        'createEnvironment',
        { applicationId: shop, name: 'mine', type: 'NON_PROD' },
        'environment { id }',
      );
      await staging.mutate('deleteEnvironment', { environmentId: made.createEnvironment.environment.id });
    });

    it('also holds for applications, whose permission is in the account', async () => {
      const maker = await caller({
        accountPermissions: { accountPermissionTypes: ['CREATE_AND_DELETE_APPLICATION'] },
      });
      const made = await maker.mutate<{ createApplication: { application: { id: string } } }>(
        'createApplication',
        { name: 'short-lived' },
        'application { id }',
      );
      const applicationId = made.createApplication.application.id;
      const service = await maker.refusedMutation('createService', { applicationId, name: 'one' });
      expect(service).toMatchObject({ code: 'FORBIDDEN', permissionType: 'SERVICE' });
      await maker.mutate('deleteApplication', { applicationId });

      const entityId = await partId('workflows', 'build', vault);
      const serviceInputs = [{ name: 'web', image: 'web:1' }];
      const input = { applicationId: vault, entityId, executionType: 'WORKFLOW', serviceInputs };
      const { execution } = await api.mutate<{ execution: { id: string } }>(
        'startExecution',
        input,
        'execution { id }',
      );
      const inUse = await maker.refusedMutation('deleteApplication', { applicationId: vault });
      expect(inUse).toMatchObject({ code: 'IN_USE', usedBy: [] });
      expect(inUse.message).toMatch(/1 that you may not see/);
      await api.mutate('abortExecution', { applicationId: vault, executionId: execution.id }, 'clientMutationId');
    });
  });

  describe('applyDefinitions', () => {
    const revisions = async () => {
      const { workflows } = await api.ask<{ workflows: { nodes: unknown[] } }>(
        '{ workflows { nodes { name revision { number } } pageInfo { total } } }',
      );
      return workflows;
    };
    const toStaging = (run: string) =>
      workflow('to-staging', {
        keys: 'environment: staging\nservices: [web]',
        tasks: `tasks: { one: { run: ${run} } }`,
      });

    it('writes everything or nothing; a dry run checks the same', async () => {
      const before = await revisions();
      const source = toStaging('changed') + workflow('new', { keys: 'environment: production' });
      for (const dryRun of [true, false]) {
        const refused = await staging.refusedMutation('applyDefinitions', { source, dryRun });
        expect(refused).toMatchObject({ code: 'FORBIDDEN', permissionType: 'WORKFLOW', action: 'CREATE' });
      }
      expect(await revisions()).toEqual(before);
      await staging.apply(toStaging('changed'));
      expect(await staging.apply(toStaging('changed'), { dryRun: true })).toEqual({
        applyDefinitions: { results: [{ kind: 'WORKFLOW', name: 'to-staging', action: 'UNCHANGED' }] },
      });
      await api.apply(shopSource);
    });

    it('needs no permission for visible resources that stay unchanged', async () => {
      const reader = await caller({ appPermissions: [inShop('ALL', ['READ'])] });
      await expect(reader.apply(shopSource)).resolves.toBeDefined();
    });

    it('reveals hidden parts only as taken names, to callers who could create them', async () => {
      for (const [name, more] of [
        ['production', 'type: PROD'],
        ['not-there', 'type: PROD'],
      ]) {
        const source = `kind: Environment\napplication: shop\nname: ${name}\n${more}`;
        const refused = await staging.refusedMutation('applyDefinitions', { source });
        expect(refused).toMatchObject({ code: 'FORBIDDEN', action: 'CREATE', permissionType: 'ENV' });
        expect(JSON.stringify(refused)).not.toContain(await partId('environments', 'production'));
      }
      for (const name of ['build', 'not-there']) {
        const refused = await staging.refusedMutation('applyDefinitions', { source: workflow(name) });
        expect(refused).toMatchObject({ code: 'FORBIDDEN', action: 'CREATE', permissionType: 'WORKFLOW' });
      }
      const taken = await staging.refusedMutation('applyDefinitions', {
        source: workflow('build', { keys: 'environment: staging' }),
      });
      expect(taken.code).toBe('NAME_TAKEN');
    });

    it('takes environments of the same source into account', async () => {
      const environment = (type: string) => `---\nkind: Environment\napplication: shop\nname: fresh\ntype: ${type}\n`;
      const source = workflow('to-fresh', { keys: 'environment: fresh' });
      const more = pipeline('fresh', stage('name: a, workflow: to-fresh'));
      const prod = await staging.refusedMutation('applyDefinitions', { source: source + environment('PROD') });
      expect(prod).toMatchObject({ code: 'FORBIDDEN', permissionType: 'ENV' });
      const answer = await staging.apply(source + environment('NON_PROD') + more, { dryRun: true });
      expect(JSON.stringify(answer).match(/CREATED/g)).toHaveLength(3);
    });

    it('treats a hidden application like one that does not exist', async () => {
      const vaulted = '---\nkind: Service\napplication: vault\nname: web\ndescription: other';
      for (const dryRun of [true, false]) {
        const apply = (source: string) => staging.refusedMutation('applyDefinitions', { source, dryRun });
        const [hidden, missing] = [await apply(vaulted), await apply(vaulted.replace('vault', 'vaunt'))];
        expect(JSON.stringify(hidden).replaceAll('vault', 'vaunt')).toBe(JSON.stringify(missing));
        for (const name of ['vault', 'vaunt']) {
          const refused = await apply(`kind: Application\nname: ${name}\ndescription: other`);
          expect(refused).toMatchObject({
            code: 'FORBIDDEN',
            accountPermission: 'CREATE_AND_DELETE_APPLICATION',
          });
        }
      }
    });
  });

  it('a key that is narrowed to applications sees no others, whatever its groups', async () => {
    const { app } = api.server;
    const { value } = await createApiKey(app, systemActor, {
      name: 'narrow',
      userGroupIds: [ACCOUNT_ADMINISTRATOR],
      applicationIds: [vault],
    });
    const narrow = new Caller(value);
    expect(await narrow.ask('{ applications { nodes { name } pageInfo { total } } }')).toEqual({
      applications: { nodes: [{ name: 'vault' }], pageInfo: { total: 1 } },
    });
    expect((await narrow.refused(`{ application(applicationId: "${shop}") { id } }`)).code).toBe('NOT_FOUND');
    expect((await narrow.refusedMutation('createApplication', { name: 'x' })).code).toBe('FORBIDDEN');
  });

  it('targets in memory match those in SQL', async () => {
    const { database } = api.server.app;
    const application = await applications.find(database, shop);
    if (application === undefined) throw new Error('there is no shop');
    const configuration = await loadConfiguration(database, application);
    const around = surroundingsOf(configuration);
    const workflows = [...configuration.workflows.values()];
    const pipelines = [...configuration.pipelines.values()];
    const idsOf = (rows: { row: { id: string } }[]) => rows.map(({ row }) => row.id);
    const targets = new Map([
      ...(await findWorkflowTargets(database, idsOf(workflows))),
      ...(await findPipelineTargets(database, idsOf(pipelines))),
    ]);
    const templates = await findTemplateWorkflows(database, idsOf(workflows));
    const subjects = [
      ...workflows.map(({ row, revision }) => workflowSubject(row, revision.definition, around)),
      ...pipelines.map(({ row, revision }) => pipelineSubject(row, revision.definition, around)),
    ];
    expect(subjects).toHaveLength(8);
    for (const subject of subjects) {
      const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id).sort();
      expect(ids(subject.environments)).toEqual(ids(targets.get(subject.id) ?? []));
      if ('template' in subject) expect(subject.template).toBe(templates.has(subject.id));
    }
  });

  it('lists take the same number of statements for any page size', async () => {
    const some = Array.from({ length: 15 }, (_, n) => {
      const name = `many-${n}`;
      return workflow(name, { keys: 'environment: staging' }) + pipeline(name, stage(`name: a, workflow: ${name}`));
    });
    await api.apply(some.join(''));
    const query = `query ($n: Int!) {
      pipelines(first: $n) { nodes { application { name } stages { elements { ... on WorkflowStageElement {
        workflow { application { name } } environment { name } } } } } pageInfo { total } }
      workflows(first: $n) { nodes { application { name } revision { number } } pageInfo { total } }
      applications { nodes { workflows(first: $n) { nodes { name application { id } } pageInfo { total } } } }
    }`;
    const statements = (n: number) => api.statements(() => staging.ask(query, { n }));
    const few = await statements(2);
    expect(await statements(15)).toBeLessThan(few + SLACK);
    const { pipelines } = await staging.ask<{ pipelines: { nodes: unknown[] } }>(query, { n: 15 });
    expect(pipelines.nodes).toHaveLength(15);
  });
});
