import type { Db, Transaction } from '../../../src/kernel/database/database';
import { topic } from '../../../src/kernel/database/wakeups';
import { findDueWork } from '../../../src/runs/dueWork.store';
import { lockRuns, writeEvents, writePlacedEvents } from '../../../src/runs/execution/runs.store';
import { findFrontiers, findTasks } from '../../../src/runs/execution/tasks.store';
import { claimReadyJobs, findClaimedJobs } from '../../../src/runs/queue/claimedJobs.store';
import { endJobs, findLeases, insertJobs, renewLeases, startLeases } from '../../../src/runs/queue/jobs.store';
import { systemActor } from '../../../src/access/actor';
import { newId } from '../../../src/kernel/ids';
import { APP } from '../../support/runs';
import type { TestServer } from '../../support/server';
import { testWorld } from '../../support/world';

/** Jobs per statement. */
const JOBS = 20;
/** Other waiting jobs, nine of ten for labels that no agent has, and other leases, events and tasks. */
const SIZES = [500, 20_000];

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

const rowsReadBy = (node: PlanNode): number => {
  const { 'Rows Removed by Filter': filtered = 0, 'Rows Removed by Index Recheck': rechecked = 0 } = node;
  const own = node['Relation Name'] === undefined ? 0 : node['Actual Rows'] + filtered + rechecked;
  return own * node['Actual Loops'] + (node.Plans ?? []).reduce((sum, plan) => sum + rowsReadBy(plan), 0);
};

const numbers = (count: number): string => Array.from({ length: count }, (_, n) => n).join(', ');

/** Runs in a transaction that is rolled back. `read` returns the number of rows that a statement read. */
async function measured<T>(
  server: TestServer,
  /** Tables of a page are read whole, which says nothing about larger ones: their indexes have to be used. */
  indexed: boolean,
  work: (db: Transaction, read: (statement: (db: Db) => Promise<unknown>) => Promise<number>) => Promise<T>,
): Promise<T> {
  let result: T | undefined;
  const undo = new Error('undone');
  const done = server.app.database.transaction(async (db) => {
    await db.rows('SET LOCAL plan_cache_mode = force_generic_plan');
    if (indexed) await db.rows('SET LOCAL enable_seqscan = off');
    result = await work(db, async (statement) => {
      let rows = 0;
      const explain = async (sql: string, parameters?: readonly unknown[]) => {
        const [plan] = await db.rows<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
          parameters,
        );
        rows += plan === undefined ? 0 : rowsReadBy(plan['QUERY PLAN'][0].Plan);
        return [];
      };
      await statement({ key: db.key, rows: explain, write: async (...sent) => (await explain(...sent)).length });
      return rows;
    });
    throw undo;
  });
  await expect(done).rejects.toBe(undo);
  if (result === undefined) throw new Error('nothing was measured');
  return result;
}

