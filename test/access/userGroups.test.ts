import {
  addAccountPermission,
  addAppPermission,
  addUserToUserGroup,
  createUserGroup,
  deleteUserGroup,
  removeAccountPermission,
  removeAppPermission,
  removeUserFromUserGroup,
  updateUserGroup,
  updateUserGroupPermissions,
} from '../../src/access/changeUserGroups';
import { createUser, deleteUser, updateUser } from '../../src/access/changeUsers';
import { builtInGroups, ensureBuiltInGroups } from '../../src/access/builtInGroups';
import type { ApplicationPermissionInput } from '../../src/access/permissionInput';
import { ACCOUNT_ADMINISTRATOR, NON_PRODUCTION_SUPPORT, PRODUCTION_SUPPORT } from '../../src/access/userGroups';
import { findUserGroup } from '../../src/access/userGroups.store';
import { users } from '../../src/access/users';
import { findMemberships } from '../../src/access/users.store';
import { newId } from '../../src/kernel/ids';
import { AccessApp, brokenRules, refusalOf } from './accessApp';

let one: AccessApp;
beforeAll(async () => {
  one = await AccessApp.create();
});
afterAll(() => one.close());

const MANAGE = { accountPermissions: { accountPermissionTypes: ['MANAGE_USERS_AND_GROUPS' as const] } };
const READ = { accountPermissions: { accountPermissionTypes: ['READ_USERS_AND_GROUPS' as const] } };
const permission = (appId: string, more: Partial<ApplicationPermissionInput> = {}): ApplicationPermissionInput => ({
  permissionType: 'SERVICE',
  actions: ['READ'],
  applications: { appIds: [appId] },
  ...more,
});
const user = (name = 'Ada') => createUser(one.app, one.root, { name, email: `${newId()}@example.com` });
const groupsOf = async (id: string) => (await findMemberships(one.database, [id])).map((row) => row.groupId).sort();

describe('users', () => {
  test('are created with a name, an address in lower case, and groups', async () => {
    const group = await one.group();
    const made = await createUser(one.app, one.root, {
      name: ' Ada ',
      email: ' Ada@Example.COM ',
      userGroupIds: [group],
    });
    expect(made).toMatchObject({ name: 'Ada', email: 'ada@example.com', identitySubject: null });
    expect(await users.find(one.database, made.id)).toEqual(made);
    expect(await groupsOf(made.id)).toEqual([group]);
    const again = createUser(one.app, one.root, { name: 'Other', email: 'ADA@example.com' });
    expect(await refusalOf(again)).toMatchObject({ code: 'NAME_TAKEN' });
  });

  test('are rejected with every broken rule named', async () => {
    const refusal = await refusalOf(createUser(one.app, one.root, { name: ' ', email: 'nobody', userGroupIds: ['x'] }));
    expect(brokenRules(refusal)).toEqual(['name LENGTH', 'email EMAIL', 'userGroupIds UNKNOWN']);
    const unknown = await refusalOf(
      createUser(one.app, one.root, { name: 'A', email: `${newId()}@example.com`, userGroupIds: [newId()] }),
    );
    expect(brokenRules(unknown)).toEqual(['userGroupIds UNKNOWN']);
  });

  test('change their name and groups, each only if given', async () => {
    const [a, b] = [await one.group(), await one.group()];
    const { id } = await user();
    await updateUser(one.app, one.root, { id, userGroupIds: [a] });
    expect(await updateUser(one.app, one.root, { id, name: 'Grace' })).toMatchObject({ name: 'Grace' });
    expect(await groupsOf(id)).toEqual([a]);
    await updateUser(one.app, one.root, { id, userGroupIds: [b] });
    expect(await groupsOf(id)).toEqual([b]);
    await updateUser(one.app, one.root, { id, userGroupIds: [] });
    expect(await groupsOf(id)).toEqual([]);
  });

  test('disappear when deleted, together with their keys', async () => {
    const { id, email } = await user();
    const key = await one.key([await one.group()], { ownerId: id });
    const holder = await one.holder(key);
    await deleteUser(one.app, one.root, { id });
    expect(await users.find(one.database, id)).toBeUndefined();
    expect(await refusalOf(one.abilities.renew(holder.access))).toMatchObject({ code: 'UNAUTHENTICATED' });
    for (const again of [deleteUser(one.app, one.root, { id }), updateUser(one.app, one.root, { id, name: 'X' })]) {
      expect(await refusalOf(again)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'user', id } });
    }
    // Another user can take the address.
    expect(await createUser(one.app, one.root, { name: 'New', email })).not.toMatchObject({ id });
  });
});

