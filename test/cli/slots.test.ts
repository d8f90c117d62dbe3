import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { slipway } from './program';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
tasks: { put: { run: x, deploys: true } }
---
kind: Workflow
application: app
name: careful
environment: prod
services: [web]
on_freeze: REFUSE
tasks: { put: { run: x, deploys: true } }
---
kind: Workflow
application: app
name: to-prod
environment: prod
services: [web]
tasks: { put: { run: x, deploys: true } }
---
kind: Workflow
application: app
name: alone
concurrency: { policy: REFUSE }
tasks: { only: { run: x } }
---
kind: Pipeline
application: app
name: release
stages: [{ name: Staging, elements: [{ name: put, workflow: deploy }] }]
`;

const web = { serviceInputs: [{ name: 'web', image: 'web:1' }] };
const FROZEN = `kind: Freeze
application: app
name: Year end
environments: [prod]
from: 2020-01-01T00:00:00Z
reason: Nobody is on call
`;

describe('slipway slots', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const run = (...words: string[]) => slipway(server.url, words);

  it('shows holders and queues; move and withdraw change the queues', async () => {
    expect((await run('slots')).out).toBe('No deployment is running or waiting.\n');
    // A deployment that has succeeded gives the estimate.
    await runs.start('workflow', 'deploy', web);
    await agent.runOne();
    const first = await runs.start('workflow', 'deploy', web);
    const second = await runs.start('pipeline', 'release', web);
    const third = await runs.start('workflow', 'deploy', web);
    const rows = async () =>
      (await run('slots', '-e', 'staging')).out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 5));
    expect(await rows()).toEqual([
      ['ENVIRONMENT', 'PLACE', 'RUN', 'WHAT', 'STEP'],
      ['app/staging', 'deploys', first, 'app/deploy', expect.stringMatching(/^\d{4}-/)],
      ['app/staging', '1', second, 'app/release', 'Staging › put'],
      ['app/staging', '2', third, 'app/deploy', expect.stringMatching(/^\d{4}-/)],
      [''],
      ['To change the queue: slipway slots move RUN, or slipway slots withdraw RUN'],
      [''],
    ]);
    const [{ slot }] = JSON.parse((await run('slots', '-e', 'staging', '--json')).out);
    expect(Date.parse(slot.waiting[0].estimate)).toBeLessThan(Date.parse(slot.waiting[1].estimate));
    expect((await run('run', 'show', third)).out).toMatch(/slots move .* the top of the queue[\s\S]*slots withdraw/);
    expect(await run('slots', 'move', third)).toMatchObject({ code: 0, out: `${third} is first in its queues.\n` });
    expect((await rows()).map(([, , id]) => id).slice(1, 4)).toEqual([first, third, second]);
    expect((await run('slots', 'move', second, '--before', third)).out).toBe(`${second} is in front of ${third}.\n`);
    const withdrawn = await run('slots', 'withdraw', third, '--reason', 'not today', '--yes');
    expect(withdrawn).toMatchObject({ code: 0, out: expect.stringMatching(/ABORTED/) });
    expect(await run('slots', 'withdraw', third, '--yes')).toMatchObject({
      code: 3,
      err: expect.stringContaining('NOT_WAITING'),
    });
    await agent.work(() => runs.is(second, 'SUCCESS'));
  });

  it('suggests what to do about a freeze or a limit, and overrides freezes', async () => {
    await runs.apply(FROZEN);
    const start = (workflow: string, ...words: string[]) =>
      run('start', 'app', workflow, '--workflow', '--no-follow', ...words);
    const image = ['--image', 'web=web:1'];
    const refused = await start('careful', ...image);
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('ENVIRONMENT_FROZEN') });
    expect(refused.err).toMatch(/"slipway freezes" shows all freezes\.\n[\s\S]*--override-freeze REASON/);
    const planned = await start('careful', ...image, '--dry-run');
    expect(planned).toMatchObject({ code: 3, err: expect.stringContaining('--override-freeze REASON') });
    const override = ['--override-freeze', 'Hotfix'];
    expect((await start('careful', ...image, ...override, '--dry-run')).code).toBe(0);
    expect((await start('careful', ...image, ...override)).code).toBe(0);
    await agent.runOne();

    const waiting = await runs.start('workflow', 'to-prod', web);
    expect((await run('run', 'show', waiting)).out).toContain(`override-freeze ${waiting} --reason TEXT`);
    expect(await run('override-freeze', waiting)).toMatchObject({ code: 2 });
    expect(await run('override-freeze', waiting, '--reason', 'Checked')).toMatchObject({ code: 0 });
    await agent.runOne({ exitCode: 1 });
    const again = await run('rerun', waiting, '--yes', '--no-follow');
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('WAITING') });
    expect(await runs.abort(waiting)).toBe('ABORTED');
    const resumed = await run('resume', waiting, '--yes', '--no-follow', ...override);
    expect(resumed).toMatchObject({ code: 0, out: expect.stringContaining('RESUMING') });
    await agent.work(() => runs.is(waiting, 'SUCCESS'));

    const held = await runs.start('workflow', 'alone');
    const limited = await start('alone');
    expect(limited).toMatchObject({ code: 3, err: expect.stringContaining('CONCURRENCY_LIMIT') });
    expect(limited.err).toContain('"slipway slots"');
    await agent.work(() => runs.is(held, 'SUCCESS'));
  });
});

describe('slipway queue', () => {
  const { server, runs, agent } = testWorld(`${APP}---
