import { restoreWorld } from './world';

describe('restoreRun', () => {
  const world = restoreWorld();

  const sql = <T>(text: string, ...parameters: unknown[]) => world.server.app.database.rows<T>(text, parameters);

  it('restores everything, last stage first, with tasks that see the earlier configuration', async () => {
    const { id, before } = await world.failedInProd();
    expect(await world.deployed()).toMatchObject({ staging: { web: 'web:2' }, prod: { web: 'web:1' } });
    const preview = await world.preview(id);
    expect(preview).toMatchObject({
      allowed: true,
      refusals: [],
      inputs: [{ name: 'web', now: 'web:2', restored: 'web:1' }],
      images: expect.arrayContaining([
        { environment: 'prod', service: 'web', now: 'web:1', restored: 'web:1' },
        { environment: 'staging', service: 'web', now: 'web:2', restored: 'web:1' },
      ]),
      stages: expect.arrayContaining([
        { stepName: 'web to prod', status: 'FAILED', attempt: 2, restoredStatus: 'SUCCESS', restoredAttempt: 1 },
        { stepName: 'sign-off', status: 'SUCCESS', attempt: 2, restoredStatus: 'SUCCESS', restoredAttempt: 1 },
      ]),
      tasks: [
        { name: 'switch-back', step: 1, environment: 'prod', workflow: 'deploy-web' },
        { name: 'restart', step: 2, environment: 'prod', workflow: 'deploy-web' },
        { name: 'switch-back', step: 3, environment: 'staging', workflow: 'deploy-web' },
        { name: 'restart', step: 4, environment: 'staging', workflow: 'deploy-web' },
      ],
      environmentConflicts: [],
    });
    expect(preview.configuration).toContain('web: web:1');
    expect(preview.configuration).toContain('kind: Pipeline');

    const { id: operationId } = await world.restore(id, { planToken: preview.planToken, debug: true });
    const job = await world.agent.claimOne();
    expect(job).toMatchObject({ task: 'switch-back' });
    expect(job.env).toMatchObject({
      SLIPWAY_IMAGE: 'web:1',
      SLIPWAY_ENVIRONMENT: 'prod',
      SLIPWAY_OPERATION_ID: operationId,
    });
    await world.agent.start(job);
    expect(await world.runs.read(id)).toMatchObject({ status: 'RESTORING' });
    await world.agent.finish(job);
    const ran = await world.agent.work(() => world.isOver(operationId));
    expect(ran.map((one) => `${one.task} ${one.env.SLIPWAY_ENVIRONMENT}`)).toEqual([
      'restart prod',
      'switch-back staging',
      'restart staging',
    ]);
    expect(await world.operation(operationId)).toMatchObject({ status: 'SUCCESS', error: null });
    expect(await world.results(id)).toEqual(before);
    const { execution } = await world.client.ask<{ execution: { attempts: unknown[] } }>(
      `query ($id: ID!) { execution(executionId: $id) { attempts { attempt kind base status revertedBy { id } pipelineStageExecutions { pipelineStepName status } } } }`,
      { id },
    );
    expect(execution.attempts).toMatchObject([
      { attempt: 1, status: 'SUCCESS', revertedBy: null },
      {
        attempt: 2,
        status: 'FAILED',
        revertedBy: { id: operationId },
        pipelineStageExecutions: expect.arrayContaining([{ pipelineStepName: 'web to prod', status: 'FAILED' }]),
      },
      {
        attempt: 3,
        kind: 'RESTORE',
        base: 1,
        status: 'SUCCESS',
        revertedBy: null,
        pipelineStageExecutions: expect.arrayContaining([{ pipelineStepName: 'web to prod', status: 'SUCCESS' }]),
      },
    ]);
    const events = await world.runs.events(id);
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter((event) => event.type.startsWith('RESTORE_')).map((event) => event.data)).toMatchObject([
      { operationId },
      { operationId, status: 'SUCCESS' },
    ]);
    expect(await world.codeOf(world.restore(id))).toBe('RESTORE_POINT_CONSUMED');
  });

  it('builds the next extension on the restored state', async () => {
    const { id } = await world.failedInProd();
    await world.restored(id);
    await world.extend(id, { api: 'api:2' });
    expect(await world.finish(id, 'SUCCESS')).toEqual(['copy', 'copy']);
    expect(await world.deployed()).toMatchObject({ prod: { web: 'web:1', api: 'api:2' } });
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS', ran: [] });
    expect(await world.deployed()).toMatchObject({ prod: { web: 'web:1', api: 'api:1' } });
  });

  it('returns to the last success after several failed extensions, resumes and reruns', async () => {
    const { id, before } = await world.failedInProd();
    await world.extend(id, { web: 'web:3' });
    await world.finish(id, 'FAILED', 'health');
    const { applicationId } = await world.runs.ids('pipeline', 'release');
    const resume = (more: string) =>
      world.client.ask(
        `mutation { resumeExecution(input: {applicationId: "${applicationId}", pipelineExecutionId: "${id}"${more}}) { execution { status } } }`,
      );
    await resume(', granularity: TASK');
    await world.finish(id, 'FAILED', 'copy', 'health');
    await resume(', pipelineStageName: "STAGE 1"');
    await world.finish(id, 'FAILED', 'health');
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
    expect(await world.results(id)).toEqual(before);
  });

  it('also restores after a successful extension, with the values that tasks had set', async () => {
    const id = await world.runs.start('pipeline', 'release', {
      serviceInputs: [
        { name: 'web', image: 'web:1' },
        { name: 'api', image: 'api:1' },
      ],
    });
    const work = async (digest: string) => {
      for (;;) {
        while (!(await world.hasOrAsks(id, 'SUCCESS'))) {
          for (const job of await world.agent.claim(10, 50)) {
            await world.agent.start(job);
            const outputs = job.task === 'pack' ? [{ name: 'DIGEST', value: digest, how: 'REGISTER' }] : [];
            await world.agent.finish(job, { outputs });
          }
        }
        if (await world.runs.is(id, 'SUCCESS')) return;
        await world.runs.decide(id, 'APPROVE');
      }
    };
    await work('one');
    const before = await world.results(id);
    expect(JSON.stringify(before)).toContain('"value":"one"');
    const version = { name: 'VERSION', variableValue: { type: 'NAME', value: '2' } };
    await world.extend(id, { web: 'web:2' }, { variableInputs: [version] });
    await work('two');
    expect(JSON.stringify(await world.snapshot(id))).toContain('"value":"two"');
    expect(await world.preview(id)).toMatchObject({
      inputs: [
        { name: 'VERSION', now: '2', restored: '1' },
        { name: 'web', now: 'web:2', restored: 'web:1' },
      ],
      variables: expect.arrayContaining([{ stepName: 'build', name: 'DIGEST', now: 'two', restored: 'one' }]),
    });
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
    expect(await world.results(id)).toEqual(before);
  });

  it('reverts elements that ran only for the extension, and shows another run’s deployment', async () => {
    await world.release({ web: 'web:8', api: 'api:1' });
    const id = await world.runs.start('pipeline', 'guarded', { serviceInputs: [{ name: 'web', image: 'web:9' }] });
    await world.finish(id, 'SUCCESS');
    const before = await world.results(id);
    const value = (text: string) => ({
      variableInputs: [{ name: 'VERSION', variableValue: { type: 'NAME', value: text } }],
    });
    await world.extend(id, {}, value('2'));
    expect(await world.finish(id, 'SUCCESS')).toEqual(['lint', 'pack', 'prepare', 'copy', 'health']);
    expect(await world.deployed()).toMatchObject({ staging: { web: 'web:9' } });
    expect(await world.preview(id)).toMatchObject({ environmentConflicts: [], tasks: [] });
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS', ran: [] });
    expect(await world.results(id)).toEqual(before);
    expect(await world.deployed()).toMatchObject({ staging: { web: 'web:8' } });
    // A condition with the same result keeps it from running, which is not a change.
    expect(await world.codeOf(world.extend(id, {}, value('1')))).toBe('NOTHING_CHANGED');
  });

  it('changes nothing if a task fails, reports why, and can be retried', async () => {
    const { id, before } = await world.failedInProd();
    const failed = await world.snapshot(id);
    const first = await world.restored(id, {}, 'restart');
    expect(first).toMatchObject({ status: 'FAILED', error: { code: 'TASK_FAILED' }, ran: ['switch-back', 'restart'] });
    expect(first.log).toContain('ERROR "restart" in prod ended FAILED: exit code 1');
    expect(first.log).not.toContain('DEBUG');
    expect(await world.snapshot(id)).toEqual(failed);
    // The effect of the restore task there is unknown.
    expect(await world.unknown(id)).toEqual({ recorded: ['web:1 in prod UNKNOWN'], shown: ['web:1 in prod UNKNOWN'] });
    const events = await world.runs.events(id);
    expect(events.filter((event) => event.type === 'RESTORE_ENDED').map((event) => event.data)).toMatchObject([
      { status: 'FAILED', reasonCode: 'TASK_FAILED' },
    ]);
    expect(await world.restored(id)).toMatchObject({ status: 'SUCCESS' });
    expect(await world.results(id)).toEqual(before);
    expect(await world.unknown(id)).toEqual({ recorded: ['web:1 in prod UNKNOWN'], shown: [] });
  });

  it('streams its log from any line', async () => {
    const { id } = await world.failedInProd();
    const { id: operationId } = await world.restore(id, { debug: true });
    const lines: number[] = [];
    const stream = world.client.watch<{ operationLog: { lines: { number: number }[]; final: boolean } }>(
      'subscription ($id: ID!) { operationLog(operationId: $id) { lines { number level message } final } }',
      { id: operationId },
    );
    const reading = (async () => {
      for await (const { operationLog } of stream) lines.push(...operationLog.lines.map((line) => line.number));
    })();
    await world.agent.work(() => world.isOver(operationId));
    await reading;
    expect(lines).toEqual(lines.map((_, index) => index + 1));
    const { operationLog } = await world.client.ask<{ operationLog: Record<string, unknown> }>(
      'query ($id: ID!) { operationLog(operationId: $id, after: 2, first: 1) { lines { number } nextAfter final } }',
      { id: operationId },
    );
    expect(operationLog).toEqual({ lines: [{ number: 3 }], nextAfter: 3, final: false });
    expect((await world.operation(operationId)).log.split('\n')).toHaveLength(lines.length + 1);
  });

  it('blocks every other action, and shows it', async () => {
    const { id } = await world.failedInProd();
    const { id: operationId } = await world.restore(id);
    const { applicationId } = await world.runs.ids('pipeline', 'release');
    const ask = (field: string, input: string) =>
      world.codeOf(world.client.ask(`mutation { ${field}(input: {${input}}) { execution { id } } }`));
    const named = `applicationId: "${applicationId}", executionId: "${id}"`;
    expect(await ask('abortExecution', named)).toBe('NOT_ABORTABLE');
    expect(await ask('rerunExecution', named)).toBe('NOT_RESUMABLE');
    expect(await ask('pauseExecution', named)).toBe('NOT_PAUSABLE');
    expect(await ask('continueExecution', named)).toBe('NOT_PAUSABLE');
    expect(await ask('resumeExecution', `applicationId: "${applicationId}", pipelineExecutionId: "${id}"`)).toBe(
      'NOT_RESUMABLE',
    );
    expect(await world.codeOf(world.extend(id, { web: 'web:9' }))).toBe('NOT_EXTENDABLE');
    expect(await world.codeOf(world.restore(id))).toBe('NOT_RESTORABLE');
    const { executions, execution } = await world.client.ask<{
      executions: { nodes: unknown[] };
      execution: { availableActions: { allowed: boolean }[] };
    }>(
      `query ($id: ID!, $text: String!) { executions(filters: [{execution: {operator: EQUALS, values: [$text]}, status: {operator: EQUALS, values: ["RESTORING"]}}]) { nodes { id } }
        execution(executionId: $id) { availableActions { action allowed } } }`,
      { id, text: id },
    );
    expect(executions.nodes).toEqual([{ id }]);
    expect(execution.availableActions.filter((one) => one.allowed)).toEqual([
      { action: 'cancelRestore', allowed: true },
    ]);
    await world.agent.work(() => world.isOver(operationId));
  });

  it('needs confirmation if later runs have deployed since', async () => {
    const { id } = await world.failedInProd();
    const other = await world.release({ web: 'web:7', api: 'api:1' });
    expect(await world.preview(id)).toMatchObject({
      allowed: true,
      environmentConflicts: expect.arrayContaining([
        { environment: 'prod', service: 'web', now: 'web:7', restored: 'web:1', runId: other },
      ]),
    });
    expect(await world.codeOf(world.restore(id))).toBe('ENVIRONMENT_CONFLICT');
    const operation = await world.restored(id, { confirmEnvironmentConflicts: true });
    expect(operation.status).toBe('SUCCESS');
    expect(operation.log).toContain(`overrides web web:7 in prod, which run ${other} deployed`);
    expect(await world.deployed()).toMatchObject({ staging: { web: 'web:1' }, prod: { web: 'web:1', api: 'api:1' } });
  });

  it('does not override a deployment made while its tasks ran', async () => {
    const { id } = await world.failedInProd();
    const failed = (await world.runs.read(id)).status;
    const { id: operationId } = await world.restore(id);
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    await sql(
      `INSERT INTO deployment (id, number, end_number, environment_id, service_id, image, status, execution_id, attempt, run_id,
         cause, started_at, ended_at)
       SELECT gen_random_uuid(), nextval('deployment_number_seq'), nextval('deployment_number_seq'), newest.*, now(), now()
       FROM (SELECT DISTINCT ON (service_id) environment_id, service_id, image, status, execution_id,
           attempt + 100, execution_id, cause
         FROM deployment JOIN environment ON environment.id = environment_id
         WHERE environment.name = 'staging' ORDER BY service_id, number DESC) newest`,
    );
    await world.agent.finish(job);
    await world.agent.work(() => world.isOver(operationId));
    expect(await world.operation(operationId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'ENVIRONMENT_CONFLICT' },
    });
    expect((await world.runs.read(id)).status).toBe(failed);
    expect(await world.restored(id, { confirmEnvironmentConflicts: true })).toMatchObject({ status: 'SUCCESS' });
  });

  it('touches no row of another run', async () => {
    const { id } = await world.failedInProd();
    const other = await world.failedInProd();
    await world.restored(id, { confirmEnvironmentConflicts: true });
    const { id: mine } = await world.failedInProd();
    const tables = [
      'execution',
      'task_execution',
      'execution_event',
      'job',
      'artifact',
      'deployment',
      'restore_point',
      'operation',
    ];
    const ofOthers = async () => {
      const found: unknown[] = [];
      for (const table of tables)
        found.push(await sql(`SELECT * FROM ${table} WHERE run_id <> $1 ORDER BY 1, 2`, mine));
      for (const table of [
        'stage_execution',
        'attempt_element',
        'execution_attempt',
        'execution_variable',
        'approval',
        'execution_environment',
      ]) {
        found.push(
          await sql(
            `SELECT t.* FROM ${table} t JOIN execution e ON e.id = t.execution_id WHERE e.run_id <> $1 ORDER BY 1, 2`,
            mine,
          ),
        );
      }
      return found;
    };
    const before = await ofOthers();
    expect(await world.restored(mine)).toMatchObject({ status: 'SUCCESS' });
    expect(await ofOthers()).toEqual(before);
    expect(await world.runs.is(other.id, 'FAILED')).toBe(true);
  });
});
