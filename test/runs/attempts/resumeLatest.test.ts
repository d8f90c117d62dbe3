import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const document = (kind: string, name: string, rest: string) =>
  `---\nkind: ${kind}\napplication: app\nname: ${name}\n${rest}\n`;
const BUILD = document(
  'Workflow',
  'build',
  `tasks:
  lint: { run: "true" }
  unit: { run: "true" }
  test: { run: old, depends_on: [lint, unit] }
  pack: { run: "true", depends_on: [test] }`,
);
const SHIP = document('Workflow', 'ship', `environment: \${environment}\ntasks: { ship: { run: "true" } }`);
const release = (stages: string, rest = '') => document('Pipeline', 'release', `${rest}\nstages:\n${stages}`);
const STAGES = `  - { name: Build, elements: [{ name: build, workflow: build }] }
  - { name: Staging, elements: [{ name: staging, workflow: ship, environment: staging }, { name: check, workflow: build }] }
  - { name: Live, elements: [{ name: live, workflow: ship, environment: prod }] }`;
const DEFINITIONS = APP + BUILD + SHIP + release(STAGES);

interface Preview {
  readonly allowed: boolean;
  readonly refusals: readonly { code: string; message: string }[];
  readonly planToken: string | null;
  readonly willRun: readonly { stepName: string; tasksThatRun: string[]; tasksKept: string[] }[];
  readonly changes: readonly {
    change: string;
    stage: string | null;
    step: string | null;
    task: string | null;
    incompatible: boolean;
  }[];
  readonly environmentAccess: readonly { allowed: boolean; environment: { name: string } | null }[];
}

