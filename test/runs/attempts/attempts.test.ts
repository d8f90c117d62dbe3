import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';

const make = (tasks: string) =>
  `---\nkind: Workflow\napplication: app\nname: make\nvariables: [{ name: LEVEL, default: low }]\ntasks:\n${tasks}`;
const DEFINITIONS = `${APP}
${make('  one: { run: "true", register: SET }\n  two: { run: "true", depends_on: [one] }\n')}
---
kind: Pipeline
application: app
name: line
stages:
  - elements: [{ name: make, workflow: make }, { name: check, workflow: make }]
  - elements: [{ name: ship, workflow: make }]
`;
const SHOWN = `attempts { attempt kind base status variables { name value setBy } images { image }
  tasks { id name status attempt jobs { id } artifacts { name } }
  pipelineStageExecutions { pipelineStageName pipelineStepName status attempt
    ... on WorkflowStageExecution { workflowExecutionId workflowAttempt { attempt status tasks { id name status } } } } }`;

interface ShownAttempt {
  readonly attempt: number;
  readonly base: number | null;
  readonly tasks: readonly { readonly name: string; readonly status: string; readonly attempt: number }[];
  readonly pipelineStageExecutions: readonly { readonly pipelineStepName: string; readonly attempt: number }[];
}

describe('attempts', () => {
  let server: TestServer;
  let runs: Runs;
  let agent: ProtocolAgent;
  let applicationId: string;
  beforeAll(async () => {
    server = await startTestServer();
    runs = new Runs(server);
    agent = await ProtocolAgent.register(server.url);
    await runs.apply(DEFINITIONS);
    applicationId = (await runs.ids('pipeline', 'line')).applicationId;
  });
  afterAll(() => server.stop());

  const attempts = async (id: string): Promise<ShownAttempt[]> => {
    const { execution } = await server.client.ask<{ execution: { attempts: ShownAttempt[] } }>(
      `query ($id: ID!) { execution(executionId: $id) { ${SHOWN} } }`,
      { id },
    );
    return execution.attempts;
  };
  const names = (attempt: ShownAttempt | undefined) => attempt?.tasks.map((task) => `${task.name} ${task.attempt}`);
  const resume = (id: string, more: Readonly<Record<string, unknown>>) =>
    server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      {
        input: { applicationId, pipelineExecutionId: id, ...more },
      },
    );
  const resumeWorkflow = (id: string, more: Readonly<Record<string, unknown>> = {}) =>
    server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id, ...more } },
    );

  it('of a workflow keep their tasks, variables and revision', async () => {
    const id = await runs.start('workflow', 'make', {});
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'two',
    );
    const [first] = await attempts(id);
    expect(names(first)).toEqual(['one 1', 'two 1']);
    await runs.apply(make('  new: { run: "true" }\n  one: { run: "true" }\n'));
    await resumeWorkflow(id, { definition: 'LATEST' });
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(await attempts(id)).toMatchObject([first, { attempt: 2, kind: 'RESUME', base: 1 }]);
    expect(names((await attempts(id))[1])).toEqual(['new 2', 'one 1']);
    await runs.apply(make('  one: { run: "true" }\n  two: { run: "true", depends_on: [one] }\n'));
    await server.client.ask(
      'mutation ($input: RerunExecutionInput!) { rerunExecution(input: $input) { execution { id } } }',
      { input: { applicationId, executionId: id } },
    );
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'one',
    );
    await resumeWorkflow(id, { definition: 'LATEST', force: true });
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const all = await attempts(id);
    expect(all[0]).toEqual(first);
    expect(all.map(names)).toEqual([
      ['one 1', 'two 1'],
      ['new 2', 'one 1'],
      ['new 3', 'one 3'],
      ['one 4', 'two 4'],
    ]);
  });

  it('of a pipeline keep their elements and the attempts of their workflows', async () => {
    const id = await runs.start('pipeline', 'line', {});
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'two',
    );
    const [first] = await attempts(id);
    await resume(id, { parallelMode: 'FAILED_ONLY', granularity: 'TASK' });
    await agent.work(
      () => runs.is(id, 'FAILED'),
      () => true,
    );
    const [again, second] = await attempts(id);
    expect(again).toEqual(first);
    expect(names(second)).toEqual(['one 1', 'two 2', 'one 1', 'two 2']);
    await resume(id, { granularity: 'TASK' });
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const all = await attempts(id);
    expect(all.slice(0, 2)).toEqual([first, second]);
    expect(all[2]?.pipelineStageExecutions.map((one) => `${one.pipelineStepName} ${one.attempt}`)).toEqual([
      'make 3',
      'check 3',
      'ship 3',
    ]);
  });

  it.each([
    ['execution_attempt', 'SET failure_code = NULL'],
    ['attempt_element', 'SET stage_index = stage_index'],
    ['stage_execution', 'SET stage_index = stage_index'],
    ['task_execution', 'SET ordinal = ordinal'],
    ['execution_variable', 'SET value = value'],
  ])('that ended reject every statement on %s', async (table, change) => {
    // Deletions are refused row by row, because those of observations are not, so there has to be a row.
    await server.app.database.write(
      `INSERT INTO execution_variable (task_execution_id, name, execution_id, type, value, set_by, set_at)
       SELECT id, 'V', execution_id, 'string', 'x', name, now() FROM task_execution LIMIT 1 ON CONFLICT DO NOTHING`,
    );
    await expect(server.app.database.write(`UPDATE ${table} ${change}`)).rejects.toThrow('is not allowed');
    await expect(server.app.database.write(`DELETE FROM ${table}`)).rejects.toThrow('is not allowed');
    await expect(server.app.database.write(`TRUNCATE ${table} CASCADE`)).rejects.toThrow('is not allowed');
  });
});
