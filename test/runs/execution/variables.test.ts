import { typeOf } from '../../../src/engine/variableType';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

const DEFINITIONS =
  APP +
  workflow(
    'passing',
    `  one: { run: "true", register: BUILD, retries: 1 }
  two: { run: "true", depends_on: [one] }
  three: { run: "true", depends_on: [two], env: { LEVEL: own } }`,
    'variables: [{ name: GIVEN, default: "7" }]',
  );

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly setBy: string | null;
  readonly readOnly: boolean;
}

describe('variables between tasks', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const variables = async (id: string): Promise<Variable[]> => {
    const { execution } = await server.client.ask<{ execution: { variables: Variable[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { variables { name value type setBy setAt readOnly } } }',
      { id },
    );
    return execution.variables;
  };
  const set = async (id: string) =>
    (await variables(id)).filter(({ setBy }) => setBy !== null).map(({ name, value, setBy }) => [name, value, setBy]);
  const output = (name: string, value: string) => ({ name, value });

  it('reach later tasks as environment variables; a task’s own env takes precedence', async () => {
    const id = await runs.start('workflow', 'passing');
    const one = await agent.claimOne();
    expect(one).toMatchObject({ register: 'BUILD', env: { GIVEN: '7' } });
    expect(one.env.BUILD).toBeUndefined();
    await agent.start(one);
    const value = 'a "quote" $(x)\n; ✓';
    await agent.finish(one, { outputs: [output('BUILD', '41'), output('LEVEL', value), output('BUILD', '42')] });
    const two = await agent.runOne();
    expect(two.env).toMatchObject({ BUILD: '42', LEVEL: value, GIVEN: '7' });
    expect((await agent.runOne()).env.LEVEL).toBe('own');
    expect(
      (await variables(id)).map(({ name, value: text, type, setBy, readOnly }) => [name, text, type, setBy, readOnly]),
    ).toEqual([
      ['BUILD', '42', 'int', 'one', false],
      ['GIVEN', '7', 'int', null, true],
      ['LEVEL', value, 'string', 'one', false],
    ]);
  });

  it('have one owner: a second one fails its try, which can be retried', async () => {
    const id = await runs.start('workflow', 'passing');
    await agent.runOne({ outputs: [output('GIVEN', '8')] });
    const task = await runs.task(id, 'one');
    expect(task.jobs.map(({ status, reasonCode }) => [status, reasonCode])[0]).toEqual(['FAILED', 'VARIABLE_CONFLICT']);
    await agent.runOne({ outputs: [output('X', '1')] });
    await agent.runOne({ outputs: [output('X', '2')] });
    const run = await runs.read(id);
    expect(run.status).toBe('FAILED');
    expect(run.tasks?.map(({ reasonCode }) => reasonCode)).toEqual([null, 'VARIABLE_CONFLICT', 'NOT_STARTED']);
    expect(run.failureDetails).toContain('it sets X, which was set by the task "one"');
    expect(await set(id)).toEqual([['X', '1', 'one']]);
  });

  it.each([
    ['a name that is none', output('1X', '')],
    ['a reserved name', output('LD_PRELOAD', 'x')],
    ['a value that is too long', output('X', 'x'.repeat(40_000)), 'X has 40000 bytes; the limit is 32768'],
    ['a value with a NUL', output('X', 'a\0b'), 'X contains a NUL character'],
  ])('%s fails the try', async (_, one, why = one.name) => {
    const id = await runs.start('workflow', 'passing');
    await agent.runOne({ outputs: [one] });
    const task = await runs.task(id, 'one');
    expect(task.jobs[0]).toMatchObject({ status: 'FAILED', reasonCode: 'BAD_OUTPUT' });
    expect(task.reason).toContain(why);
    expect(task.reason).toMatch(/^the command succeeded, but /);
    await runs.abort(id);
    expect(await set(id)).toEqual([]);
  });

  it('are not taken from a failed job', async () => {
    const id = await runs.start('workflow', 'passing');
    await agent.runOne({ exitCode: 1, outputs: [output('X', '1')] });
    expect(await set(id)).toEqual([]);
    await runs.abort(id);
  });

  it('of kept tasks are restored by a resume, others are not; snapshots stay', async () => {
    const id = await runs.start('workflow', 'passing');
    await agent.runOne({ outputs: [output('BUILD', '1')] });
    await agent.runOne({ outputs: [output('Y', '1')] });
    await agent.runOne({ exitCode: 1 });
    const { applicationId } = await runs.ids('workflow', 'passing');
    const resume = () =>
      server.client.ask(
        'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
        { input: { applicationId, workflowExecutionId: id } },
      );
    await resume();
    const three = await agent.runOne({ outputs: [output('Z', '1')] });
    expect(three.env).toMatchObject({ BUILD: '1', Y: '1' });
    expect(await set(id)).toEqual([
      ['BUILD', '1', 'one'],
      ['Y', '1', 'two'],
      ['Z', '1', 'three'],
    ]);
  });
});

test.each([
  ['12', 'int'],
  ['-1', 'int'],
  ['1.5', 'float'],
  ['1e3', 'float'],
  ['true', 'bool'],
  ['{"a": 1}', 'json'],
  ['[1]', 'json'],
  ['{a}', 'string'],
  ['', 'string'],
  ['1.2.3', 'string'],
  ['12345678901234567890', 'string'],
])('%j has the type %s', (value, type) => {
  expect(typeOf(value)).toBe(type);
});
