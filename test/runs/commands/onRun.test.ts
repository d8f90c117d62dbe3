import { APP, Runs } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: build
tasks: { lint: { run: "true" } }
---
kind: Pipeline
application: app
name: gate
stages:
  - elements: [{ name: ask, approval: { approvers: [Managers] } }]
  - elements: [{ name: go, workflow: build }]
`;

describe('every command on a run', () => {
  let server: TestServer;
  let runs: Runs;
  let applicationId: string;

  beforeAll(async () => {
    server = await startTestServer();
    runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    ({ applicationId } = await runs.ids('workflow', 'build'));
  });
  afterAll(() => server.stop());

  const command = (name: string, input: object) =>
    server.client.ask<Record<string, { execution: { id: string; status: string; version: number } }>>(
      `mutation ($input: ${name === 'continueExecution' ? 'PauseExecution' : name.charAt(0).toUpperCase() + name.slice(1)}Input!) {
        ${name}(input: $input) { execution { id status version } } }`,
      { input: { applicationId, ...input } },
    );
  const rejected = async () => {
    const id = await runs.start('pipeline', 'gate');
    await runs.decide(id, 'REJECT');
    return id;
  };

  it.each(['abortExecution', 'pauseExecution', 'continueExecution', 'rerunExecution'])(
    '%s limits its reason and its idempotency key',
    async (name) => {
      const input = { executionId: await rejected(), reason: 'x'.repeat(5001), idempotencyKey: 'y'.repeat(201) };
      const asked = command(name, input).then(() => 'taken', String);
      expect(await asked).toMatch(/INVALID_INPUT: reason has 5001.*idempotencyKey has 201/);
    },
  );

  it('takes effect once per idempotency key', async () => {
    const id = await rejected();
    const input = { executionId: id, reason: 'again', idempotencyKey: `rerun ${id}` };
    const first = await command('rerunExecution', input);
    await runs.decide(id, 'REJECT');
    const second = await command('rerunExecution', input);
    expect([first, second].map(({ rerunExecution }) => rerunExecution?.execution.id)).toEqual([id, id]);
    expect(second.rerunExecution?.execution.status).toBe('REJECTED');
    const attempts = await server.app.database.rows('SELECT FROM execution_attempt WHERE execution_id = $1', [id]);
    expect(attempts).toHaveLength(2);
  });

  it('rejects an idempotency key of another request', async () => {
    const id = await rejected();
    const key = { executionId: id, idempotencyKey: `one ${id}` };
    await command('rerunExecution', key);
    await expect(command('abortExecution', key)).rejects.toThrow('IDEMPOTENCY_CONFLICT');
    await expect(command('rerunExecution', { ...key, reason: 'other' })).rejects.toThrow('IDEMPOTENCY_CONFLICT');
  });

  it('gives concurrent requests with one key the same result', async () => {
    const id = await rejected();
    const input = { executionId: id, idempotencyKey: `many ${id}` };
    const answers = await Promise.all(Array.from({ length: 10 }, () => command('rerunExecution', input)));
    expect(new Set(answers.map(({ rerunExecution }) => rerunExecution?.execution.id))).toEqual(new Set([id]));
    const attempts = await server.app.database.rows('SELECT FROM execution_attempt WHERE execution_id = $1', [id]);
    expect(attempts).toHaveLength(2);
  });

  it('rejects a version that is not current', async () => {
    const id = await runs.start('pipeline', 'gate');
    await expect(command('abortExecution', { executionId: id, expectedVersion: 99 })).rejects.toThrow('CONFLICT');
    expect(await runs.is(id, 'WAITING')).toBe(true);
  });

  it('accepts one of many; all others get CONFLICT, late ones too', async () => {
    const id = await rejected();
    const resume = () =>
      command('resumeExecution', { pipelineExecutionId: id }).then(
        () => 'taken',
        (error: Error) => error.message.split(':')[0],
      );
    const early = await Promise.all(Array.from({ length: 20 }, resume));
    expect(early.filter((one) => one === 'taken')).toHaveLength(1);
    expect(new Set(early)).toEqual(new Set(['taken', 'CONFLICT']));
    expect(await resume()).toBe('CONFLICT');
  });

  it('audits the run before and after', async () => {
    const id = await runs.start('pipeline', 'gate');
    await command('abortExecution', { executionId: id });
    const [record] = await server.app.database.rows<{ before: object; after: object }>(
      `SELECT before, after FROM audit_record WHERE object_id = $1 AND action = 'execution.abort'`,
      [id],
    );
    expect(record).toEqual({
      before: { status: 'WAITING', attempt: 1, pause: null },
      after: { status: 'ABORTED', attempt: 1, pause: null },
    });
  });
});
