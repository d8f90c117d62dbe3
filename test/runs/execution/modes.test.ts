import fc from 'fast-check';
import { workflowModes } from '../../../src/catalog/language/workflow';
import { type ClaimedJob } from '../../support/protocolAgent';
import { APP, type RunView } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

/** Two levels of two tasks; `d` needs only `b`. */
const GRAPH = `  a: { run: "true" }
  b: { run: "true", grace: 1s }
  c: { run: "true", depends_on: [a] }
  d: { run: "true", depends_on: [b] }
  e: { run: "true", depends_on: [c, d] }`;

const DEFINITIONS =
  APP +
  workflow('graph', GRAPH) +
  workflow('sequential', GRAPH, 'mode: SEQUENTIAL') +
  workflow('parallel', GRAPH, 'mode: PARALLEL') +
  workflow('narrow', GRAPH, 'mode: PARALLEL\nmax_parallel: 1') +
  workflow('canceling', GRAPH, 'on_task_failure: cancel') +
  workflow('delayed', '  a: { run: "true", retries: 1, retry_delay: 300ms }\n  b: { run: "true" }', 'mode: SEQUENTIAL');

describe('the modes of a workflow', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const begun = async (count: number): Promise<ClaimedJob[]> => {
    const jobs: ClaimedJob[] = [];
    while (jobs.length < count) jobs.push(...(await agent.claim(10)));
    await agent.start(...jobs);
    return jobs;
  };
  const names = (jobs: readonly ClaimedJob[]) => jobs.map((job) => job.task);
  const nothing = async () => expect(await agent.claim(10, 0)).toEqual([]);
  const named = (jobs: readonly ClaimedJob[], name: string): ClaimedJob => {
    const job = jobs.find((one) => one.task === name);
    if (job === undefined) throw new Error(`there is no job of ${name}`);
    return job;
  };
  const states = ({ tasks }: RunView) => Object.fromEntries((tasks ?? []).map(({ name, status }) => [name, status]));

  it('SEQUENTIAL: one task at a time, by level, then name', async () => {
    await runs.start('workflow', 'sequential');
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const [job] = await begun(1);
      expect(job?.task).toBe(name);
      await nothing();
      if (job) await agent.finish(job);
    }
  });

  it('SEQUENTIAL: waits for a task that will be retried', async () => {
    const id = await runs.start('workflow', 'delayed');
    await agent.runOne({ exitCode: 1 });
    expect(await agent.runOne()).toMatchObject({ task: 'a', attempt: 2 });
    expect((await agent.runOne()).task).toBe('b');
    expect((await runs.read(id)).status).toBe('SUCCESS');
  });

  it('SEQUENTIAL: nothing starts after a failure', async () => {
    const id = await runs.start('workflow', 'sequential');
    await agent.runOne({ exitCode: 1 });
    const run = await runs.read(id);
    expect(run.status).toBe('FAILED');
    expect(states(run)).toEqual({ a: 'FAILED', b: 'SKIPPED', c: 'SKIPPED', d: 'SKIPPED', e: 'SKIPPED' });
  });

  it('PARALLEL: level by level', async () => {
    await runs.start('workflow', 'parallel');
    const first = await begun(2);
    expect(names(first)).toEqual(['a', 'b']);
    await agent.finish(named(first, 'b'));
    await nothing();
    await agent.finish(named(first, 'a'));
    const second = await begun(2);
    expect(names(second)).toEqual(['c', 'd']);
    for (const job of second) await agent.finish(job);
    expect((await agent.runOne()).task).toBe('e');
  });

  it('PARALLEL: finishes a level with a failure, and starts no later one', async () => {
    const id = await runs.start('workflow', 'narrow');
    await agent.runOne({ exitCode: 1 });
    expect((await agent.runOne()).task).toBe('b');
    const run = await runs.read(id);
    expect(run.status).toBe('FAILED');
    expect(states(run)).toEqual({ a: 'FAILED', b: 'SUCCESS', c: 'SKIPPED', d: 'SKIPPED', e: 'SKIPPED' });
  });

  it('WORK_STEALING: a task starts as soon as its own dependencies are done', async () => {
    const id = await runs.start('workflow', 'graph');
    const first = await begun(2);
    await agent.finish(named(first, 'b'));
    const [d] = await begun(1);
    expect(d?.task).toBe('d');
    await runs.abort(id);
    for (const job of [named(first, 'a'), ...(d ? [d] : [])])
      await agent.finish(job, { exitCode: null, reason: 'CANCELLED' });
  });

  it('WORK_STEALING: after a failure, finishes running tasks, or cancels them if defined', async () => {
    const finishing = await runs.start('workflow', 'graph');
    const jobs = await begun(2);
    await agent.finish(named(jobs, 'a'), { exitCode: 1 });
    expect((await runs.read(finishing)).status).toBe('RUNNING');
    await agent.finish(named(jobs, 'b'));
    expect(states(await runs.read(finishing))).toMatchObject({ a: 'FAILED', b: 'SUCCESS', d: 'SKIPPED' });

    const canceling = await runs.start('workflow', 'canceling');
    const others = await begun(2);
    const renewed = agent.renew([named(others, 'b')], 10_000);
    await agent.finish(named(others, 'a'), { exitCode: 1 });
    expect((await renewed).body.jobs).toMatchObject([{ action: 'cancel', graceMs: 1000 }]);
    await agent.finish(named(others, 'b'), { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
    const run = await runs.read(canceling);
    expect(run).toMatchObject({ status: 'FAILED', failureCode: 'TASK_FAILED' });
    expect(states(run)).toEqual({ a: 'FAILED', b: 'ABORTED', c: 'SKIPPED', d: 'SKIPPED', e: 'SKIPPED' });
  });

  it('and max_parallel can be given at the start of a workflow', async () => {
    const id = await runs.start('workflow', 'graph', { mode: 'SEQUENTIAL' });
    expect(names(await begun(1))).toEqual(['a']);
    await nothing();
    const { execution } = await server.client.ask<{ execution: object }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { mode maxParallel } } }',
      { id },
    );
    expect(execution).toEqual({ mode: 'SEQUENTIAL', maxParallel: null });
    await runs.abort(id);
    const narrow = await runs.start('workflow', 'graph', { maxParallel: 1 });
    expect(names(await begun(1))).toEqual(['a']);
    await nothing();
    await runs.abort(narrow);
    await expect(runs.start('workflow', 'graph', { maxParallel: 0 })).rejects.toThrow('maxParallel must be 1 or more');
  });

  it('all end the same if the tasks do', async () => {
    const outcome = fc.constantFrom('ok', 'ok', 'ok', 'ok', 'fails', 'ignored', 'skipped');
    const graph = fc.array(fc.tuple(outcome, fc.array(fc.nat(), { maxLength: 3 })), { minLength: 1, maxLength: 7 });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(graph, fc.option(fc.integer({ min: 1, max: 3 })), async (drawn, maxParallel) => {
        const tasks = drawn.map(([end, links], index) => ({
          // Names in a different order from the graph.
          name: `t${(index * 5) % 7}`,
          end,
          dependsOn: index === 0 ? [] : [...new Set(links.map((link) => `t${((link % index) * 5) % 7}`))],
        }));
        const lines = tasks.map(
          ({ name, end, dependsOn }) =>
            `  ${name}: { run: "true", if: ${end !== 'skipped'}, ignore_failure: ${end === 'ignored'}, depends_on: [${dependsOn}] }`,
        );
        const name = `drawn-${count++}`;
        await runs.apply(workflow(name, lines.join('\n')).replace('---\n', ''));
        const fails = new Set(tasks.filter(({ end }) => end === 'fails' || end === 'ignored').map((task) => task.name));
        const skipped = new Set(tasks.filter(({ end }) => end === 'skipped').map((task) => task.name));
        const ends: RunView[] = [];
        for (const mode of workflowModes) {
          const id = await runs.start('workflow', name, { mode, maxParallel });
          await agent.work(
            () => runs.is(id, 'SUCCESS', 'FAILED'),
            (job) => fails.has(job.task),
          );
          ends.push(await runs.read(id));
        }
        expect(new Set(ends.map(({ status }) => status)).size).toBe(1);
        const behind = behindFailures(tasks);
        for (const run of ends) {
          for (const [task, status] of Object.entries(states(run))) {
            const alone = fails.has(task) ? 'FAILED' : skipped.has(task) ? 'SKIPPED' : 'SUCCESS';
            // After a failure, modes differ in what else may start, but not in what must not start or in how a task
            // ends.
            const allowed = behind.has(task) ? ['SKIPPED'] : run.status === 'SUCCESS' ? [alone] : [alone, 'SKIPPED'];
            expect(allowed).toContain(status);
          }
        }
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});

/** Direct and indirect dependents of a task whose failure counts. */
function behindFailures(tasks: readonly { name: string; end: string; dependsOn: readonly string[] }[]): Set<string> {
  const behind = new Set<string>();
  for (const { name, dependsOn } of tasks) {
    const failed = (one: string) => tasks.some((task) => task.name === one && task.end === 'fails');
    if (dependsOn.some((one) => behind.has(one) || failed(one))) behind.add(name);
  }
  return behind;
}
