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
});
