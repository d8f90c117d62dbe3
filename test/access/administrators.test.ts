import type { Actor } from '../../src/access/actor';
import { revokeApiKey, updateApiKey } from '../../src/access/changeApiKeys';
import { addUserToUserGroup, removeUserFromUserGroup, updateUserGroup } from '../../src/access/changeUserGroups';
import { createUser, deleteUser, updateUser } from '../../src/access/changeUsers';
import { hasLastingAdministrator } from '../../src/access/administrators.store';
import { ACCOUNT_ADMINISTRATOR } from '../../src/access/userGroups';
import { users } from '../../src/access/users';
import { newId } from '../../src/kernel/ids';
import { AccessApp, refusalOf } from './accessApp';

const userGroupId = ACCOUNT_ADMINISTRATOR;
let one: AccessApp;
beforeAll(async () => {
  one = await AccessApp.create();
});
beforeEach(async () => {
  // Removes all administrators.
  await one.database.write('DELETE FROM user_group_member');
  await one.database.write('UPDATE api_key SET revoked_at = now()');
});
afterAll(() => one.close());

/** Creates an administrator that has logged in before. */
async function person(): Promise<string> {
  const { id } = await createUser(one.app, one.root, {
    name: 'A',
    email: `${newId()}@example.com`,
    userGroupIds: [userGroupId],
  });
  await users.update(one.database, id, { identityIssuer: 'https://id.example.com', identitySubject: id });
  return id;
}

const LAST = { code: 'IN_USE', details: { rule: 'LAST_ADMINISTRATOR' } };

/** Every way to lose the only administrator, a person. */
const waysToLosePerson: [string, (id: string) => Promise<unknown>][] = [
  ['deleting the user', (id) => deleteUser(one.app, one.root, { id })],
  ['removing the member', (userId) => removeUserFromUserGroup(one.app, one.root, { userGroupId, userId })],
  [
    'giving the user other groups',
    async (id) => updateUser(one.app, one.root, { id, userGroupIds: [await one.group()] }),
  ],
  ['giving the user no groups', (id) => updateUser(one.app, one.root, { id, userGroupIds: [] })],
  ['giving the group other members', (id) => otherMembers(id)],
  ['giving the group no members', () => updateUserGroup(one.app, one.root, { userGroupId, userIds: [] })],
];

/** Replaces the person with one who has never logged in and may never do so. */
async function otherMembers(_id: string): Promise<unknown> {
  const { id } = await createUser(one.app, one.root, { name: 'B', email: `${newId()}@example.com` });
  return updateUserGroup(one.app, one.root, { userGroupId, userIds: [id] });
}

test.each(waysToLosePerson)('can’t lose the last administrator by %s', async (_way, lose) => {
  const id = await person();
  expect(await refusalOf(lose(id))).toMatchObject(LAST);
  expect(await hasLastingAdministrator(one.database)).toBe(true);
  // With another lasting administrator, the change is allowed.
  await one.key([userGroupId]);
  await lose(id);
});

const waysToLoseKey: [string, (id: string) => Promise<unknown>][] = [
  ['revoking the key', (id) => revokeApiKey(one.app, one.root, { id })],
  [
    'letting the key expire',
    (id) => updateApiKey(one.app, one.root, { id, expiresAt: new Date(one.now().getTime() + 1000) }),
  ],
  [
    'narrowing the key',
    async (id) => updateApiKey(one.app, one.root, { id, applicationIds: [await one.application()] }),
  ],
  [
    'giving the key other groups',
    async (id) => updateApiKey(one.app, one.root, { id, userGroupIds: [await one.group()] }),
  ],
];

test.each(waysToLoseKey)('can’t lose the last administrator by %s', async (_way, lose) => {
  const { id } = await one.key([userGroupId]);
  expect(await refusalOf(lose(id))).toMatchObject(LAST);
  expect(await hasLastingAdministrator(one.database)).toBe(true);
  await person();
  await lose(id);
});

test('a person who owns the last key can’t be deleted', async () => {
  const { id } = await createUser(one.app, one.root, { name: 'A', email: `${newId()}@example.com` });
  await one.key([userGroupId], { ownerId: id });
  expect(await refusalOf(deleteUser(one.app, one.root, { id }))).toMatchObject(LAST);
});

test('expiring or narrowed keys, people who never logged in and token memberships do not count', async () => {
  const { id } = await one.key([userGroupId]);
  await one.key([userGroupId], { expiresAt: new Date(one.now().getTime() + 1e12) });
  await one.key([userGroupId], { applicationIds: [await one.application()] });
  await createUser(one.app, one.root, { name: 'A', email: `${newId()}@example.com`, userGroupIds: [userGroupId] });
  const brought = await person();
  await one.database.write(`UPDATE user_group_member SET source = 'IDENTITY_PROVIDER' WHERE user_id = $1`, [brought]);
  expect(await refusalOf(revokeApiKey(one.app, one.root, { id }))).toMatchObject(LAST);
});

test('allows renaming the last administrator’s key', async () => {
  const { id } = await one.key([userGroupId]);
  expect(await updateApiKey(one.app, one.root, { id, name: 'other', expiresAt: null })).toMatchObject({
    name: 'other',
  });
});

test('keeps one of two administrators who remove each other concurrently', async () => {
  for (let round = 0; round < 5; round++) {
    const keys = await Promise.all([1, 2, 3, 4].map(() => one.key([userGroupId])));
    const users = await Promise.all([1, 2].map(() => person()));
    const holders = await Promise.all(keys.map((key) => one.holder(key)));
    const other = (index: number): Actor => holders[(index + 1) % holders.length] ?? one.root;
    const results = await Promise.allSettled([
      ...keys.map(({ id }, index) => revokeApiKey(one.app, other(index), { id })),
      ...users.map((id, index) => deleteUser(one.app, other(index), { id })),
    ]);
    const refused = results.filter((result) => result.status === 'rejected');
    // The first round has no other administrator; later rounds have one from the round before.
    expect(refused.length).toBe(round === 0 ? 1 : 0);
    for (const result of refused) expect(result.reason).toMatchObject(LAST);
    expect(await hasLastingAdministrator(one.database)).toBe(true);
  }
});

test('adds a member once if many requests add it concurrently', async () => {
  const userId = await person();
  await Promise.all(Array.from({ length: 5 }, () => addUserToUserGroup(one.app, one.root, { userGroupId, userId })));
  const rows = await one.database.rows('SELECT FROM user_group_member WHERE user_id = $1', [userId]);
  expect(rows).toHaveLength(1);
});
