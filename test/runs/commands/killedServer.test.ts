import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemActor } from '../../../src/access/actor';
import { addImagesToRun } from '../../../src/runs/commands/addImagesToRun';
import { restoreRun } from '../../../src/runs/commands/restoreRun';
import { resumeExecution } from '../../../src/runs/commands/resumeExecution';
import { startExecution } from '../../../src/runs/commands/startExecution';
import { APP } from '../../support/runs';
import { testEnvironment } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: steps
services: [web]
tasks:
  one: { run: "true" }
  two: { run: "true", depends_on: [one] }
  back: { run: "true", type: restore }
---
kind: Pipeline
application: app
name: flow
stages:
  - elements: [{ name: go, workflow: steps }]
`;
const images = (image: string) => [{ service: 'web', image }];

class ConnectionLost extends Error {}

describe('a server that is killed', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const serviceInputs = [{ name: 'web', image: 'web:1' }];
  /** In its scope nothing is sent from this flush on: for PostgreSQL, the server looks killed. */
  const faulty = new AsyncLocalStorage<{ left: number }>();

  beforeAll(() => {
    server.app.database.traffic.beforeFlush = (statements) => {
      const scope = faulty.getStore();
      if (scope !== undefined && --scope.left <= 0 && !statements.includes('ROLLBACK')) throw new ConnectionLost();
    };
  });

  const sql = <T>(text: string, ...parameters: unknown[]) => server.app.database.rows<T>(text, parameters);
  const work = (ids: readonly string[], status: string) =>
    agent.work(
      async () => {
        const [row] = await sql<{ n: number }>(
          'SELECT count(*)::int AS n FROM execution WHERE id = ANY ($1::uuid[]) AND status = $2',
          ids,
          status,
        );
        return row?.n === ids.length;
      },
      (job) => status === 'FAILED' && job.task === 'two',
    );
  const ended = async (status: 'SUCCESS' | 'FAILED') => {
    const ids = await Promise.all([1, 2, 3].map(() => runs.start('pipeline', 'flow', { serviceInputs })));
    await work(ids, status);
    return ids;
  };
  const extended = async () => {
    const ids = await ended('SUCCESS');
    for (const runId of ids) await addImagesToRun(server.app, systemActor, { runId, images: images('web:2') });
    await work(ids, 'FAILED');
    return ids;
  };

  /** Runs a command that loses its connection at a flush; returns true if it did. */
  const losesConnection = (left: number, command: () => Promise<unknown>): Promise<boolean> =>
    faulty.run({ left }, command).then(
      () => false,
      (error: unknown) => {
        if (error instanceof ConnectionLost) return true;
        throw error;
      },
    );

  /** Runs a command in a process that is killed with SIGKILL: before a flush, or once the COMMIT was sent. */
  function kill(name: string, input: object, at: string): Promise<void> {
    const child = spawn(
      process.execPath,
      [join(__dirname, '../../support/doomedCommand.cjs'), `runs/commands/${name}`, name, JSON.stringify(input), at],
      {
        env: { PATH: process.env.PATH, ...testEnvironment(server.databaseUrl, server.dataDir) },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return new Promise((resolve, reject) =>
      child.once('exit', (code, signal) =>
        signal === 'SIGKILL' ? resolve() : reject(new Error(`${name} was not killed at ${at}; it ended with ${code}`)),
      ),
    );
  }

  /** State of a run, and whether the command with the key took effect. */
  const standing = async (id: string, key: string) => {
    const [row] = await sql<{ version: number; done: boolean; consistent: boolean }>(
      `SELECT version, EXISTS (SELECT FROM idempotency_key WHERE key = $2 AND execution_id = execution.id) AS done,
         attempt = (SELECT max(attempt) FROM execution_attempt own WHERE own.execution_id = execution.id)
           AND last_sequence = (SELECT count(*) FROM execution_event WHERE run_id = execution.id) AS consistent
       FROM execution WHERE id = $1`,
      id,
      key,
    );
    return row;
  };

  it.each<[string, string, () => Promise<string[]>, (id: string) => object, (input: never) => Promise<unknown>]>([
    [
      'resumes',
      'resumeExecution',
      () => ended('FAILED'),
      (pipelineExecutionId) => ({ pipelineExecutionId, granularity: 'TASK' }),
      (input) => resumeExecution(server.app, systemActor, input),
    ],
    [
      'extends',
      'addImagesToRun',
      () => ended('SUCCESS'),
      (runId) => ({ runId, images: images('web:3') }),
      (input) => addImagesToRun(server.app, systemActor, input),
    ],
    ['restores', 'restoreRun', extended, (runId) => ({ runId }), (input) => restoreRun(server.app, systemActor, input)],
  ])(
    'while it %s leaves all of the command, or nothing',
    async (_verb, name, prepare, inputOf, repeat) => {
      const { applicationId } = await runs.ids('pipeline', 'flow');
      const ids = await prepare();
      const commands = ids.map((id) => {
        const own = name === 'resumeExecution' ? { applicationId } : {};
        const key = randomUUID();
        return { id, key, input: { ...own, ...inputOf(id), idempotencyKey: key } };
      });
      const before = await Promise.all(commands.map(({ id, key }) => standing(id, key)));
      await Promise.all(['3', 'commit'].map((at, index) => kill(name, commands[index]?.input ?? {}, at)));
      for (const [index, { id, key, input }] of commands.slice(0, 2).entries()) {
        const now = await standing(id, key);
        const changed = now?.version !== before[index]?.version;
        expect(now).toMatchObject({ done: changed, consistent: true });
        // A repeated request takes effect if the first did not, and changes nothing if it did.
        await repeat(input as never);
        if (changed) expect((await standing(id, key))?.version).toBe(now?.version);
      }
      // Between any two flushes: the one with the COMMIT changes everything at once.
      const { id, key, input } = commands[2] ?? { id: '', key: '', input: {} };
      for (let left = 1; ; left++) {
        await losesConnection(left, () => repeat(input as never));
        const now = await standing(id, key);
        const changed = now?.version !== before[2]?.version;
        expect(now).toMatchObject({ done: changed, consistent: true });
        if (changed) break;
      }
      const { version } = (await standing(id, key)) ?? {};
      await repeat(input as never);
      expect((await standing(id, key))?.version).toBe(version);
      await work(ids, 'SUCCESS');
      expect(await sql('SELECT FROM ready_job')).toEqual([]);
    },
    60_000,
  );

  it('during a start leaves the whole run, or nothing', async () => {
    const ids = await runs.ids('pipeline', 'flow');
    const inputs = [1, 2, 3].map(() => ({
      ...{ ...ids, executionType: 'PIPELINE' as const, serviceInputs, idempotencyKey: randomUUID() as string },
    }));
    const [early, late, faults] = inputs as [(typeof inputs)[0], (typeof inputs)[0], (typeof inputs)[0]];
    const found = () =>
      sql<{ key: string; id: string }>(
        `SELECT key, execution.id FROM execution JOIN idempotency_key ON execution_id = execution.id
         JOIN stage_execution ON stage_execution.execution_id = execution.id
         JOIN job ON job.run_id = execution.id JOIN ready_job ON ready_job.job_id = job.id WHERE key = ANY ($1::text[])`,
        inputs.map(({ idempotencyKey }) => idempotencyKey),
      );
    const open = async () =>
      (await sql<{ n: number }>('SELECT count(*)::int AS n FROM execution WHERE id = run_id AND ended_at IS NULL'))[0]
        ?.n;
    await Promise.all([kill('startExecution', early, '3'), kill('startExecution', late, 'commit')]);
    const before = await found();
    expect(before.map(({ key }) => key)).not.toContain(early.idempotencyKey);
    expect(await open()).toBe(before.length);
    const start = (input: (typeof inputs)[0]) => startExecution(server.app, systemActor, input);
    for (let left = 1; ; left++) {
      const lost = await losesConnection(left, () => start(faults));
      expect(await open()).toBe(before.length + (lost ? 0 : 1));
      if (!lost) break;
    }
    const started = await Promise.all(inputs.map(start));
    expect(await found()).toHaveLength(3);
    expect(await open()).toBe(3);
    for (const { id } of before) expect(started[1]?.id).toBe(id);
    await work(
      started.map(({ id }) => id),
      'SUCCESS',
    );
  }, 60_000);
});
