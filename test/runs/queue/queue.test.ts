import type { ClaimedJob } from '../../support/protocolAgent';
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
    for (const id of runIds.splice(0)) if (!(await runs.is(id, 'SUCCESS'))) await runs.abort(id);
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
});
