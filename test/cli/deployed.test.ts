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
---
kind: Workflow
application: app
name: check
tasks: { look: { run: x } }
---
kind: Pipeline
application: app
name: checked
stages: [{ elements: [{ name: check, workflow: check }] }, { elements: [{ name: put, workflow: deploy }] }]
`;

describe('slipway deployed', () => {
  const world = testWorld(DEFINITIONS);
  const deploy = async (image: string, exitCode = 0) => {
    const id = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image }] });
    await world.agent.runOne({ exitCode });
    return id;
  };
  const run = (...words: string[]) => slipway(world.server.url, words);

  let [old, has] = ['', ''];

  it('shows current deployments, later failures, and the history', async () => {
    old = await deploy('web:1', 1);
    has = await deploy('web:2');
    const failed = await deploy('web:3', 1);
    const { code, out } = await run('deployed', '-a', 'app', '-e', 'staging');
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(`SUCCEEDED +web:2 [\\s\\S]*app/staging +web +! FAILED +web:3 .+ ${failed} .+\\n\\n! These did not`),
    );
    const json = JSON.parse((await run('deployed', '-e', 'staging', '--json')).out);
    expect(json).toMatchObject([
      {
        name: 'staging',
        deployments: [{ image: 'web:2' }],
        unsettledDeployments: [{ image: 'web:3', status: 'FAILED' }],
      },
    ]);
    const history = (await run('deployed', '--history', '-n', '2')).out;
    expect(history.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^STARTED +ENVIRONMENT/),
      expect.stringMatching(/! FAILED +web:3 .+ put$/),
      expect.stringMatching(/SUCCEEDED +web:2 /),
    ]);
  });

  it('shows what an older run would replace, and replaces it with --overrule', async () => {
    const unknown = await run('deployed', '-e', 'nowhere');
    expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('NOT_FOUND')]);
    const resumed = await run('resume', old, '--yes', '--no-follow');
    expect(resumed.code).toBe(3);
    expect(resumed.err).toContain('ENVIRONMENT_MOVED_ON');
    expect(resumed.err).toContain('--overrule replaces it.');
    expect(resumed.out).toMatch(new RegExp(`replaces +staging web: web:2 → web:1 of run ${has}`));
    expect((await run('resume', old, '--yes', '--no-follow', '--overrule')).code).toBe(0);
    await world.agent.runOne();
  });

  it('is named by slipway continue when a run that was paused would replace something', async () => {
    // It has not begun to deploy, so it holds no slot of the environment.
    const waiting = await world.runs.start('pipeline', 'checked', { serviceInputs: [{ name: 'web', image: 'web:4' }] });
    expect((await run('pause', waiting)).code).toBe(0);
    const newer = await deploy('web:5');
    const { code, out, err } = await run('continue', waiting);
    expect(code).toBe(0);
    expect(out + err).toMatch(new RegExp(`replaces +staging web: web:5 → web:4 of run ${newer}`));
    await world.agent.work(() => world.runs.is(waiting, 'SUCCESS'));
  });
});
