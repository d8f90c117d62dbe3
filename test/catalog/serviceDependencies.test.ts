import { cycleFrom, dependenciesAmong, inLevels } from '../../src/catalog/language/serviceGraph';
import { testApi } from './api';

const application = (name: string) => `---\n{kind: Application, name: ${name}}\n`;
const service = (of: string, name: string, on = '[]') =>
  `---\n{kind: Service, application: ${of}, name: ${name}, depends_on: ${on}}\n`;

describe('depends_on of services', () => {
  const api = testApi();
  const dependsOn = async (name: string): Promise<readonly string[]> => {
    const query = `query ($name: String!) { services(filters: [{ name: { operator: EQUALS, values: [$name] } }]) { nodes { id dependsOn } } }`;
    const { services } = await api.ask<{ services: { nodes: { dependsOn: string[] }[] } }>(query, { name });
    return services.nodes[0]?.dependsOn ?? [];
  };
  const idOf = async (table: string, name: string): Promise<string> => {
    const [row] = await api.server.app.database.rows<{ id: string }>(
      `SELECT id FROM ${table} WHERE name = $1 AND deleted_at IS NULL`,
      [name],
    );
    return row?.id ?? '';
  };

  it('is checked by applyDefinitions: unknown services, itself, and cycles', async () => {
    await api.apply(
      application('shop') +
        application('bank') +
        service('shop', 'web', 'api') +
        service('shop', 'api', '[bank/ledger]') +
        service('bank', 'ledger') +
        service('bank', 'audit', '[bank/ledger, ledger]'),
    );
    expect(await dependsOn('api')).toEqual(['bank/ledger']);
    expect(await dependsOn('audit')).toEqual(['ledger']);
    const problems = async (source: string) =>
      (await api.refusedApply(source)).map(({ rule, path, message }) => [rule, path, message]);
    expect(await problems(service('shop', 'api', '[wob]'))).toEqual([
      ['UNKNOWN_SERVICE', 'documents[0].depends_on[0]', expect.stringContaining('"wob" does not exist')],
    ]);
    expect(await problems(service('shop', 'api', '[shop/api]'))).toMatchObject([
      ['SELF_DEPENDENCY', expect.anything(), expect.anything()],
    ]);
    expect(await problems(service('shop', 'api', '[a/b/c]'))).toMatchObject([
      ['BAD_NAME', expect.anything(), expect.anything()],
    ]);
    expect(await problems(service('bank', 'ledger', '[shop/web]'))).toEqual([
      [
        'CYCLE',
        'documents[0].depends_on[0]',
        expect.stringContaining('"bank/ledger" → "shop/web" → "shop/api" → "bank/ledger"'),
      ],
    ]);
    const { validateDefinition } = await api.ask<{
      validateDefinition: { valid: boolean; errors: { rule: string }[] };
    }>('query ($source: String!) { validateDefinition(source: $source) { valid errors { rule } } }', {
      source: service('bank', 'ledger', 'shop/web'),
    });
    expect(validateDefinition).toEqual({ valid: false, errors: [{ rule: 'CYCLE' }] });
  });

  it('is checked by commands, follows renames, and prevents deletion', async () => {
    const applicationId = await idOf('application', 'shop');
    const bad = { applicationId, name: 'new', dependsOn: ['nothing'] };
    expect(await api.refusedMutation('createService', bad)).toMatchObject({ code: 'INVALID_INPUT' });
    await api.mutate('createService', { ...bad, dependsOn: ['shop/web'] }, 'service { id }');
    expect(await dependsOn('new')).toEqual(['web']);
    const web = await idOf('service', 'web');
    const cycle = { serviceId: web, dependsOn: ['new'] };
    expect(await api.refusedMutation('updateService', cycle)).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ rule: 'CYCLE', field: 'dependsOn[0]' }],
    });
    expect(await api.refusedMutation('deleteService', { serviceId: web })).toMatchObject({
      code: 'IN_USE',
      usedBy: [{ kind: 'SERVICE', name: 'new' }],
    });
    await api.mutate('updateService', { serviceId: web, name: 'front' }, 'service { id }');
    await api.mutate('updateService', { serviceId: await idOf('service', 'ledger'), name: 'book' }, 'service { id }');
    await api.mutate(
      'updateApplication',
      { applicationId: await idOf('application', 'bank'), name: 'vault' },
      'application { id }',
    );
    expect([await dependsOn('new'), await dependsOn('api'), await dependsOn('audit')]).toEqual([
      ['front'],
      ['vault/book'],
      ['book'],
    ]);
    await api.mutate('updateService', { serviceId: await idOf('service', 'new'), dependsOn: [] }, 'service { id }');
    await api.mutate('deleteService', { serviceId: web }, 'clientMutationId');
    await api.mutate('deleteApplication', { applicationId: await idOf('application', 'vault') }, 'clientMutationId');
    expect(await dependsOn('api')).toEqual([]);
  });

  it('orders services, even through services that are left out', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['d', ['a']],
    ]);
    expect(cycleFrom(graph, 'd')).toBeNull();
    const needed = dependenciesAmong(graph, new Set(['a', 'c', 'd', 'e']));
    expect(inLevels(['d', 'a', 'e', 'c'], (one, other) => needed.get(one)?.has(other) === true)).toEqual([
      ['e', 'c'],
      ['a'],
      ['d'],
    ]);
    expect(inLevels(['x', 'y'], () => true)).toEqual([['x'], ['y']]);
  });
});
