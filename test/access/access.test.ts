import { Access } from '../../src/access/access';
import {
  type Action,
  type AppGrant,
  type AppPermissionType,
  accountPermissionTypes,
} from '../../src/access/permission';
import { Rights } from '../../src/access/rights';
import type { SubjectActions, SubjectRows, SubjectType, Target } from '../../src/access/subjects';
import type { Refusal } from '../../src/kernel/errors';
import { refusalOf } from './accessApp';

const A = '01990000-0000-7000-8000-00000000000a';
const B = '01990000-0000-7000-8000-00000000000b';
const dev: Target = { id: '01990000-0000-7000-8000-0000000000d1', type: 'NON_PROD', name: 'dev' };
const test1: Target = { id: '01990000-0000-7000-8000-0000000000d2', type: 'NON_PROD', name: 'test' };
const prod: Target = { id: '01990000-0000-7000-8000-0000000000e1', type: 'PROD', name: 'prod' };

const everywhere = { environmentScope: 'ALL', environmentIds: [], environmentTypes: [] } as const;
const types = (...environmentTypes: AppGrant['environmentTypes'][number][]) =>
  ({ environmentScope: 'TYPES', environmentIds: [], environmentTypes }) as const;
const ids = (...targets: Target[]) =>
  ({ environmentScope: 'IDS', environmentIds: targets.map((one) => one.id), environmentTypes: [] }) as const;

type Filter = Pick<AppGrant, 'environmentScope' | 'environmentIds' | 'environmentTypes'>;
const grant = (
  permissionType: AppPermissionType,
  actions: Action[],
  filter: Filter = everywhere,
  applications = [A],
): AppGrant => ({
  permissionType,
  actions,
  applicationScope: applications.length === 0 ? 'ALL' : 'IDS',
  applicationIds: applications,
  ...filter,
});
const withGrants = (...appPermissions: AppGrant[]) =>
  new Access(new Rights([{ id: B, name: 'g', accountPermissions: [], appPermissions }], false, null), null);

const application = { id: A };
const environment = ({ id, type }: Target) => ({ id, type, applicationId: A });
const service = { id: B, applicationId: A };
const workflow = (...environments: Target[]) => ({ id: B, applicationId: A, environments, template: false });
const template = { ...workflow(), template: true };
const pipeline = (...environments: Target[]) => ({ id: B, applicationId: A, environments });
const run = (...environments: Target[]) => ({
  ...pipeline(...environments),
  kind: 'PIPELINE' as const,
  parentStageExecutionId: null,
});
const alone = (...environments: Target[]) => ({ ...run(...environments), kind: 'WORKFLOW' as const });
const member = (...environments: Target[]) => ({ ...alone(...environments), parentStageExecutionId: B });

type Case = {
  [T in SubjectType]: readonly [AppGrant[], SubjectActions[T], T, SubjectRows[T], 'yes' | 'no'];
}[SubjectType];
const CRUD: Action[] = ['CREATE', 'READ', 'UPDATE', 'DELETE'];
const DEPLOY = (filter?: Filter, ...actions: Action[]) => [
  grant('DEPLOYMENT', actions.length > 0 ? actions : ['EXECUTE_PIPELINE'], filter),
];

