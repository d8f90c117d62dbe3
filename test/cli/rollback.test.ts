import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { slipway } from './program';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
observe: { run: ./running.sh }
tasks: { put: { run: x, deploys: true } }
---
kind: Pipeline
application: app
name: release
stages: [{ elements: [{ name: put, workflow: deploy }] }]
`;

describe('slipway rollback', () => {
  const world = testWorld(DEFINITIONS);
  const deploy = async (image: string) => {
    await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image }] });
    await world.agent.runOne();
  };
  const run = (...words: string[]) => slipway(world.server.url, words);

  it('previews, and starts exactly what it showed', async () => {
    await deploy('web:1');
    const nothing = await run('rollback', 'app/staging', '--yes');
    expect([nothing.code, nothing.err]).toEqual([3, expect.stringContaining('NOTHING_TO_ROLL_BACK')]);
    await deploy('web:2');
    const preview = await run('rollback', 'staging', '--dry-run');
    expect(preview.out).toMatch(
      /^Rollback of app\/staging:\n {2}web web:2 → web:1 deployed .* by run [0-9a-f-]{36}\n {2}1\. deploy › put\n$/,
    );
    const { code, out } = await run(
      'rollback',
      'staging',
      '--service',
      'web',
      '--to',
      'previous',
      '--yes',
      '--no-follow',
    );
    expect([code, out]).toEqual([0, expect.stringContaining('started')]);
    await world.agent.runOne();
    expect((await run('deployed', '-e', 'staging')).out).toContain('web:1');
    const bad = await run('rollback', 'staging', '--to', 'yesterday');
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('--to takes')]);
    expect((await run('rollback', 'nowhere')).err).toContain('No environment that you may see is named "nowhere"');
  });

  it('brings environments back to a time, and observes what runs', async () => {
    const time = world.server.app.clock.now().toISOString();
    await deploy('web:3');
    const preview = await run('restore-environments', 'app', '--to', time, '--dry-run');
    expect(preview.out).toMatch(
      /^Back to .*:\n {2}staging web web:3 → web:1 deployed .* by run [0-9a-f-]{36}\n {2}1\. staging: deploy › put\n$/,
    );
    const started = await run('restore-environments', 'app', '--to', time, '--yes', '--no-follow');
    expect([started.code, started.out]).toEqual([0, expect.stringContaining('started')]);
    await world.agent.runOne();
    const bad = await run('restore-environments', 'app', '--to', 'noon');
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('--to takes')]);

    const observed = run('observe', 'staging');
    await world.agent.runOne({ outputs: [{ name: 'OBSERVED', value: 'web=web:9' }] });
    expect(await observed).toMatchObject({
      code: 1,
      out: expect.stringMatching(/web +web:1 +web:9/),
      err: expect.stringContaining('DRIFTED'),
    });
    expect((await run('deployed', '-e', 'staging')).out).toContain('web:1 DRIFTED: web:9 runs');
    const failing = run('observe', 'staging');
    await world.agent.runOne({ exitCode: 1 });
    expect(await failing).toMatchObject({ code: 1, err: expect.stringContaining('NOT_OBSERVED') });
    expect((await run('deployed', '-e', 'staging')).out).toMatch(
      /app\/staging: not observed since .* by deploy: its run ended FAILED/,
    );
  });
});
