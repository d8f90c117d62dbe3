import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { Abilities } from '../../src/access/abilities';
import type { Access } from '../../src/access/access';
import { authenticate } from '../../src/access/authenticate';
import { createApiKey, revokeApiKey, updateApiKey } from '../../src/access/changeApiKeys';
import {
  addAccountPermission,
  addUserToUserGroup,
  removeAccountPermission,
  removeUserFromUserGroup,
  updateUserGroupPermissions,
} from '../../src/access/changeUserGroups';
import { RIGHTS_CHANGED } from '../../src/access/changeRights';
import { createUser, deleteUser } from '../../src/access/changeUsers';
import { KnownCallers } from '../../src/access/knownCallers';
import {
  type ApiKeyPrincipalRow,
  apiKeyPrincipal,
  findApiKeyPrincipal,
  findUserPrincipal,
  userPrincipal,
} from '../../src/access/principals.store';
import { raiseRightsVersion } from '../../src/access/rights.store';
import { Database } from '../../src/kernel/database/database';
import { createPool } from '../../src/kernel/database/pool';
import { createApp } from '../../src/composition/createApp';
import { readServerConfig } from '../../src/kernel/config';
import { createLog } from '../../src/kernel/log';
import { newId } from '../../src/kernel/ids';
import { eventually } from '../support/eventually';
import { AccessApp, refusalOf } from './accessApp';

const accountPermission = 'VIEW_AUDITS' as const;
let one: AccessApp;
/** Cache of another server on the same database that gets no notifications. */
let elsewhere: Abilities;
let close: () => Promise<void>;
beforeAll(async () => {
  one = await AccessApp.create();
  const pool = createPool(one.url, 5, createLog({ level: 'silent', pretty: false }));
  elsewhere = new Abilities(new Database(pool, one.database.wakeups), one.app.clock);
  close = () => pool.end();
});
afterAll(async () => {
  await close();
  await one.close();
});

/** Does what a request does: authenticates and checks a right. */
async function request(keyId: string, abilities: Abilities): Promise<Access> {
  return abilities.accessOf(apiKeyPrincipal(await rowOf(keyId)));
}

async function rowOf(keyId: string): Promise<ApiKeyPrincipalRow> {
  const row = await findApiKeyPrincipal(one.database, keyId);
  if (row === undefined) throw new Error(`there is no key ${keyId}`);
  return row;
}

async function statements(work: () => Promise<unknown>): Promise<number> {
  const before = one.database.statements;
  await work();
  return one.database.statements - before;
}

test('changes take effect at the next request, on every server', async () => {
  const userGroupId = await one.group();
  const key = await one.key([userGroupId]);
  const may = async () => {
    const answers = await Promise.all([one.abilities, elsewhere].map((abilities) => request(key.id, abilities)));
    return answers.map((access) => access.canInAccount(accountPermission));
  };
  expect(await may()).toEqual([false, false]);
  await addAccountPermission(one.app, one.root, { userGroupId, accountPermission });
  expect(await may()).toEqual([true, true]);
  await removeAccountPermission(one.app, one.root, { userGroupId, accountPermission });
  expect(await may()).toEqual([false, false]);
  await updateUserGroupPermissions(one.app, one.root, {
    userGroupId,
    permissions: { accountPermissions: { accountPermissionTypes: [accountPermission] } },
  });
  expect(await may()).toEqual([true, true]);
  await updateApiKey(one.app, one.root, { id: key.id, userGroupIds: [await one.group()] });
  expect(await may()).toEqual([false, false]);
});

