import { TestClient } from '../support/client';
import { SLACK, testApi } from './api';

const api = testApi();

interface Shown {
  readonly name: string;
  readonly value: string;
}
const document = (kind: string, tags: string) => `kind: ${kind}\napplication: shop\nname: web\n${tags}`;
const shop = [
  'kind: Application\nname: shop\ntags: { team: payments }',
  'kind: Environment\napplication: shop\nname: prod\ntype: PROD\ntags: [critical]',
  document('Service', 'tags: { team: front, tier: 1 }'),
  'kind: Service\napplication: shop\nname: api',
  document('Workflow', 'tags: [nightly]\ntasks: { a: { run: "true" } }'),
  document('Pipeline', 'tags: { team: release }\nstages: [{ elements: [{ name: a, workflow: web }] }]'),
].join('\n---\n');

beforeAll(async () => {
  await api.apply(shop);
});

const ID = 'id tags { name value }';
const tagsOf = async (field: string): Promise<Record<string, string>> => {
  const answer = await api.ask<{ applicationByName: Record<string, { nodes: { name: string; tags: Shown[] }[] }> }>(
    `{ applicationByName(name: "shop") { ${field} { nodes { name ${ID} } } } }`,
  );
  const tags = answer.applicationByName[field]?.nodes.find(({ name }) => name !== 'api')?.tags ?? [];
  return Object.fromEntries(tags.map(({ name, value }) => [name, value]));
};
const attach = (entityType: string, entityId: string, name: string, value?: string) =>
  api.mutate<{ tagLink: object }>(
    'attachTag',
    { entityType, entityId, name, value },
    'tagLink { appId entityId entityType name value }',
  );

/** Value of a key whose group has these permissions. */
async function clientWith(name: string, permissions: object): Promise<TestClient> {
  const group = { name, permissions };
  const { userGroup } = await api.mutate<{ userGroup: { id: string } }>('createUserGroup', group, 'userGroup { id }');
  const key = await api.mutate<{ value: string }>('createApiKey', { name, userGroupIds: [userGroup.id] }, 'value');
  return new TestClient(api.server.url, key.value);
}

describe('tags of documents', () => {
  it('are a mapping, or a list of names without values', async () => {
    expect(await tagsOf('services')).toEqual({ team: 'front', tier: '1' });
    expect(await tagsOf('environments')).toEqual({ critical: '' });
    expect(await tagsOf('workflows')).toEqual({ nightly: '' });
    expect(await tagsOf('pipelines')).toEqual({ team: 'release' });
    const again = await api.apply(shop);
    expect(new Set(again.map(({ action }) => action))).toEqual(new Set(['UNCHANGED']));
  });

  it('replace all tags, and a document without the key keeps them', async () => {
    const [kept] = await api.apply(document('Service', 'description: x'));
    expect(kept?.action).toBe('UPDATED');
    expect(await tagsOf('services')).toEqual({ team: 'front', tier: '1' });
    const [changed] = await api.apply(document('Service', 'description: x\ntags: { team: back }'));
    expect(changed?.action).toBe('UPDATED');
    expect(await tagsOf('services')).toEqual({ team: 'back' });
    await api.apply(document('Service', 'tags: { team: front, tier: 1 }'));
  });

  it('do not make a revision, and are printed with the definition', async () => {
    const [applied] = await api.apply(
      document('Pipeline', 'tags: { team: ops }\nstages: [{ elements: [{ name: a, workflow: web }] }]'),
    );
    expect(applied).toMatchObject({ action: 'UPDATED', revision: { number: 1 } });
    const { pipelines } = await api.ask<{ pipelines: { nodes: { definition: string }[] } }>(
      '{ pipelines { nodes { definition } } }',
    );
    expect(pipelines.nodes[0]?.definition).toContain('tags:\n  team: ops\n');
    await api.apply(shop);
  });
});