const cases: Case[] = [
  // Any permission in an application shows that application and no other.
  [DEPLOY(ids(dev), 'READ'), 'READ', 'Application', application, 'yes'],
  [DEPLOY(ids(dev), 'READ'), 'READ', 'Application', { id: B }, 'no'],
  [DEPLOY(), 'UPDATE', 'Application', application, 'no'],
  [[grant('ALL', CRUD)], 'UPDATE', 'Application', application, 'yes'],
  [[grant('ALL', CRUD)], 'DELETE', 'Application', application, 'no'],
  [[grant('ALL', ['READ'], everywhere, [])], 'READ', 'Application', { id: B }, 'yes'],
  // A permission applies only to its own kind.
  [[grant('SERVICE', CRUD)], 'DELETE', 'Service', service, 'yes'],
  [[grant('SERVICE', CRUD)], 'READ', 'Environment', environment(dev), 'no'],
  [[grant('ENV', CRUD)], 'READ', 'Service', service, 'no'],
  [DEPLOY(), 'READ', 'Pipeline', pipeline(dev), 'no'],
  [[grant('PIPELINE', CRUD)], 'READ', 'Execution', run(dev), 'no'],
  [[grant('SERVICE', CRUD, everywhere, [B])], 'READ', 'Service', service, 'no'],
  // A caller who may act on a resource may also see it.
  [[grant('SERVICE', ['UPDATE'])], 'READ', 'Service', service, 'yes'],
  [[grant('SERVICE', ['UPDATE'])], 'DELETE', 'Service', service, 'no'],
  [DEPLOY(everywhere, 'ABORT_WORKFLOW'), 'READ', 'Execution', run(), 'yes'],
  [[grant('ALL', ['EXECUTE_PIPELINE'])], 'READ', 'Execution', run(), 'yes'],
  [[grant('ALL', ['EXECUTE_PIPELINE'])], 'READ', 'Service', service, 'no'],
  [[grant('ALL', ['READ'])], 'READ', 'Execution', run(prod), 'yes'],
  // Environments by type and by id.
  [[grant('ENV', CRUD, types('NON_PROD'))], 'UPDATE', 'Environment', environment(dev), 'yes'],
  [[grant('ENV', CRUD, types('NON_PROD'))], 'READ', 'Environment', environment(prod), 'no'],
  [[grant('ENV', CRUD, types('NON_PROD'))], 'CREATE', 'Environment', environment(test1), 'yes'],
  [[grant('ENV', CRUD, ids(prod))], 'UPDATE', 'Environment', environment(prod), 'yes'],
  [[grant('ENV', CRUD, ids(prod))], 'CREATE', 'Environment', environment(test1), 'no'],
  // READ needs one of the environments, other actions need all of them; an object without environments needs an
  // unrestricted permission.
  [DEPLOY(types('NON_PROD')), 'READ', 'Execution', run(dev, prod), 'yes'],
  [DEPLOY(types('NON_PROD')), 'EXECUTE_PIPELINE', 'Execution', run(dev, prod), 'no'],
  [DEPLOY(types('NON_PROD')), 'EXECUTE_PIPELINE', 'Execution', run(dev, test1), 'yes'],
  [DEPLOY(types('NON_PROD')), 'READ', 'Execution', run(prod), 'no'],
  [DEPLOY(types('NON_PROD', 'PROD')), 'READ', 'Execution', run(), 'no'],
  [DEPLOY(types('NON_PROD', 'PROD')), 'EXECUTE_PIPELINE', 'Execution', run(), 'no'],
  [DEPLOY(), 'EXECUTE_PIPELINE', 'Execution', run(), 'yes'],
  [DEPLOY(), 'EXECUTE_PIPELINE', 'Execution', run(dev, prod), 'yes'],
  [DEPLOY(ids()), 'READ', 'Execution', run(dev), 'no'],
  // Different permissions may cover the environments together.
  [[...DEPLOY(types('NON_PROD')), ...DEPLOY(ids(prod))], 'EXECUTE_PIPELINE', 'Execution', run(dev, prod), 'yes'],
  [[...DEPLOY(ids(dev)), ...DEPLOY(ids(prod), 'READ')], 'EXECUTE_PIPELINE', 'Execution', run(dev, prod), 'no'],
  // Changing a pipeline changes what runs in all of its environments.
  [[grant('PIPELINE', CRUD, types('NON_PROD'))], 'READ', 'Pipeline', pipeline(dev, prod), 'yes'],
  [[grant('PIPELINE', CRUD, types('NON_PROD'))], 'UPDATE', 'Pipeline', pipeline(dev, prod), 'no'],
  [[grant('PIPELINE', CRUD, types('NON_PROD'))], 'UPDATE', 'Pipeline', pipeline(dev), 'yes'],
  [[grant('PIPELINE', CRUD, types('NON_PROD'))], 'UPDATE', 'Pipeline', pipeline(), 'no'],
  // Workflows: a template may target any environment, a build none.
  [[grant('WORKFLOW', CRUD, types('NON_PROD'))], 'UPDATE', 'Workflow', workflow(dev), 'yes'],
  [[grant('WORKFLOW', CRUD, types('NON_PROD'))], 'READ', 'Workflow', workflow(), 'no'],
  [[grant('WORKFLOW', CRUD, types('NON_PROD', 'PROD'))], 'READ', 'Workflow', template, 'no'],
  [[grant('WORKFLOW', CRUD, types('TEMPLATE'))], 'UPDATE', 'Workflow', template, 'yes'],
  [[grant('WORKFLOW', CRUD, types('TEMPLATE'))], 'READ', 'Workflow', workflow(dev), 'no'],
  [[grant('WORKFLOW', CRUD)], 'UPDATE', 'Workflow', workflow(), 'yes'],
  // Pipelines and standalone workflows; a workflow inside a pipeline belongs to the pipeline.
  [DEPLOY(), 'EXECUTE_PIPELINE', 'Execution', alone(dev), 'no'],
  [DEPLOY(), 'EXECUTE_PIPELINE', 'Execution', member(dev), 'yes'],
  [DEPLOY(everywhere, 'EXECUTE_WORKFLOW'), 'EXECUTE_WORKFLOW', 'Execution', alone(dev), 'yes'],
  [DEPLOY(everywhere, 'EXECUTE_WORKFLOW'), 'EXECUTE_WORKFLOW', 'Execution', member(dev), 'no'],
  [DEPLOY(), 'EXECUTE_PIPELINE', 'Pipeline', pipeline(dev), 'yes'],
  [DEPLOY(), 'EXECUTE_WORKFLOW', 'Workflow', workflow(dev), 'no'],
  // A caller that may execute may also abort; the reverse does not hold.
  [DEPLOY(), 'ABORT_WORKFLOW', 'Execution', run(dev), 'yes'],
  [DEPLOY(), 'ABORT_WORKFLOW', 'Execution', alone(dev), 'no'],
  [DEPLOY(types('NON_PROD')), 'ABORT_WORKFLOW', 'Execution', run(dev, prod), 'no'],
  [DEPLOY(everywhere, 'EXECUTE_WORKFLOW'), 'ABORT_WORKFLOW', 'Execution', alone(dev), 'yes'],
  [DEPLOY(everywhere, 'ABORT_WORKFLOW'), 'ABORT_WORKFLOW', 'Execution', alone(dev), 'yes'],
  [DEPLOY(everywhere, 'ABORT_WORKFLOW'), 'EXECUTE_PIPELINE', 'Execution', run(dev), 'no'],
  [DEPLOY(), 'ROLLBACK_WORKFLOW', 'Execution', run(dev), 'no'],
  [DEPLOY(everywhere, 'ROLLBACK_WORKFLOW'), 'ROLLBACK_WORKFLOW', 'Execution', run(dev), 'yes'],
  // An id granted in one application does not count in another.
  [
    [grant('DEPLOYMENT', ['READ'], ids(dev), [B]), grant('DEPLOYMENT', ['READ'], ids(prod))],
    'READ',
    'Execution',
    run(dev),
    'no',
  ],
];

