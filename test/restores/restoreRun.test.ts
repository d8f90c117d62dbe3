import { World } from './world';

describe('a run that was extended', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  it('runs again only what sees the change, and what depends on it', async () => {
    const id = await world.release();
    const { run, operation } = await world.extend(id, { web: 'web:2' }, { debug: true, reason: 'second image' });
    expect(run).toEqual({ status: 'RESUMING', attempt: 2 });
    expect(await world.finish(id, 'SUCCESS')).toEqual(['copy', 'health', 'copy', 'health']);
    expect(operation).toMatchObject({ kind: 'EXTEND', status: 'SUCCESS' });
    expect(operation.log).toContain('element "web to prod" runs again: 2 of 2 tasks see another input');
    expect(operation.log).toContain('element "api to prod" keeps its result');
    expect(await world.deployed()).toEqual({
      prod: { api: 'api:1', web: 'web:2' },
      staging: { api: 'api:1', web: 'web:2' },
    });
  });

  it('goes back to what it was, with its restore tasks in reverse order of the stages', async () => {
    const id = await world.release();
    await world.extend(id, { web: 'web:2' }, { variableInputs: [] });
    await world.finish(id, 'FAILED', 'health');
    const preview = await world.preview(id);
    expect(preview).toMatchObject({
      allowed: true,
      refusals: [],
      inputs: [{ name: 'web', now: 'web:2', restored: 'web:1' }],
      images: [{ environment: 'staging', service: 'web', now: 'web:1', restored: 'web:1' }],
      tasks: [
        { name: 'switch-back', step: 1, environment: 'staging', workflow: 'deploy-web' },
        { name: 'restart', step: 2, environment: 'staging', workflow: 'deploy-web' },
      ],
      environmentConflicts: [],
    });
    const operation = await world.restored(id, { planToken: preview.planToken, debug: true });
    expect(operation).toMatchObject({ status: 'SUCCESS', error: null, ran: ['switch-back', 'restart'] });
    expect(await world.runs.read(id)).toMatchObject({ status: 'SUCCESS', failureCode: null });
    expect(await world.codeOf(world.restore(id))).toBe('RESTORE_POINT_CONSUMED');
  });
});