describe('attachTag', () => {
  it('sets, replaces and removes a tag of any object, with its audit record', async () => {
    const id = await api.partId('services', 'api');
    const { tagLink } = await attach('SERVICE', id, 'tier', '2');
    const appId = await api.applicationId();
    expect(tagLink).toEqual({ appId, entityId: id, entityType: 'SERVICE', name: 'tier', value: '2' });
    await attach('SERVICE', id, 'tier', '3');
    const { service, application, audits } = await api.ask<{
      service: { tags: Shown[] };
      application: { tags: Shown[] };
      audits: { nodes: object[] };
    }>(
      `{ service(serviceId: "${id}") { tags { name value } } application(applicationId: "${appId}") { tags { name value } }
         audits(first: 2) { nodes { action before after } } }`,
    );
    expect(service.tags).toEqual([{ name: 'tier', value: '3' }]);
    expect(application.tags).toEqual([{ name: 'team', value: 'payments' }]);
    expect(audits.nodes[0]).toMatchObject({
      action: 'tag.attach',
      before: { tags: ['tier=2'] },
      after: { tags: ['tier=3'] },
    });
    await api.mutate('detachTag', { entityType: 'SERVICE', entityId: id, name: 'tier' }, 'clientMutationId');
    expect(await api.ask(`{ service(serviceId: "${id}") { tags { name } } }`)).toEqual({ service: { tags: [] } });
  });

  it('requires the right to change the object, and hides objects that the caller may not see', async () => {
    const applications = { appIds: [await api.applicationId()] };
    const reader = await clientWith('readers of services', {
      appPermissions: [{ permissionType: 'SERVICE', actions: ['READ'], applications }],
    });
    const entityId = await api.partId('services', 'web');
    const workflowId = await api.partId('workflows', 'web');
    const mutation = 'mutation ($input: AttachTagInput!) { attachTag(input: $input) { clientMutationId } }';
    const code = async (input: object) => (await reader.errorOf(mutation, { input })).code;
    expect(await code({ entityId, entityType: 'SERVICE', name: 'x' })).toBe('FORBIDDEN');
    expect(await code({ entityId: workflowId, entityType: 'WORKFLOW', name: 'x' })).toBe('NOT_FOUND');
    expect(await code({ entityId: workflowId, entityType: 'SERVICE', name: 'x' })).toBe('NOT_FOUND');
    const seen = await reader.ask(
      '{ tags { nodes { name usages { nodes { entityType value } pageInfo { total } } } } }',
    );
    expect(seen).toEqual({
      tags: {
        nodes: [
          {
            name: 'team',
            usages: {
              nodes: [
                { entityType: 'SERVICE', value: 'front' },
                { entityType: 'APPLICATION', value: 'payments' },
              ],
              pageInfo: { total: 2 },
            },
          },
          {
            name: 'tier',
            usages: { nodes: [{ entityType: 'SERVICE', value: '1' }], pageInfo: { total: 1 } },
          },
        ],
      },
    });
    expect(await reader.errorOf('{ tagByName(name: "nightly") { id } }')).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses names and values that are not valid', async () => {
    const entityId = await api.partId('services', 'api');
    const input = { entityId, entityType: 'SERVICE', name: ' ', value: 'x'.repeat(201) };
    expect(await api.refusedMutation('attachTag', input)).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ field: 'name' }, { field: 'value' }],
    });
  });
});

describe('createTag, updateTag and deleteTag', () => {
  it('limit the values of a tag, rename it, and detach it', async () => {
    const create = { name: 'stage', allowedValues: ['a', 'b'] };
    const { tag } = await api.mutate<{ tag: { id: string } }>('createTag', create, 'tag { id allowedValues }');
    expect(await api.refusedMutation('createTag', create)).toMatchObject({ code: 'NAME_TAKEN' });
    const entityId = await api.partId('services', 'api');
    const wrong = { entityType: 'SERVICE', entityId, name: 'stage', value: 'c' };
    expect(await api.refusedMutation('attachTag', wrong)).toMatchObject({
      errors: [{ field: 'value', rule: 'ONE_OF' }],
    });
    const [problem] = await api.refusedApply(document('Service', 'tags: { stage: c }'));
    expect(problem).toMatchObject({ rule: 'BAD_VALUE', path: 'documents[0].tags.stage' });
    await attach('SERVICE', entityId, 'stage', 'a');
    expect(await api.refusedMutation('updateTag', { tagId: tag.id, allowedValues: ['b'] })).toMatchObject({
      code: 'IN_USE',
    });
    await api.mutate('updateTag', { tagId: tag.id, name: 'step', allowedValues: null }, 'tag { name }');
    await attach('SERVICE', entityId, 'step', 'c');
    const read = `{ tag(tagId: "${tag.id}") { name allowedValues usages(filters: [{entityType: [SERVICE]}]) { nodes { entityId value } } } }`;
    expect(await api.ask(read)).toEqual({
      tag: { name: 'step', allowedValues: null, usages: { nodes: [{ entityId, value: 'c' }] } },
    });
    await api.mutate('deleteTag', { tagId: tag.id }, 'clientMutationId');
    expect(await api.ask(`{ service(serviceId: "${entityId}") { tags { name } } }`)).toEqual({ service: { tags: [] } });
  });
});