describe('a resume with the latest definition', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  beforeEach(() => runs.apply(DEFINITIONS));

  const inputOf = async (id: string, more: Readonly<Record<string, unknown>>) => ({
    applicationId: (await runs.ids('pipeline', 'release')).applicationId,
    pipelineExecutionId: id,
    definition: 'LATEST',
    ...more,
  });
  const resume = async (id: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: await inputOf(id, more) },
    );
  };
  const preview = async (id: string, more: Readonly<Record<string, unknown>> = {}): Promise<Preview> => {
    const { resumePreview } = await server.client.ask<{ resumePreview: Preview }>(
      `query ($input: ResumeExecutionInput!) { resumePreview(input: $input) { allowed refusals { code message } planToken
        willRun { stepName tasksThatRun tasksKept } changes { change stage step task incompatible } environmentAccess { allowed environment { name } } } }`,
      { input: await inputOf(id, more) },
    );
    return resumePreview;
  };
  /** A release whose check failed at its test, so that its lint and unit can be kept. */
  const failed = async (more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const id = await runs.start('pipeline', 'release', more);
    let tests = 0;
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'test' && ++tests > 1,
    );
    return id;
  };
  const statuses = async (id: string) =>
    (await runs.read(id)).pipelineStageExecutions?.map((stage) => [stage.pipelineStepName, stage.status]);
  const changesOf = async (id: string, more: Readonly<Record<string, unknown>> = {}) =>
    (await preview(id, more)).changes.map(({ change, step, task, incompatible }) => [
      change,
      task ?? step,
      incompatible,
    ]);

  it('runs new stages, new tasks and changed commands, and each attempt shows its revision', async () => {
    const id = await failed();
    await runs.apply(
      BUILD.replace('run: old', 'run: new').replace('  pack:', '  sign: { run: "true" }\n  pack:') +
        release(
          STAGES.replace(
            '  - { name: Live',
            '  - { name: Smoke, elements: [{ name: smoke, workflow: build }] }\n  - { name: Live',
          ),
        ),
    );
    expect(await preview(id, { granularity: 'TASK', parallelMode: 'FAILED_ONLY' })).toMatchObject({
      allowed: true,
      willRun: [
        { stepName: 'check', tasksThatRun: ['sign', 'test', 'pack'], tasksKept: ['lint', 'unit'] },
        { stepName: 'smoke', tasksThatRun: ['lint', 'sign', 'unit', 'test', 'pack'], tasksKept: [] },
        { stepName: 'live', tasksThatRun: ['ship'] },
      ],
      environmentAccess: [{ allowed: true, environment: { name: 'prod' } }],
    });
    expect(await changesOf(id, { granularity: 'TASK', parallelMode: 'FAILED_ONLY' })).toEqual([
      ['ADDED', 'smoke', false],
      // In the kept element, and in the one that continues.
      ['CHANGED', 'test', false],
      ['ADDED', 'sign', false],
      ['CHANGED', 'test', false],
      ['ADDED', 'sign', false],
    ]);
    await resume(id, { granularity: 'TASK', parallelMode: 'FAILED_ONLY' });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.slice(0, 3).map((job) => [job.task, job.command])).toEqual([
      ['sign', 'true'],
      ['test', 'new'],
      ['pack', 'true'],
    ]);
    expect(await statuses(id)).toEqual(['build', 'staging', 'check', 'smoke', 'live'].map((name) => [name, 'SUCCESS']));
    const { execution } = await server.client.ask<{
      execution: { attempts: { revision: { number: number } }[]; pipelineStageExecutions: unknown[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { attempts { revision { number } } ... on PipelineExecution { pipelineStageExecutions {
        ... on WorkflowStageExecution { revision { number } workflowExecution { attempts { revision { number } } tasks { name } } } } } } }`,
      { id },
    );
    const [first, second] = execution.attempts.map((attempt) => attempt.revision.number);
    expect(second).toBe((first ?? 0) + 1);
    const check = execution.pipelineStageExecutions[2] as {
      revision: { number: number };
      workflowExecution: { attempts: { revision: { number: number } }[]; tasks: { name: string }[] };
    };
    const [was, is] = check.workflowExecution.attempts.map((attempt) => attempt.revision.number);
    expect([is, check.revision.number]).toEqual([(was ?? 0) + 1, (was ?? 0) + 1]);
    expect(check.workflowExecution.tasks.map((task) => task.name)).toEqual(['lint', 'sign', 'unit', 'test', 'pack']);
  });

  it('keeps the pinned revisions by default', async () => {
    const id = await failed();
    await runs.apply(BUILD.replace('run: old', 'run: new'));
    await resume(id, { definition: 'PINNED', granularity: 'TASK', parallelMode: 'FAILED_ONLY' });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map((job) => job.command)).toEqual(['old', 'true', 'true']);
  });

  describe.each<[string, string, [string, string, boolean][]]>([
    ['renamed', STAGES.replace('name: Build', 'name: Compile'), [['RENAMED', 'build', true]]],
    ['removed', STAGES.split('\n').slice(1).join('\n'), [['REMOVED', 'build', true]]],
    [
      'rewired',
      STAGES.replace('{ name: build, workflow: build }', '{ name: build, workflow: ship, environment: staging }'),
      [['REWIRED', 'build', true]],
    ],
    [
      'moved',
      `  - { name: First, elements: [{ name: first, workflow: build }] }\n${STAGES}`,
      [
        ['MOVED', 'build', true],
        ['ADDED', 'first', true],
      ],
    ],
  ])('of which a kept stage was %s', (_what, stages, expected) => {
    it('is refused with the list of changes; force runs the stage and later ones', async () => {
      const id = await failed();
      await runs.apply(release(stages));
      const events = await runs.events(id);
      await expect(resume(id)).rejects.toThrow('INCOMPATIBLE_DEFINITION');
      expect(await changesOf(id)).toEqual(expected);
      expect(await preview(id)).toMatchObject({
        allowed: false,
        planToken: null,
        refusals: [{ code: 'INCOMPATIBLE_DEFINITION' }],
      });
      expect(await runs.events(id)).toEqual(events);
      await resume(id, { force: true });
      const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
      expect(ran.map((job) => job.task).sort()).toEqual(['lint', 'pack', 'ship', 'ship', 'test', 'unit']);
      const kept = _what === 'removed' ? [] : [['build', 'SUCCESS']];
      expect(await statuses(id)).toEqual([...kept, ...['staging', 'check', 'live'].map((name) => [name, 'SUCCESS'])]);
    });
  });

  it.each<[string, string, [string, string, boolean][], string[]]>([
    [
      'renamed',
      BUILD.replace('  lint:', '  style:').replace('[lint, unit]', '[style, unit]'),
      [
        ['REMOVED', 'lint', true],
        ['CHANGED', 'test', false],
        ['ADDED', 'style', false],
      ],
      ['style', 'test', 'pack'],
    ],
    [
      'rewired',
      BUILD.replace('unit: { run: "true"', 'unit: { run: "true", depends_on: [lint]'),
      [['REWIRED', 'unit', true]],
      ['test', 'pack'],
    ],
  ])(
    'of which a kept task was %s is refused with the list, unless that is forced',
    async (_what, build, expected, runsAgain) => {
      const id = await failed();
      await runs.apply(build);
      const choice = { granularity: 'TASK', parallelMode: 'FAILED_ONLY' };
      await expect(resume(id, choice)).rejects.toThrow('INCOMPATIBLE_DEFINITION');
      // The element of the first stage is kept whole, with its test; in the other element the test runs again.
      const ofKept = expected.map((one) => (one[0] === 'CHANGED' ? ['REWIRED', one[1], true] : one));
      expect(await changesOf(id, choice)).toEqual([...ofKept, ...expected]);
      const refusal = await preview(id, choice).then(({ refusals }) => refusals[0]?.message);
      expect(refusal).toContain(`task "${expected[0]?.[1]}" of element "build" of stage "Build", which would be kept,`);
      expect(refusal).toContain(
        `task "${expected[0]?.[1]}" of element "check" of stage "Staging", which would be kept,`,
      );
      // An element that runs again as a whole keeps nothing that could be incompatible; the kept element of the same
      // workflow does.
      expect((await preview(id, { ...choice, granularity: 'STAGE' })).refusals).toMatchObject([
        { code: 'INCOMPATIBLE_DEFINITION', message: expect.not.stringContaining('"check"') },
      ]);
      expect((await preview(id, { pipelineStageName: 'Build' })).allowed).toBe(true);
      await resume(id, { ...choice, force: true });
      const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
      expect(ran.map((job) => job.task)).toEqual([...runsAgain, 'ship']);
    },
  );

  describe('if a later stage takes files of a kept one', () => {
    const maker = (task: string, run = 'true') =>
      document('Workflow', 'mk', `tasks: { ${task}: { run: "${run}", artifacts: [out.txt] } }`);
    const taker = (task: string, more = '') =>
      document('Workflow', 'take', `tasks: { take: { run: "true", artifacts: { from: mk.${task} } }${more} }`);
    const line = (maker: string) =>
      release(`  - { name: Make, elements: [{ name: mk, workflow: ${maker} }] }
  - { name: Take, elements: [{ name: take, workflow: take }] }`);

    const failedToTake = async (): Promise<string> => {
      await runs.apply(maker('pack') + taker('pack') + line('mk'));
      const id = await runs.start('pipeline', 'release');
      await agent.work(
        () => runs.is(id, 'FAILED'),
        (job) => job.task === 'take',
      );
      return id;
    };

    it('is refused if the task that uploaded them was renamed', async () => {
      const id = await failedToTake();
      await runs.apply(maker('pkg') + taker('pkg') + line('mk'));
      await expect(resume(id)).rejects.toThrow(
        'INCOMPATIBLE_DEFINITION: The current definition does not fit what would be kept: task "pack" of element "mk" of stage "Make", which would be kept, was removed or renamed.',
      );
      expect(await preview(id)).toMatchObject({ allowed: false, planToken: null });
      expect(await runs.is(id, 'FAILED')).toBe(true);
      await resume(id, { pipelineStageName: 'Make' });
      await agent.work(() => runs.is(id, 'SUCCESS'));
    });

    it('continues if a kept task has another command or a new sibling, and runs neither', async () => {
      const id = await failedToTake();
      await runs.apply(
        document(
          'Workflow',
          'mk',
          'tasks: { pack: { run: "new", artifacts: [out.txt] }, sign: { run: "true", depends_on: [pack] } }',
        ) + taker('pack', ', more: { run: "true" }'),
      );
      const { allowed, changes } = await preview(id);
      expect(allowed).toBe(true);
      expect(changes.map(({ step, task, change }) => [step, task, change])).toEqual([
        ['mk', 'pack', 'CHANGED'],
        ['mk', 'sign', 'ADDED'],
        ['take', 'more', 'ADDED'],
      ]);
      await resume(id);
      const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
      expect(ran.map((job) => job.task).sort()).toEqual(['more', 'take']);
    });

    it('rejects a plan if more kept parts have changed than the preview showed', async () => {
      const id = await failedToTake();
      const { planToken } = await preview(id);
      await runs.apply(maker('pack', 'new'));
      await expect(resume(id, { planToken })).rejects.toThrow('PLAN_STALE');
    });
  });

  it('ignores force with the pinned definition', async () => {
    const id = await failed();
    for (const definition of ['PINNED', null]) {
      await expect(resume(id, { definition, force: true })).rejects.toThrow(/INVALID_INPUT: force .*LATEST/);
      expect(await preview(id, { definition, force: true })).toMatchObject({
        allowed: false,
        planToken: null,
        refusals: [{ code: 'INVALID_INPUT' }],
      });
      expect((await preview(id, { definition, force: false })).allowed).toBe(true);
    }
  });

  it('names the variables and images that the start did not provide', async () => {
    const id = await failed();
    await runs.apply(
      `kind: Service\napplication: app\nname: web\n${SHIP.replace('tasks:', 'services: [web]\ntasks:')}${release(
        STAGES,
        'variables: [{ name: TICKET, required: true }, { name: LEVEL, default: high }]',
      )}`,
    );
    await expect(resume(id)).rejects.toThrow(/INVALID_INPUT.*TICKET/s);
    expect((await preview(id)).refusals).toMatchObject([{ code: 'INVALID_INPUT' }]);
    await expect(resume(id)).rejects.toThrow('serviceInputs.web');
  });

  it('reapplies start values, and applies new defaults', async () => {
    await runs.apply(release(STAGES, 'variables: [{ name: TICKET }]'));
    const id = await failed({ variableInputs: [{ name: 'TICKET', variableValue: { type: 'NAME', value: 'T-1' } }] });
    const used = 'variables: [{ name: TICKET }, { name: LEVEL }]\n';
    await runs.apply(
      SHIP.replace('tasks:', `${used}tasks:`) +
        release(STAGES, 'variables: [{ name: TICKET }, { name: LEVEL, default: high }]'),
    );
    await resume(id);
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.find((job) => job.task === 'ship')?.env).toMatchObject({ TICKET: 'T-1', LEVEL: 'high' });
  });

  it('accepts a plan only while the definition is the previewed one', async () => {
    const id = await failed();
    const { planToken } = await preview(id);
    await runs.apply(BUILD.replace('run: old', 'run: new'));
    await expect(resume(id, { planToken })).rejects.toThrow('PLAN_STALE');
    await expect(resume(id, { planToken: (await preview(id)).planToken, force: true })).rejects.toThrow('PLAN_STALE');
    await resume(id, { planToken: (await preview(id)).planToken });
    await runs.abort(id);
  });

  it('runs all repeated workflows in another mode on request', async () => {
    const id = await failed();
    await resume(id, {
      definition: 'PINNED',
      executionMode: 'SEQUENTIAL',
      maxParallel: 1,
      parallelMode: 'FAILED_ONLY',
    });
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const modes = await server.app.database.rows(
      `SELECT stage.step_name AS step, member.mode, member.max_parallel AS most FROM execution member
       JOIN stage_execution stage ON stage.id = member.parent_stage_execution_id
       JOIN execution run ON run.id = member.run_id
       JOIN attempt_element shown ON shown.stage_execution_id = stage.id AND shown.execution_id = run.id AND shown.attempt = run.attempt
       WHERE member.run_id = $1 ORDER BY stage.stage_index, 1`,
      [id],
    );
    expect(modes).toEqual([
      { step: 'build', mode: 'WORK_STEALING', most: null },
      { step: 'check', mode: 'SEQUENTIAL', most: 1 },
      { step: 'staging', mode: 'WORK_STEALING', most: null },
      { step: 'live', mode: 'SEQUENTIAL', most: 1 },
    ]);
  });

  it('of a deleted pipeline has no latest definition; the pinned one continues', async () => {
    const id = await failed();
    const { entityId } = await runs.ids('pipeline', 'release');
    await server.client.ask('mutation ($id: ID!) { deletePipeline(input: {pipelineId: $id}) { clientMutationId } }', {
      id: entityId,
    });
    await runs.apply(APP);
    const applicationId = (await runs.ids('workflow', 'build')).applicationId;
    const input = { applicationId, pipelineExecutionId: id, definition: 'LATEST' };
    const ask = (definition: string) =>
      server.client.ask(
        'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
        { input: { ...input, definition } },
      );
    await expect(ask('LATEST')).rejects.toThrow('NOT_STARTABLE');
    await ask('PINNED');
    await runs.abort(id);
  });
});
