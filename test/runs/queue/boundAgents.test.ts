import { eventually } from '../../support/eventually';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const environment = (agents: string) =>
  `---\nkind: Environment\napplication: app\nname: live\ntype: PROD\nagents: ${agents}\n`;
const workflow = (name: string, keys: string, task: string) =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n  go: { run: "true", ${task} }\n`;
const DEFINITIONS =
  APP +
  environment('{ tier: production }') +
  workflow('live', 'environment: live', 'env: { A: b }') +
  workflow('contrary', 'environment: live', 'labels: { tier: test }') +
  workflow('secretive', '', 'secrets: [TOKEN]') +
  workflow('fails', 'environment: live\non_failure: mend', 'env: { A: b }').trimEnd() +
  '\n  mend: { type: forensic, run: "true" }\n' +
  workflow('plain', '', 'env: { A: b }');

describe('bindings to agents', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let applicationId: string;
  let environmentId: string;
  let test: ProtocolAgent;
  let production: ProtocolAgent;
  beforeAll(async () => {
    const { applicationByName: app } = await server.client.ask<{
      applicationByName: { id: string; environments: { nodes: { id: string; name: string }[] } };
    }>('{ applicationByName(name: "app") { id environments(limit: 9) { nodes { id name } } } }');
    applicationId = app.id;
    environmentId = app.environments.nodes.find(({ name }) => name === 'live')?.id ?? '';
    test = await ProtocolAgent.register(server.url, { name: 'test', labels: { tier: 'test' } });
    production = await ProtocolAgent.register(server.url, { name: 'production', labels: { tier: 'production' } });
  });
  const bind = (agents: readonly string[]) =>
    server.client.ask<{ updateEnvironment: { environment: { agents: string[] } } }>(
      'mutation ($input: UpdateEnvironmentInput!) { updateEnvironment(input: $input) { environment { agents } } }',
      { input: { environmentId, agents } },
    );
  const setSecret = (more: object) =>
    server.client.ask<{ setSecret: { secret: { agents: string[]; version: number } } }>(
      'mutation ($input: SetSecretInput!) { setSecret(input: $input) { secret { agents version } } }',
      { input: { applicationId, name: 'TOKEN', ...more } },
    );
  const why = async (id: string) =>
    (
      await server.client.ask<{
        execution: { whyNotRunning: { code: string; labels: string[]; position: number | null }[] };
      }>(
        'query ($id: ID!) { execution(executionId: $id) { whyNotRunning { code labels position nearestAgent { lacks } } } }',
        { id },
      )
    ).execution.whyNotRunning;
  const planned = async (name: string) => {
    const input = { ...(await runs.ids('workflow', name)), executionType: 'WORKFLOW' };
    const { executionPlan: plan } = await server.client.ask<{
      executionPlan: { problems: { code: string }[]; steps: { tasks: { labels: string[]; agents: string[] }[] }[] };
    }>(
      `query ($input: StartExecutionInput!) { executionPlan(input: $input) {
        problems { code } steps { tasks { labels agents } } } }`,
      { input },
    );
    return { ...plan.steps[0]?.tasks[0], problems: plan.problems.map(({ code }) => code) };
  };
  const done = async (agent: ProtocolAgent, id: string) => {
    const job = await agent.runOne();
    expect(job.runId).toBe(id);
    await runs.until(id, 'SUCCESS');
  };

  it('hold jobs of an environment for its agents, and show what they require', async () => {
    const id = await runs.start('workflow', 'live');
    // No agent has been offered the job, so the queue does not know of the binding.
    const { database } = server.app;
    const inQueue = await database.rows(
      'SELECT labels FROM ready_job JOIN requirement_class c ON c.id = requirement_class_id',
    );
    expect(inQueue).toEqual([{ labels: [] }]);
    expect(await why(id)).toMatchObject([{ code: 'QUEUE', labels: ['tier=production'], position: 1 }]);
    expect(await planned('live')).toEqual({ labels: ['tier=production'], agents: ['production'], problems: [] });
    expect(await test.claim(1, 0)).toEqual([]);
    expect(await test.claim(1, 0)).toEqual([]);
    expect(
      await server.app.database.rows(
        'SELECT labels FROM ready_job JOIN requirement_class c ON c.id = requirement_class_id',
      ),
    ).toEqual([{ labels: ['tier=production'] }]);
    await done(production, id);

    const never = await runs.start('workflow', 'contrary');
    const required = ['tier=production', 'tier=test'];
    expect(await why(never)).toMatchObject([
      { code: 'NO_AGENT', labels: required, nearestAgent: { lacks: [expect.stringMatching(/^tier=/)] } },
    ]);
    expect(await planned('contrary')).toEqual({ labels: required, agents: [], problems: ['NO_AGENT'] });
    expect(await test.claim(1, 0)).toEqual([]);
    expect(await production.claim(1, 0)).toEqual([]);
    expect(await why(never)).toMatchObject([{ code: 'NO_AGENT', labels: ['tier=production', 'tier=test'] }]);
    await runs.abort(never);
  });

  it('count at once when they change, for jobs that wait and for offers', async () => {
    const id = await runs.start('workflow', 'live');
    expect(await test.claim(1, 0)).toEqual([]);
    expect((await bind(['tier in (test)'])).updateEnvironment.environment.agents).toEqual(['tier=test']);
    const offer = await test.claimOne();
    expect(offer.runId).toBe(id);
    await runs.apply(APP + environment('{ tier: production }'));
    expect((await test.start(offer)).body).toMatchObject({ jobs: [{ ok: false }] });
    expect(await test.claim(1, 0)).toEqual([]);
    await done(production, id);
    await bind([]);
    const free = await runs.start('workflow', 'live');
    await done(test, free);
    await bind(['tier=production']);
  });

  it('hold for a claim that comes while its environment is being bound', async () => {
    await bind([]);
    const id = await runs.start('workflow', 'live');
    const { database } = server.app;
    let claim: ReturnType<ProtocolAgent['claim']> | undefined;
    await database.transaction(async (db) => {
      await db.rows(`UPDATE environment SET agents = '{tier=production}' WHERE id = $1`, [environmentId]);
      const [own] = await db.rows<{ locks: number }>(
        `SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory' AND objid = 7206211 AND pid = pg_backend_pid()`,
      );
      // Claims wait only for the COMMIT, which this begins.
      expect(own).toEqual({ locks: 0 });
      await db.rows('SET CONSTRAINTS ALL IMMEDIATE');
      claim = test.claim(1, 0);
      // The claim waits for the lock that the change now holds until it is committed.
      await eventually(
        () =>
          database.rows<{ n: number }>(
            `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 7206211
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          ),
        ([row]) => row?.n === 1,
      );
    });
    expect(await claim).toEqual([]);
    await done(production, id);
  });

  it('cover the handler of a failure', async () => {
    await runs.start('workflow', 'fails');
    expect((await production.runOne({ exitCode: 1 })).task).toBe('go');
    expect(await test.claim(1, 0)).toEqual([]);
    expect((await production.runOne()).task).toBe('mend');
  });

  it('of secrets hold jobs that use them, and keep the value', async () => {
    await expect(setSecret({ agents: ['tier=production'] })).rejects.toThrow('INVALID_INPUT');
    expect((await setSecret({ secretValue: 'hunter2!' })).setSecret.secret).toEqual({ agents: [], version: 1 });
    await expect(setSecret({ agents: ['a b c'] })).rejects.toThrow('INVALID_INPUT');
    expect((await setSecret({ agents: ['tier=production'] })).setSecret.secret).toEqual({
      agents: ['tier=production'],
      version: 1,
    });
    const id = await runs.start('workflow', 'secretive');
    expect(await why(id)).toMatchObject([{ code: 'QUEUE', labels: ['tier=production'] }]);
    expect(await planned('secretive')).toEqual({ labels: ['tier=production'], agents: ['production'], problems: [] });
    const plain = await runs.start('workflow', 'plain');
    expect((await test.claim(2, 0)).map(({ runId }) => runId)).toEqual([plain]);
    const job = await production.claimOne();
    expect(job).toMatchObject({ runId: id, secrets: { TOKEN: 'hunter2!' } });
    expect((await setSecret({ secretValue: 'hunter3!', agents: ['!tier'] })).setSecret.secret.agents).toEqual([
      '!tier',
    ]);
    expect((await production.start(job)).body).toMatchObject({ jobs: [{ ok: false }] });
    // The change of the binding put the job where it belongs without bindings.
    expect(await why(id)).toMatchObject([{ code: 'NO_AGENT', labels: ['!tier'] }]);
    expect(await production.claim(1, 0)).toEqual([]);
    expect(await why(id)).toMatchObject([{ code: 'NO_AGENT', labels: ['!tier'] }]);
    expect(await planned('secretive')).toMatchObject({ labels: ['!tier'], agents: [], problems: ['NO_AGENT'] });
    const { database } = server.app;
    const [secret] = await database.rows<{ id: string }>(`SELECT id FROM secret WHERE name = 'TOKEN'`);
    const requiredAs = async (name: string) => {
      await server.client.ask(
        'mutation ($input: UpdateSecretInput!) { updateSecret(input: $input) { secret { id } } }',
        { input: { secretId: secret?.id, secretType: 'ENCRYPTED_TEXT', encryptedText: { name } } },
      );
      const [ready] = await database.rows<{ labels: string[] }>(
        'SELECT labels FROM ready_job JOIN requirement_class c ON c.id = requirement_class_id WHERE run_id = $1',
        [id],
      );
      return ready?.labels;
    };
    expect(await requiredAs('RENAMED')).toEqual([]);
    await requiredAs('TOKEN');
    expect(await production.claim(1, 0)).toEqual([]);
    await server.client.ask(
      'mutation ($input: DeleteSecretInput!) { deleteSecret(input: $input) { clientMutationId } }',
      {
        input: { applicationId, name: 'TOKEN' },
      },
    );
    expect((await production.claimOne()).refused).toMatchObject({ reason: 'SECRET_MISSING' });
  });
});