describe('lists filtered by tags', () => {
  const names = async (field: string, tag: string): Promise<string[]> => {
    const query = `{ ${field}(filters: [{tag: ${tag}}]) { nodes { name } pageInfo { total } } }`;
    const answer = await api.ask<Record<string, { nodes: { name: string }[]; pageInfo: { total: number } }>>(query);
    const { nodes = [], pageInfo } = answer[field] ?? {};
    expect(pageInfo?.total).toBe(nodes.length);
    return nodes.map(({ name }) => name);
  };

  it('match objects with one of the tags, or of an application with one', async () => {
    expect(await names('applications', '{tags: [{name: "team"}]}')).toEqual(['shop']);
    expect(await names('services', '{tags: [{name: "team", value: "front"}]}')).toEqual(['web']);
    expect(await names('services', '{tags: [{name: "team", value: "back"}, {name: "tier"}]}')).toEqual(['web']);
    expect(await names('services', '{entityType: APPLICATION, tags: [{name: "team", value: "payments"}]}')).toEqual([
      'api',
      'web',
    ]);
    expect(await names('environments', '{tags: [{name: "critical"}]}')).toEqual(['prod']);
    expect(await names('workflows', '{tags: []}')).toEqual([]);
    expect(
      await api.refused('{ services(filters: [{tag: {entityType: PIPELINE, tags: []}}]) { nodes { id } } }'),
    ).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ field: 'filters[0].tag.entityType' }],
    });
  });

  it('match executions by their own tags and by those of what they run', async () => {
    const start = {
      applicationId: await api.applicationId(),
      entityId: await api.partId('pipelines', 'web'),
      executionType: 'PIPELINE',
    };
    const started = await api.mutate<{ execution: { id: string } }>('startExecution', start, 'execution { id }');
    const { id } = started.execution;
    await attach('DEPLOYMENT', id, 'ticket', 'OPS-1');
    const count = async (tag: string) => {
      const query = `{ executions(filters: [{tag: ${tag}}]) { nodes { id tags { name value } } } }`;
      return (await api.ask<{ executions: { nodes: { id: string; tags: Shown[] }[] } }>(query)).executions.nodes;
    };
    expect(await count('{tags: [{name: "ticket"}]}')).toEqual([
      {
        id,
        tags: [
          { name: 'team', value: 'release' },
          { name: 'ticket', value: 'OPS-1' },
        ],
      },
    ]);
    const release = '{tags: [{name: "team", value: "release"}]}';
    expect(await count(release)).toHaveLength(1);
    await attach('DEPLOYMENT', id, 'team', 'hotfix');
    expect(await count(release)).toHaveLength(0);
    expect(await count('{entityType: PIPELINE, tags: [{name: "team"}]}')).toHaveLength(1);
    expect(await count('{entityType: WORKFLOW, tags: [{name: "nightly"}]}')).toHaveLength(0);
    expect(await count('{entityType: APPLICATION, tags: [{name: "team", value: "payments"}]}')).toHaveLength(1);
    expect(await count('{entityType: ENVIRONMENT, tags: [{name: "critical"}]}')).toHaveLength(0);
  });

  it('need no statement for each object', async () => {
    const query = (first: number) =>
      `{ services(first: ${first}) { nodes { tags { name } createdBy { name } } } tags(first: ${first}) { nodes { usages(first: 2) { nodes { value } } } }
         users(first: ${first}) { nodes { memberships(first: 2) { nodes { members(first: 2) { nodes { name } pageInfo { total } } isSSOLinked } } } } }`;
    for (const name of ['Ada', 'Bob']) {
      await api.mutate('createUser', { name, email: `${name}@example.com` }, 'user { id }');
    }
    const one = await api.statements(() => api.ask(query(1)));
    const many = await api.statements(() => api.ask(query(10)));
    expect(many).toBeLessThan(one + SLACK);
  });
});

