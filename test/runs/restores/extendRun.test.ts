import { statusesOf } from '../../../src/engine/machine';
import { restoreWorld } from './world';

const literal = (name: string, value: string) => ({ name, variableValue: { type: 'NAME', value } });

describe('addImagesToRun', () => {
  const world = restoreWorld();

  const state = async (id: string) => [
    await world.snapshot(id),
    await world.runs.events(id),
    await world.server.app.database.rows(
      'SELECT version, attempt, images, variables FROM execution WHERE run_id = $1 ORDER BY id',
      [id],
    ),
    await world.server.app.database.rows('SELECT id FROM restore_point WHERE run_id = $1', [id]),
    await world.server.app.database.rows('SELECT id FROM operation WHERE run_id = $1', [id]),
  ];

  it('reruns only elements that see the change, and those that depend on them', async () => {
    const id = await world.release();
    const { run, operation } = await world.extend(id, { web: 'web:2' }, { debug: true, reason: 'second image' });
    expect(run).toEqual({ status: 'RESUMING', attempt: 2 });
    expect(await world.finish(id, 'SUCCESS')).toEqual(['prepare', 'copy', 'health', 'prepare', 'copy', 'health']);
    expect(operation).toMatchObject({ kind: 'EXTEND', status: 'SUCCESS', error: null });
    expect(operation.log).toContain('element "web to prod" runs again: 3 of 3 tasks see a changed input');
    expect(operation.log).toContain('element "api to prod" keeps its result');
    expect(await world.deployed()).toEqual({
      prod: { api: 'api:1', web: 'web:2' },
      staging: { api: 'api:1', web: 'web:2' },
    });
    const { execution } = await world.client.ask<{ execution: { attempts: unknown[]; restorePoint: unknown } }>(
      'query ($id: ID!) { execution(executionId: $id) { attempts { attempt kind status fromStage reason revertedBy { id } } ... on PipelineExecution { restorePoint { attempt consumedBy { id } } } } }',
      { id },
    );
    expect(execution).toEqual({
      attempts: [
        { attempt: 1, kind: 'START', status: 'SUCCESS', fromStage: null, reason: null, revertedBy: null },
        {
          attempt: 2,
          kind: 'EXTEND',
          status: 'SUCCESS',
          fromStage: 'STAGE 2',
          reason: 'second image',
          revertedBy: null,
        },
      ],
      restorePoint: { attempt: 1, consumedBy: null },
    });
  });

  it('keeps single tasks if the change arrives through files', async () => {
    const id = await world.release();
    const before = await world.runs.read(id);
    const { operation } = await world.extend(id, {}, { variableInputs: [literal('VERSION', '2')], debug: true });
    expect(await world.finish(id, 'SUCCESS')).toEqual(['lint', 'pack', 'copy', 'health', 'copy', 'health']);
    const after = await world.runs.read(id);
    const member = (run: typeof before, step: string) =>
      run.pipelineStageExecutions?.find((one) => one.pipelineStepName === step)?.workflowExecutionId;
    // If results are kept, the workflow continues; otherwise it is a new one.
    expect(member(after, 'web to prod')).toBe(member(before, 'web to prod'));
    expect(member(after, 'build')).not.toBe(member(before, 'build'));
    expect(operation.log).toContain('kept: prepare');
    const { execution } = await world.client.ask<{ execution: unknown }>(
      'query ($id: ID!) { execution(executionId: $id) { attempt ... on WorkflowExecution { tasks { name attempt reused } } } }',
      { id: member(after, 'web to prod') },
    );
    expect(execution).toEqual({
      attempt: 2,
      tasks: [
        { name: 'prepare', attempt: 1, reused: true },
        { name: 'copy', attempt: 2, reused: false },
        { name: 'health', attempt: 2, reused: false },
      ],
    });
  });

  it('requests an approval again only if a later element runs again', async () => {
    const id = await world.release();
    await world.extend(id, { api: 'api:2' });
    await world.finish(id, 'SUCCESS');
    expect((await world.runs.approvals(id)).map((one) => one.status)).toEqual(['APPROVED', 'APPROVED']);
  });

  it('rejects no-op changes, removals and values that are not inputs, and changes nothing', async () => {
    const id = await world.release();
    await world.extend(id, { web: 'web:2' });
    await world.finish(id, 'SUCCESS');
    const before = await state(id);
    const code = (images: Record<string, string | null>, more = {}) => world.codeOf(world.extend(id, images, more));
    expect(await code({})).toBe('NOTHING_CHANGED');
    expect(await code({ web: 'web:2', api: 'api:1' })).toBe('NOTHING_CHANGED');
    expect(await code({}, { variableInputs: [literal('VERSION', '1')] })).toBe('NOTHING_CHANGED');
    expect(await code({ web: null })).toBe('NEW_RUN_REQUIRED');
    expect(await code({ web: ' ' })).toBe('NEW_RUN_REQUIRED');
    expect(await code({}, { variableInputs: [literal('REGION', 'us')] })).toBe('NEW_RUN_REQUIRED');
    expect(await code({ db: 'db:1' })).toBe('INVALID_INPUT');
    expect(await code({ web: 'two words' })).toBe('INVALID_INPUT');
    expect(await code({}, { variableInputs: [literal('NEVER', '1')] })).toBe('INVALID_INPUT');
    expect(await code({ web: 'web:3' }, { reason: 'x'.repeat(5001) })).toBe('INVALID_INPUT');
    expect(
      await code({ db: 'db:1', cache: 'x y' }).then(() => world.extend(id, { db: 'db:1', api: 'x y' }).catch(String)),
    ).toMatch(/images\.db: there is no service.*images\.api: an image has/);
    expect(await state(id)).toEqual(before);
  });

  it('extends a run that failed after a success, and keeps its restore point', async () => {
    const id = await world.release();
    await world.extend(id, { web: 'web:2' });
    await world.finish(id, 'FAILED', 'health');
    expect(await world.codeOf(world.extend(id, { web: 'web:2' }))).toBe('NOTHING_CHANGED');
    const points = () =>
      world.server.app.database.rows('SELECT id, attempt FROM restore_point WHERE run_id = $1', [id]);
    const before = await points();
    const { operation } = await world.extend(id, { web: 'web:3' });
    expect(operation.log).toContain('the restore point stays as it is');
    expect(await points()).toEqual(before);
    await world.finish(id, 'SUCCESS');
    // Begins from a success again: the next restore returns to the state after the second extension.
    await world.extend(id, { web: 'web:4' });
    expect(await points()).toHaveLength(2);
    await world.runs.abort(id);
  });

  it('needs the permission for exactly the stages that would run', async () => {
    const id = await world.released();
    const limited = await world.key('limited', ['READ', 'EXECUTE_PIPELINE'], 'NON_PRODUCTION_ENVIRONMENTS');
    expect(await world.codeOf(world.extend(id, { web: 'web:2' }, {}, limited))).toBe('FORBIDDEN');
  });

  it('reports a missing permission before other errors', async () => {
    const id = await world.released();
    const limited = await world.key('reader', ['READ']);
    const code = (images: Record<string, string | null>, more = {}) =>
      world.codeOf(world.extend(id, images, more, limited));
    expect(await code({})).toBe('FORBIDDEN');
    expect(await code({ db: 'x y' })).toBe('FORBIDDEN');
    expect(await code({ web: null })).toBe('FORBIDDEN');
    expect(await code({}, { reason: 'x'.repeat(5001) })).toBe('FORBIDDEN');
  });

  it('reports changes that need a new run together with all other errors', async () => {
    const id = await world.released();
    const asked = world.extend(
      id,
      { web: null, db: 'db:1', api: 'x y' },
      { variableInputs: [literal('REGION', 'us'), literal('NEVER', '1')], reason: 'x'.repeat(5001) },
    );
    const message = await asked.then(String, String);
    expect(message).toContain('NEW_RUN_REQUIRED: An extension only adds images and changes inputs');
    expect(message).toMatch(/images\.web: an image can’t be removed.*variableInputs\.REGION: is fixed/);
    expect(message).toMatch(/reason has 5001 characters.*images\.db: there is no service.*images\.api: an image has/);
    expect(message).toMatch(/variableInputs\.NEVER: there is no variable/);
    // Nothing is reported twice: a change that needs a new run isn't also an error.
    expect(message.match(/^.*$/m)?.[0].match(/variableInputs.REGION/g)).toHaveLength(1);
  });

  /** Shared by all statuses: an aborted extension can be extended again, with another image. */
  let extended: string | undefined;
  it.each(statusesOf('run'))('of a run that is %s', async (status) => {
    extended ??= await world.released();
    const id = extended;
    const active = ['QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'].includes(status);
    await world.server.app.database.write(
      `UPDATE execution SET status = $2, ended_at = CASE WHEN $3 THEN NULL ELSE ended_at END WHERE id = $1`,
      [id, status, active],
    );
    const expected = ['SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED'].includes(status)
      ? 'OK'
      : status === 'RESUMING'
        ? 'CONFLICT'
        : 'NOT_EXTENDABLE';
    expect(await world.codeOf(world.extend(id, { web: `web:${status}` }))).toBe(expected);
    if (expected === 'OK') await world.runs.abort(id);
    else
      await world.server.app.database.write(`UPDATE execution SET status = 'ABORTED', ended_at = now() WHERE id = $1`, [
        id,
      ]);
  });

  it('is rejected for a run that never succeeded', async () => {
    const serviceInputs = [
      { name: 'web', image: 'web:1' },
      { name: 'api', image: 'api:1' },
    ];
    const id = await world.runs.start('pipeline', 'release', { serviceInputs });
    await world.finish(id, 'FAILED', 'lint');
    expect(await world.codeOf(world.extend(id, { web: 'web:2' }))).toBe('NOT_EXTENDABLE');
  });
});