test.each(
  cases.map(([grants, action, type, row, expected], index) => ({ index, grants, action, type, row, expected })),
)('case $index: $action $type is $expected', ({ grants, action, type, row, expected }) => {
  expect(withGrants(...grants).can(action as never, type, row as never)).toBe(expected === 'yes');
});

describe('errors', () => {
  const thrown = (work: () => void): Promise<Refusal> => refusalOf(work);

  test('a hidden object does not exist for any action', async () => {
    const access = withGrants(...DEPLOY(types('NON_PROD')));
    for (const action of ['READ', 'EXECUTE_PIPELINE', 'ABORT_WORKFLOW'] as const) {
      const refusal = await thrown(() => access.require(action, 'Execution', run(prod)));
      expect(refusal).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'execution', id: B } });
      expect(JSON.stringify([refusal.message, refusal.details])).not.toContain('prod');
    }
  });

  test('FORBIDDEN names the permission, the application and every missing environment', async () => {
    const access = withGrants(...DEPLOY(types('NON_PROD')), grant('ENV', ['READ']));
    const refusal = await thrown(() => access.require('EXECUTE_PIPELINE', 'Execution', run(dev, prod)));
    expect(refusal.code).toBe('FORBIDDEN');
    expect(refusal.details).toEqual({
      action: 'EXECUTE_PIPELINE',
      permissionType: 'DEPLOYMENT',
      applicationId: A,
      environmentIds: [prod.id],
      missing: `DEPLOYMENT EXECUTE_PIPELINE in application ${A} for environment prod (${prod.id})`,
    });
    expect(refusal.message).toBe(`The permission ${refusal.details.missing} is missing.`);
  });

  test('names a hidden environment by its ID only', async () => {
    const access = withGrants(...DEPLOY(types('NON_PROD')));
    const refusal = await thrown(() => access.require('EXECUTE_PIPELINE', 'Execution', run(dev, prod)));
    const missing = `DEPLOYMENT EXECUTE_PIPELINE in application ${A} for environment ${prod.id}`;
    expect(refusal.details).toMatchObject({ environmentIds: [prod.id], missing });
    const explained = access.explain('EXECUTE_PIPELINE', 'Execution', run(dev, prod), [prod]);
    expect(explained.message).toBe(`The permission ${missing} is missing.`);
  });

  test('checks only the environments that will run', async () => {
    const access = withGrants(...DEPLOY(ids(dev)), grant('PIPELINE', ['READ']));
    access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', pipeline(dev, test1, prod), [dev]);
    const refusal = await thrown(() =>
      access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', pipeline(dev, prod), [dev, test1, prod]),
    );
    expect(refusal).toMatchObject({ code: 'FORBIDDEN', details: { environmentIds: [test1.id, prod.id] } });
    const without = await thrown(() =>
      access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', pipeline(dev), []),
    );
    expect(without.details.missing).toBe(
      `DEPLOYMENT EXECUTE_PIPELINE in application ${A}, not restricted to environments`,
    );
  });

  test('executing a pipeline does not require READ on its definition', async () => {
    const access = withGrants(...DEPLOY(ids(dev)));
    access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', pipeline(dev), [dev]);
    const refusal = await thrown(() =>
      access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', pipeline(dev), [prod]),
    );
    expect(refusal).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'pipeline' } });
  });

  test('the error for creating depends on the visibility of the application', async () => {
    const stranger = await thrown(() => withGrants().require('CREATE', 'Service', service));
    expect(stranger).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'application', id: A } });
    const reader = await thrown(() => withGrants(...DEPLOY()).require('CREATE', 'Service', service));
    expect(reader).toMatchObject({ code: 'FORBIDDEN', details: { permissionType: 'SERVICE', action: 'CREATE' } });
  });

  test('explain returns the same without throwing', () => {
    const access = withGrants(...DEPLOY(types('NON_PROD')));
    expect(access.explain('READ', 'Execution', run(dev))).toEqual({ allowed: true, code: null, message: null });
    expect(access.explain('READ', 'Execution', run(prod))).toMatchObject({ allowed: false, code: 'NOT_FOUND' });
    expect(access.explain('EXECUTE_PIPELINE', 'Execution', run(dev, prod))).toMatchObject({
      allowed: false,
      code: 'FORBIDDEN',
    });
  });
});