describe('users and groups for clients of FirstGen', () => {
  it('have flags, pages of members, and an exact look-up by name', async () => {
    const { userGroup } = await api.mutate<{ userGroup: { id: string } }>(
      'createUserGroup',
      { name: 'crew' },
      'userGroup { id }',
    );
    for (const name of ['Zoe', 'Yan', 'Xia']) {
      const email = `${name.toLowerCase()}@example.com`;
      await api.mutate('createUser', { name, email, userGroupIds: [userGroup.id] }, 'user { id }');
    }
    const flags =
      'isEmailVerified isImportedFromIdentityProvider isPasswordExpired isTwoFactorAuthenticationEnabled isUserLocked';
    expect(
      await api.ask(
        `{ userByName(name: "Zoe") { email ${flags} memberships(limit: 5, offset: 0) { nodes { name } } } }`,
      ),
    ).toEqual({
      userByName: {
        email: 'zoe@example.com',
        isEmailVerified: false,
        isImportedFromIdentityProvider: false,
        isPasswordExpired: false,
        isTwoFactorAuthenticationEnabled: false,
        isUserLocked: false,
        memberships: { nodes: [{ name: 'crew' }] },
      },
    });
    const settings =
      'importedByScim isSSOLinked ssoSetting { __typename } notificationSettings { groupEmailAddresses }';
    expect(
      await api.ask(
        `{ userGroupByName(name: "crew") { ${settings} members(limit: 1, offset: 1) { nodes { name } pageInfo { total hasMore offset } } } }`,
      ),
    ).toEqual({
      userGroupByName: {
        ...{ importedByScim: false, isSSOLinked: false, ssoSetting: null, notificationSettings: null },
        members: { nodes: [{ name: 'Yan' }], pageInfo: { total: 3, hasMore: true, offset: 1 } },
      },
    });
    await api.mutate('createUser', { name: 'Zoe', email: 'zoe.two@example.com' }, 'user { id }');
    expect(await api.refused('{ userByName(name: "Zoe") { id } }')).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ rule: 'AMBIGUOUS' }],
    });
    expect(await api.refused('{ userByName(name: "zoe") { id } }')).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('tags of triggers', () => {
  it('are set by documents and attachTag, found by filters, and create no version', async () => {
    const trigger = (more: string) =>
      `kind: Trigger\napplication: shop\nname: nightly\n${more}on: { schedule: { cron: "0 3 * * *" } }\nstart: { workflow: web }`;
    await api.apply(trigger('tags: { owner: ops }\n'));
    const found = async (tag: object) => {
      const { triggers } = await api.ask<{
        triggers: { nodes: { id: string; version: number; definition: string }[] };
      }>('query ($tag: TagFilter) { triggers(filters: [{tag: $tag}]) { nodes { id version definition } } }', { tag });
      return triggers.nodes;
    };
    const [nightly] = await found({ tags: [{ name: 'owner', value: 'ops' }] });
    expect(nightly?.definition).toContain('tags:\n  owner: ops\n');
    expect(await found({ tags: [{ name: 'owner', value: 'dev' }] })).toEqual([]);
    expect(await found({ entityType: 'APPLICATION', tags: [{ name: 'team', value: 'payments' }] })).toEqual([nightly]);
    const entityId = nightly?.id ?? '';
    await attach('TRIGGER', entityId, 'late');
    // A document without the key keeps them.
    expect((await api.apply(trigger('')))[0]?.action).toBe('UNCHANGED');
    const { trigger: shown, tagByName } = await api.ask<{ trigger: object; tagByName: object }>(
      `{ trigger(triggerId: "${entityId}") { version tags { name value } }
         tagByName(name: "late") { usages { nodes { entityType entityId } } } }`,
    );
    const tags = [
      { name: 'late', value: '' },
      { name: 'owner', value: 'ops' },
    ];
    expect(shown).toEqual({ version: 1, tags });
    expect(tagByName).toEqual({ usages: { nodes: [{ entityType: 'TRIGGER', entityId }] } });
    await api.mutate('detachTag', { entityType: 'TRIGGER', entityId, name: 'late' }, 'clientMutationId');
    expect(await found({ tags: [{ name: 'late' }] })).toEqual([]);
    const reader = await clientWith('readers of web', {
      appPermissions: [{ permissionType: 'WORKFLOW', actions: ['READ'], applications: { filterType: 'ALL' } }],
    });
    const mutation = 'mutation ($input: AttachTagInput!) { attachTag(input: $input) { clientMutationId } }';
    const refused = await reader.errorOf(mutation, { input: { entityId, entityType: 'TRIGGER', name: 'x' } });
    expect(refused.code).toBe('FORBIDDEN');
    expect(await reader.ask('{ tagByName(name: "owner") { usages { nodes { entityId } } } }')).toEqual({
      tagByName: { usages: { nodes: [{ entityId }] } },
    });
  });
});
