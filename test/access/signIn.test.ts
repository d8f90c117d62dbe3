import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { createUserGroup, removeUserFromUserGroup } from '../../src/access/changeUserGroups';
import { createUser, deleteUser } from '../../src/access/changeUsers';
import { IdentityProvider, type IdentityProviderOptions } from '../../src/access/identityProvider';
import { signIn } from '../../src/access/signIn';
import { isJwt } from '../../src/access/tokenVerifier';
import { ACCOUNT_ADMINISTRATOR } from '../../src/access/userGroups';
import { findMemberships, findUserByEmail } from '../../src/access/users.store';
import { newId } from '../../src/kernel/ids';
import type { Refusal } from '../../src/kernel/errors';
import { AccessApp, brokenRules, refusalOf } from './accessApp';

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly publicPem: string;
}

async function newKey(kid: string, alg = 'RS256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg },
    publicPem: await exportSPKI(publicKey),
  };
}

/** An OpenID Connect provider, reduced to what a server needs to verify tokens. */
class Provider {
  keys: Key[] = [];
  broken = false;
  requests: string[] = [];
  issuer = '';
  private server: Server | undefined;

  async start(): Promise<void> {
    this.keys = [await newKey('first')];
    this.server = createServer((req, res) => {
      this.requests.push(req.url ?? '');
      const answers: Record<string, unknown> = {
        '/.well-known/openid-configuration': { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` },
        '/other/.well-known/openid-configuration': { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` },
        '/keys': { keys: this.keys.map((key) => key.jwk) },
      };
      const answer = answers[req.url ?? ''];
      res.statusCode = this.broken ? 500 : answer === undefined ? 404 : 200;
      res.end(JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.issuer = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server?.close(resolve));
  }

  key(index = 0): Key {
    const key = this.keys[index];
    if (key === undefined) throw new Error('no key');
    return key;
  }
}

const AUDIENCE = 'slipway';
let one: AccessApp;
const provider = new Provider();
beforeAll(async () => {
  one = await AccessApp.create();
  await provider.start();
});
afterEach(() => {
  provider.broken = false;
});
afterAll(async () => {
  await provider.stop();
  await one.close();
});

const seconds = () => Math.floor(one.now().getTime() / 1000);
const verifier = (more: Partial<IdentityProviderOptions> = {}) =>
  new IdentityProvider(
    { issuer: provider.issuer, audience: AUDIENCE, clockToleranceSeconds: 5, cooldownMs: 0, ...more },
    one.app.clock,
  );

async function token(
  claims: JWTPayload = {},
  key = provider.key(),
  header: Record<string, string> = {},
): Promise<string> {
  const given = { iss: provider.issuer, aud: AUDIENCE, sub: 'ada', iat: seconds(), exp: seconds() + 600, ...claims };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const alg = key.jwk.alg ?? 'RS256';
  return new SignJWT(present).setProtectedHeader({ alg, kid: key.kid, ...header }).sign(key.privateKey);
}

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  test('identifies a person', async () => {
    const claims = { email: 'Ada@Example.com', email_verified: true, name: 'Ada', groups: ['Web', 'Web', 7, ''] };
    expect(await verifier({ groupsClaim: 'groups' }).verify(await token(claims))).toEqual({
      issuer: provider.issuer,
      subject: 'ada',
      name: 'Ada',
      email: 'ada@example.com',
      groups: ['Web'],
      issuedAt: new Date(seconds() * 1000),
      expiresAt: new Date((seconds() + 605) * 1000),
    });
    expect(await verifier().verify(await token())).toMatchObject({ name: null, email: null, groups: null });
    for (const unverified of [false, undefined, 1, 'yes']) {
      const found = await verifier().verify(await token({ email: 'ada@example.com', email_verified: unverified }));
      expect(found.email).toBeNull();
    }
  });

  test('is accepted with every kind of public key', async () => {
    for (const alg of ['PS256', 'ES256', 'EdDSA']) {
      provider.keys.push(await newKey(alg, alg));
      expect(await verifier().verify(await token({}, provider.keys.at(-1)))).toMatchObject({ subject: 'ada' });
    }
  });

  test('finds groups by name and by path', async () => {
    const groups = async (groupsClaim: string, claims: JWTPayload) =>
      (await verifier({ groupsClaim }).verify(await token(claims))).groups;
    expect(await groups('https://x.example/groups', { 'https://x.example/groups': ['A'] })).toEqual(['A']);
    expect(await groups('realm_access.roles', { realm_access: { roles: ['A', 'B'] } })).toEqual(['A', 'B']);
    expect(await groups('groups', { groups: 'A' })).toEqual(['A']);
    for (const nothing of [{}, { groups: null }, { groups: { a: 1 } }])
      expect(await groups('groups', nothing)).toEqual([]);
    expect(await groups('constructor.name', {})).toEqual([]);
  });

  test('is valid within its time, with tolerance', async () => {
    const at = async (claims: JWTPayload) => verifier().verify(await token(claims));
    await at({ exp: seconds() - 4 });
    await at({ nbf: seconds() + 4 });
    expect((await refusalOf(at({ exp: seconds() - 6 }))).message).toBe('The token has expired.');
    expect(await refusalOf(at({ nbf: seconds() + 60 }))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  const invalid: [string, () => Promise<string>][] = [
    ['for somebody else', () => token({ aud: 'another' })],
    ['without an audience', () => token({ aud: undefined })],
    ['of another issuer', () => token({ iss: 'https://evil.example' })],
    ['without a subject', () => token({ sub: undefined })],
    ['with an empty subject', () => token({ sub: ' ' })],
    ['without an end', () => token({ exp: undefined })],
    ['without a beginning', () => token({ iat: undefined })],
    ['signed by an unknown key', async () => token({}, await newKey('unknown'))],
    ['signed by another key of the same name', async () => token({}, await newKey('first'))],
    [
      'that was changed',
      async () => {
        const [header, , signature] = (await token()).split('.');
        return [
          header,
          base64({ iss: provider.issuer, aud: AUDIENCE, sub: 'eve', iat: seconds(), exp: seconds() + 9 }),
          signature,
        ].join('.');
      },
    ],
    ['without a signature', async () => `${base64({ alg: 'none' })}.${(await token()).split('.')[1]}.`],
    [
      'signed with the public key as if it were a secret',
      async () => {
        const body = `${base64({ alg: 'HS256', kid: 'first' })}.${(await token()).split('.')[1]}`;
        return `${body}.${createHmac('sha256', provider.key().publicPem).update(body).digest('base64url')}`;
      },
    ],
    ['that is none', async () => 'a.b.c'],
    ['that is empty', async () => ''],
  ];

  test.each(invalid)('%s is not valid, and the reason is hidden', async (_name, make) => {
    const refusal = await refusalOf(verifier().verify(await make()));
    expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED', message: 'This token is not valid.', details: {} });
  });

  test('is distinguished from a key', async () => {
    expect(isJwt(await token())).toBe(true);
    for (const text of ['swk_abcdefghijkl_x', 'my.own.key', '', '..', `${base64('{}')}.a.b`])
      expect(isJwt(text)).toBe(false);
  });
});

describe('the keys', () => {
  test('are found by discovery, and fetched once', async () => {
    const one = verifier({ cooldownMs: 30_000 });
    provider.requests = [];
    for (let n = 0; n < 5; n++) await one.verify(await token());
    expect(provider.requests).toEqual(['/.well-known/openid-configuration', '/keys']);
    const direct = verifier({ jwksUrl: `${provider.issuer}/keys` });
    provider.requests = [];
    await direct.verify(await token());
    expect(provider.requests).toEqual(['/keys']);
  });

  test('are fetched again for a new key, but not for an unknown issuer', async () => {
    const one = verifier();
    await one.verify(await token());
    provider.requests = [];
    provider.keys = [await newKey('second'), ...provider.keys];
    await one.verify(await token());
    expect(provider.requests).toEqual(['/keys']);
    await refusalOf(one.verify(await token({ iss: 'https://evil.example' }, await newKey('third'))));
    expect(provider.requests).toEqual(['/keys']);
  });

  test('that are unreachable make the service unavailable, until they can be fetched', async () => {
    const one = verifier();
    provider.broken = true;
    for (let n = 0; n < 2; n++) expect((await refusalOf(one.verify(await token()))).code).toBe('UNAVAILABLE');
    provider.broken = false;
    expect(await one.verify(await token())).toMatchObject({ subject: 'ada' });
  });

  test('from a discovery document of another issuer are rejected', async () => {
    const other = `${provider.issuer}/other`;
    const refusal = await refusalOf(verifier({ issuer: other }).verify(await token({ iss: other })));
    expect(refusal.code).toBe('UNAVAILABLE');
  });
});

describe('login', () => {
  const login = async (sub: string, claims: JWTPayload = {}, more: Partial<IdentityProviderOptions> = {}) =>
    signIn(one.app, await verifier(more).verify(await token({ sub, ...claims })));
  const verified = (email: string) => ({ email, email_verified: true });
  const opensNoUser = (refusal: Refusal) => expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED' });
  const person = () => ({ sub: newId(), email: `${newId()}@example.com` });

  test('creates a user without rights the first time, and finds it by its subject later', async () => {
    const { sub, email } = person();
    const first = await login(sub, { ...verified(email.toUpperCase()), name: 'Ada' });
    expect(first).toMatchObject({ kind: 'USER', name: 'Ada', personId: first.id, groupIds: [], within: null });
    expect(await login(sub)).toMatchObject({ id: first.id });
    expect(await login(sub, verified('other@example.com'))).toMatchObject({ id: first.id });
    expect(await findUserByEmail(one.database, 'other@example.com')).toBeUndefined();
  });

  test('creates one user for concurrent logins of one person', async () => {
    const { sub, email } = person();
    const all = await Promise.all(Array.from({ length: 6 }, () => login(sub, verified(email))));
    expect(new Set(all.map((principal) => principal.id)).size).toBe(1);
  });

  test('takes over the user that was created for the address', async () => {
    const { sub, email } = person();
    const group = await one.group();
    const invited = await createUser(one.app, one.root, { name: 'Ada', email, userGroupIds: [group] });
    expect(await login(sub, verified(email))).toMatchObject({ id: invited.id, name: 'Ada', groupIds: [group] });
  });

  test('with an unverified address takes over no user and reserves no address', async () => {
    const { sub, email } = person();
    const invited = await createUser(one.app, one.root, { name: 'Ada', email });
    opensNoUser(await refusalOf(login(sub, { email, email_verified: false })));
    opensNoUser(await refusalOf(login(sub, { email })));
    const stranger = person();
    opensNoUser(await refusalOf(login(stranger.sub, { email: stranger.email })));
    expect(await findUserByEmail(one.database, stranger.email)).toBeUndefined();
    expect(await login(sub, verified(email))).toMatchObject({ id: invited.id });
  });

  test('does not give a user to the next owner of the address', async () => {
    const { sub, email } = person();
    await login(sub, verified(email));
    opensNoUser(await refusalOf(login(newId(), verified(email))));
  });

  test('assigns users to their new identities after a change of the issuer', async () => {
    const { sub, email } = person();
    const { id } = await login(sub, verified(email));
    await one.database.write(`UPDATE user_account SET identity_issuer = 'https://old.example' WHERE id = $1`, [id]);
    const other = newId();
    expect(await login(other, verified(email))).toMatchObject({ id });
    expect(await login(other)).toMatchObject({ id });
  });

  test('does not recreate a deleted user, unless one is created for the address', async () => {
    const { sub, email } = person();
    const { id } = await login(sub, verified(email));
    await deleteUser(one.app, one.root, { id });
    opensNoUser(await refusalOf(login(sub, verified(email))));
    opensNoUser(await refusalOf(login(sub, verified(person().email))));
    opensNoUser(await refusalOf(login(newId(), verified(email))));
    const again = await createUser(one.app, one.root, { name: 'Ada', email });
    expect(await login(sub, verified(email))).toMatchObject({ id: again.id });
  });

  describe('with a group claim', () => {
    const claim = { groupsClaim: 'groups' };
    const named = async () => {
      const name = `g ${newId()}`;
      return { name, id: (await createUserGroup(one.app, one.root, { name })).id };
    };

    test('sets memberships from the newest token, and keeps the others', async () => {
      const { sub, email } = person();
      const [a, b, manual] = [await named(), await named(), await one.group()];
      await createUser(one.app, one.root, { name: 'Ada', email, userGroupIds: [manual] });
      const iat = seconds();
      const groupsAt = async (later: number, groups: string[] | undefined) => {
        const principal = await login(sub, { ...verified(email), iat: iat + later, groups }, claim);
        return [...principal.groupIds].sort();
      };
      expect(await groupsAt(0, [a.name, 'nobody knows it'])).toEqual([a.id, manual].sort());
      expect(await groupsAt(10, [b.name])).toEqual([b.id, manual].sort());
      // An older token that is still valid restores nothing.
      expect(await groupsAt(0, [a.name])).toEqual([b.id, manual].sort());
      expect(await groupsAt(20, undefined)).toEqual([manual]);
      expect(await groupsAt(30, [a.name, b.name])).toEqual([a.id, b.id, manual].sort());
    });

    test('costs one statement if the token says nothing new', async () => {
      const { sub, email } = person();
      const group = await named();
      const identity = await verifier(claim).verify(await token({ sub, ...verified(email), groups: [group.name] }));
      await signIn(one.app, identity);
      const before = one.database.statements;
      expect((await signIn(one.app, identity)).groupIds).toEqual([group.id]);
      expect(one.database.statements - before).toBe(1);
    });

    test('can add an administrator, who can only be removed there', async () => {
      const { sub, email } = person();
      const principal = await login(sub, { ...verified(email), groups: ['Account Administrator'] }, claim);
      expect((await one.abilities.accessOf(principal)).administrator).toBe(true);
      const input = { userGroupId: ACCOUNT_ADMINISTRATOR, userId: principal.id };
      const refusal = await refusalOf(removeUserFromUserGroup(one.app, one.root, input));
      expect(brokenRules(refusal)).toEqual(['userId IDENTITY_PROVIDER']);
      const access = await one.abilities.accessOf(await login(sub, { iat: seconds() + 1, groups: [] }, claim));
      expect(access.administrator).toBe(false);
    });

    test('concurrent logins end with the groups of the newest token', async () => {
      const { sub, email } = person();
      const groups = await Promise.all([1, 2, 3, 4].map(named));
      await login(sub, verified(email));
      await Promise.all(
        groups.map(({ name }, index) => login(sub, { iat: seconds() + index + 1, groups: [name] }, claim)),
      );
      const user = await findUserByEmail(one.database, email);
      const memberships = await findMemberships(one.database, [user?.id ?? '']);
      expect(memberships).toEqual([{ userId: user?.id, groupId: groups.at(-1)?.id, source: 'IDENTITY_PROVIDER' }]);
    });
  });
});