test('a change that is rolled back never takes effect', async () => {
  const userGroupId = await one.group();
  const key = await one.key([userGroupId]);
  await request(key.id, elsewhere);
  const attempt = one.database.transaction(async (db) => {
    await raiseRightsVersion(db);
    await db.write(`UPDATE user_group SET account_permissions = '{VIEW_AUDITS}' WHERE id = $1`, [userGroupId]);
    expect((await request(key.id, elsewhere)).canInAccount(accountPermission)).toBe(false);
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  expect((await request(key.id, elsewhere)).canInAccount(accountPermission)).toBe(false);
  await addAccountPermission(one.app, one.root, { userGroupId, accountPermission });
  expect((await request(key.id, elsewhere)).canInAccount(accountPermission)).toBe(true);
});

test('rights cost no statement of their own while nothing changes', async () => {
  const userGroupId = await one.group();
  const [a, b] = [await one.key([userGroupId]), await one.key([userGroupId])];
  expect(await statements(() => request(a.id, one.abilities))).toBe(2);
  expect(await statements(() => request(a.id, one.abilities))).toBe(1);
  // The same groups give the same rights to every member.
  expect(await statements(() => request(b.id, one.abilities))).toBe(1);
  await addAccountPermission(one.app, one.root, { userGroupId, accountPermission });
  // Of many concurrent callers, only one reads.
  expect(await statements(() => Promise.all(Array.from({ length: 20 }, () => request(a.id, one.abilities))))).toBe(21);
});

describe('long-lived streams', () => {
  test('checks cheaply again, and gets the same object while nothing changes', async () => {
    const { access } = await one.holder(await one.key([await one.group()]));
    expect(await one.abilities.renew(access)).toBe(access);
    // The first caller begins one read; all others share the next one.
    const many = () => Promise.all(Array.from({ length: 500 }, () => one.abilities.renew(access)));
    expect(await statements(many)).toBe(2);
  });

  test('gets new rights after a change, and ends with its key', async () => {
    const userGroupId = await one.group();
    const key = await one.key([userGroupId]);
    const { access } = await one.holder(key);
    await addAccountPermission(one.app, one.root, { userGroupId, accountPermission });
    const renewed = await elsewhere.renew(access);
    expect([access, renewed].map((one) => one.canInAccount(accountPermission))).toEqual([false, true]);
    await revokeApiKey(one.app, one.root, key);
    for (const abilities of [one.abilities, elsewhere]) {
      expect(await refusalOf(abilities.renew(renewed))).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  test('ends with its user and with its token', async () => {
    const { id } = await createUser(one.app, one.root, { name: 'Ada', email: `${newId()}@example.com` });
    const row = await findUserPrincipal(one.database, id);
    if (row === undefined) throw new Error('no user');
    const until = (hours: number) => new Date(one.now().getTime() + hours * 3_600_000);
    const [short, long] = await Promise.all(
      [until(1), until(2)].map((expiresAt) => one.abilities.accessOf({ ...userPrincipal(row), expiresAt })),
    );
    if (short === undefined || long === undefined) throw new Error('no access');
    one.passHours(1);
    expect(await refusalOf(one.abilities.renew(short))).toMatchObject({ code: 'UNAUTHENTICATED' });
    // A token's expiry stays, whatever else changes.
    const userGroupId = await one.group();
    await addUserToUserGroup(one.app, one.root, { userGroupId, userId: id });
    const renewed = await one.abilities.renew(long);
    expect([renewed.hasGroup(userGroupId), renewed.principal?.expiresAt]).toEqual([true, long.principal?.expiresAt]);
    await deleteUser(one.app, one.root, { id });
    expect(await refusalOf(one.abilities.renew(renewed))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

test('a request that begins after a committed change never sees earlier rights', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ member: fc.boolean(), requests: fc.integer({ min: 1, max: 6 }), server: fc.boolean() }), {
        minLength: 1,
        maxLength: 8,
      }),
      async (steps) => {
        const userGroupId = await one.group({ accountPermissions: { accountPermissionTypes: [accountPermission] } });
        const { id: userId } = await createUser(one.app, one.root, { name: 'Ada', email: `${newId()}@example.com` });
        const ask = async (abilities: Abilities) => {
          const row = await findUserPrincipal(one.database, userId);
          if (row === undefined) throw new Error('no user');
          return (await abilities.accessOf(userPrincipal(row))).canInAccount(accountPermission);
        };
        const pending: Promise<unknown>[] = [];
        for (const { member, requests, server } of steps) {
          const change = member ? addUserToUserGroup : removeUserFromUserGroup;
          const changing = change(one.app, one.root, { userGroupId, userId });
          for (let n = 0; n < requests; n++) pending.push(ask(server ? one.abilities : elsewhere));
          await changing;
          expect(await Promise.all([ask(one.abilities), ask(elsewhere)])).toEqual([member, member]);
        }
        await Promise.all(pending);
      },
    ),
    { numRuns: 30 },
  );
});

test('does not cache a failed read of rights', async () => {
  let broken = true;
  const db = {
    ...one.database,
    write: () => Promise.resolve(0),
    rows: <T>(sql: string, parameters?: readonly unknown[]): Promise<T[]> =>
      broken ? Promise.reject(new Error('connection lost')) : one.database.rows<T>(sql, parameters),
  };
  const abilities = new Abilities(db, one.app.clock);
  const key = await one.key([await one.group()]);
  await expect(request(key.id, abilities)).rejects.toThrow('connection lost');
  broken = false;
  expect((await request(key.id, abilities)).administrator).toBe(false);
});

describe('authenticate', () => {
  const holder = async (value: string, app = one.app) => (await authenticate(app, value)).access;
  const newKey = async (more = {}) =>
    createApiKey(one.app, one.root, { name: 'key', userGroupIds: [await one.group()], ...more });

  it('reads a caller at most once a second, and again after any change of rights', async () => {
    const { apiKey, value } = await newKey();
    const [first, second] = [await holder(value), await holder(value)];
    expect(await statements(() => holder(value))).toBe(0);
    expect([first.decisions, second.decisions, second === first]).toEqual([1, 1, false]);
    await updateApiKey(one.app, one.root, {
      id: apiKey.id,
      userGroupIds: [await one.group({ accountPermissions: { accountPermissionTypes: [accountPermission] } })],
    });
    expect((await holder(value)).canInAccount(accountPermission)).toBe(true);
    await revokeApiKey(one.app, one.root, { id: apiKey.id });
    expect((await refusalOf(holder(value))).code).toBe('UNAUTHENTICATED');
  });

  it('accepts no key after its expiry', async () => {
    const { value } = await newKey({ expiresAt: new Date(one.now().getTime() + 3_600_000) });
    await holder(value);
    one.passHours(1);
    expect((await refusalOf(holder(value))).code).toBe('UNAUTHENTICATED');
  });

  it('drops callers on other servers at the wake-up', async () => {
    const url = one.url;
    const config = readServerConfig({ DATABASE_URL: url, DATABASE_POOL: '3', SLIPWAY_DATA_DIR: tmpdir() });
    const other = await createApp(config, createLog({ level: 'silent', pretty: false }), url);
    const { apiKey, value } = await newKey();
    let heard = false;
    other.app.database.wakeups.onSignal(RIGHTS_CHANGED, () => {
      heard = true;
    });
    const elsewhere = { ...other.app, clock: one.app.clock };
    await holder(value, elsewhere);
    await revokeApiKey(one.app, one.root, { id: apiKey.id });
    await eventually(
      () => heard,
      (told) => told,
    );
    expect((await refusalOf(holder(value, elsewhere))).code).toBe('UNAUTHENTICATED');
    await other.close();
  });

  it('discards a read from before a change', async () => {
    const access = await one.abilities.accessOf(apiKeyPrincipal(await rowOf((await newKey()).apiKey.id)));
    const callers = new KnownCallers(one.app.clock);
    let read: (access: Access) => void = () => undefined;
    const reading = callers.accessOf('key', () => new Promise<Access>((resolve) => (read = resolve)));
    callers.forget();
    read(access);
    await reading;
    const again = jest.fn(async () => access);
    await callers.accessOf('key', again);
    await callers.accessOf('key', again);
    expect(again).toHaveBeenCalledTimes(1);
  });
});
