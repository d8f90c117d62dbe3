import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { SLACK, testApi } from '../api';
import { parts, pipeline, shop, stage, workflow } from './documents';

const example = readFileSync(join(__dirname, '../../../examples/shop/slipway.yaml'), 'utf8');
const APPLY = 'mutation ($input: ApplyDefinitionsInput!) { applyDefinitions(input: $input) { results { name } } }';
const tables = [
  'application',
  'environment',
  'service',
  'workflow',
  'workflow_revision',
  'pipeline',
  'pipeline_revision',
];

describe('applyDefinitions', () => {
  const api = testApi();
  afterEach(() => api.empty());

  /** Whole configuration with the physical versions of its rows, so that even an update without a change would show. */
  async function everything(): Promise<string> {
    const rows = [];
    for (const table of tables)
      rows.push(await api.server.app.database.rows(`SELECT xmin, ctid, * FROM ${table} ORDER BY id`));
    return JSON.stringify(rows);
  }

  const actions = (applied: readonly { action: string }[]) => [...new Set(applied.map((one) => one.action))];

  test('creates missing resources, in any order of the documents', async () => {
    const documents = example.split(/^---$/m).reverse().join('\n---\n');
    const applied = await api.apply(documents);
    expect(applied.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'WORKFLOW promote',
      'PIPELINE release',
      'WORKFLOW deploy-inventory',
      'WORKFLOW deploy-web',
      'WORKFLOW build',
      'SERVICE inventory',
      'SERVICE web',
      'ENVIRONMENT production',
      'ENVIRONMENT staging',
      'APPLICATION shop',
    ]);
    expect(actions(applied)).toEqual(['CREATED']);
    expect(applied.every(({ application, id }) => application === 'shop' && id !== null)).toBe(true);
    expect(applied.map(({ revision }) => revision?.number ?? null)).toEqual([
      1,
      1,
      1,
      1,
      1,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  test('changes nothing when applied again, not even a row’s physical version', async () => {
    const first = await api.apply(example);
    const before = await everything();
    const second = await api.apply(`# other words\n${example.replaceAll('depends_on', 'dependsOn')}`);
    expect(second).toEqual(first.map((one) => ({ ...one, action: 'UNCHANGED' })));
    expect(await everything()).toBe(before);
  });

  test('changes only what differs, and creates revisions of changed definitions', async () => {
    await api.apply(example);
    const changed = example
      .replace('node scripts/pack.mjs web', 'node scripts/pack.mjs web --fast')
      .replace('type: PROD', 'type: NON_PROD');
    const applied = await api.apply(changed);
    expect(applied.filter(({ action }) => action !== 'UNCHANGED')).toEqual([
      expect.objectContaining({ kind: 'ENVIRONMENT', name: 'production', action: 'UPDATED', revision: null }),
      expect.objectContaining({
        kind: 'WORKFLOW',
        name: 'build',
        action: 'UPDATED',
        revision: expect.objectContaining({ number: 2 }),
      }),
    ]);
    const back = await api.apply(example);
    const hashes = await api.server.app.database.rows(
      'SELECT number, content_hash FROM workflow_revision JOIN workflow ON entity_id = workflow.id WHERE name = $1 ORDER BY number',
      ['build'],
    );
    expect(back.find(({ name }) => name === 'build')?.revision?.number).toBe(3);
    expect(new Set(hashes.map((row) => JSON.stringify((row as { content_hash: string }).content_hash))).size).toBe(2);
  });

  test('keeps resources that the source omits', async () => {
    await api.apply(example);
    expect(await api.apply(shop.replace('name: shop', 'name: shop\ndescription: other'))).toEqual([
      expect.objectContaining({ action: 'UPDATED' }),
    ]);
    expect(await api.partId('pipelines', 'release')).toBeTruthy();
  });

  test('a dry run returns the same and writes nothing', async () => {
    const before = await everything();
    const dry = await api.apply(example, { dryRun: true });
    expect(await everything()).toBe(before);
    const wet = await api.apply(example);
    expect(dry).toEqual(wet.map((one) => ({ ...one, id: null })));

    const changed = example.replace('pack.mjs web', 'pack.mjs web --fast');
    const between = await everything();
    const dryChange = await api.apply(changed, { dryRun: true });
    expect(await everything()).toBe(between);
    expect(await api.apply(changed)).toEqual(dryChange);
    expect((await api.refusedApply(`${example}---\nkind: X`, { dryRun: true })).map(({ rule }) => rule)).toEqual([
      'UNKNOWN_KIND',
    ]);
  });

  test('changes nothing if one document has an error', async () => {
    await api.apply(example);
    const before = await everything();
    const source = example
      .replace('description: A small shop', 'description: A large shop')
      .replace('environment: production', 'environment: moon');
    expect(await api.refusedApply(source)).toEqual([
      expect.objectContaining({ rule: 'UNKNOWN_ENVIRONMENT', path: 'documents[8].stages[3].elements[0].environment' }),
    ]);
    expect(await everything()).toBe(before);
  });

  test('documents may refer to existing resources', async () => {
    await api.apply(parts + workflow('w', { keys: 'environment: staging\nservices: [web]' }));
    const applied = await api.apply(
      pipeline('p', stage('name: a, workflow: w, environment: staging, services: [web]')).slice(4),
    );
    expect(applied).toEqual([expect.objectContaining({ action: 'CREATED', application: 'shop' })]);
  });

  test('creates, keeps and changes freezes, even of environments in the same source', async () => {
    const freeze = `---
kind: Freeze
application: shop
name: Holidays
environments: [staging, production]
from: 2026-12-23T18:00:00+01:00
until: 2027-01-02T08:00:00+01:00
recurrence: RRULE:FREQ=YEARLY
time_zone: Europe/Berlin
reason: Nobody is on call
except_services: [web]
except_groups: [on call]
`;
    const key = await createKey(api.server.client, 'configures', {
      appPermissions: [{ permissionType: 'ENV', actions: ['READ'], applications: { filterType: 'ALL' } }],
    });
    const client = new TestClient(api.server.url, key);
    expect(await api.refusedApply(parts + freeze, { dryRun: true })).toMatchObject([
      { path: 'documents[5].except_groups[0]', rule: 'UNKNOWN_GROUP' },
    ]);
    await createKey(api.server.client, 'on call');
    const dry = await api.apply(parts + freeze, { dryRun: true });
    const results = await api.apply(parts + freeze);
    expect(dry).toEqual(results.map((one) => ({ ...one, id: null })));
    expect(results[5]).toMatchObject({ kind: 'FREEZE', application: 'shop', name: 'Holidays', action: 'CREATED' });
    const read = async () =>
      (
        await api.ask<{ freezes: { nodes: object[] } }>(`{ freezes { nodes { name kind from until timeZone recurrence
          reason applications { name } environments { name } exceptServices { name } environmentTypes } } }`)
      ).freezes.nodes;
    const made = {
      ...{ name: 'Holidays', kind: 'FREEZE', from: '2026-12-23T17:00:00.000Z', until: '2027-01-02T07:00:00.000Z' },
      ...{ timeZone: 'Europe/Berlin', recurrence: 'FREQ=YEARLY', reason: 'Nobody is on call', environmentTypes: null },
      ...{ applications: [{ name: 'shop' }], exceptServices: [{ name: 'web' }] },
      environments: [{ name: 'staging' }, { name: 'production' }],
    };
    expect(await read()).toEqual([made]);
    expect((await api.apply(freeze.slice(4)))[0]).toMatchObject({ action: 'UNCHANGED' });
    const changed = freeze.replace('environments: [staging, production]', 'environment_types: [PROD]');
    const input = { source: changed.slice(4) };
    expect(await client.errorOf(APPLY, { input })).toMatchObject({ code: 'FORBIDDEN' });
    expect((await api.apply(changed.slice(4)))[0]).toMatchObject({ action: 'UPDATED', id: results[5]?.id });
    expect(await read()).toEqual([{ ...made, environments: null, environmentTypes: ['PROD'] }]);
    // The name of a freeze is unique on the server; this one belongs to another application.
    const bank = `kind: Application\nname: bank\n${freeze
      .replace('application: shop', 'application: bank')
      .replace('environments: [staging, production]\n', '')
      .replace('except_services: [web]\n', '')}`;
    expect((await api.refusedMutation('applyDefinitions', { source: bank })).code).toBe('NAME_TAKEN');
  });

  test('concurrent applies of one source create everything once', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => api.apply(example)));
    const created = all.filter((applied) => applied[0]?.action === 'CREATED');
    expect(created).toHaveLength(1);
    expect(all.map((applied) => actions(applied).length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(new Set(all.map((applied) => applied.map(({ id }) => id).join())).size).toBe(1);
  });

  test('concurrent changes create revisions without gaps or duplicates', async () => {
    await api.apply(example);
    const versions = Array.from({ length: 8 }, (_, n) => example.replace('pack.mjs web', `pack.mjs web ${n}`));
    await Promise.all(versions.map((source) => api.apply(source)));
    const rows = await api.server.app.database.rows<{ number: number }>(
      'SELECT number FROM workflow_revision JOIN workflow ON entity_id = workflow.id WHERE name = $1 AND deleted_at IS NULL ORDER BY number',
      ['build'],
    );
    expect(rows.map((row) => row.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('sources for several applications in opposite orders do not deadlock', async () => {
    const two = [`${shop}---\n${shop.replaceAll('shop', 'bank')}`, `${shop.replaceAll('shop', 'bank')}---\n${shop}`];
    const described = (n: number) => two[n % 2]?.replaceAll(/(name: \w+)/g, `$1\ndescription: "${n}"`) ?? '';
    await Promise.all(Array.from({ length: 10 }, (_, n) => api.apply(described(n))));
    const rows = await api.server.app.database.rows('SELECT FROM application WHERE deleted_at IS NULL');
    expect(rows).toHaveLength(2);
  });

  test('a workflow can’t change under the pipelines that use it', async () => {
    const deploy = (keys: string) => shop + workflow('deploy', { keys });
    const release = pipeline('release', stage('name: a, workflow: deploy, variables: { V: x }'));
    await api.apply(deploy('variables: [{ name: V }]') + release);
    const [error] = await api.refusedApply(deploy('variables: [{ name: W, required: true }]'));
    expect(error).toMatchObject({ rule: 'BREAKS_PIPELINE', path: 'documents[1]' });
    expect(error?.message).toContain('"release"');
    await api.apply(deploy('variables: [{ name: W, required: true }]') + release.replace('{ V: x }', '{ W: x }'));
  });

  test('a workflow can’t lose a task that another workflow takes files from', async () => {
    const build = (task: string) => shop + workflow('build', { tasks: `tasks: { ${task}: { run: x } }` });
    await api.apply(
      build('pack') + workflow('deploy', { tasks: 'tasks: { one: { run: x, artifacts: { from: build.pack } } }' }),
    );
    const [error] = await api.refusedApply(build('bundle'));
    expect(error).toMatchObject({ rule: 'BREAKS_WORKFLOW', path: 'documents[1]' });
    expect(error?.message).toContain('"deploy"');
  });

  test('accepts JSON like YAML', async () => {
    const source = JSON.stringify([
      { kind: 'Application', name: 'shop' },
      { kind: 'Service', application: 'shop', name: 'web' },
    ]);
    expect(actions(await api.apply(source, { format: 'JSON' }))).toEqual(['CREATED']);
  });

  test('rejects text that PostgreSQL can’t store', async () => {
    expect(
      (await api.refusedApply('kind: Service\napplication: "a\\0"\nname: "\\ud800"')).map(({ rule }) => rule),
    ).toContain('BAD_CHARACTER');
  });

  test('the number of statements does not depend on the number of documents that change nothing', async () => {
    const many = (count: number) => shop + Array.from({ length: count }, (_, n) => workflow(`w${n}`)).join('');
    await api.apply(many(40));
    const few = await api.statements(() => api.apply(many(2)));
    expect(await api.statements(() => api.apply(many(40)))).toBeLessThan(few + SLACK);
  });

  test('returns clientMutationId', async () => {
    expect(await api.mutate('applyDefinitions', { source: shop, clientMutationId: 'x' }, 'clientMutationId')).toEqual({
      clientMutationId: 'x',
    });
  });
});
