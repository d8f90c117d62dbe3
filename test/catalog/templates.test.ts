import { createKey } from '../support/keys';
import { TestClient } from '../support/client';
import { testApi } from './api';

const shop = 'kind: Application\nname: shop\n---\n';
const base = (run: string, more = '') => `kind: Template
name: base
of: workflow
parameters: [{ name: word, default: hello }]
body:
  tasks:
    say: { run: "${run} \${parameters.word}" }
${more}`;
const derived = `---
kind: Template
application: shop
name: derived
of: workflow
extends: base
with: { word: derived }
body: { env: { A: b } }
`;
const workflow = (name: string, keys: string) => `---\nkind: Workflow\napplication: shop\nname: ${name}\n${keys}\n`;

describe('templates', () => {
  const api = testApi();
  const command = async (name: string) => {
    const { workflows } = await api.ask<{
      workflows: { nodes: { definition: string; revision: { number: number } }[] };
    }>(
      'query ($name: String!) { workflows(filters: [{ name: { operator: EQUALS, values: [$name] } }]) { nodes { definition(format: JSON) revision { number } } } }',
      { name },
    );
    return workflows.nodes[0];
  };
  const users = async (name: string) => {
    const { templates } = await api.ask<{ templates: { nodes: { id: string; users: object[] }[] } }>(
      'query ($name: String!) { templates(filters: [{ name: { operator: EQUALS, values: [$name] } }]) { nodes { id users { kind name application revision pinned outdated } } } }',
      { name },
    );
    return templates.nodes[0] as { id: string; users: object[] };
  };

  it('change what follows them in the same transaction, and leave what names a revision', async () => {
    const source =
      shop +
      workflow('follower', 'extends: derived\ntasks: { more: { run: x } }') +
      workflow('pinned', 'extends: base@1') +
      derived +
      `---\n${base('echo')}`;
    expect((await api.apply(source)).map(({ action }) => action)).toEqual(Array(5).fill('CREATED'));
    expect(new Set((await api.apply(source)).map(({ action }) => action))).toEqual(new Set(['UNCHANGED']));
    const changed = (await api.apply(base('printf'), { dryRun: true })).map(
      ({ kind, name, action, revision }) => `${kind} ${name} ${action} ${revision?.number}`,
    );
    expect(changed).toEqual(['TEMPLATE base UPDATED 2', 'TEMPLATE derived UPDATED 2', 'WORKFLOW follower UPDATED 2']);
    expect(
      (await api.apply(base('printf'))).map(
        ({ kind, name, action, revision }) => `${kind} ${name} ${action} ${revision?.number}`,
      ),
    ).toEqual(changed);
    expect((await command('follower'))?.revision.number).toBe(2);
    expect(JSON.parse((await command('follower'))?.definition ?? '')).toEqual({
      ...{ kind: 'Workflow', application: 'shop', name: 'follower', extends: 'derived' },
      tasks: { more: { run: 'x' } },
    });
    const use = { application: 'shop', revision: 2, pinned: false, outdated: false };
    const found = await users('base');
    expect(found.users).toEqual([
      { ...use, kind: 'TEMPLATE', name: 'derived' },
      { ...use, kind: 'WORKFLOW', name: 'follower' },
      { ...use, kind: 'WORKFLOW', name: 'pinned', revision: 1, pinned: true, outdated: true },
    ]);
    const broken = await api.refusedApply(base('echo').replace('{ run:', '{ retry: 1, run:').replace('say:', 'more:'));
    expect(broken.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'UNKNOWN_FIELD documents[0].body.tasks.more.retry',
      'BREAKS_WORKFLOW documents[0]',
    ]);
    const inUse = await api.refusedMutation('deleteTemplate', { templateId: found.id });
    expect([inUse.code, inUse.message]).toEqual([
      'IN_USE',
      'The template "base" is still used by: template "derived", workflow "follower", workflow "pinned".',
    ]);
  });

  it('need the rights of a change of each definition that follows, and reveal none that is hidden', async () => {
    const key = await createKey(api.server.client, 'template authors', {
      accountPermissions: { accountPermissionTypes: ['MANAGE_TEMPLATES'] },
    });
    const other = new TestClient(api.server.url, key);
    const apply = (source: string) =>
      other.errorOf(
        'mutation ($input: ApplyDefinitionsInput!) { applyDefinitions(input: $input) { results { name } } }',
        {
          input: { source },
        },
      );
    expect(await apply(base('tac'))).toMatchObject({
      code: 'INVALID_DEFINITION',
      message: expect.stringContaining('A definition that you may not see extends this template'),
    });
    expect(await apply(base('tac').replace('name: base', 'application: shop\nname: base'))).toMatchObject({
      message: expect.stringContaining('There is no application "shop"'),
    });
  });

  it('a rename changes documents that extend templates, unless a template has the name', async () => {
    const parts = `${shop}kind: Environment\napplication: shop\nname: dev\ntype: NON_PROD\n---\nkind: Environment\napplication: shop\nname: live\ntype: PROD\n---\n`;
    await api.apply(
      `${parts}kind: Template\nname: aimed\nof: workflow\nparameters: [{ name: env, default: live }]\nbody: { environment: "\${parameters.env}", tasks: { a: { run: x } } }` +
        `\n${workflow('one', 'extends: aimed\nwith: { env: dev }')}${workflow('two', 'extends: aimed')}`,
    );
    const { environments } = await api.ask<{ environments: { nodes: { id: string; name: string }[] } }>(
      '{ environments { nodes { id name } } }',
    );
    const id = (name: string) => environments.nodes.find((one) => one.name === name)?.id;
    await api.mutate('updateEnvironment', { environmentId: id('dev'), name: 'test' }, 'clientMutationId');
    expect(JSON.parse((await command('one'))?.definition ?? '').with).toEqual({ env: 'test' });
    expect(await api.refusedMutation('updateEnvironment', { environmentId: id('live'), name: 'prod' })).toMatchObject({
      errors: [expect.objectContaining({ rule: 'NAMED_BY_TEMPLATE' })],
    });
  });

  it('show their users and bases with as many statements for many as for few', async () => {
    const of = (n: number) =>
      `---\nkind: Template\nname: own${n}\nof: workflow\nextends: common\nbody: { env: { N: "${n}" } }\n`;
    await api.apply(`${base('echo').replace('name: base', 'name: common')}${of(1)}${of(2)}${of(3)}`);
    const read = (limit: number) => () =>
      api.ask<{ templates: { nodes: { name: string; users: object[]; base: object | null }[] } }>(
        `{ templates(limit: ${limit}, filters: [{ name: { operator: IN, values: ["common", "own1", "own2", "own3"] } }]) { nodes { name users { name } base { name } } } }`,
      );
    await read(2)();
    const few = await api.statements(read(2));
    const all = await api.statements(read(4));
    expect(all).toBe(few);
    const { templates } = await read(4)();
    expect(templates.nodes.map(({ name, users: by, base: from }) => [name, by.length, from !== null])).toEqual([
      ...[['common', 3, false]],
      ...[1, 2, 3].map((n) => [`own${n}`, 0, true]),
    ]);
  });
});
