import { createApiKey, revokeApiKey, updateApiKey } from '../../src/access/changeApiKeys';
import { createUser } from '../../src/access/changeUsers';
import type { PermissionsInput } from '../../src/access/permissionInput';
import { findApiKeyPrincipalByPrefix } from '../../src/access/principals.store';
import { ACCOUNT_ADMINISTRATOR } from '../../src/access/userGroups';
import { hashSecret, newId } from '../../src/kernel/ids';
import { AccessApp, brokenRules, refusalOf } from './accessApp';

let one: AccessApp;
beforeAll(async () => {
  one = await AccessApp.create();
  // A lasting administrator, so that no test is refused for removing the last one.
  await one.key([ACCOUNT_ADMINISTRATOR]);
});
afterAll(() => one.close());

const account = (...accountPermissionTypes: ('MANAGE_API_KEYS' | 'MANAGE_USERS_AND_GROUPS')[]): PermissionsInput => ({
  accountPermissions: { accountPermissionTypes },
});
const hours = (n: number) => new Date(one.now().getTime() + n * 3_600_000);

test('returns the value of a key once, and stores its hash', async () => {
  const group = await one.group();
  const { apiKey, value } = await createApiKey(one.app, one.root, { name: 'ci', userGroupIds: [group] });
  expect(value).toMatch(/^swk_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
  const row = await findApiKeyPrincipalByPrefix(one.database, apiKey.prefix);
  expect(row).toMatchObject({
    id: apiKey.id,
    name: 'ci',
    secretHash: hashSecret(value),
    groupIds: [group],
    personId: null,
  });
  const stored = JSON.stringify(await one.database.rows('SELECT * FROM api_key WHERE id = $1', [apiKey.id]));
  expect(stored).not.toContain(value.slice(17));
  expect(JSON.stringify(apiKey)).not.toContain(value.slice(17));
});

test('names every broken rule', async () => {
  const attempt = (more: object) =>
    refusalOf(createApiKey(one.app, one.root, { name: 'k', userGroupIds: [newId()], ...more }));
  const all = await attempt({ name: '', userGroupIds: [], expiresAt: one.now(), applicationIds: [newId()] });
  expect(brokenRules(all)).toEqual([
    'name LENGTH',
    'userGroupIds NOT_EMPTY',
    'expiresAt FUTURE',
    'applicationIds UNKNOWN',
  ]);
  expect(brokenRules(await attempt({}))).toEqual(['userGroupIds UNKNOWN']);
  expect(brokenRules(await attempt({ applicationIds: [] }))).toEqual(['applicationIds NOT_EMPTY']);
  const owner = await attempt({ userGroupIds: [await one.group()], ownerId: newId() });
  expect(brokenRules(owner)).toEqual(['ownerId UNKNOWN']);
});

test('a narrowed key has its groups’ rights in its applications, and none of the account', async () => {
  const [app, other] = [await one.application(), await one.application()];
  const group = await one.group({
    ...account('MANAGE_API_KEYS'),
    appPermissions: [{ permissionType: 'SERVICE', actions: ['DELETE'], applications: { filterType: 'ALL' } }],
  });
  const { access } = await one.holder(await one.key([group], { applicationIds: [app] }));
  const service = (applicationId: string) => ({ id: newId(), applicationId });
  expect(access.can('DELETE', 'Service', service(app))).toBe(true);
  expect(access.can('READ', 'Service', service(other))).toBe(false);
  expect(access.canInAccount('MANAGE_API_KEYS')).toBe(false);
  const admin = (await one.holder(await one.key([ACCOUNT_ADMINISTRATOR], { applicationIds: [app] }))).access;
  expect(admin.can('DELETE', 'Service', service(app))).toBe(true);
  expect(admin.can('READ', 'Service', service(other))).toBe(false);
  expect(admin.administrator).toBe(false);
});

test('an expired key is rejected without any action', async () => {
  const { access } = await one.holder(await one.key([await one.group()], { expiresAt: hours(1) }));
  expect(await one.abilities.renew(access)).toBe(access);
  one.passHours(1);
  expect(await refusalOf(one.abilities.renew(access))).toMatchObject({ code: 'UNAUTHENTICATED' });
});

describe('a manager of keys', () => {
  test('may give its own groups, or any but the administrators’ if it manages groups too', async () => {
    const [own, foreign] = [await one.group(account('MANAGE_API_KEYS')), await one.group()];
    const keeper = await one.holder(await one.key([own]));
    const give = (actor: typeof keeper, userGroupIds: string[]) =>
      createApiKey(one.app, actor, { name: 'k', userGroupIds });
    await give(keeper, [own]);
    const refusal = await refusalOf(give(keeper, [own, foreign]));
    expect(refusal).toMatchObject({ code: 'FORBIDDEN', details: { userGroupIds: [foreign] } });
    const both = await one.caller(account('MANAGE_API_KEYS', 'MANAGE_USERS_AND_GROUPS'));
    await give(both, [foreign]);
    for (const actor of [keeper, both]) {
      expect(await refusalOf(give(actor, [ACCOUNT_ADMINISTRATOR]))).toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  test('can’t widen a key beyond its own rights', async () => {
    const app = await one.application();
    const [own, foreign] = [await one.group(account('MANAGE_API_KEYS')), await one.group()];
    const keeper = await one.holder(await one.key([own]));
    const narrow = await one.key([foreign], { applicationIds: [app], expiresAt: hours(1) });
    for (const change of [{ applicationIds: null }, { expiresAt: null }, { userGroupIds: [own, foreign] }]) {
      const refusal = await refusalOf(updateApiKey(one.app, keeper, { id: narrow.id, ...change }));
      expect(refusal).toMatchObject({ code: 'FORBIDDEN', details: { userGroupIds: [foreign] } });
    }
    expect(await updateApiKey(one.app, keeper, { id: narrow.id, name: 'renamed' })).toMatchObject({ name: 'renamed' });
    const admin = await one.key([ACCOUNT_ADMINISTRATOR]);
    expect(await refusalOf(updateApiKey(one.app, keeper, { id: admin.id, name: 'x' }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await refusalOf(revokeApiKey(one.app, keeper, { id: admin.id }))).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('can’t make a key that outlives its own', async () => {
    const group = await one.group(account('MANAGE_API_KEYS'));
    const keeper = await one.holder(await one.key([group], { expiresAt: hours(2) }));
    const make = (expiresAt: Date | null) =>
      createApiKey(one.app, keeper, { name: 'k', userGroupIds: [group], expiresAt });
    const { apiKey } = await make(hours(2));
    for (const attempt of [
      make(null),
      make(hours(3)),
      updateApiKey(one.app, keeper, { id: apiKey.id, expiresAt: null }),
    ]) {
      expect(brokenRules(await refusalOf(attempt))).toEqual(['expiresAt OUTLIVES_MAKER']);
    }
  });

  test('sees no hidden applications', async () => {
    const app = await one.application();
    const group = await one.group(account('MANAGE_API_KEYS'));
    const keeper = await one.holder(await one.key([group]));
    const refusal = await refusalOf(
      createApiKey(one.app, keeper, { name: 'k', userGroupIds: [group], applicationIds: [app] }),
    );
    expect(brokenRules(refusal)).toEqual(['applicationIds UNKNOWN']);
  });

  test('is required: other callers see no keys', async () => {
    const stranger = await one.caller(account('MANAGE_USERS_AND_GROUPS'));
    const key = await one.key([await one.group()]);
    const group = await one.group();
    expect((await refusalOf(createApiKey(one.app, stranger, { name: 'k', userGroupIds: [group] }))).code).toBe(
      'FORBIDDEN',
    );
    for (const attempt of [
      updateApiKey(one.app, stranger, { id: key.id, name: 'x' }),
      revokeApiKey(one.app, stranger, { id: key.id }),
    ]) {
      expect((await refusalOf(attempt)).code).toBe('NOT_FOUND');
    }
  });
});

describe('a person’s keys', () => {
  test('belong to their creator; only an administrator creates them for others', async () => {
    const ada = await createUser(one.app, one.root, { name: 'Ada', email: `${newId()}@example.com` });
    const bob = await createUser(one.app, one.root, { name: 'Bob', email: `${newId()}@example.com` });
    const group = await one.group(account('MANAGE_API_KEYS'));
    const holder = await one.holder(await one.key([group], { ownerId: ada.id }));
    expect(holder.access.personId).toBe(ada.id);
    const { apiKey } = await createApiKey(one.app, holder, { name: 'second', userGroupIds: [group] });
    expect(apiKey.ownerId).toBe(ada.id);
    for (const ownerId of [bob.id, null]) {
      const attempt = createApiKey(one.app, holder, { name: 'k', userGroupIds: [group], ownerId });
      expect(await refusalOf(attempt)).toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  test('can be revoked by their owner without any permission', async () => {
    const ada = await createUser(one.app, one.root, { name: 'Ada', email: `${newId()}@example.com` });
    const group = await one.group();
    const [kept, lost] = [await one.key([group], { ownerId: ada.id }), await one.key([group], { ownerId: ada.id })];
    const holder = await one.holder(kept);
    expect(await revokeApiKey(one.app, holder, { id: lost.id })).toMatchObject({ revokedAt: one.now() });
    expect(await revokeApiKey(one.app, holder, { id: kept.id })).toMatchObject({ id: kept.id });
    const nobodys = await one.holder(await one.key([group]));
    expect((await refusalOf(revokeApiKey(one.app, nobodys, { id: (await one.key([group])).id }))).code).toBe(
      'NOT_FOUND',
    );
    await revokeApiKey(one.app, nobodys, { id: nobodys.id });
    expect(await refusalOf(one.abilities.renew(nobodys.access))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

test('a revoked key stays revoked: revoking again changes nothing, changing it fails', async () => {
  const { id } = await one.key([await one.group()]);
  const { revokedAt } = await revokeApiKey(one.app, one.root, { id });
  one.passHours(1);
  expect(await revokeApiKey(one.app, one.root, { id })).toMatchObject({ revokedAt });
  expect(brokenRules(await refusalOf(updateApiKey(one.app, one.root, { id, name: 'x' })))).toEqual(['id REVOKED']);
  expect((await refusalOf(revokeApiKey(one.app, one.root, { id: 'nothing' }))).code).toBe('NOT_FOUND');
});