describe('a hot statement', () => {
  const { server, runs, agent } = testWorld(`${APP}
---
kind: Workflow
application: app
name: wide
tasks: { go: { run: "true", matrix: { n: [${numbers(JOBS)}] } } }
`);
  const fill = (size: number) =>
    server.app.database.transaction(async (db) => {
      await db.write(`INSERT INTO requirement_class (labels) VALUES ('{zone=nowhere}') ON CONFLICT DO NOTHING`);
      await db.write(
        `INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, virtual_time, finish, queued_at)
         SELECT gen_random_uuid(), gen_random_uuid(), class.id, 0, 1000000000 + n, n, n, now() FROM generate_series(1, $1::int) n
         JOIN requirement_class class ON class.labels = CASE WHEN n % 10 = 0 THEN '{}'::text[] ELSE '{zone=nowhere}' END`,
        [size],
      );
      await db.write(
        `INSERT INTO job_lease (job_id, agent_id, run_id, token_hash, started, expires_at)
         SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'hash', true, now() + interval '1 hour'
         FROM generate_series(1, $1::int)`,
        [size],
      );
      await db.write(
        `INSERT INTO execution_event (run_id, sequence, execution_id, execution_sequence, transaction_id, type, at, actor, data)
         SELECT gen_random_uuid(), 1, gen_random_uuid(), 1, 1, 'JOB_QUEUED', now(), '{}', '{}' FROM generate_series(1, $1::int)`,
        [size],
      );
    });

  it('changes the rows of a starting task and job in place', async () => {
    const runId = await runs.start('workflow', 'wide');
    const pages = () =>
      server.app.database.rows(
        `SELECT array_agg((ctid::text::point)[0]::int ORDER BY id) AS pages FROM task_execution WHERE run_id = $1
         UNION ALL SELECT array_agg((ctid::text::point)[0]::int ORDER BY id) FROM job WHERE run_id = $1`,
        [runId],
      );
    const jobs = await agent.claim(JOBS);
    const before = await pages();
    await agent.start(...jobs);
    expect(await pages()).toEqual(before);
    for (const job of jobs) await agent.finish(job);
    await runs.until(runId, 'SUCCESS');
  });

  it('writes the row of an execution once for a start, for beginning jobs and for ending jobs', async () => {
    const { traffic } = server.app.database;
    const written = async (work: () => Promise<unknown>) => {
      const texts: string[] = [];
      traffic.beforeFlush = (statements) => texts.push(...statements);
      try {
        await work();
      } finally {
        traffic.beforeFlush = undefined;
      }
      return texts.flatMap((text) => /(INSERT INTO|UPDATE) execution (SET|\()/.exec(text)?.[1] ?? []);
    };
    let runId = '';
    expect(
      await written(async () => {
        runId = await runs.start('workflow', 'wide');
      }),
    ).toEqual(['INSERT INTO']);
    const [first, second, ...others] = await agent.claim(JOBS);
    if (first === undefined || second === undefined) throw new Error('no jobs');
    expect(await written(() => agent.start(first))).toEqual(['UPDATE']);
    expect(await written(() => agent.start(second, ...others))).toEqual(['UPDATE']);
    for (const job of [first, second, ...others]) expect(await written(() => agent.finish(job))).toEqual(['UPDATE']);
    await runs.until(runId, 'SUCCESS');
  });

  it('reads the same number of rows for any number of jobs, leases and events', async () => {
    const { app } = server;
    const runId = await runs.start('workflow', 'wide');
    const [own] = await app.database.rows<{ id: string; labelSetId: number }>(
      'SELECT id, label_set_id AS "labelSetId" FROM agent',
    );
    const slots = Array.from({ length: JOBS }, () => ({ agentId: own?.id ?? '', tokenHash: 'hash of this test' }));
    const soon = new Date(Date.now() + 60_000);
    const sweeps = await server.sweeper.pause();
    const measure = () =>
      measured(server, true, async (db, read) => {
        const rows: Record<string, number> = {};
        rows.lockRuns = await read((e) => lockRuns(e, [runId]));
        rows.claimReadyJobs = await read((e) =>
          claimReadyJobs(e, { labelSetId: own?.labelSetId ?? 0, applicationIds: null }, slots, soon, new Date()),
        );
        const claims = await db.rows<{ jobId: string; taskId: string; tokenHash: string }>(
          `SELECT job.id AS "jobId", job.task_execution_id AS "taskId", token_hash AS "tokenHash"
           FROM job_lease lease JOIN job ON job.id = lease.job_id WHERE job.run_id = $1`,
          [runId],
        );
        expect(claims).toHaveLength(JOBS);
        const ids = claims.map(({ jobId }) => jobId);
        rows.findClaimedJobs = await read((e) => findClaimedJobs(e, ids));
        rows.startLeases = await read((e) => startLeases(e, claims, soon, new Date()));
        rows.renewLeases = await read((e) => renewLeases(e, claims, soon));
        rows.findLeases = await read((e) => findLeases(e, ids));
        const taskIds = claims.map(({ taskId }) => taskId);
        rows.findTasks = await read((e) => findTasks(e, taskIds));
        const events = ids.map((jobId) => ({ runId, executionId: runId, type: 'JOB_STARTED', data: { jobId } }));
        rows.writeEvents = await read((e) => writeEvents(e, events, systemActor, new Date()));
        const placed = {
          events: events.map((event, n) => ({ ...event, sequence: 10_001 + n, executionSequence: 10_001 + n })),
          ends: new Map([[runId, 10_000]]),
        };
        rows.writePlacedEvents = await read((e) => writePlacedEvents(e, placed, systemActor, new Date()));
        const end = { status: 'SUCCESS', exitCode: 0, signal: null, reasonCode: null, reason: null } as const;
        const ends = ids.map((jobId) => ({ jobId, ...end, truncated: false, claimHolds: true }));
        rows.endJobs = await read((e) => endJobs(e, ends, new Date()));
        const job = {
          executionId: runId,
          runId,
          attempt: 2,
          requirementClassId: 1,
          timeoutMs: 1,
          graceMs: 1,
          fresh: false,
        };
        const made = taskIds.map((taskExecutionId) => ({ ...job, id: newId(), taskExecutionId }));
        rows.insertJobs = await read((e) => insertJobs(e, made, new Date()));
        rows.findDueWork = await read((e) => findDueWork(e, new Date(0), false).catch(() => undefined));
        return rows;
      });
    const [small, large] = SIZES;
    await fill(small ?? 0);
    await app.database.write('ANALYZE');
    const before = await measure();
    await fill(large ?? 0);
    await app.database.write('ANALYZE');
    const after = await measure();
    sweeps();
    expect(Object.entries(after).filter(([name, rows]) => rows > (before[name] ?? 0) + JOBS)).toEqual([]);
    // A statement for twenty jobs reads a few rows for each of them.
    const most = (name: string) => (name === 'claimReadyJobs' ? 16 : 8) * JOBS;
    expect(Object.entries(after).filter(([name, rows]) => rows > most(name))).toEqual([]);
    await app.database.write(`DELETE FROM job_lease WHERE token_hash = 'hash'`);
    await app.database.write('DELETE FROM ready_job WHERE job_id NOT IN (SELECT id FROM job)');
    app.database.wakeups.signal([topic.queue]);
    await agent.work(() => runs.is(runId, 'SUCCESS'));
  });
});

describe('a hot statement of a new server', () => {
  const { server, runs } = testWorld(`${APP}
---
kind: Workflow
application: app
name: narrow
tasks: { go: { run: "true", matrix: { n: [${numbers(JOBS)}] } } }
---
kind: Workflow
application: app
name: wide
tasks: { go: { run: "true", matrix: { n: [${numbers(50 * JOBS)}] } } }
---
kind: Workflow
application: app
name: single
tasks: { go: { run: "true" } }
`);

  it('claims a job of each of many runs at the cost of a job of each of a few', async () => {
    for (let n = 0; n < 16; n++) await runs.start('workflow', 'single');
    const [own] = await server.app.database.rows<{ id: string; labelSetId: number }>(
      'SELECT id, label_set_id AS "labelSetId" FROM agent',
    );
    const slot = { agentId: own?.id ?? '', tokenHash: 'hash of this test' };
    const ability = { labelSetId: own?.labelSetId ?? 0, applicationIds: null };
    const read = (count: number) =>
      measured(server, true, (_, rows) =>
        rows((e) => claimReadyJobs(e, ability, new Array(count).fill(slot), new Date(), new Date())),
      );
    const few = await read(4);
    expect(few).toBeGreaterThan(16);
    expect(await read(16)).toBeLessThanOrEqual(4 * few);
  });

  it('reads equally many rows for any workflow size, before tables are analyzed', async () => {
    const sweeps = await server.sweeper.pause();
    const rowsOf = async (name: string) => {
      const runId = await runs.start('workflow', name);
      const jobs = await server.app.database.rows<{ id: string }>('SELECT id FROM job WHERE run_id = $1 LIMIT $2', [
        runId,
        JOBS,
      ]);
      const rows = await measured(server, false, async (_, read) => {
        const ids = jobs.map(({ id }) => id);
        return {
          findClaimedJobs: await read((e) => findClaimedJobs(e, ids)),
          findFrontiers: await read((e) => findFrontiers(e, [runId], JOBS)),
          findDueWork: await read((e) => findDueWork(e, new Date(), true).catch(() => undefined)),
        };
      });
      return rows;
    };
    const small = await rowsOf('narrow');
    const large = await rowsOf('wide');
    sweeps();
    const names = ['findClaimedJobs', 'findFrontiers', 'findDueWork'] as const;
    expect(names.filter((name) => large[name] > small[name] + JOBS)).toEqual([]);
  });
});
