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
/** Servers that are killed at the same time. */
const WAVE = 4;
const images = (image: string) => [{ service: 'web', image }];

describe('a server that is killed', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const sql = <T>(text: string, ...parameters: unknown[]) => server.app.database.rows<T>(text, parameters);
  const serviceInputs = [{ name: 'web', image: 'web:1' }];

  const all = async (ids: readonly string[], status: string) => {
    const rows = await sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM execution WHERE id = ANY ($1::uuid[]) AND status = $2',
      ids,
      status,
    );
    return rows[0]?.n === ids.length;
  };
  const work = (ids: readonly string[], status: string) =>
    agent.work(
      () => all(ids, status),
      (job) => status === 'FAILED' && job.task === 'two',
    );
  const ended = async (status: 'SUCCESS' | 'FAILED') => {
    const ids = await Promise.all(
      Array.from({ length: WAVE }, () => runs.start('pipeline', 'flow', { serviceInputs })),
    );
    await work(ids, status);
    return ids;
  };
  const extended = async () => {
    const ids = await ended('SUCCESS');
    for (const runId of ids) await addImagesToRun(server.app, systemActor, { runId, images: images('web:2') });
    await work(ids, 'FAILED');
    return ids;
  };

  /** Runs a command in a process of its own; true if that was killed. */
  function killedAt(file: string, name: string, input: object, at: string): Promise<boolean> {
    const child = spawn(
      process.execPath,
      [join(__dirname, '../../support/doomedCommand.cjs'), file, name, JSON.stringify(input), at],
      {
        env: { PATH: process.env.PATH, ...testEnvironment(server.databaseUrl, server.dataDir) },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return new Promise((resolve, reject) =>
      child.once('exit', (code, signal) =>
        code === 0 || signal === 'SIGKILL' ? resolve(signal !== null) : reject(new Error(`${name} ended with ${code}`)),
      ),
    );
  }

  /** How a run stands: whether the command with the key was carried out, and what it would have changed. */
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
      let points: string[] = ['commit', '1', '2', '3'];
      for (let next = 4; ; next += WAVE) {
        const ids = await prepare();
        const commands = ids.map((id, index) => {
          const own = name === 'resumeExecution' ? { applicationId } : {};
          return { id, input: { ...own, ...inputOf(id), idempotencyKey: randomUUID() }, at: points[index] ?? '' };
        });
        const before = await Promise.all(commands.map(({ id, input }) => standing(id, input.idempotencyKey)));
        const killed = await Promise.all(
          commands.map(({ input, at }) => killedAt(`runs/commands/${name}`, name, input, at)),
        );
        for (const [index, { id, input, at }] of commands.entries()) {
          const now = await standing(id, input.idempotencyKey);
          const changed = now?.version !== before[index]?.version;
          expect({ at, ...now }).toMatchObject({ at, done: changed, consistent: true });
          if (!killed[index]) expect(changed).toBe(true);
          // The same request once more is carried out if it was not, and changes nothing if it was.
          await repeat(input as never);
          const { version } = (await standing(id, input.idempotencyKey)) ?? {};
          if (changed) expect(version).toBe(now?.version);
        }
        await work(ids, 'SUCCESS');
        const [left] = await sql<{ jobs: number }>('SELECT count(*)::int AS jobs FROM ready_job');
        expect(left).toEqual({ jobs: 0 });
        expect(killed[0]).toBe(true);
        if (killed.includes(false)) return;
        points = Array.from({ length: WAVE }, (_, index) => String(next + index));
      }
    },
    120_000,
  );

  it('while it starts a run leaves all of it, or nothing', async () => {
    const ids = await runs.ids('pipeline', 'flow');
    const executionType = 'PIPELINE' as const;
    const inputs = Array.from({ length: 2 * WAVE }, () => ({
      ...{ ...ids, executionType, serviceInputs, idempotencyKey: randomUUID() },
    }));
    const killed: boolean[] = [];
    for (const wave of [0, WAVE]) {
      const own = inputs.slice(wave, wave + WAVE);
      const points = own.map((_, index) => (wave + index === 0 ? 'commit' : String(wave + index)));
      const file = 'runs/commands/startExecution';
      killed.push(
        ...(await Promise.all(own.map((input, index) => killedAt(file, 'startExecution', input, points[index] ?? '')))),
      );
    }
    expect(killed.slice(0, 3)).toEqual([true, true, true]);
    expect(killed).toContain(false);
    const keys = inputs.map(({ idempotencyKey }) => idempotencyKey);
    const found = () =>
      sql<{ key: string; id: string; stages: number; jobs: number }>(
        `SELECT key, execution.id, (SELECT count(*)::int FROM stage_execution WHERE execution_id = execution.id) AS stages,
           (SELECT count(*)::int FROM ready_job JOIN job ON job.id = job_id WHERE run_id = execution.id) AS jobs
         FROM execution JOIN idempotency_key ON execution_id = execution.id WHERE key = ANY ($1::text[])`,
        keys,
      );
    const before = await found();
    expect(before.every(({ stages, jobs }) => stages === 1 && jobs === 1)).toBe(true);
    const open = `SELECT count(*)::int AS n FROM execution WHERE id = run_id AND ended_at IS NULL`;
    expect(await sql(open)).toEqual([{ n: before.length }]);
    const started = await Promise.all(inputs.map((input) => startExecution(server.app, systemActor, input)));
    expect(await found()).toHaveLength(keys.length);
    for (const { key, id } of before) expect(started[(keys as string[]).indexOf(key)]?.id).toBe(id);
    await work(
      started.map(({ id }) => id),
      'SUCCESS',
    );
  }, 60_000);
});