kind: Workflow
application: app
name: steps
tasks: { one: { run: x }, two: { run: x }, three: { run: x } }
`);
  const run = (...words: string[]) => slipway(server.url, words);

  it('shows the queue and its pauses, and changes it', async () => {
    expect((await run('queue')).out).toBe('No jobs are running or waiting.\n');
    const id = await runs.start('workflow', 'steps');
    const order = async () => {
      const answer = JSON.parse((await run('queue', '--waiting', '--json')).out);
      return (answer.jobs as { job: { id: string }; task: { name: string } }[]).map(({ job, task }) => [
        task.name,
        job.id,
      ]);
    };
    const jobs = new Map((await order()).map(([name, job]) => [name ?? '', job]));
    const [one, two, three] = ['one', 'two', 'three'].map((name) => jobs.get(name));
    expect((await run('queue', 'move', String(two), '--top')).out).toBe('Moved 1 job.\n');
    expect((await order()).map(([name]) => name)).toEqual(['two', 'one', 'three']);
    expect((await run('queue', 'move', String(three), '--top', '--bottom')).code).toBe(2);
    expect((await run('queue', 'priority', '7', '--job', String(three))).out).toBe(
      'Priority 7; 1 waiting job moved.\n',
    );
    expect((await run('queue', 'priority', '1', '--of', 'app', '--weight', '2')).out).toBe(
      'Priority 1 and weight 2; 2 waiting jobs moved.\n',
    );
    expect((await run('queue', 'priority', 'default', '--of', 'app')).out).toBe('Priority 0; 2 waiting jobs moved.\n');
    expect((await run('queue', 'pause', '--note', 'new disks')).out).toMatch(/^Paused all jobs by .*: new disks/);
    const shown = (await run('queue')).out;
    expect(shown).toMatch(/^Paused all jobs by .*new disks/);
    expect(shown).toMatch(/three .*app\/steps .*paused the queue: new disks/);
    expect((await run('queue', 'resume')).out).toBe('Resumed all jobs.\n');
    expect((await run('queue', 'cancel', String(one), id, '--yes')).code).toBe(3);
    await runs.until(id, 'FAILED');
    const other = await runs.start('workflow', 'steps');
    expect((await run('queue', 'abort', other, '--yes')).out).toContain('ABORTED');
    expect(await agent.claim(1, 1)).toEqual([]);
  });
});
