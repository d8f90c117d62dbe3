import { SecretKeys } from '../../../src/catalog/secrets/secretKeys';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { APP, Runs } from '../../support/runs';
import { startTestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const workflow = (name: string, keys: string, task: string) =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n  use: { run: "true", ${task} }\n`;

const DEFINITIONS =
  APP +
  workflow('staging', 'environment: staging\nsecrets: [SHARED]', 'secrets: [TOKEN], retries: 3') +
  workflow('nowhere', '', 'secrets: [TOKEN], requires: [TOKEN]') +
  workflow('without', '', 'env: { A: b }');

const SET = `mutation ($input: SetSecretInput!) { setSecret(input: $input) {
  secret { id name version keyId setAt setBy setById } warnings } }`;

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly keyId: string;
  readonly setBy: string;
}

describe('secrets', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  let applicationId: string;
  let environmentId: string;
  beforeAll(async () => {
    const { applicationByName: app } = await server.client.ask<{
      applicationByName: { id: string; environments: { nodes: { id: string; name: string }[] } };
    }>('{ applicationByName(name: "app") { id environments(limit: 9) { nodes { id name } } } }');
    applicationId = app.id;
    environmentId = app.environments.nodes.find(({ name }) => name === 'staging')?.id ?? '';
  });

  const set = async (name: string, secretValue: string, environment: string | null = null) =>
    (
      await server.client.ask<{ setSecret: { secret: Entry; warnings: string[] } }>(SET, {
        input: { applicationId, environmentId: environment, name, secretValue },
      })
    ).setSecret;
  const remove = (name: string, environment: string | null = null) =>
    server.client.ask('mutation ($input: DeleteSecretInput!) { deleteSecret(input: $input) { clientMutationId } }', {
      input: { applicationId, environmentId: environment, name },
    });
  const entries = async () =>
    (
      await server.client.ask<{
        application: { secrets: Entry[]; environments: { nodes: { name: string; secrets: Entry[] }[] } };
      }>(
        `query ($id: ID!) { application(applicationId: $id) { secrets { id name version keyId setBy }
          environments(limit: 9) { nodes { name secrets { id name version keyId setBy } } } } }`,
        { id: applicationId },
      )
    ).application;

  it('are set, replaced, listed without values, and deleted', async () => {
    const first = await set('LISTED', 'hunter2!');
    expect(first).toMatchObject({ secret: { name: 'LISTED', version: 1 }, warnings: [] });
    const again = await set('LISTED', 'hunter3!');
    expect(again.secret).toMatchObject({ id: first.secret.id, version: 2 });
    await set('LISTED', 'of staging', environmentId);
    const listed = await entries();
    expect(listed.secrets).toEqual([
      { id: first.secret.id, name: 'LISTED', version: 2, keyId: first.secret.keyId, setBy: expect.any(String) },
    ]);
    const perEnvironment = listed.environments.nodes.map(({ name, secrets }) => [name, secrets.map((one) => one.name)]);
    expect(perEnvironment).toEqual([
      ['prod', []],
      ['staging', ['LISTED']],
    ]);
    await remove('LISTED');
    await remove('LISTED', environmentId);
    await expect(remove('LISTED')).rejects.toThrow('NOT_FOUND: This application has no secret named "LISTED"');
    expect((await entries()).secrets).toEqual([]);
  });

  it('have no field that could return a value', async () => {
    const { __type: type } = await server.client.ask<{ __type: { fields: { name: string }[] } }>(
      '{ __type(name: "Secret") { fields { name } } }',
    );
    expect(type.fields.map(({ name }) => name).sort()).toEqual(
      ['agents', 'id', 'keyId', 'name', 'secretType', 'setAt', 'setBy', 'setById', 'version', 'workflows'].sort(),
    );
  });

  it.each([
    ['a name that is none', '1X', 'x', 'BAD_VARIABLE_NAME'],
    ['a reserved name', 'LD_PRELOAD', 'x', 'RESERVED'],
    ['nothing', 'X', '', 'EMPTY'],
    ['too much', 'X', 'x'.repeat(16_385), 'TOO_LONG'],
    ['what no variable can hold', 'X', 'a\0b', 'BAD_CHARACTER'],
  ])('reject %s without repeating it', async (_, name, value, rule) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'test-administrator-key' },
      body: JSON.stringify({ query: SET, variables: { input: { applicationId, name, secretValue: value } } }),
    });
    const text = await response.text();
    expect(text).toContain('"INVALID_INPUT"');
    expect(text).toContain(rule);
    if (value.length > 2) expect(text).not.toContain(value.slice(0, 100));
  });

  it('are accepted with a warning if they are too short to mask', async () => {
    expect((await set('SHORT', 'abc')).warnings).toEqual([expect.stringContaining('fewer than 4 characters')]);
    expect((await set('SHORT', 'a\nbcde')).warnings).toEqual([]);
    await remove('SHORT');
  });

  it('reach only the job that names them; those of the environment take precedence', async () => {
    await set('TOKEN', 'of the application');
    await set('SHARED', 'for all');
    await set('UNUSED', 'not named');
    await runs.start('workflow', 'staging');
    expect((await agent.runOne()).secrets).toEqual({ TOKEN: 'of the application', SHARED: 'for all' });
    await set('TOKEN', 'of staging', environmentId);
    await runs.start('workflow', 'staging');
    const job = await agent.runOne();
    expect(job).toMatchObject({ secrets: { TOKEN: 'of staging', SHARED: 'for all' }, refused: null });
    expect(Object.values(job.env)).not.toContain('of staging');
    await runs.start('workflow', 'nowhere');
    expect((await agent.runOne()).secrets).toEqual({ TOKEN: 'of the application' });
    await runs.start('workflow', 'without');
    expect((await agent.runOne()).secrets).toEqual({});
  });

  it('are created, read and changed by their kind; credentials give a variable for each part', async () => {
    const mutate = (field: 'createSecret' | 'updateSecret', input: object) => {
      const type = field === 'createSecret' ? 'CreateSecretInput' : 'UpdateSecretInput';
      const mutation = `mutation ($input: ${type}!) { ${field}(input: $input) { secret { id name secretType } } }`;
      return server.client.ask<Record<string, { secret: { id: string } }>>(mutation, { input });
    };
    const usageScope = { appEnvScopes: [{ application: { appId: applicationId } }] };
    const text = (name: string, value: string) => ({
      secretType: 'ENCRYPTED_TEXT',
      encryptedText: { name, value, usageScope },
    });
    const key = (await mutate('createSecret', text('KEY', 'private key'))).createSecret?.secret.id;
    const phrase = (await mutate('createSecret', text('PHRASE', 'passphrase'))).createSecret?.secret.id;
    await expect(mutate('createSecret', text('KEY', 'again'))).rejects.toThrow('NAME_TAKEN');
    await expect(
      mutate('createSecret', { secretType: 'ENCRYPTED_TEXT', encryptedText: { name: 'WIDE', value: 'everywhere' } }),
    ).rejects.toThrow('exactly one scope');
    await remove('TOKEN', environmentId);
    await remove('TOKEN');
    const inlineSSHKey = { sshKeySecretFileId: key, passphraseSecretId: phrase };
    const sshAuthentication = { userName: 'deploy', sshAuthenticationMethod: { inlineSSHKey } };
    const sshCredential = { name: 'TOKEN', sshAuthentication, usageScope };
    const made = await mutate('createSecret', { secretType: 'SSH_CREDENTIAL', sshCredential });
    const secretId = made.createSecret?.secret.id ?? '';
    const port = { secretType: 'SSH_CREDENTIAL', secretId, sshCredential: { sshAuthentication: { port: 2222 } } };
    await mutate('updateSecret', port);
    await expect(set('TOKEN', 'plain')).rejects.toThrow('updateSecret');
    const read = `query ($id: ID!) {
      secret(secretId: $id, secretType: SSH_CREDENTIAL) { id name secretType
        usageScope { appEnvScopes { application { appId filterType } environment { envId } } }
        ... on SSHCredential { authenticationType { ... on SSHAuthentication { port userName } } } }
      secretByName(name: "TOKEN", secretType: SSH_CREDENTIAL) { id } }`;
    expect(await server.client.ask(read, { id: secretId })).toEqual({
      secret: {
        ...{ id: secretId, name: 'TOKEN', secretType: 'SSH_CREDENTIAL' },
        usageScope: {
          appEnvScopes: [{ application: { appId: applicationId, filterType: null }, environment: { envId: null } }],
        },
        authenticationType: { port: 2222, userName: 'deploy' },
      },
      secretByName: { id: secretId },
    });
    await runs.start('workflow', 'nowhere');
    const job = await agent.runOne();
    expect(job.secrets).toEqual({ TOKEN: 'private key', TOKEN_PASSPHRASE: 'passphrase' });
    expect(job.env).toMatchObject({ TOKEN_USER: 'deploy', TOKEN_PORT: '2222' });
    await server.client.ask(
      'mutation ($input: DeleteSecretInput!) { deleteSecret(input: $input) { clientMutationId } }',
      { input: { secretId, secretType: 'SSH_CREDENTIAL' } },
    );
    await set('TOKEN', 'of the application');
    await set('TOKEN', 'of staging', environmentId);
    const winRm = { name: 'WIN', username: 'ops', domain: 'CORP', passwordSecretId: phrase, usageScope };
    await mutate('createSecret', { secretType: 'WINRM_CREDENTIAL', winRMCredential: winRm });
    const windows = `{ secretByName(name: "WIN") { ... on WinRMCredential { userName domain port useSSL skipCertCheck authenticationScheme } } }`;
    expect(await server.client.ask(windows)).toEqual({
      secretByName: {
        ...{ userName: 'ops', domain: 'CORP', port: 5986, useSSL: true, skipCertCheck: false },
        authenticationScheme: 'NTLM',
      },
    });
    const stranger = new TestClient(server.url, await createKey(server.client, 'sees nothing'));
    const input = { secretId: key, secretType: 'ENCRYPTED_TEXT', encryptedText: { value: 'x' } };
    const update = 'mutation ($input: UpdateSecretInput!) { updateSecret(input: $input) { secret { id } } }';
    await expect(stranger.ask(update, { input })).rejects.toThrow(`No secret with the id "${key}"`);
    for (const name of ['KEY', 'PHRASE', 'WIN']) await remove(name);
  });

  it('fail the task before it starts if they are missing, whatever its retries', async () => {
    await remove('SHARED');
    const id = await runs.start('workflow', 'staging');
    expect((await runs.read(id)).status).toBe('FAILED');
    const task = await runs.task(id, 'use');
    expect(task).toMatchObject({ status: 'FAILED', reasonCode: 'SECRET_MISSING', jobs: [] });
    expect(task.reason).toContain('SHARED');
    await set('SHARED', 'for all');
  });

  it('end a waiting job if they are deleted before it runs', async () => {
    const id = await runs.start('workflow', 'staging');
    await remove('SHARED');
    const job = await agent.claimOne();
    expect(job).toMatchObject({ secrets: {}, refused: { reason: 'SECRET_MISSING' } });
    await agent.start(job);
    await agent.finish(job, { exitCode: null, ...job.refused });
    expect(await runs.task(id, 'use')).toMatchObject({ status: 'FAILED', reasonCode: 'SECRET_MISSING', tries: 1 });
    await set('SHARED', 'for all');
  });

  it('end the job if their key is missing; all others can be encrypted with a new key', async () => {
    const { app } = server;
    const keys = app.secretKeys;
    const replace = (letters: readonly string[]) =>
      Object.assign(app, {
        secretKeys: new SecretKeys(
          letters.map((letter) => Buffer.alloc(32, letter)),
          null,
        ),
      });
    replace(['n']);
    await runs.start('workflow', 'nowhere');
    const job = await agent.claimOne();
    expect(job).toMatchObject({ secrets: {}, refused: { reason: 'SECRET_UNREADABLE' } });
    await agent.start(job);
    await agent.finish(job, { exitCode: null, ...job.refused });
    replace(['n', 'k']);
    const reseal = () =>
      server.client.ask<{ resealSecrets: { keyId: string; resealed: number; unreadable: string[] } }>(
        'mutation { resealSecrets { keyId resealed unreadable } }',
      );
    const { resealSecrets } = await reseal();
    expect(resealSecrets).toMatchObject({ resealed: 4, unreadable: [] });
    expect((await reseal()).resealSecrets.resealed).toBe(0);
    replace(['n']);
    await runs.start('workflow', 'nowhere');
    expect((await agent.runOne()).secrets).toEqual({ TOKEN: 'of the application' });
    expect(new Set((await entries()).secrets.map(({ keyId }) => keyId))).toEqual(new Set([resealSecrets.keyId]));
    replace(['x']);
    expect((await reseal()).resealSecrets.unreadable).toEqual(expect.arrayContaining(['TOKEN', 'SHARED', 'UNUSED']));
    Object.assign(app, { secretKeys: keys });
    for (const name of ['TOKEN', 'SHARED', 'UNUSED']) await set(name, 'new');
  });

  it('are rejected without an encryption key', async () => {
    const bare = await startTestServer({ SLIPWAY_SECRET_KEY: '' });
    try {
      await new Runs(bare).apply(APP);
      const { applicationByName } = await bare.client.ask<{ applicationByName: { id: string } }>(
        '{ applicationByName(name: "app") { id } }',
      );
      const input = { applicationId: applicationByName.id, name: 'X', secretValue: 'hunter2!' };
      await expect(bare.client.ask(SET, { input })).rejects.toThrow(/SECRETS_NOT_CONFIGURED: .*SLIPWAY_SECRET_KEY/);
    } finally {
      await bare.stop();
    }
  });

  it('are audited, without values or their lengths', async () => {
    await set('RECORDED', 'hunter2!');
    await remove('RECORDED');
    const records = await server.app.database.rows<{ action: string; text: string }>(
      `SELECT action, record::text AS text FROM audit_record record WHERE object_kind = 'secret' AND object_name = 'RECORDED' ORDER BY at, id`,
    );
    expect(records.map(({ action }) => action)).toEqual(['secret.set', 'secret.delete']);
    for (const { text } of records) expect(text).not.toMatch(/hunter2|sealed|8 characters/);
  });

  it('are deleted with their environment and their application', async () => {
    const count = async () => (await server.app.database.rows('SELECT 1 FROM secret')).length;
    await runs.apply('kind: Environment\napplication: app\nname: short-lived\ntype: NON_PROD');
    const { applicationByName: app } = await server.client.ask<{
      applicationByName: { environments: { nodes: { id: string; name: string }[] } };
    }>('{ applicationByName(name: "app") { environments(limit: 9) { nodes { id name } } } }');
    const id = app.environments.nodes.find(({ name }) => name === 'short-lived')?.id ?? '';
    const before = await count();
    await set('TOKEN', 'hunter2!', id);
    await server.client.ask(
      'mutation ($id: ID!) { deleteEnvironment(input: { environmentId: $id }) { clientMutationId } }',
      { id },
    );
    expect(await count()).toBe(before);
    await server.client.ask(
      'mutation ($id: ID!) { deleteApplication(input: { applicationId: $id }) { clientMutationId } }',
      { id: applicationId },
    );
    expect(await count()).toBe(0);
  });
});
