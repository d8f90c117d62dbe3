import { eventually } from '../../support/eventually';
import { restoreWorld } from './world';

describe('a restore that fails', () => {
  const world = restoreWorld();

  const sql = <T>(text: string, ...parameters: unknown[]) => world.server.app.database.rows<T>(text, parameters);

  /** While the `trigger` exists, statements on the table fail. */
  const broken = async (table: string, event: string, work: () => Promise<void>, each = 'STATEMENT') => {
    await sql(
      `CREATE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''test fault''; END'`,
    );
    await sql(`CREATE TRIGGER test_fault BEFORE ${event} ON ${table} FOR EACH ${each} EXECUTE FUNCTION test_fault()`);
    try {
      await work();
    } finally {
      await sql(`DROP TRIGGER test_fault ON ${table}`);
      await sql('DROP FUNCTION test_fault()');
    }
  };

  it.each<[string, string, string?]>([
    ['UPDATE OF images', 'execution'],
    ['INSERT', 'execution_attempt'],
    ['INSERT', 'attempt_element'],
    ['INSERT', 'deployment', "ROW WHEN (NEW.status = 'SUCCEEDED')"],
    ['UPDATE', 'operation', "ROW WHEN (NEW.status = 'SUCCESS')"],
  ])('in the database, at its last step (%s on %s), changes nothing', async (event, table, each = 'STATEMENT') => {
    const { id, before } = await world.failedInProd();
    const failed = await world.snapshot(id);
    const fails = async () => {
      const operation = await world.restored(id);
      expect(operation).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } });
      expect(operation.log).toContain('ERROR failed: INTERNAL');
      expect(operation.log).not.toContain('test fault');
    };
    await broken(table, event, fails, each);
    expect(await world.snapshot(id)).toEqual(failed);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
    expect(await world.results(id)).toEqual(before);
  });

  it('before it has begun changes nothing', async () => {
    const { id } = await world.failedInProd();
    const failed = await world.snapshot(id);
    await broken('operation_task', 'INSERT', async () => {
      expect(await world.codeOf(world.restore(id))).toBe('INTERNAL');
    });
    expect(await world.snapshot(id)).toEqual(failed);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
  });

  it('between its steps ends immediately', async () => {
    const { id } = await world.failedInProd();
    const failed = await world.snapshot(id);
    const { id: operationId } = await world.restore(id);
    await broken('operation_task', 'INSERT', async () => {
      await world.agent.runOne();
      expect(await world.ended(operationId)).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } });
    });
    expect(await world.snapshot(id)).toEqual(failed);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('a restore whose server stops', () => {
  const world = restoreWorld({ SLIPWAY_LEASE_SECONDS: '2', SLIPWAY_RESTORE_SECONDS: '4' });

  it('gives a lost agent’s task to another agent, then fails', async () => {
    const id = await world.released();
    await world.extend(id, { web: 'web:2' });
    await world.finish(id, 'FAILED', 'health');
    const failed = await world.snapshot(id);
    const { id: operationId } = await world.restore(id);
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    // It never reports again.
    const again = await eventually(
      () => world.agent.claim(1, 50),
      (jobs) => jobs.length === 1,
    );
    expect(again[0]).toMatchObject({ task: 'switch-back', attempt: 2 });
    await world.agent.start(...again);
    expect(await world.ended(operationId)).toMatchObject({ status: 'FAILED' });
    expect(await world.snapshot(id)).toEqual(failed);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
  });

  it('fails at its deadline when no agent takes its tasks', async () => {
    const id = await world.released();
    await world.extend(id, { web: 'web:2' });
    await world.finish(id, 'FAILED', 'health');
    const failed = await world.snapshot(id);
    const { id: operationId } = await world.restore(id);
    const operation = await world.ended(operationId);
    expect(operation).toMatchObject({ status: 'FAILED', error: { code: 'TIMED_OUT' }, tasks: [{ status: 'SKIPPED' }] });
    expect(await world.snapshot(id)).toEqual(failed);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
  });
});
