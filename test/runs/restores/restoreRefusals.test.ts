import { statusesOf } from '../../../src/engine/machine';
import { TestClient } from '../../support/client';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { restoreWorld } from './world';

describe('before anything changes, restoreRun', () => {
  const world = restoreWorld();

  const sql = <T>(text: string, ...parameters: unknown[]) => world.server.app.database.rows<T>(text, parameters);

  it('needs an unused restore point of the same run', async () => {
    const plain = await world.release();
    expect(await world.codeOf(world.restore(plain))).toBe('NO_RESTORE_POINT');
    expect(await world.preview(plain)).toMatchObject({ allowed: false, refusals: [{ code: 'NO_RESTORE_POINT' }] });
    const { id } = await world.failedInProd();
    const { restorePoint } = await world.preview(id);
    const pointId = (restorePoint as { id: string }).id;
    expect(await world.codeOf(world.restore(id, { restorePointId: plain }))).toBe('NO_RESTORE_POINT');
    expect(await world.codeOf(world.restore(id, { restorePointId: 'x' }))).toBe('NO_RESTORE_POINT');
    for (const change of ['DELETE FROM restore_point', 'UPDATE restore_point SET attempt = 1']) {
      await expect(sql(`${change} WHERE id = $1`, pointId)).rejects.toThrow('is not allowed');
    }
    expect(await world.restored(id, { restorePointId: pointId })).toMatchObject({ status: 'SUCCESS' });
    expect(await world.codeOf(world.restore(id, { restorePointId: pointId }))).toBe('RESTORE_POINT_CONSUMED');
    expect(await world.preview(id)).toMatchObject({ allowed: false, refusals: [{ code: 'RESTORE_POINT_CONSUMED' }] });
  });

  it('accepts a plan only while it is current', async () => {
    const { id } = await world.failedInProd();
    const { planToken } = await world.preview(id);
    await world.extend(id, { web: 'web:4' });
    await world.runs.abort(id);
    expect(await world.codeOf(world.restore(id, { planToken }))).toBe('PLAN_STALE');
    const again = await world.preview(id);
    expect(await world.restored(id, { planToken: again.planToken })).toMatchObject({ status: 'SUCCESS' });
  });

  it('waits for nothing: a taken slot or a freeze refuses it, unless it overrides the freeze', async () => {
    const { id } = await world.failedInProd();
    const client = world.server.client;
    // Another run holds the slot of an environment that the restore deploys to.
    const other = await world.runs.start('pipeline', 'release', {
      serviceInputs: ['web', 'api'].map((name) => ({ name, image: `${name}:9` })),
    });
    await world.agent.work(async () => (await sql('SELECT FROM slot')).length > 0);
    expect(await world.codeOf(world.restore(id, { confirmEnvironmentConflicts: true }))).toBe('CONCURRENCY_LIMIT');
    await world.runs.abort(other);
    await world.agent.work(() => world.runs.is(other, 'ABORTED', 'SUCCESS', 'FAILED'));
    const { createFreeze } = await client.ask<{ createFreeze: { freeze: { id: string } } }>(
      `mutation { createFreeze(input: {name: "frozen", reason: "Nobody is on call", from: "2020-01-01T00:00:00Z"}) { freeze { id } } }`,
    );
    expect(await world.codeOf(world.restore(id))).toBe('ENVIRONMENT_FROZEN');
    expect(await world.preview(id)).toMatchObject({ allowed: false, refusals: [{ code: 'ENVIRONMENT_FROZEN' }] });
    expect(await world.restored(id, { overrideFreeze: { reason: 'Hotfix' } })).toMatchObject({ status: 'SUCCESS' });
    await client.ask(`mutation { deleteFreeze(input: {freezeId: "${createFreeze.freeze.id}"}) { clientMutationId } }`);
  });

  it('is allowed for the user who started the run, and for administrators', async () => {
    const creator = await world.key('creators', ['READ', 'EXECUTE_PIPELINE']);
    const executor = await world.key('executors', ['READ', 'EXECUTE_PIPELINE']);
    const reader = await world.key('readers', ['READ']);
    const stranger = new TestClient(world.server.url, await world.strangerKey());
    const { applicationId, entityId } = await world.runs.ids('pipeline', 'release');
    const { startExecution } = await creator.ask<{ startExecution: { execution: { id: string } } }>(
      `mutation { startExecution(input: {applicationId: "${applicationId}", entityId: "${entityId}", executionType: PIPELINE,
        serviceInputs: [{name: "web", image: "web:1"}, {name: "api", image: "api:1"}]}) { execution { id } } }`,
    );
    const { id } = startExecution.execution;
    await world.finish(id, 'SUCCESS');
    // Another user may extend it, but has no right to restore it.
    await world.extend(id, { web: 'web:2' }, {}, executor);
    await world.finish(id, 'FAILED', 'health');
    const codes = async (client: TestClient) => [
      await world.codeOf(world.restore(id, {}, client)),
      await world.preview(id, client).then(
        (preview) => preview.refusals,
        () => 'refused',
      ),
    ];
    expect(await codes(stranger)).toEqual(['NOT_FOUND', 'refused']);
    expect(await codes(reader)).toEqual(['FORBIDDEN', [{ code: 'FORBIDDEN' }]]);
    expect(await codes(executor)).toEqual(['FORBIDDEN', [{ code: 'FORBIDDEN' }]]);
    expect((await world.preview(id, creator)).allowed).toBe(true);
    const { id: first } = await world.restore(id, {}, creator);
    await world.agent.work(() => world.isOver(first));
    expect((await world.operation(first)).status).toBe('SUCCESS');
    await world.extend(id, { web: 'web:3' });
    await world.finish(id, 'FAILED', 'health');
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
  });

  /** A failed run that no test has restored. */
  let failed: string | undefined;
  it.each(statusesOf('run'))('a run that is %s', async (status) => {
    const id = failed ?? (await world.failedInProd()).id;
    failed = id;
    const active = ['QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'].includes(status);
    await sql(
      `UPDATE execution SET status = $2, ended_at = CASE WHEN $3 THEN NULL ELSE ended_at END WHERE id = $1`,
      id,
      status,
      active,
    );
    const allowed = ['SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED'].includes(status);
    expect(((await world.preview(id)).refusals as { code: string }[]).map((one) => one.code)).toEqual(
      allowed ? [] : ['NOT_RESTORABLE'],
    );
    if (allowed) {
      expect(await world.restored(id, {}, 'switch-back')).toMatchObject({ status: 'FAILED' });
      expect((await world.runs.read(id)).status).toBe(status);
      expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
      expect((await world.runs.read(id)).status).toBe('SUCCESS');
      failed = undefined;
    } else {
      expect(await world.codeOf(world.restore(id))).toBe('NOT_RESTORABLE');
      await sql(`UPDATE execution SET status = 'FAILED', ended_at = now() WHERE id = $1`, id);
    }
  });

  it('accepts one of twenty concurrent requests, over two servers', async () => {
    const { id } = await world.failedInProd();
    const second = await startTestServer({}, world.server.databaseUrl);
    const clients = Array.from(
      { length: 20 },
      (_, n) => new TestClient(n % 2 === 0 ? world.server.url : second.url, ADMIN_KEY),
    );
    try {
      const codes = await Promise.all(clients.map((client) => world.codeOf(world.restore(id, {}, client))));
      expect(codes.filter((code) => code === 'OK')).toHaveLength(1);
      expect(codes.filter((code) => !['OK', 'CONFLICT', 'NOT_RESTORABLE'].includes(code))).toEqual([]);
      await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
      const operations = await sql<{ status: string }>(
        `SELECT status FROM operation WHERE run_id = $1 AND kind = 'RESTORE'`,
        id,
      );
      expect(operations).toEqual([{ status: 'SUCCESS' }]);
    } finally {
      await second.stop();
    }
  });
});
