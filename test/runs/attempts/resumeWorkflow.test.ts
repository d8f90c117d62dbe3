import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

const GRAPH = `  flaky: { run: "true", ignore_failure: true }
  first: { run: "true", register: BUILD }
  second: { run: "true", depends_on: [first, flaky], retries: 1 }
  third: { run: "true", depends_on: [second] }`;
const FLOW = workflow(
  'flow',
  GRAPH,
  'variables: [{ name: LEVEL, default: low, allowed_values: [low, high] }, { name: TICKET, required: true }, { name: PLACE, default: here, fixed: true }]',
);
const DEFINITIONS =
  APP +
  FLOW +
  workflow(
    'aimed',
    '  one: { run: "true" }\n  two: { run: "true", depends_on: [one] }',
    `environment: \${environment}`,
  ) +
  workflow(
    'conditional',
    `  always: { run: "true" }
  region: { run: "true", if: 'LEVEL == "high"', depends_on: [always] }
  after: { run: "true", depends_on: [region] }
  broken: { run: "true", depends_on: [always] }`,
    'variables: [{ name: LEVEL, default: low }]',
  ) +
  workflow(
    'modes',
    `  a1: { run: "true" }
  a2: { run: "true" }
  b1: { run: "true", depends_on: [a1] }
  c1: { run: "true", depends_on: [b1] }`,
  );

interface Preview {
  readonly allowed: boolean;
  readonly refusals: readonly { code: string; message: string }[];
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
  readonly planToken: string | null;
  readonly changes: readonly { change: string; task: string; incompatible: boolean }[];
  readonly environmentAccess: readonly { allowed: boolean; environment: { name: string } }[];
}
type More = Readonly<Record<string, unknown>>;

