import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { workflowModes } from '../../../src/catalog/language/workflow';
import { type ClaimedJob } from '../../support/protocolAgent';
import { property } from '../../support/property';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

/**
 * However an execution fails and continues, it ends like one that never failed, kept tasks run only once, and no event
 * is missing. Each successful task sets a variable composed of those of its dependencies, so a lost variable would show
 * in all later tasks.
 */
const parameters = property(8);

interface Task {
  readonly name: string;
  readonly ignored: boolean;
  readonly matrix: boolean;
  readonly dependsOn: readonly string[];
}

const ends = ['ok', 'ok', 'ok', 'ignored', 'matrix'] as const;
const graph = fc.array(fc.tuple(fc.constantFrom(...ends), fc.array(fc.nat(), { maxLength: 2 })), {
  minLength: 2,
  maxLength: 6,
});
/** Problem of an attempt: some tasks fail, or the execution is aborted after some of them. */
const trouble = fc.oneof(
  { weight: 3, arbitrary: fc.record({ fails: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ abortAfter: fc.nat({ max: 4 }) }) },
);
const option = fc.record({
  mode: fc.constantFrom(null, ...workflowModes),
  maxParallel: fc.constantFrom(null, 1, 2),
  definition: fc.constantFrom('PINNED', 'LATEST'),
  rerunIgnoredFailures: fc.boolean(),
  parallelMode: fc.constantFrom('ALL', 'FAILED_ONLY'),
  granularity: fc.constantFrom('STAGE', 'TASK'),
});
const scenario = fc.record({
  graph,
  kind: fc.constantFrom('workflow' as const, 'pipeline' as const),
  mode: fc.constantFrom(...workflowModes),
  attempts: fc.array(fc.tuple(trouble, option), { minLength: 1, maxLength: 3 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;
type Trouble = { readonly fails?: readonly number[]; readonly abortAfter?: number };
type Option = typeof option extends fc.Arbitrary<infer Value> ? Value : never;
type End = Readonly<Record<string, unknown>>;

const tasksOf = (drawn: Scenario['graph']): Task[] =>
  drawn.map(([end, links], index) => ({
    // Names in a different order from the graph.
    name: `t${(index * 5) % 7}`,
    ignored: end === 'ignored',
    matrix: end === 'matrix',
    dependsOn: index === 0 ? [] : [...new Set(links.map((link) => `t${((link % index) * 5) % 7}`))],
  }));
const variableOf = (node: string) => `V_${node.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;

describe('resumes of random graphs', () => {
  const { server, runs, agent } = testWorld(APP);
  let applicationId: string;
  let count = 0;

  const documents = (name: string, mode: string, tasks: readonly Task[], description: string) => {
    const lines = tasks.map(
      (task) =>
        `  ${task.name}: { run: "true", ignore_failure: ${task.ignored}, depends_on: [${task.dependsOn}]${task.matrix ? ', matrix: { m: [a, b] }' : ''} }`,
    );
    return `kind: Workflow\napplication: app\nname: ${name}\ndescription: ${description}\nmode: ${mode}\ntasks:\n${lines.join('\n')}
---\nkind: Pipeline\napplication: app\nname: ${name}\nstages:
  - elements: [{ name: one, workflow: ${name} }]
  - elements: [{ name: left, workflow: ${name} }, { name: right, workflow: ${name} }]\n`;
  };
  const finish = (job: ClaimedJob, tasks: readonly Task[], fails: boolean) => {
    const task = tasks.find((one) => one.name === job.task.split('[')[0]);
    if (fails || task?.ignored) return agent.finish(job, { exitCode: 1 });
    const names = (task?.dependsOn ?? []).flatMap((name) => [name, `${name}[m=a]`, `${name}[m=b]`].map(variableOf));
    const hash = createHash('sha256').update(names.map((name) => job.env[name] ?? '').join('|') + job.task);
    return agent.finish(job, { outputs: [{ name: variableOf(job.task), value: hash.digest('hex').slice(0, 8) }] });
  };
  /** Runs all jobs until the execution is final, and returns the tasks that ran. */
  const drive = async (id: string, tasks: readonly Task[], { fails = [], abortAfter }: Trouble = {}) => {
    const ran: ClaimedJob[] = [];
    const nodes = tasks.map((task) => task.name);
    const doomed = new Set(fails.map((index) => nodes[index % nodes.length]));
    if (abortAfter === 0) await runs.abort(id);
    while (!(await runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'))) {
      for (const job of await agent.claim(10, 20)) {
        const { body } = await agent.start(job);
        const [started] = body.jobs as readonly { ok: boolean }[];
        if (!started?.ok) continue;
        ran.push(job);
        await finish(job, tasks, doomed.has(job.task.split('[')[0] ?? ''));
        if (ran.length === abortAfter) await runs.abort(id).catch(() => undefined);
      }
    }
    return ran;
  };
  const ask = async <Data>(operation: string, input: object): Promise<Data> => {
    const type = /resume\w*Preview|resumeExecution|resumeWorkflowExecution/.exec(operation)?.[0] ?? '';
    const inputType = type.includes('Workflow') ? 'ResumeWorkflowExecutionInput' : 'ResumeExecutionInput';
    return server.client.ask<Data>(operation.replace('$$', `($input: ${inputType}!)`), { input });
  };
  const goOn = async (kind: Scenario['kind'], id: string, chosen: Option): Promise<readonly string[]> => {
    const { mode, maxParallel, definition, rerunIgnoredFailures, parallelMode, granularity } = chosen;
    const own = { applicationId, definition, maxParallel };
    if (kind === 'workflow') {
      const input = { ...own, workflowExecutionId: id, mode, rerunIgnoredFailures };
      const { resumeWorkflowPreview: plan } = await ask<{
        resumeWorkflowPreview: { planToken: string; tasksThatRun: string[] };
      }>('query $$ { resumeWorkflowPreview(input: $input) { planToken tasksThatRun } }', input);
      await ask('mutation $$ { resumeWorkflowExecution(input: $input) { execution { id } } }', {
        ...input,
        planToken: plan.planToken,
      });
      return plan.tasksThatRun;
    }
    const input = { ...own, pipelineExecutionId: id, executionMode: mode, parallelMode, granularity };
    const { resumePreview: plan } = await ask<{
      resumePreview: { planToken: string; willRun: { tasksThatRun: string[] }[] };
    }>('query $$ { resumePreview(input: $input) { planToken willRun { tasksThatRun } } }', input);
    await ask('mutation $$ { resumeExecution(input: $input) { execution { id } } }', {
      ...input,
      planToken: plan.planToken,
    });
    return plan.willRun.flatMap((element) => element.tasksThatRun);
  };
  /** Statuses and variables of a workflow execution. */
  const endOf = async (id: string): Promise<End> => {
    const { execution } = await server.client.ask<{
      execution: {
        status: string;
        tasks: { name: string; status: string }[];
        variables: { name: string; value: string; type: string; setBy: string }[];
      };
    }>(
      'query ($id: ID!) { execution(executionId: $id) { status variables { name value type setBy } ... on WorkflowExecution { tasks { name status } } } }',
      { id },
    );
    return execution;
  };
  const membersOf = async (kind: Scenario['kind'], id: string): Promise<readonly string[]> =>
    kind === 'workflow'
      ? [id]
      : ((await runs.read(id)).pipelineStageExecutions ?? []).map((stage) => stage.workflowExecutionId ?? '');
  const expectNoGaps = async (id: string) => {
    const rows = await server.app.database.rows<{ sequence: number; own: number; place: number }>(
      `SELECT sequence, execution_sequence AS own, row_number() OVER (PARTITION BY execution_id ORDER BY sequence)::int AS place
       FROM execution_event WHERE run_id = $1 ORDER BY sequence`,
      [id],
    );
    expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.map((row) => row.own)).toEqual(rows.map((row) => row.place));
  };

  it(
    'end like an execution that never failed',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async ({ graph: drawn, kind, mode, attempts }) => {
          const tasks = tasksOf(drawn);
          const name = `drawn-${count++}`;
          await runs.apply(documents(name, mode, tasks, 'first'));
          applicationId = (await runs.ids('workflow', name)).applicationId;
          const whole = await runs.start('workflow', name);
          await drive(whole, tasks);
          const expected = await endOf(whole);
          expect(expected.status).toBe('SUCCESS');

          const id = await runs.start(kind, name);
          let planned: readonly string[] | undefined;
          for (const [index, [troubled]] of [...attempts, [{}] as const].entries()) {
            const ran = await drive(id, tasks, troubled);
            if (planned !== undefined) {
              // Kept tasks don't run; planned tasks do, all of them if nothing stops the execution.
              const left = [...planned];
              for (const job of ran) expect(left.splice(left.indexOf(job.task) >>> 0, 1)).toEqual([job.task]);
              if (await runs.is(id, 'SUCCESS')) expect(left).toEqual([]);
            }
            const chosen = attempts[index]?.[1];
            if (chosen === undefined || (await runs.is(id, 'SUCCESS'))) break;
            // Another revision with the same meaning, for resumes with the current one.
            await runs.apply(documents(name, mode, tasks, `after-${index}`));
            planned = await goOn(kind, id, chosen);
          }
          for (const member of await membersOf(kind, id)) expect(await endOf(member)).toEqual(expected);
          const twice = await server.app.database.rows(
            `SELECT task.name FROM task_execution task WHERE task.run_id = $1 AND task.status = 'SUCCESS' GROUP BY task.execution_id, task.name HAVING count(*) > 1`,
            [id],
          );
          expect(twice).toEqual([]);
          await expectNoGaps(id);
        }),
        parameters,
      );
    },
    20_000 + parameters.numRuns * 5_000,
  );
});