describe('the account', () => {
  const holding = (...accountPermissions: (typeof accountPermissionTypes)[number][]) =>
    new Access(new Rights([{ id: B, name: 'g', accountPermissions, appPermissions: [] }], false, null), null);

  test('each permission grants itself, and managing users includes reading them', () => {
    for (const given of accountPermissionTypes) {
      const access = holding(given);
      const held = accountPermissionTypes.filter((type) => access.canInAccount(type));
      expect(held).toEqual(given === 'MANAGE_USERS_AND_GROUPS' ? [given, 'READ_USERS_AND_GROUPS'] : [given]);
      expect(access.administrator).toBe(false);
    }
  });

  test('DELETE on applications shows their names, but not their content', async () => {
    const access = holding('CREATE_AND_DELETE_APPLICATION');
    expect(access.can('DELETE', 'Application', application)).toBe(true);
    expect(access.can('READ', 'Application', application)).toBe(true);
    expect(access.can('UPDATE', 'Application', application)).toBe(false);
    expect(access.can('READ', 'Service', service)).toBe(false);
    const refusal = await refusalOf(() => withGrants(grant('ALL', CRUD)).require('DELETE', 'Application', application));
    expect(refusal.details).toMatchObject({ accountPermission: 'CREATE_AND_DELETE_APPLICATION' });
  });

  test('objects of the account are hidden without the permission to read them', async () => {
    const object = { kind: 'user', id: A, read: 'READ_USERS_AND_GROUPS' as const };
    const refusal = (access: Access) => refusalOf(() => access.requireAccount('MANAGE_USERS_AND_GROUPS', object));
    expect((await refusal(holding())).code).toBe('NOT_FOUND');
    expect((await refusal(holding('READ_USERS_AND_GROUPS'))).code).toBe('FORBIDDEN');
    holding('MANAGE_USERS_AND_GROUPS').requireAccount('MANAGE_USERS_AND_GROUPS', object);
  });
});