describe('user groups', () => {
  test('grant nothing by default', async () => {
    const group = await createUserGroup(one.app, one.root, { name: `g ${newId()}`, description: ' ' });
    expect(group).toMatchObject({
      description: null,
      accountPermissions: [],
      appPermissions: [],
      version: 1,
      system: false,
    });
    const refusal = await refusalOf(createUserGroup(one.app, one.root, { name: group.name }));
    expect(refusal).toMatchObject({ code: 'NAME_TAKEN' });
  });

  test('store their permissions', async () => {
    const app = await one.application();
    const env = await one.environment(app, 'PROD');
    const member = await user();
    const made = await createUserGroup(one.app, one.root, {
      name: `g ${newId()}`,
      userIds: [member.id],
      permissions: {
        accountPermissions: { accountPermissionTypes: ['VIEW_AUDITS'] },
        appPermissions: [
          permission(app),
          {
            permissionType: 'DEPLOYMENT',
            actions: ['EXECUTE'],
            applications: { filterType: 'ALL' },
            deployments: { envIds: [env] },
          },
          {
            permissionType: 'WORKFLOW',
            actions: ['READ'],
            applications: { appIds: [app] },
            workflows: { filterTypes: ['WORKFLOW_TEMPLATES'] },
          },
        ],
      },
    });
    expect(await findUserGroup(one.database, made.id)).toEqual(made);
    expect(made.appPermissions).toMatchObject([
      { permissionType: 'SERVICE', applicationScope: 'IDS', applicationIds: [app], environmentScope: 'ALL' },
      {
        actions: ['EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW'],
        applicationScope: 'ALL',
        environmentScope: 'IDS',
        environmentIds: [env],
      },
      { environmentScope: 'TYPES', environmentTypes: ['TEMPLATE'] },
    ]);
    expect(await groupsOf(member.id)).toEqual([made.id]);
  });

  test('reject applications and environments that do not exist or do not match', async () => {
    const [app, other] = [await one.application(), await one.application()];
    const env = await one.environment(other, 'PROD');
    const filter = (id: string) => ({ permissionType: 'ENV' as const, environments: { envIds: [id] } });
    const refusal = await refusalOf(
      createUserGroup(one.app, one.root, {
        name: `g ${newId()}`,
        permissions: {
          appPermissions: [permission(newId()), permission(app, filter(env)), permission(app, filter(newId()))],
        },
      }),
    );
    expect(brokenRules(refusal)).toEqual([
      'appPermissions[0].applications UNKNOWN',
      'appPermissions[1] OTHER_APPLICATION',
      'appPermissions[2] UNKNOWN',
    ]);
  });

  test('keep permissions for deleted resources, even when written again', async () => {
    const app = await one.application();
    const id = await one.group({ appPermissions: [permission(app)] });
    await one.database.write('UPDATE application SET deleted_at = now() WHERE id = $1', [app]);
    const appPermissions = [permission(app), permission(app, { actions: ['UPDATE'] })];
    const written = await updateUserGroupPermissions(one.app, one.root, {
      userGroupId: id,
      permissions: { appPermissions },
    });
    expect(written.appPermissions.map((row) => row.applicationIds)).toEqual([[app], [app]]);
  });

  test('replace all permissions, but only at the expected version', async () => {
    const app = await one.application();
    const userGroupId = await one.group({ appPermissions: [permission(app)], ...MANAGE });
    const before = await findUserGroup(one.database, userGroupId);
    const permissions = { appPermissions: [permission(app), permission(app, { permissionType: 'PIPELINE' })] };
    const after = await updateUserGroupPermissions(one.app, one.root, { userGroupId, permissions, version: 1 });
    expect(after).toMatchObject({ version: 2, accountPermissions: [] });
    // Unchanged permissions keep their identity.
    expect(after.appPermissions[0]).toEqual(before?.appPermissions[0]);
    const stale = updateUserGroupPermissions(one.app, one.root, { userGroupId, permissions: {}, version: 1 });
    expect(await refusalOf(stale)).toMatchObject({ code: 'CONFLICT', details: { version: 2 } });
    expect(await findUserGroup(one.database, userGroupId)).toEqual(after);
    // Writing the existing values changes nothing, not even the version.
    expect(await updateUserGroupPermissions(one.app, one.root, { userGroupId, permissions, version: 2 })).toEqual(
      after,
    );
  });

  test('accept exactly one of many replacements of the same version', async () => {
    const userGroupId = await one.group();
    const apps = await Promise.all(Array.from({ length: 8 }, () => one.application()));
    const results = await Promise.allSettled(
      apps.map((app) =>
        updateUserGroupPermissions(one.app, one.root, {
          userGroupId,
          version: 1,
          permissions: { appPermissions: [permission(app)] },
        }),
      ),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect((await findUserGroup(one.database, userGroupId))?.appPermissions).toHaveLength(1);
  });

  test('lose none of many concurrent additions', async () => {
    const userGroupId = await one.group();
    const apps = await Promise.all(Array.from({ length: 8 }, () => one.application()));
    await Promise.all([
      ...apps.map((app) => addAppPermission(one.app, one.root, { userGroupId, appPermission: permission(app) })),
      addAccountPermission(one.app, one.root, { userGroupId, accountPermission: 'VIEW_AUDITS' }),
      addAccountPermission(one.app, one.root, { userGroupId, accountPermission: 'MANAGE_API_KEYS' }),
    ]);
    const group = await findUserGroup(one.database, userGroupId);
    expect(group?.appPermissions.flatMap((row) => row.applicationIds).sort()).toEqual(apps.sort());
    expect([...(group?.accountPermissions ?? [])].sort()).toEqual(['MANAGE_API_KEYS', 'VIEW_AUDITS']);
    expect(group?.version).toBe(11);
  });

  test('add and remove single permissions; doing it twice changes nothing', async () => {
    const app = await one.application();
    const userGroupId = await one.group();
    const add = () => addAppPermission(one.app, one.root, { userGroupId, appPermission: permission(app) });
    const added = await add();
    expect(await add()).toEqual(added);
    const [first] = added.appPermissions;
    const remove = () => removeAppPermission(one.app, one.root, { userGroupId, appPermissionId: first?.id ?? '' });
    expect(await remove()).toMatchObject({ appPermissions: [], version: 3 });
    expect(await refusalOf(remove())).toMatchObject({ code: 'NOT_FOUND' });
    const account = { userGroupId, accountPermission: 'VIEW_AUDITS' as const };
    await addAccountPermission(one.app, one.root, account);
    expect(await addAccountPermission(one.app, one.root, account)).toMatchObject({
      accountPermissions: ['VIEW_AUDITS'],
      version: 4,
    });
    await removeAccountPermission(one.app, one.root, account);
    expect(await removeAccountPermission(one.app, one.root, account)).toMatchObject({
      accountPermissions: [],
      version: 5,
    });
  });

  test('can get another name, description and members', async () => {
    const userGroupId = await one.group(MANAGE);
    const [a, b] = [await user(), await user()];
    const name = `g ${newId()}`;
    await updateUserGroup(one.app, one.root, { userGroupId, userIds: [a.id] });
    const changed = await updateUserGroup(one.app, one.root, {
      userGroupId,
      name,
      description: 'words',
      userIds: [b.id],
    });
    expect(changed).toMatchObject({
      name,
      description: 'words',
      accountPermissions: ['MANAGE_USERS_AND_GROUPS'],
      version: 2,
    });
    expect([await groupsOf(a.id), await groupsOf(b.id)]).toEqual([[], [userGroupId]]);
    expect(await updateUserGroup(one.app, one.root, { userGroupId, description: null })).toMatchObject({
      name,
      description: null,
    });
    const taken = updateUserGroup(one.app, one.root, { userGroupId, name: 'Production Support' });
    expect(await refusalOf(taken)).toMatchObject({ code: 'NAME_TAKEN' });
  });

  test('get and lose single members; doing it twice changes nothing', async () => {
    const userGroupId = await one.group();
    const { id: userId } = await user();
    for (const _ of [1, 2]) await addUserToUserGroup(one.app, one.root, { userGroupId, userId });
    expect(await groupsOf(userId)).toEqual([userGroupId]);
    for (const _ of [1, 2]) await removeUserFromUserGroup(one.app, one.root, { userGroupId, userId });
    expect(await groupsOf(userId)).toEqual([]);
    const unknown = addUserToUserGroup(one.app, one.root, { userGroupId, userId: newId() });
    expect(await refusalOf(unknown)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'user' } });
  });

  test('are deleted with everything that they grant', async () => {
    const userGroupId = await one.group(MANAGE);
    const { id: userId } = await user();
    await addUserToUserGroup(one.app, one.root, { userGroupId, userId });
    const holder = await one.holder(await one.key([userGroupId]));
    expect(holder.access.canInAccount('MANAGE_USERS_AND_GROUPS')).toBe(true);
    await deleteUserGroup(one.app, one.root, { userGroupId });
    expect(await groupsOf(userId)).toEqual([]);
    expect((await one.abilities.renew(holder.access)).canInAccount('MANAGE_USERS_AND_GROUPS')).toBe(false);
    expect(await refusalOf(deleteUserGroup(one.app, one.root, { userGroupId }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the three built-in groups', () => {
  const systemGroup = [['userGroupId SYSTEM_GROUP'], ['name SYSTEM_GROUP'], ['permissions SYSTEM_GROUP']];

  test('exist from the start, once, and keep later changes', async () => {
    const userGroupId = PRODUCTION_SUPPORT;
    await addAccountPermission(one.app, one.root, { userGroupId, accountPermission: 'VIEW_AUDITS' });
    await Promise.all([ensureBuiltInGroups(one.app), ensureBuiltInGroups(one.app)]);
    for (const { id, name, appPermissions } of builtInGroups) {
      const group = await findUserGroup(one.database, id);
      expect(group).toMatchObject({ name, system: true });
      expect(group?.appPermissions).toHaveLength(appPermissions.length);
    }
    expect(await findUserGroup(one.database, userGroupId)).toMatchObject({
      accountPermissions: ['VIEW_AUDITS'],
      version: 2,
    });
  });

  test('can’t be renamed or deleted, and an administrator’s rights can’t be changed', async () => {
    const [admin, support] = [{ userGroupId: ACCOUNT_ADMINISTRATOR }, { userGroupId: NON_PRODUCTION_SUPPORT }];
    const attempts = [
      deleteUserGroup(one.app, one.root, support),
      updateUserGroup(one.app, one.root, { ...support, name: 'Else' }),
      updateUserGroupPermissions(one.app, one.root, { ...admin, permissions: {} }),
    ];
    for (const [index, attempt] of attempts.entries()) {
      expect(brokenRules(await refusalOf(attempt))).toEqual(systemGroup[index]);
    }
    const account = removeAccountPermission(one.app, one.root, { ...admin, accountPermission: 'VIEW_AUDITS' });
    expect(brokenRules(await refusalOf(account))).toEqual(systemGroup[2]);
    await updateUserGroupPermissions(one.app, one.root, { ...support, permissions: {} });
  });
});

describe('who may', () => {
  const attempts = (caller: Awaited<ReturnType<AccessApp['caller']>>, userGroupId: string, userId: string) => [
    () => updateUser(one.app, caller, { id: userId, name: 'X' }),
    () => updateUserGroup(one.app, caller, { userGroupId, description: 'x' }),
    () => updateUserGroupPermissions(one.app, caller, { userGroupId, permissions: {} }),
    () => addAccountPermission(one.app, caller, { userGroupId, accountPermission: 'VIEW_AUDITS' }),
    () => removeAccountPermission(one.app, caller, { userGroupId, accountPermission: 'VIEW_AUDITS' }),
    () => addUserToUserGroup(one.app, caller, { userGroupId, userId }),
    () => removeUserFromUserGroup(one.app, caller, { userGroupId, userId }),
    () => deleteUserGroup(one.app, caller, { userGroupId }),
    () => deleteUser(one.app, caller, { id: userId }),
  ];
  const creating = (caller: Awaited<ReturnType<AccessApp['caller']>>) => [
    () => createUser(one.app, caller, { name: 'X', email: `${newId()}@example.com` }),
    () => createUserGroup(one.app, caller, { name: newId() }),
  ];

  test('manage allows everything, read allows reading, and others see nothing', async () => {
    const [stranger, reader, manager] = [await one.caller({}), await one.caller(READ), await one.caller(MANAGE)];
    const userGroupId = await one.group();
    const { id } = await user();
    for (const attempt of attempts(stranger, userGroupId, id))
      expect((await refusalOf(attempt())).code).toBe('NOT_FOUND');
    for (const attempt of attempts(reader, userGroupId, id))
      expect((await refusalOf(attempt())).code).toBe('FORBIDDEN');
    for (const attempt of [...creating(stranger), ...creating(reader)]) {
      expect((await refusalOf(attempt())).code).toBe('FORBIDDEN');
    }
    for (const attempt of [...attempts(manager, userGroupId, id), ...creating(manager)]) await attempt();
  });

  test('a manager of users and groups can’t add, change or remove an administrator', async () => {
    const manager = await one.caller(MANAGE);
    const admin = await user('Admin');
    const userGroupId = ACCOUNT_ADMINISTRATOR;
    const { id } = await user();
    await addUserToUserGroup(one.app, one.root, { userGroupId, userId: admin.id });
    for (const attempt of [
      ...attempts(manager, userGroupId, id).slice(1, 8),
      () => createUser(one.app, manager, { name: 'X', email: `${newId()}@example.com`, userGroupIds: [userGroupId] }),
      () => updateUser(one.app, manager, { id, userGroupIds: [userGroupId] }),
      () => updateUser(one.app, manager, { id: admin.id, userGroupIds: [] }),
      () => updateUserGroup(one.app, manager, { userGroupId, userIds: [id] }),
      () => deleteUser(one.app, manager, { id: admin.id }),
    ]) {
      expect(await refusalOf(attempt())).toMatchObject({
        code: 'FORBIDDEN',
        details: { missing: 'membership of Account Administrator' },
      });
    }
    expect(await groupsOf(admin.id)).toEqual([userGroupId]);
    expect(await groupsOf(id)).toEqual([]);
  });
});
