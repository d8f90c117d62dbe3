import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { TestClient } from '../support/client';
import { eventually } from '../support/eventually';
import { freePort } from '../support/ports';
import { startTestServer, type TestServer } from '../support/server';
import { consoleTest } from '../console/support/consoleTest';

const server = {} as TestServer;
let provider: ChildProcess;
let issuer: string;
const console = consoleTest(server);

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const settings = {
    ...{ SLIPWAY_OIDC_ISSUER: issuer, SLIPWAY_OIDC_CLIENT_ID: 'slipway', SLIPWAY_OIDC_GROUPS_CLAIM: 'groups' },
  };
  Object.assign(server, await startTestServer(settings));
  const program = join(__dirname, '../support/oidcPeopleProcess.mjs');
  const args = [program, String(port), `${server.url}/sign-in/callback`];
  provider = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  if (provider.stdout !== null) await once(provider.stdout, 'data');
});
afterAll(async () => {
  provider.kill('SIGKILL');
  if (provider.exitCode === null && provider.signalCode === null) await once(provider, 'exit');
  await server.stop?.();
});

const VERIFIER = 'a-verifier-that-is-long-enough-for-the-rules-of-pkce';
const NONCE = 'a-nonce';

/** What a person comes back from the provider with, as a browser would get it. */
async function codeFor(person: string): Promise<string> {
  const url = new URL(`${issuer}/auth`);
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
  const parameters = {
    ...{ response_type: 'code', client_id: 'slipway', scope: 'openid profile email', nonce: NONCE, state: 's' },
    ...{ redirect_uri: redirectUri(), code_challenge: challenge, code_challenge_method: 'S256', login_hint: person },
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const cookies = new Map<string, string>();
  for (let next = url; ; ) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    next = new URL(response.headers.get('location') ?? 'about:no-location', next);
    if (next.href.startsWith(redirectUri())) return next.searchParams.get('code') ?? '';
  }
}

const redirectUri = () => `${server.url}/sign-in/callback`;

async function redeem(code: string, changes: object = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const given = { code, codeVerifier: VERIFIER, redirectUri: redirectUri(), nonce: NONCE, ...changes };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${server.url}/auth/oidc`, { method: 'POST', headers, body: JSON.stringify(given) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const refusal = (status: number, code: string) => ({ status, body: { error: expect.objectContaining({ code }) } });
const me = (key: unknown) =>
  new TestClient(server.url, String(key)).ask<{ viewer: { name: string; groups: { name: string }[] } }>(
    '{ viewer { name groups { name } } }',
  );

describe('sign-in with an identity provider', () => {
  it('begins a session with the groups of the claim, from a code that works once', async () => {
    const code = await codeFor('ada');
    const { status, body } = await redeem(code);
    expect(status).toBe(200);
    expect(body).toEqual({
      key: expect.stringMatching(/^sws_/),
      expiresAt: expect.any(String),
      user: { id: expect.any(String), name: 'Ada Lovelace' },
    });
    const hours = (Date.parse(String(body.expiresAt)) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.9);
    expect(hours).toBeLessThanOrEqual(12);
    expect(await me(body.key)).toEqual({ viewer: { name: 'Ada Lovelace', groups: [{ name: 'Production Support' }] } });
    expect(await redeem(code)).toEqual(refusal(401, 'UNAUTHENTICATED'));
    const { audits } = await server.client.ask<{ audits: { nodes: object[] } }>(
      '{ audits(first: 5) { nodes { action actor { name } } } }',
    );
    expect(audits.nodes).toContainEqual({ action: 'session.begin', actor: { name: 'Ada Lovelace' } });
  });

  it('refuses another verifier, another nonce, an unknown code, and an address that is not verified', async () => {
    expect(await redeem(await codeFor('ada'), { codeVerifier: `${VERIFIER}-of-another` })).toEqual(
      refusal(401, 'UNAUTHENTICATED'),
    );
    expect(await redeem(await codeFor('ada'), { nonce: 'another' })).toEqual(refusal(401, 'UNAUTHENTICATED'));
    expect(await redeem('no-code')).toEqual(refusal(401, 'UNAUTHENTICATED'));
    expect(await redeem(await codeFor('eve'))).toEqual(refusal(401, 'UNAUTHENTICATED'));
  });

  it('ends a session at sign-out, at its time, and with its user', async () => {
    const keys: unknown[] = [];
    for (let count = 0; count < 3; count++) keys.push((await redeem(await codeFor('ada'))).body.key);
    const end = await fetch(`${server.url}/auth/session`, {
      method: 'DELETE',
      headers: { 'x-api-key': String(keys[0]) },
    });
    expect(end.status).toBe(204);
    await expect(me(keys[0])).rejects.toThrow('not valid');
    await server.app.database.write(
      `UPDATE user_session SET expires_at = created_at WHERE prefix = substr($1, 5, 12)`,
      [keys[1]],
    );
    await expect(me(keys[1])).rejects.toThrow('not valid');
    await me(keys[2]);
    const { userByEmail } = await server.client.ask<{ userByEmail: { id: string } }>(
      '{ userByEmail(email: "ada@example.com") { id } }',
    );
    await server.client.ask('mutation ($id: ID!) { deleteUser(input: { id: $id }) { clientMutationId } }', {
      id: userByEmail.id,
    });
    await expect(me(keys[2])).rejects.toThrow('not valid');
    // Tokens never recreate deleted users, so the next test needs a new invitation.
    await server.app.database.write(`DELETE FROM user_session`, []);
    await server.app.database.write(
      `UPDATE user_account SET email = 'old@example.com', identity_issuer = NULL, identity_subject = NULL WHERE id = $1`,
      [userByEmail.id],
    );
  });

  it('takes a person from the console to the provider and back to the page, and out again', async () => {
    const expects = new RegExp(`^asked ${issuer}/`);
    const page = await console.open('/runs?status=FAILED', { key: null, expects });
    const button = page.getByRole('button', { name: 'Sign in with 127.0.0.1' });
    await button.waitFor();
    expect(await console.problems(page)).toEqual([]);
    await button.click();
    await page.waitForURL(`${server.url}/runs?status=FAILED`);
    await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click();
    await page.getByText('ada@example.com').waitFor();
    const key = (await page.evaluate(`sessionStorage.getItem('slipway.apiKey')`)) as string;
    expect(key).toMatch(/^sws_/);
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await button.waitFor();
    await eventually(
      () =>
        me(key).then(
          () => 'accepted',
          (error: Error) => error.message,
        ),
      (outcome) => outcome.includes('not valid'),
      { what: 'the end of the session' },
    );
    await page.goto(`${server.url}/sign-in/callback?code=stolen&state=another`);
    await page.getByText('This tab did not begin the sign-in').waitFor();
  });
});