describe('narrowing', () => {
  const everything = grant('ALL', CRUD, everywhere, []);
  const narrowed = (within: string[], administrator: boolean) =>
    new Access(
      new Rights(
        [{ id: B, name: 'g', accountPermissions: accountPermissionTypes, appPermissions: [everything] }],
        administrator,
        within,
      ),
      null,
    );

  test.each([true, false])('leaves only objects in the applications (administrator: %s)', (administrator) => {
    const access = narrowed([A], administrator);
    expect(access.can('UPDATE', 'Service', service)).toBe(true);
    expect(access.can('READ', 'Service', { ...service, applicationId: B })).toBe(false);
    expect(access.can('READ', 'Application', { id: B })).toBe(false);
    expect(access.can('DELETE', 'Application', application)).toBe(false);
    expect(accountPermissionTypes.filter((type) => access.canInAccount(type))).toEqual([]);
    expect(access.administrator).toBe(false);
  });

  test('to no application leaves nothing', () => {
    expect(narrowed([], true).can('READ', 'Application', application)).toBe(false);
    expect(narrowed([], true).condition('READ', 'Execution', 'e', [])).toBe('FALSE');
  });
});

test('counts every check as a decision', () => {
  const access = withGrants(...DEPLOY());
  const questions = [
    () => access.can('READ', 'Service', service),
    () => access.explain('READ', 'Service', service),
    () => access.condition('READ', 'Service', 's', []),
    () => access.canInAccount('VIEW_AUDITS'),
    () => access.explainAccount('VIEW_AUDITS'),
    () => access.isMemberOf(['g']),
    () => access.administrator,
  ];
  for (const [index, ask] of questions.entries()) {
    ask();
    expect(access.decisions).toBe(index + 1);
  }
  expect(access.isMemberOf(['h', 'g'])).toBe(true);
  expect(access.isMemberOf(['h'])).toBe(false);
});
