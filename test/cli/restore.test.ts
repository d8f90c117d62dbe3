import { restoreWorld } from '../runs/restores/world';
import { type Ended, type Started, slipway, startSlipway } from './program';

const world = restoreWorld();
let url: string;
beforeAll(() => {
  url = world.server.url;
});

/** A release that was extended with an image whose health check fails. */
async function broken({ anew = false } = {}): Promise<string> {
  const id = await (anew ? world.release() : world.released());
  await world.extend(id, { web: 'web:2' });
  await world.finish(id, 'FAILED', 'health');
  return id;
}

/** Works until the program has ended; the named tasks fail. */
async function workUntilEnd({ ended }: Started, ...fails: readonly string[]): Promise<Ended> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  await world.agent.work(
    async () => over,
    ({ task }) => fails.includes(task),
  );
  return ended;
}

describe('slipway restore', () => {
  it('shows the configuration to restore and its changes; --dry-run writes nothing', async () => {
    const id = await broken();
    const { code, out } = await slipway(url, ['restore', id, '--dry-run']);
    expect(code).toBe(0);
    expect(out).toContain(`Restore of ${id}, which is FAILED, to its attempt 1: it was extended on`);
    expect(out).toMatch(/Configuration to restore\n[\s\S]*web:1/);
    expect(out).toMatch(/image +staging web +web:1 again/);
    expect(out).toMatch(/input +web +web:2 → web:1/);
    expect(out).toMatch(/result +STAGE 2 › web to staging +FAILED \(attempt 2\) → SUCCESS \(attempt 1\)/);
    expect(out).toMatch(/1\. STAGE 2 › web to staging › switch-back on staging/);
    const json = JSON.parse((await slipway(url, ['restore', id, '--dry-run', '--json'])).out);
    expect(json).toMatchObject({ allowed: true, planToken: expect.any(String) });
    expect((await slipway(url, ['run', 'show', id])).out).toContain(`slipway restore ${id}`);
    expect(await world.runs.is(id, 'FAILED')).toBe(true);
  });

  it('restores with --yes, follows the log to its end, and consumes the point', async () => {
    const id = await broken();
    const { code, out } = await workUntilEnd(startSlipway(url, ['restore', id, '--yes', '--debug']));
    expect(code).toBe(0);
    expect(out).toMatch(/\d\d:\d\d:\d\d {2}INFO /);
    expect(out).toMatch(/\d\d:\d\d:\d\d {2}DEBUG /);
    expect(out).toContain(`✓ SUCCESS restored ${id}`);
    expect((await world.deployed()).staging).toMatchObject({ web: 'web:1' });
    const shown = (await slipway(url, ['run', 'show', id])).out;
    expect(shown).toMatch(/2 +✗ FAILED +extend.*reverted by a restore/);
    expect(shown).not.toContain('slipway restore');
    const again = await slipway(url, ['restore', id, '--yes', '--json']);
    expect([again.code, JSON.parse(again.out)]).toEqual([
      3,
      { error: expect.objectContaining({ code: 'RESTORE_POINT_CONSUMED' }) },
    ]);
  });

  it('exits with 1 and the code if it fails, and says that it can be retried', async () => {
    const id = await broken();
    const failing = await workUntilEnd(startSlipway(url, ['restore', id, '--yes', '--json']), 'switch-back');
    expect([failing.code, JSON.parse(failing.out)]).toEqual([
      1,
      {
        operation: expect.objectContaining({
          status: 'FAILED',
          error: expect.objectContaining({ code: 'TASK_FAILED' }),
        }),
        execution: expect.objectContaining({ id, status: 'FAILED' }),
      },
    ]);
    expect(failing.err).toMatch(/TASK_FAILED: [\s\S]*The run is FAILED, as before\. The restore can be retried\./);
    expect((await workUntilEnd(startSlipway(url, ['restore', id, '--yes']))).code).toBe(0);
  });

  it('shows the output of failed restore tasks, and lists the restores of a run', async () => {
    const id = await broken({ anew: true });
    const restoring = startSlipway(url, ['restore', id, '--yes']);
    const claimed = await world.agent.claim();
    await world.agent.start(...claimed);
    expect((await slipway(url, ['run', 'show', id])).out).toMatch(
      /Restores\n.*RUNNING .* web to staging › switch-back on staging RUNNING/,
    );
    for (const job of claimed) {
      await world.agent.log(job, 0, 'switch is stuck\n');
      await world.agent.finish(job, { exitCode: 1, logBytes: 'switch is stuck\n'.length });
    }
    const { code, out } = await restoring.ended;
    expect(code).toBe(1);
    expect(out).toMatch(/The last lines of switch-back[\s\S]*\n {2}switch is stuck\n/);
    for (const name of ['switch-back', 'restore/switch-back', 'restore/web to staging/switch-back']) {
      const logs = await slipway(url, ['logs', id, name]);
      expect([logs.code, logs.out]).toEqual([0, 'switch is stuck\n']);
    }
    expect((await slipway(url, ['run', 'show', id])).out).toMatch(/Restores\n.*✗ FAILED.*TASK_FAILED: Restore task/);
  });

  it('ends a watch with 1 if it fails, even if the run was SUCCESS before', async () => {
    const id = await world.release();
    await world.extend(id, { web: 'web:2' });
    await world.finish(id, 'SUCCESS');
    expect((await slipway(url, ['restore', id, '--yes', '--no-follow'])).code).toBe(0);
    const watching = startSlipway(url, ['watch', id]);
    await watching.prints('RESTORING');
    const { code, out } = await workUntilEnd(watching, 'switch-back');
    expect(code).toBe(1);
    expect(out).toMatch(/✗ FAILED +web to prod › switch-back on prod/);
    expect(out).toMatch(/end of the restore: FAILED by .*TASK_FAILED: Restore task "switch-back"/);
  });

  it('cancels a running restore with --cancel, and the run returns to its previous status', async () => {
    const id = await broken({ anew: true });
    const none = await slipway(url, ['restore', id, '--cancel', '--yes']);
    expect([none.code, none.err]).toEqual([3, expect.stringMatching(/^NOT_RESTORING: /)]);
    const { version } = JSON.parse((await slipway(url, ['run', 'show', id, '--json'])).out);
    expect((await slipway(url, ['restore', id, '--yes', '--no-follow'])).code).toBe(0);
    const stale = await slipway(url, ['restore', id, '--cancel', '--yes', '--expected-version', String(version)]);
    expect([stale.code, stale.err]).toEqual([3, expect.stringMatching(/^CONFLICT: .*at version/)]);
    expect((await slipway(url, ['run', 'show', id])).out).toContain(`slipway restore ${id} --cancel`);
    const { code, out } = await slipway(url, ['restore', id, '--cancel', '--yes', '--reason', 'not today']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/CANCELLED: .*canceled the restore: not today\n {2}The run is FAILED, as before\./),
    ]);
    const late = ['restore', id, '--yes', '--expected-version', String(version)];
    expect((await slipway(url, late)).err).toMatch(/^CONFLICT: /);
  });

  it('needs --confirm-conflicts if other runs have deployed since', async () => {
    const id = await broken();
    const other = await world.release({ web: 'web:9', api: 'api:9' });
    const refused = await slipway(url, ['restore', id, '--yes']);
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('ENVIRONMENT_CONFLICT')]);
    expect(refused.err).toContain('--confirm-conflicts');
    expect(refused.out).toMatch(new RegExp(`staging web: web:9 → web:1 by run ${other}`));
    const confirmed = await workUntilEnd(startSlipway(url, ['restore', id, '--yes', '--confirm-conflicts']));
    expect(confirmed.code).toBe(0);
  });

  it('reports a missing restore point, and does not ask without a terminal', async () => {
    const id = await world.release();
    const never = await slipway(url, ['restore', id, '--yes']);
    expect([never.code, never.err]).toEqual([3, expect.stringContaining('NO_RESTORE_POINT')]);
    const unasked = await slipway(url, ['restore', await broken()], {}, 'y\n');
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining('Add --yes')]);
  });
});

describe('slipway run show', () => {
  it('suggests a restore only to callers who may restore', async () => {
    const id = await broken();
    const reader = await world.keyValue('onlookers', ['READ']);
    const shown = await slipway(url, ['run', 'show', id], { SLIPWAY_API_KEY: reader });
    expect([shown.code, shown.out]).toEqual([0, expect.not.stringContaining('slipway restore')]);
    expect((await slipway(url, ['run', 'show', id])).out).toContain(`slipway restore ${id}`);
  });
});

describe('slipway extend', () => {
  it('adds an image, follows the next attempt, and reports when nothing changes', async () => {
    const id = await world.release();
    const { code, out } = await workUntilEnd(
      startSlipway(url, ['extend', id, '--image', 'api=api:2', '--yes', '--no-follow']),
    );
    expect([code, out]).toEqual([0, expect.stringContaining(`Extension of ${id}, which is SUCCESS: api=api:2.`)]);
    await world.finish(id, 'SUCCESS');
    const same = await slipway(url, ['extend', id, '--image', 'api=api:2', '--yes']);
    expect([same.code, same.err]).toEqual([3, expect.stringMatching(/^NOTHING_CHANGED: /)]);
    expect((await slipway(url, ['extend', id])).code).toBe(2);
  });
});