describe('resumeWorkflowExecution', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  let applicationId: string;
  beforeAll(async () => {
    applicationId = (await runs.ids('workflow', 'flow')).applicationId;
  });

  const resume = (id: string, more: More = {}) =>
    server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id, ...more } },
    );
  const preview = async (id: string, more: More = {}): Promise<Preview> => {
    const { resumeWorkflowPreview } = await server.client.ask<{ resumeWorkflowPreview: Preview }>(
      `query ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowPreview(input: $input) { allowed refusals { code message } tasksThatRun tasksKept planToken
        changes { change task incompatible } environmentAccess { allowed environment { name } } } }`,
      { input: { applicationId, workflowExecutionId: id, ...more } },
    );
    return resumeWorkflowPreview;
  };
  const value = (name: string, text: string, type = 'NAME') => ({ name, variableValue: { type, value: text } });
  const start = () => runs.start('workflow', 'flow', { variableInputs: [value('TICKET', 'T-1')] });
  /** flaky has failed and is ignored, first has set BUILD, second has failed twice. */
  const failed = async (): Promise<string> => {
    const id = await start();
    while (!(await runs.is(id, 'FAILED'))) {
      for (const job of await agent.claim(10, 50)) {
        await agent.start(job);
        const outputs = [{ name: 'BUILD', value: '42' }];
        await agent.finish(job, job.task === 'first' ? { outputs } : { exitCode: 1 });
      }
    }
    return id;
  };
  const variables = async (id: string) => {
    const { execution } = await server.client.ask<{
      execution: { variables: { name: string; value: string; type: string; setBy: string | null }[] };
    }>('query ($id: ID!) { execution(executionId: $id) { variables { name value type setBy } } }', { id });
    return execution.variables.map(({ name, value: text, type, setBy }) => [name, text, type, setBy]);
  };

  it('keeps successful tasks with their variables, reapplies start values, and resets tries', async () => {
    const id = await failed();
    await resume(id);
    const second = await agent.runOne({ exitCode: 1 });
    expect(second).toMatchObject({ task: 'second', env: { BUILD: '42', TICKET: 'T-1', LEVEL: 'low' } });
    // Its one retry is available again, although the first attempt used it up.
    expect((await runs.task(id, 'second')).tries).toBeGreaterThan(0);
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map((job) => [job.task, job.attempt])).toEqual([
      ['second', 2],
      ['third', 1],
    ]);
    expect(await variables(id)).toEqual([
      ['BUILD', '42', 'int', 'first'],
      ['LEVEL', 'low', 'string', null],
      ['PLACE', 'here', 'string', null],
      ['TICKET', 'T-1', 'string', null],
    ]);
    // Counts tasks, not the rows of their attempts.
    expect((await runs.read(id)).tasks?.map((task) => task.name)).toEqual(['first', 'flaky', 'second', 'third']);
  });

  it('overrides start values for tasks that run again, within the definition’s rules', async () => {
    const id = await failed();
    const before = await runs.events(id);
    const refused = async (...inputs: object[]) => {
      const error: unknown = await resume(id, { variableInputs: inputs }).catch((one: unknown) => one);
      return String(error);
    };
    expect(
      await refused(value('BUILD', '43'), value('LEVEL', 'odd'), value('PLACE', 'there'), value('NONE', '1')),
    ).toMatch(
      /INVALID_INPUT: (?=.*BUILD: was set by the task "first")(?=.*LEVEL: "odd" is not one of)(?=.*PLACE: is fixed)(?=.*NONE: there is no variable)/s,
    );
    expect(await refused(value('environment', 'prod'))).toContain('keeps its environment');
    expect(await runs.events(id)).toEqual(before);
    await resume(id, { variableInputs: [value('LEVEL', 'high')] });
    const second = await agent.runOne();
    expect(second.env).toMatchObject({ LEVEL: 'high', TICKET: 'T-1', BUILD: '42' });
    await agent.runOne({ exitCode: 1 });
    // The next resume starts from the overridden value.
    await resume(id);
    expect((await agent.runOne()).env).toMatchObject({ LEVEL: 'high', TICKET: 'T-1' });
    expect(await runs.is(id, 'SUCCESS')).toBe(true);
  });

  it('reruns ignored failures only on request, and keeps their passed dependents', async () => {
    const id = await failed();
    expect(await preview(id)).toMatchObject({ tasksThatRun: ['second', 'third'], tasksKept: ['first', 'flaky'] });
    expect(await preview(id, { rerunIgnoredFailures: true })).toMatchObject({
      tasksThatRun: ['flaky', 'second', 'third'],
      tasksKept: ['first'],
    });
    await resume(id, { rerunIgnoredFailures: true });
    // Kept tasks may not wait for it; tasks that run again do.
    expect((await agent.claim(10)).map((job) => job.task)).toEqual(['flaky']);
    await runs.abort(id);
  });

  it('reevaluates conditions of skipped tasks only on request', async () => {
    const id = await runs.start('workflow', 'conditional');
    const broken = (job: { task: string }) => job.task === 'broken';
    await agent.work(() => runs.is(id, 'FAILED'), broken);
    const states = async () => (await runs.read(id)).tasks?.map((task) => [task.name, task.status]);
    expect(await states()).toEqual([
      ['always', 'SUCCESS'],
      ['broken', 'FAILED'],
      ['region', 'SKIPPED'],
      ['after', 'SUCCESS'],
    ]);
    await resume(id, { variableInputs: [value('LEVEL', 'high')], rerunIgnoredFailures: true });
    expect((await agent.work(() => runs.is(id, 'FAILED'), broken)).map((job) => job.task)).toEqual(['broken']);
    expect(await preview(id, { reevaluateSkipped: true })).toMatchObject({
      tasksThatRun: ['broken', 'region'],
      tasksKept: ['always', 'after'],
    });
    await resume(id, { reevaluateSkipped: true });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    // It runs now; its dependents succeeded and are kept.
    expect(ran.map((job) => job.task).sort()).toEqual(['broken', 'region']);
  });

  it('keeps the mode unless another one is chosen', async () => {
    const id = await runs.start('workflow', 'modes', { mode: 'WORK_STEALING' });
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task.startsWith('a'),
    );
    await resume(id);
    const [a1, a2] = await agent.claim(10);
    if (a1 === undefined || a2 === undefined) throw new Error('both roots should run');
    await agent.start(a1, a2);
    await agent.finish(a1);
    // b1 doesn't wait for the rest of the level of a1.
    const b1 = await agent.claimOne();
    expect([a1.task, a2.task, b1.task]).toEqual(['a1', 'a2', 'b1']);
    await agent.start(b1);
    await agent.finish(b1, { exitCode: 1 });
    await agent.finish(a2, { exitCode: 1 });
    await resume(id, { mode: 'SEQUENTIAL' });
    const last = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(last.map((job) => job.task)).toEqual(['a2', 'b1', 'c1']);
    const { execution } = await server.client.ask<{ execution: { mode: string } }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { mode } } }',
      { id },
    );
    expect(execution.mode).toBe('SEQUENTIAL');
  });

  it('continues with the current definition: new tasks, commands and variables', async () => {
    const id = await failed();
    const now = FLOW.replace('third: { run: "true"', 'sign: { run: "true" }\n  third: { run: new');
    await runs.apply(now);
    expect(await preview(id, { definition: 'LATEST' })).toMatchObject({
      allowed: true,
      tasksThatRun: ['sign', 'second', 'third'],
      tasksKept: ['first', 'flaky'],
      changes: [
        { change: 'CHANGED', task: 'third', incompatible: false },
        { change: 'ADDED', task: 'sign', incompatible: false },
      ],
    });
    await runs.apply(now.replace('variables: [', 'variables: [{ name: OWNER, required: true }, '));
    expect(await preview(id, { definition: 'LATEST' })).toMatchObject({
      allowed: false,
      refusals: [{ code: 'INVALID_INPUT' }],
    });
    const variableInputs = [value('OWNER', 'me')];
    const { planToken } = await preview(id, { definition: 'LATEST', variableInputs });
    await expect(
      resume(id, { definition: 'LATEST', variableInputs: [value('OWNER', 'you')], planToken }),
    ).rejects.toThrow('PLAN_STALE');
    await expect(resume(id, { variableInputs: [], planToken })).rejects.toThrow('PLAN_STALE');
    await resume(id, { definition: 'LATEST', variableInputs, planToken });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map((job) => [job.task, job.env.OWNER])).toEqual([
      ['sign', 'me'],
      ['second', 'me'],
      ['third', 'me'],
    ]);
    expect(ran[2]?.command).toBe('new');
    await runs.apply(FLOW);
  });

  it('rejects a latest definition without a kept task; force drops the task’s variables', async () => {
    const id = await failed();
    await runs.apply(
      FLOW.replace('  first: { run: "true", register: BUILD }\n', '').replace('[first, flaky]', '[flaky]'),
    );
    await expect(resume(id, { definition: 'LATEST' })).rejects.toThrow(
      /INCOMPATIBLE_DEFINITION: .*: task "first", which would be kept, was removed/,
    );
    await expect(resume(id, { force: true })).rejects.toThrow('INVALID_INPUT: force');
    await resume(id, { definition: 'LATEST', force: true });
    expect((await agent.runOne()).env.BUILD).toBeUndefined();
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect((await runs.read(id)).tasks?.map((task) => task.name)).toEqual(['flaky', 'second', 'third']);
    await runs.apply(FLOW);
  });

  it('stays in its environment, and reports missing permissions there', async () => {
    const id = await runs.start('workflow', 'aimed', { variableInputs: [value('environment', 'prod')] });
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'two',
    );
    expect(await preview(id, { variableInputs: [value('environment', 'prod')] })).toMatchObject({
      allowed: true,
      environmentAccess: [{ allowed: true, environment: { name: 'prod' } }],
    });
    await runs.apply(
      workflow('aimed', '  one: { run: "true" }\n  two: { run: "true", depends_on: [one] }', 'environment: staging'),
    );
    await expect(resume(id, { definition: 'LATEST' })).rejects.toThrow('INCOMPATIBLE_DEFINITION');
    await resume(id);
    await runs.abort(id);
  });

  it('counts active time, not the gap between attempts', async () => {
    const id = await failed();
    const gap = 3_600_000;
    await server.app.database.write(
      `UPDATE execution SET created_at = created_at - interval '1 hour', started_at = started_at - interval '1 hour',
         attempt_started_at = attempt_started_at - interval '1 hour', ended_at = ended_at - interval '1 hour' WHERE id = $1`,
      [id],
    );
    await server.app.database.write('ALTER TABLE execution_attempt DISABLE TRIGGER execution_attempt_sealed');
    await server.app.database.write(
      `UPDATE execution_attempt SET created_at = created_at - interval '1 hour', started_at = started_at - interval '1 hour', ended_at = ended_at - interval '1 hour' WHERE execution_id = $1`,
      [id],
    );
    await server.app.database.write('ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_sealed');
    const duration = async () => {
      const { execution } = await server.client.ask<{
        execution: { durationMs: number; attempts: { durationMs: number }[]; startedAt: string; endedAt: string };
      }>('query ($id: ID!) { execution(executionId: $id) { durationMs startedAt endedAt attempts { durationMs } } }', {
        id,
      });
      return execution;
    };
    const first = await duration();
    await resume(id);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const both = await duration();
    expect(Date.parse(both.endedAt) - Date.parse(both.startedAt)).toBeGreaterThan(gap * 0.9);
    expect(both.durationMs).toBeLessThan(gap / 2);
    expect(both.durationMs).toBe(both.attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0));
    expect(both.attempts[0]?.durationMs).toBe(first.durationMs);
    const { executions } = await server.client.ask<{ executions: { nodes: object[] } }>(
      `query ($id: String!, $most: Number!) { executions(filters: [{execution: {operator: EQUALS, values: [$id]}, duration: {operator: LESS_THAN, values: [$most]}}]) { nodes { id } } }`,
      { id, most: gap / 2 },
    );
    expect(executions.nodes).toEqual([{ id }]);
  });
});
