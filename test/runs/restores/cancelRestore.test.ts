import { restoreWorld } from './world';

describe('cancelRestore', () => {
  const world = restoreWorld({ SLIPWAY_RESTORE_AGENT_SECONDS: '1' });

  const cancel = async (runId: string, reason?: string, client = world.client) => {
    const { cancelRestore } = await client.ask<{ cancelRestore: { operation: { id: string } } }>(
      'mutation ($input: CancelRestoreInput!) { cancelRestore(input: $input) { run { status } operation { id } } }',
      { input: { runId, reason } },
    );
    return cancelRestore.operation.id;
  };

  it('restores the previous status, keeps the restore point, and stops running tasks', async () => {
    const { id, before } = await world.failedInProd();
    const failed = await world.snapshot(id);
    expect(await world.codeOf(cancel(id))).toBe('NOT_RESTORING');
    const { id: operationId } = await world.restore(id);
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    const other = await world.key('others', ['READ', 'EXECUTE_PIPELINE']);
    expect(await world.codeOf(cancel(id, undefined, other))).toBe('FORBIDDEN');
    expect(await cancel(id, 'not today')).toBe(operationId);
    expect(await cancel(id)).toBe(operationId);
    await world.agent.finish(job, { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
    expect(await world.ended(operationId)).toMatchObject({
      status: 'CANCELLED',
      error: { code: 'CANCELLED', message: expect.stringContaining('not today') },
      tasks: [{ name: 'switch-back', status: 'ABORTED' }],
    });
    expect(await world.snapshot(id)).toEqual(failed);
    expect((await world.unknown(id)).recorded).toEqual(['web:1 in prod UNKNOWN']);
    const events = await world.runs.events(id);
    expect(events.filter((event) => event.type === 'RESTORE_ENDED').map((event) => event.data)).toMatchObject([
      { operationId, status: 'CANCELLED', reasonCode: 'CANCELLED' },
    ]);
    const audit = await world.server.app.database.rows<{ action: string }>(
      `SELECT action FROM audit_record WHERE action ILIKE '%cancelRestore%'`,
    );
    expect(audit.length).toBeGreaterThanOrEqual(2);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
    expect(await world.results(id)).toEqual(before);
  });

  it('skips tasks that no agent has started', async () => {
    const { id } = await world.failedInProd({ anew: true });
    const failed = await world.snapshot(id);
    const { id: operationId } = await world.restore(id);
    await cancel(id);
    expect(await world.ended(operationId)).toMatchObject({ status: 'CANCELLED', tasks: [{ status: 'SKIPPED' }] });
    expect(await world.snapshot(id)).toEqual(failed);
    expect((await world.unknown(id)).recorded).toEqual([]);
  });

  it('is not needed if no agent is online: the restore fails on its own', async () => {
    const { id } = await world.failedInProd();
    const failed = await world.snapshot(id);
    await world.server.app.database.write('UPDATE agent SET left_at = now()');
    const { id: operationId } = await world.restore(id);
    expect(await world.ended(operationId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'NO_AGENT', message: 'No agent is online for the restore task "switch-back".' },
      tasks: [{ status: 'SKIPPED' }],
    });
    expect(await world.snapshot(id)).toEqual(failed);
    await world.server.app.database.write('UPDATE agent SET left_at = NULL, last_seen_at = now()');
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
  });
});
