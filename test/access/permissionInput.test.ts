import fc from 'fast-check';
import {
  type ApplicationPermissionInput,
  type PermissionsInput,
  readAppPermission,
  readPermissions,
} from '../../src/access/permissionInput';
import { newId } from '../../src/kernel/ids';

const ids = [newId(), newId()];
const all = { filterType: 'ALL' as const };
const base: ApplicationPermissionInput = { permissionType: 'DEPLOYMENT', actions: ['READ'], applications: all };
const rules = (input: ApplicationPermissionInput) =>
  readAppPermission(input, 'p').errors.map(({ field, rule }) => `${field} ${rule}`);

test.each<[string, Partial<ApplicationPermissionInput>, string[]]>([
  ['is fine', {}, []],
  ['needs an action', { actions: [] }, ['p.actions NOT_EMPTY']],
  ['has no null among the actions', { actions: ['READ', null] }, ['p.actions NOT_NULL']],
  [
    'has deployment actions only',
    { actions: ['CREATE', 'DELETE'] },
    ['p.actions ACTION_OF_TYPE', 'p.actions ACTION_OF_TYPE'],
  ],
  ['has entity actions only', { permissionType: 'SERVICE', actions: ['EXECUTE'] }, ['p.actions ACTION_OF_TYPE']],
  ['needs applications', { applications: {} }, ['p.applications REQUIRED']],
  ['has ids or ALL', { applications: { appIds: ids, filterType: 'ALL' } }, ['p.applications EXCLUSIVE']],
  ['needs an id', { applications: { appIds: [] } }, ['p.applications.appIds NOT_EMPTY']],
  [
    'has ids that can be',
    { applications: { appIds: ['web', null] } },
    ['p.applications.appIds NOT_NULL', 'p.applications.appIds UNKNOWN'],
  ],
  [
    'has envIds or filterTypes',
    { deployments: { envIds: ids, filterTypes: ['PRODUCTION_ENVIRONMENTS'] } },
    ['p.deployments EXCLUSIVE'],
  ],
  ['has no filter that says nothing', { deployments: {} }, ['p.deployments REQUIRED']],
  ['needs an environment', { deployments: { envIds: [] } }, ['p.deployments.envIds NOT_EMPTY']],
  ['needs a type', { deployments: { filterTypes: [] } }, ['p.deployments.filterTypes NOT_EMPTY']],
  [
    'has types of its kind',
    { deployments: { filterTypes: ['PRODUCTION_PIPELINES', 'toString'] } },
    ['p.deployments.filterTypes UNKNOWN', 'p.deployments.filterTypes UNKNOWN'],
  ],
  ['has the filter of its type', { environments: { envIds: ids } }, ['p.environments FILTER_OF_TYPE']],
  [
    'has no filter for services',
    { permissionType: 'SERVICE', deployments: { envIds: ids } },
    ['p.deployments FILTER_OF_TYPE'],
  ],
  ['has no filter for ALL', { permissionType: 'ALL', pipelines: { envIds: ids } }, ['p.pipelines FILTER_OF_TYPE']],
  [
    'says everything that is wrong at once',
    { actions: [], applications: {}, deployments: {}, workflows: {} },
    ['p.actions NOT_EMPTY', 'p.applications REQUIRED', 'p.workflows FILTER_OF_TYPE', 'p.deployments REQUIRED'],
  ],
])('an application permission %s', (_name, input, expected) => {
  expect(rules({ ...base, ...input })).toEqual(expected);
});

test('stores EXECUTE as both ways to execute, without duplicates', () => {
  const { value } = readAppPermission({ ...base, actions: ['EXECUTE', 'EXECUTE_WORKFLOW', 'READ', 'READ'] });
  expect(value.actions).toEqual(['EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW', 'READ']);
});

test('stores IDs as PostgreSQL writes them', () => {
  const { value } = readAppPermission({
    ...base,
    applications: { appIds: [ids[0]?.toUpperCase() ?? '', ids[0] ?? ''] },
  });
  expect(value.applicationIds).toEqual([ids[0]]);
});

test('an empty list never means everything', () => {
  const some = fc.option(fc.array(fc.constantFrom(...ids)), { nil: undefined });
  const types = fc.option(fc.array(fc.constantFrom('PRODUCTION_ENVIRONMENTS', 'NON_PRODUCTION_ENVIRONMENTS')), {
    nil: null,
  });
  fc.assert(
    fc.property(some, fc.constantFrom('ALL' as const, null), some, types, (appIds, filterType, envIds, filterTypes) => {
      const { value, errors } = readAppPermission({
        ...base,
        applications: { appIds, filterType },
        deployments: { envIds, filterTypes },
      });
      if (errors.length > 0) return;
      expect(value.applicationScope === 'ALL').toBe(filterType === 'ALL');
      expect(value.applicationIds.length > 0).toBe(value.applicationScope === 'IDS');
      expect(value.environmentScope).toBe(envIds === undefined ? 'TYPES' : 'IDS');
      expect(value.environmentIds.length > 0).toBe(value.environmentScope === 'IDS');
      expect(value.environmentTypes.length > 0).toBe(value.environmentScope === 'TYPES');
    }),
  );
});

test('names the place of each error', () => {
  const input: PermissionsInput = {
    accountPermissions: { accountPermissionTypes: ['VIEW_AUDITS', null] },
    appPermissions: [base, null, { ...base, actions: [] }],
  };
  expect(readPermissions(input).errors.map((error) => error.field)).toEqual([
    'permissions.accountPermissions.accountPermissionTypes',
    'permissions.appPermissions',
    'permissions.appPermissions[1].actions',
  ]);
});
