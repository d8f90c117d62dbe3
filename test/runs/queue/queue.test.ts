// Long because every way to reorder, pause and cut short the queue is tried on one server with one queue.
import { systemActor } from '../../../src/access/actor';
import { claimReadyJobs, takeTurn } from '../../../src/runs/queue/claimedJobs.store';
import { moveJobs } from '../../../src/runs/queue/moveJobs';
import type { Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { createKey, READS_RUNS } from '../../support/keys';
import type { ClaimedJob } from '../../support/protocolAgent';
import { randomness } from '../../support/property';
import { Reading } from '../../support/reading';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const list = (count: number): string => Array.from({ length: count }, (_, n) => n).join(', ');
const workflow = (name: string, tasks: string): string => `---
kind: Workflow
application: app
name: ${name}
tasks: ${tasks}
`;
const wide = (name: string, more = ''): string =>
  workflow(name, `{ ${name}: { run: "true", ${more} matrix: { n: [${list(96)}] } } }`);

/** Tasks of claimed jobs, without their matrix values. */
const names = (jobs: readonly ClaimedJob[]): string[] => jobs.map(({ task }) => task.replace(/[ [(].*/, ''));

describe('the order of claims', () => {
  const { server, runs, agent } = testWorld(
    [
      APP,
      wide('wide'),
      wide('other'),
      wide('elsewhere', 'labels: { pool: nowhere },'),
      workflow('small', '{ small: { run: "true" } }'),
      workflow('flaky', '{ flaky: { run: "false", retries: 1 } }'),
      workflow(
        'chain',
        '{ a: { run: "true" }, b: { run: "true", depends_on: [a] }, c: { run: "true", depends_on: [b] } }',
      ),
    ].join(''),
  );
  const runIds: string[] = [];
  const start = async (name: string) => {
    const id = await runs.start('workflow', name);
    runIds.push(id);
    return id;
  };
  const finish = async (jobs: readonly ClaimedJob[]) => {
    await agent.start(...jobs);
    await agent.finishAll(jobs);
  };
  const next = async (slots = 1) => {
    const jobs = await agent.claim(slots);
    await finish(jobs);
    return names(jobs);
  };
  afterEach(async () => {
    for (const id of runIds.splice(0)) if (!(await runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'))) await runs.abort(id);
    await agent.work(async () => (await server.app.database.rows('SELECT FROM ready_job')).length === 0);
  });

  it('queue-first-come: gives the next free slot to a small run behind a large one', async () => {
    await start('elsewhere');
    await start('wide');
    await next(8);
    await start('small');
    await start('small');
    expect(await next(3)).toEqual(['small', 'small', 'wide']);
  });

  it('shares slots between runs, and counts a chain of tasks as one run', async () => {
    await start('wide');
    await start('other');
    const shared = await next(10);
    expect(shared.filter((name) => name === 'other').length).toBeGreaterThanOrEqual(4);
    expect(shared.filter((name) => name === 'wide').length).toBeGreaterThanOrEqual(4);
    await start('chain');
    const taken: string[] = [];
    while (!taken.includes('c')) taken.push(...(await next()));
    // One of three runs, one slot: each task of the chain waits for one task of each of the others.
    expect(taken.length).toBeGreaterThanOrEqual(5);
    expect(taken.length).toBeLessThanOrEqual(8);
  });

  it('lets an older run continue while new runs arrive', async () => {
    await start('wide');
    await next(4);
    const taken: string[] = [];
    for (let n = 0; n < 12; n++) {
      await start('small');
      taken.push(...(await next()));
    }
    expect(taken).toContain('wide');
    expect(taken.filter((name) => name === 'small').length).toBeGreaterThan(6);
  });

  interface Queued {
    readonly state: string;
    readonly position: number | null;
    readonly positionExact: boolean;
    readonly priority: number;
    readonly labels: readonly string[];
    readonly waitingSince: string;
    readonly estimate: string | null;
    readonly whyNotRunning: {
      readonly code: string;
      readonly message: string;
      readonly position: number | null;
    } | null;
    readonly job: { readonly id: string; readonly whyNotRunning: { readonly message: string } | null };
    readonly task: { readonly name: string };
  }
  interface QueuePage {
    readonly nodes: readonly Queued[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean; readonly total: number };
  }
  const readQueue = async (first = 50, after: string | null = null, filters: object[] = []): Promise<QueuePage> => {
    const { queue } = await server.client.ask<{ queue: QueuePage }>(
      `query ($first: Int, $after: String, $filters: [QueueFilter!]) { queue(first: $first, after: $after, filters: $filters) {
        nodes { state position positionExact priority labels waitingSince estimate whyNotRunning { code message position }
          job { id whyNotRunning { message } } task { name } }
        pageInfo { endCursor hasNextPage total } } }`,
      { first, after, filters },
    );
    return queue;
  };
  const waiting = async (): Promise<readonly Queued[]> => (await readQueue(500, null, [{ states: ['WAITING'] }])).nodes;
  const ids = (jobs: readonly Queued[]) => jobs.map(({ job }) => job.id);
  const mutate = (name: string, input: object, fields: string) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    return server.client.ask<Record<string, unknown>>(
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} } }`,
      { input },
    );
  };
  const ability = async () => {
    const [own] = await server.app.database.rows<{ id: number }>('SELECT label_set_id AS id FROM agent WHERE id = $1', [
      agent.id,
    ]);
    return { labelSetId: own?.id ?? 0, applicationIds: null };
  };
  const claims = async (slots: number, now = new Date()) => {
    const own = await ability();
    const free = Array.from({ length: slots }, () => ({ agentId: agent.id, tokenHash: 'hash of this test' }));
    const until = new Date(now.getTime() + 600_000);
    return server.app.database.atOnce(
      async (db) => (await Promise.all([takeTurn(db), claimReadyJobs(db, own, free, until, now)]))[1],
    );
  };

  it('lists running and waiting jobs in order, page by page, with as many statements for any page', async () => {
    await start('elsewhere');
    await start('wide');
    const [running] = await agent.claim(1);
    await agent.start(running as ClaimedJob);
    const whole = await readQueue(500);
    expect(whole.pageInfo).toMatchObject({ hasNextPage: false, total: 192 });
    expect(whole.nodes[0]).toMatchObject({ state: 'RUNNING', position: null, whyNotRunning: null });
    const own = whole.nodes.filter(({ labels, state }) => labels.length === 0 && state === 'WAITING');
    expect(own.map(({ position }) => position)).toEqual(own.map((_, index) => index + 1));
    expect(own[0]).toMatchObject({ positionExact: true, priority: 0, whyNotRunning: { code: 'QUEUE', position: 1 } });
    expect(own[0]?.whyNotRunning?.message).toBe(own[0]?.job.whyNotRunning?.message);
    expect(whole.nodes.find(({ labels }) => labels.length > 0)?.whyNotRunning).toMatchObject({ code: 'NO_AGENT' });
    const paged: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { nodes, pageInfo }: QueuePage = await readQueue(50, after);
      paged.push(...ids(nodes));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(paged).toEqual(ids(whole.nodes));
    /** The least of several, because the server works meanwhile. */
    const statements = async (first: number) => {
      const counts: number[] = [];
      for (let n = 0; n < 12; n++) {
        const before = server.app.database.statements;
        await readQueue(first);
        counts.push(server.app.database.statements - before);
      }
      return Math.min(...counts);
    };
    expect(await statements(100)).toBe(await statements(3));
    expect((await readQueue(5, null, [{ labels: ['pool=nowhere'] }])).pageInfo.total).toBe(96);
    const some = paged.slice(90, 93);
    expect(ids((await readQueue(5, null, [{ job: { operator: 'IN', values: some } }])).nodes)).toEqual(some);
    const offered = async (client: TestClient) => {
      const { queue } = await client.ask<{
        queue: { nodes: { availableActions: { action: string; code: string }[] }[] };
      }>('{ queue(first: 2) { nodes { availableActions { action code } } } }');
      return queue.nodes.map((node) => node.availableActions.flatMap(({ action, code }) => (code ? [] : action)));
    };
    expect(await offered(server.client)).toEqual([['cancel'], ['move', 'moveAhead', 'setPriority', 'cancel']]);
    const sees = new TestClient(server.url, await createKey(server.client, 'Sees runs', READS_RUNS));
    expect(await offered(sees)).toEqual([[], []]);
    const aborts: Permissions = {
      appPermissions: [
        { permissionType: 'DEPLOYMENT', actions: ['READ', 'ABORT_WORKFLOW'], applications: { filterType: 'ALL' } },
      ],
    };
    const may = new TestClient(server.url, await createKey(server.client, 'Aborts', aborts));
    expect(await offered(may)).toEqual([['cancel'], ['move', 'setPriority', 'cancel']]);
    await agent.finish(running as ClaimedJob);
  });

  it('moves jobs, and refuses with the neighbors when one was claimed', async () => {
    await start('wide');
    const [a = '', b = '', c = '', ...rest] = ids(await waiting());
    await mutate('moveJob', { jobId: c, to: 'TOP' }, 'jobIds');
    await mutate('moveJobs', { jobIds: [b, a], after: rest[1] }, 'jobIds');
    expect(ids(await waiting()).slice(0, 6)).toEqual([c, rest[0], rest[1], a, b, rest[2]]);
    const last = rest.at(-1) ?? '';
    for (let n = 0; n < 30; n++) await mutate('moveJob', { jobId: n % 2 ? a : b, before: last }, 'jobIds');
    expect(ids(await waiting()).slice(-3)).toEqual([b, a, last]);
    const [claimed] = await agent.claim(1);
    expect(claimed?.jobId).toBe(c);
    const refused = await mutate('moveJob', { jobId: c, before: last }, 'jobIds').catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'NOT_WAITING',
      details: { jobId: c, state: 'OFFERED', neighbors: { previous: null, next: rest[0] } },
    });
    await expect(mutate('moveJob', { jobId: a, before: c }, 'jobIds')).rejects.toThrow('NOT_WAITING');
    await expect(mutate('moveJob', { jobId: a, before: b, to: 'TOP' }, 'jobIds')).rejects.toThrow('INVALID_INPUT');
    await finish([claimed as ClaimedJob]);
  });

  it('claims by priority, of a job, a run, a workflow and an application', async () => {
    const run = await start('wide');
    const other = await start('other');
    const [first, second] = (await waiting()).slice(10, 12);
    const jobId = first?.job.id ?? '';
    await mutate('setPriority', { jobId, priority: 9 }, 'id');
    await mutate('setPriority', { executionId: other, priority: 5 }, 'id');
    const { setPriority } = await mutate('setPriority', { executionId: other, priority: 5 }, 'priority movedJobs');
    expect(setPriority).toEqual({ priority: 5, movedJobs: 0 });
    const queue = await waiting();
    expect(queue[0]).toMatchObject({ priority: 9, job: { id: jobId } });
    expect(new Set(queue.slice(1, 90).map(({ task }) => task.name.slice(0, 5)))).toEqual(new Set(['other']));
    // Between jobs of another priority, a job takes it over.
    await mutate('moveJob', { jobId: second?.job.id, to: 'TOP' }, 'jobIds');
    expect((await waiting())[0]).toMatchObject({ priority: 9, job: { id: second?.job.id } });
    const { entityId: workflowId, applicationId } = await runs.ids('workflow', 'other');
    await mutate('setPriority', { executionId: other, priority: null }, 'id');
    await mutate('setPriority', { workflowId, priority: -3 }, 'id');
    expect(new Set((await waiting()).slice(-90).map(({ priority }) => priority))).toEqual(new Set([-3]));
    await mutate('setPriority', { workflowId, priority: null }, 'id');
    await mutate('setPriority', { applicationId, priority: 2, weight: 3 }, 'id');
    expect((await waiting()).at(-1)?.priority).toBe(2);
    await mutate('setPriority', { applicationId }, 'id');
    expect((await waiting()).at(-1)?.priority).toBe(0);
    await expect(mutate('setPriority', { applicationId, priority: 101 }, 'id')).rejects.toThrow('INVALID_INPUT');
    const urgent = await runs.start('workflow', 'small', { priority: 100 });
    runIds.push(urgent);
    expect((await waiting())[0]).toMatchObject({ priority: 100, task: { name: 'small' } });
    expect((await runs.events(run)).map(({ type }) => type)).toContain('JOB_MOVED');
  });

  it('keeps the priority of a job through a change of its run, a pause and a retry', async () => {
    const executionId = await start('flaky');
    const [first] = await waiting();
    const jobId = first?.job.id;
    await mutate('setPriority', { jobId, priority: 7 }, 'id');
    const { setPriority } = await mutate('setPriority', { executionId, priority: 2 }, 'movedJobs');
    expect(setPriority).toEqual({ movedJobs: 0 });
    const { applicationId } = await runs.ids('workflow', 'flaky');
    const input = { executionId, applicationId };
    const change = (name: string) =>
      server.client.ask(`mutation ($input: PauseExecutionInput!) { ${name}(input: $input) { clientMutationId } }`, {
        input,
      });
    await change('pauseExecution');
    expect(await waiting()).toEqual([]);
    await change('continueExecution');
    expect(await waiting()).toMatchObject([{ priority: 7, job: { id: jobId } }]);
    const job = await agent.claimOne();
    await agent.start(job);
    await agent.finish(job, { exitCode: 1 });
    const [second] = await waiting();
    expect(second).toMatchObject({ priority: 7, task: { name: 'flaky' } });
    expect(second?.job.id).not.toBe(jobId);
    await mutate('setPriority', { jobId: second?.job.id, priority: null }, 'id');
    expect(await waiting()).toMatchObject([{ priority: 2 }]);
    // Moved between jobs of another priority, it keeps that one.
    await start('small');
    await mutate('moveJob', { jobId: second?.job.id, to: 'BOTTOM' }, 'jobIds');
    await mutate('setPriority', { executionId, priority: 3 }, 'id');
    expect((await waiting()).map(({ priority }) => priority)).toEqual([0, 0]);
  });

  it('pauses the queue for labels until its time, and says so', async () => {
    const until = new Date(Date.now() + 3_600_000);
    const { pauseQueue } = await mutate(
      'pauseQueue',
      { labels: [], note: 'new disks', until },
      'pause { id by { name } }',
    );
    const { id: pauseId } = (pauseQueue as { pause: { id: string } }).pause;
    await mutate('pauseQueue', { labels: ['pool=nowhere'] }, 'pause { id }');
    await start('small');
    expect(await claims(5)).toEqual([]);
    const [job] = await waiting();
    expect(job?.whyNotRunning).toMatchObject({ code: 'QUEUE_PAUSED' });
    expect(job?.whyNotRunning?.message).toMatch(/paused the queue until .*: new disks\.$/);
    const { queuePauses } = await server.client.ask<{ queuePauses: object[] }>('{ queuePauses { labels note } }');
    expect(queuePauses).toEqual([
      { labels: [], note: 'new disks' },
      { labels: ['pool=nowhere'], note: null },
    ]);
    const undone = server.app.database.transaction(async (db) => {
      const slot = { agentId: agent.id, tokenHash: 'x' };
      throw new Error(
        String((await claimReadyJobs(db, await ability(), [slot], until, new Date(until.getTime() + 1))).length),
      );
    });
    await expect(undone).rejects.toThrow('1');
    await mutate('resumeQueue', { pauseId }, 'pause { id }');
    await expect(mutate('resumeQueue', { pauseId }, 'pause { id }')).rejects.toThrow('NOT_FOUND');
    expect(await next()).toEqual(['small']);
  });

  it('cancels jobs and aborts executions, with a result for each', async () => {
    const run = await start('wide');
    const other = await start('elsewhere');
    const [running] = await agent.claim(1);
    await agent.start(running as ClaimedJob);
    const waits = (await waiting()).find(({ labels }) => labels.length === 0);
    const jobIds = [running?.jobId, waits?.job.id, run];
    const { cancelJobs } = await mutate('cancelJobs', { jobIds, reason: 'wrong' }, 'jobs { outcome code }');
    expect(cancelJobs).toEqual({
      jobs: [
        { outcome: 'REQUESTED', code: null },
        { outcome: 'WITHDRAWN', code: null },
        { outcome: 'REFUSED', code: 'NOT_FOUND' },
      ],
    });
    await agent.finish(running as ClaimedJob, { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
    const again = await mutate('cancelJobs', { jobIds }, 'jobs { code }');
    expect(again.cancelJobs).toEqual({ jobs: ['NOT_WAITING', 'NOT_WAITING', 'NOT_FOUND'].map((code) => ({ code })) });
    const aborted = await mutate(
      'abortExecutions',
      { filters: [{ execution: { operator: 'EQUALS', values: [other] } }] },
      'executions { executionId code execution { status } }',
    );
    expect(aborted.abortExecutions).toMatchObject({ executions: [{ executionId: other, code: null }] });
    const twice = await mutate('abortExecutions', { executionIds: [other, waits?.job.id] }, 'executions { code }');
    expect(twice.abortExecutions).toMatchObject({ executions: [{}, { code: 'NOT_FOUND' }] });
    await expect(mutate('abortExecutions', { filters: [{}] }, 'executions { code }')).rejects.toThrow('INVALID_INPUT');
  });

  it('streams what comes, moves, starts and goes, from a cursor', async () => {
    interface Update {
      readonly cursor: string;
      readonly readyJobs: number;
      readonly change: {
        readonly kind: string;
        readonly jobId: string | null;
        readonly executionId: string;
        readonly priority: number | null;
      } | null;
    }
    const query = `subscription ($after: ID) { queueUpdated(changes: true, after: $after) { cursor readyJobs change { kind jobId executionId priority } } }`;
    const first = new Reading<Update>(server.url, query, {});
    const begin = await first.next();
    expect(begin?.change).toBeNull();
    await start('small');
    const [job] = await waiting();
    const jobId = job?.job.id ?? '';
    expect((await first.next())?.change).toMatchObject({ kind: 'COME', jobId });
    await first.close();
    await mutate('setPriority', { jobId, priority: 1 }, 'id');
    await next();
    const second = new Reading<Update>(server.url, query, { after: begin?.cursor });
    const kinds: unknown[] = [];
    while (kinds.at(-1) !== 'GO') kinds.push((await second.next())?.change?.kind);
    expect(kinds).toEqual(['COME', 'MOVE', 'START', 'GO']);
    const [run, other] = [await start('small'), await start('chain')];
    const { entityId: workflowId, applicationId } = await runs.ids('workflow', 'chain');
    await mutate('setPriority', { workflowId, priority: 4 }, 'id');
    await mutate('setPriority', { applicationId, priority: 2, weight: 2 }, 'id');
    await mutate('setPriority', { workflowId, priority: null }, 'id');
    await mutate('setPriority', { applicationId }, 'id');
    const moves: unknown[] = [];
    while (moves.length < 5) {
      const change = (await second.next())?.change;
      if (change?.kind === 'MOVE') moves.push([change.executionId, change.priority]);
    }
    expect(moves).toEqual([[other, 4], [run, 2], [other, 2], ...moves.slice(3)]);
    expect(new Set(moves.slice(3))).toEqual(
      new Set([
        [run, 0],
        [other, 0],
      ]),
    );
    await second.close();
  });

  it('loses, doubles and reorders no job while 200 claimers take from a queue that is dragged about', async () => {
    const wanted = Number(process.env.QUEUE_JOBS ?? 288);
    for (let n = 0; n < wanted / 96; n++) await start(n % 2 ? 'wide' : 'other');
    const jobs = await server.app.database.rows<{ id: string }>(
      'SELECT job_id AS id FROM ready_job ORDER BY precedence, share, rank',
    );
    const place = new Map(jobs.map(({ id }, index) => [id, index]));
    const moved = new Set<string>();
    const taken: { readonly from: number; readonly to: number; readonly ids: readonly string[] }[] = [];
    const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1_000_000);
    const below = randomness(seed);
    const pick = () => jobs[below(jobs.length)]?.id ?? '';
    let [count, empty, drags] = [0, 0, 0];
    const isOver = () => count >= jobs.length || empty > 5000;
    const drag = async () => {
      while (!isOver()) {
        const [jobId, anchor] = [pick(), pick()];
        moved.add(jobId);
        const where = [{ to: 'TOP' as const }, { before: anchor }, { after: anchor }][below(3)];
        const move = moveJobs(server.app, systemActor, { jobIds: [jobId], ...where });
        await move.then(
          () => drags++,
          (error: { code?: string }) => expect(error.code).toMatch(/NOT_WAITING|INVALID_INPUT/),
        );
      }
    };
    const claim = async () => {
      if (isOver()) return;
      const from = performance.now();
      const got = (await claims(1 + below(3))).map(({ jobId }) => jobId);
      taken.push({ from, to: performance.now(), ids: got });
      count += got.length;
      if (got.length === 0) empty++;
    };
    // As many at a time as leave connections to those who drag.
    const turns = Array.from({ length: 5 }, () => Promise.resolve());
    const claimer = async (_: unknown, own: number) => {
      while (!isOver()) {
        const turn = (turns[own % turns.length] ?? Promise.resolve()).then(claim);
        turns[own % turns.length] = turn;
        await turn;
      }
    };
    await Promise.all([...Array.from({ length: 200 }, claimer), drag(), drag(), drag()]);
    const all = taken.flatMap((claim) => claim.ids);
    expect({ seed, ids: all.toSorted() }).toEqual({ seed, ids: jobs.map(({ id }) => id).toSorted() });
    expect(drags).toBeGreaterThan(0);
    // Of jobs that nobody moved, a claim that began after another one had ended got later ones.
    const unmoved = taken.map((claim) => ({
      ...claim,
      at: claim.ids.filter((id) => !moved.has(id)).map((id) => place.get(id) ?? 0),
    }));
    const early = unmoved.flatMap((late) =>
      unmoved.filter(({ to, at }) => to < late.from && Math.max(...at) > Math.min(...late.at)),
    );
    expect({ seed, early }).toEqual({ seed, early: [] });
  });
});
