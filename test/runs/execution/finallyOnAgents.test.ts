import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClient } from '../../support/client';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/ports';
import { startAgentProcess, startServerProcess, type TestProcess } from '../../support/processes';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, type TestServer, testEnvironment } from '../../support/server';

/** `$DIR/ran` lists the tasks that ran; the files `fails`, `waits` and `hold` in that folder control them. */
const STACK = `---
kind: Workflow
application: app
name: stack
variables: [{ name: DIR, required: true }]
tasks:
  up:
    run: echo up >> "$DIR/ran"; echo STACK=s1 >> "$SLIPWAY_OUTPUT"; echo of up > up.txt
    artifacts: [up.txt]
  test:
    depends_on: [up]
    grace: 5s
    run: |
      trap 'exit 7' TERM
      echo test >> "$DIR/ran"
      while [ -e "$DIR/waits" ]; do sleep 0.05; done
      [ ! -e "$DIR/fails" ]
finally:
  down:
    grace: 5s
    artifacts: { from: up }
    run: |
      trap 'exit 8' TERM
      while [ -e "$DIR/hold" ]; do sleep 0.05; done
      echo "down $STACK $(cat up.txt)" >> "$DIR/ran"
  notice:
    depends_on: [down]
    run: echo "$workflow_status $failed_tasks $exit_code" >> "$DIR/ran"
---
kind: Workflow
application: app
name: next
variables: [{ name: DIR, required: true }]
tasks:
  after: { run: echo after >> "$DIR/ran" }
---
kind: Pipeline
application: app
name: release
variables: [{ name: DIR, required: true }]
stages:
  - elements: [{ name: stack, workflow: stack }]
  - elements: [{ name: next, workflow: next }]
`;

interface Element {
  readonly status: string;
  readonly workflowExecution: {
    readonly id: string;
    readonly status: string;
    readonly endsAs: string | null;
    readonly failureCode: string | null;
    readonly finallyTasks: readonly { readonly name: string; readonly type: string; readonly status: string }[];
    readonly attempts: readonly { readonly finallyTasks: readonly { readonly status: string }[] }[];
  } | null;
}

describe('no-always-task: tasks that run after any outcome', () => {
  let folder: string;
  let database: TestDatabase;
  let port: number;
  let server: TestProcess;
  let agent: TestProcess;
  let client: TestClient;
  let runs: Runs;

  const serve = async () => startServerProcess({ ...testEnvironment(database.url, folder), PORT: String(port) });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-finally-'));
    [database, port] = await Promise.all([createTestDatabase(), freePort()]);
    const { url, ...process } = await serve();
    server = process;
    agent = startAgentProcess(url, folder, 'worker', { SLIPWAY_AGENT_SLOTS: '4' });
    client = new TestClient(url, ADMIN_KEY);
    runs = new Runs({ client, url } as unknown as TestServer);
    await runs.apply(APP + STACK);
  });
  afterAll(async () => {
    await agent?.end('SIGKILL');
    await server?.end('SIGKILL');
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts the pipeline with its own folder that contains these files. */
  async function begin(...files: string[]) {
    const own = await mkdtemp(join(folder, 'run-'));
    const file = (name: string) => ({ add: () => writeFile(join(own, name), ''), remove: () => rm(join(own, name)) });
    for (const name of files) await file(name).add();
    const variableInputs = [{ name: 'DIR', variableValue: { type: 'NAME', value: own } }];
    const id = await runs.start('pipeline', 'release', { variableInputs });
    const ran = async () => (await readFile(join(own, 'ran'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
    const element = async (): Promise<Element> => {
      const { execution } = await client.ask<{ execution: { pipelineStageExecutions: Element[] } }>(
        `query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { pipelineStageExecutions {
          status ... on WorkflowStageExecution { workflowExecution { id status endsAs failureCode
            finallyTasks { name type status } attempts { finallyTasks { status } } } } } } } }`,
        { id },
      );
      const [first] = execution.pipelineStageExecutions;
      if (first === undefined) throw new Error('the run has no element');
      return first;
    };
    const until = (holds: (one: Element) => boolean) => eventually(element, holds);
    const untilHeld = () => until(({ workflowExecution }) => workflowExecution?.finallyTasks[0]?.status === 'RUNNING');
    return { id, file, ran, element, until, untilHeld };
  }

  it('runs after a success; the element ends after it, and the next stage begins', async () => {
    const { id, ran, file, untilHeld } = await begin('hold');
    const { status, workflowExecution } = await untilHeld();
    expect({ status, ...workflowExecution }).toMatchObject({ status: 'RUNNING', endsAs: 'SUCCESS' });
    expect(workflowExecution?.finallyTasks).toEqual([
      { name: 'down', type: 'FINALLY', status: 'RUNNING' },
      { name: 'notice', type: 'FINALLY', status: 'QUEUED' },
    ]);
    const { workflowGraph } = await client.ask<{ workflowGraph: { text: string } }>(
      'query ($id: ID!) { workflowGraph(executionId: $id, format: ASCII) { text } }',
      { id: workflowExecution?.id },
    );
    expect(workflowGraph.text).toMatch(/detached\n\s+down\s+finally; RUNNING\n\s+notice\s+after down; finally; QUEUED/);
    await file('hold').remove();
    await runs.until(id, 'SUCCESS');
    expect(await ran()).toEqual(['up', 'test', 'down s1 of up', 'SUCCESS  ', 'after']);
  });

  it('runs after a failure, and again in the attempt of a resume', async () => {
    const { id, ran, file, element } = await begin('fails');
    const failed = await runs.until(id, 'FAILED');
    expect(failed.failureDetails).toContain('Task "test" failed: exit code 1');
    expect(await ran()).toEqual(['up', 'test', 'down s1 of up', 'FAILED test 1']);
    await file('fails').remove();
    const { applicationId } = await runs.ids('pipeline', 'release');
    const input = { applicationId, pipelineExecutionId: id, granularity: 'TASK' };
    const { resumePreview } = await client.ask<{ resumePreview: unknown }>(
      `query ($input: ResumeExecutionInput!) { resumePreview(input: $input) {
        willRun { stepName tasksThatRun tasksKept finallyTasks } finallyTasks } }`,
      { input },
    );
    expect(resumePreview).toEqual({
      willRun: [
        { stepName: 'stack', tasksThatRun: ['test'], tasksKept: ['up'], finallyTasks: ['down', 'notice'] },
        { stepName: 'next', tasksThatRun: ['after'], tasksKept: [], finallyTasks: [] },
      ],
      finallyTasks: [],
    });
    await client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input },
    );
    await runs.until(id, 'SUCCESS');
    expect((await ran()).slice(4)).toEqual(['test', 'down s1 of up', 'SUCCESS  ', 'after']);
    const { workflowExecution } = await element();
    expect(workflowExecution?.attempts.map((one) => one.finallyTasks.map(({ status }) => status))).toEqual([
      ['SUCCESS', 'SUCCESS'],
      ['SUCCESS', 'SUCCESS'],
    ]);
  });

  it('runs in the attempt of an extension, and not in a restore', async () => {
    const { id, ran, element } = await begin();
    await runs.until(id, 'SUCCESS');
    const again = await mkdtemp(join(folder, 'run-'));
    const variableInputs = [{ name: 'DIR', variableValue: { type: 'NAME', value: again } }];
    await client.ask('mutation ($input: AddImagesToRunInput!) { addImagesToRun(input: $input) { operation { id } } }', {
      input: { runId: id, variableInputs },
    });
    await runs.until(id, 'SUCCESS');
    const extended = (await readFile(join(again, 'ran'), 'utf8')).split('\n').slice(0, -1);
    expect(extended).toEqual(['up', 'test', 'down s1 of up', 'SUCCESS  ', 'after']);
    await client.ask('mutation ($input: RestoreRunInput!) { restoreRun(input: $input) { operation { id } } }', {
      input: { runId: id },
    });
    const { workflowExecution } = await eventually(element, (one) => one.workflowExecution?.attempts.length === 1);
    expect(workflowExecution?.finallyTasks.map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS']);
    await runs.until(id, 'SUCCESS');
    expect((await ran()).length).toBe(5);
    expect((await readFile(join(again, 'ran'), 'utf8')).split('\n').slice(0, -1)).toEqual(extended);
  });

  it('runs after an abort; the run is ABORTED when it has ended', async () => {
    const { id, ran, file, until, untilHeld } = await begin('waits', 'hold');
    await eventually(ran, (lines) => lines.includes('test'));
    await runs.abort(id, 'not now');
    expect(await untilHeld()).toMatchObject({ status: 'RUNNING', workflowExecution: { endsAs: 'ABORTED' } });
    expect((await runs.read(id)).status).toBe('RUNNING');
    await file('hold').remove();
    await runs.until(id, 'ABORTED');
    expect(await ran()).toEqual(['up', 'test', 'down s1 of up', 'ABORTED test 7']);
    expect(await until(() => true)).toMatchObject({ status: 'ABORTED', workflowExecution: { endsAs: null } });
  });

  it('is ended by another abort', async () => {
    const { id, ran, element, untilHeld } = await begin('fails', 'hold');
    await untilHeld();
    expect(await runs.abort(id)).toBe('RUNNING');
    expect((await element()).workflowExecution).toMatchObject({ endsAs: 'ABORTED', failureCode: 'ABORTED' });
    await runs.abort(id);
    await runs.until(id, 'ABORTED');
    expect((await element()).workflowExecution?.finallyTasks.map(({ status }) => status)).toEqual([
      'ABORTED',
      'SKIPPED',
    ]);
    expect(await ran()).toEqual(['up', 'test']);
    // Nothing is left to end.
    expect(await runs.abort(id)).toBe('ABORTED');
  });

  it('ends the same if the server is killed in between', async () => {
    const { id, ran, file, untilHeld } = await begin('fails', 'hold');
    const { workflowExecution } = await untilHeld();
    // The graph has ended, so none of its tasks can be retried.
    const { id: taskExecutionId } = await runs.task(workflowExecution?.id ?? '', 'test');
    const { applicationId } = await runs.ids('pipeline', 'release');
    await expect(
      client.ask('mutation ($input: RetryTaskInput!) { retryTask(input: $input) { taskExecution { id } } }', {
        input: { applicationId, taskExecutionId },
      }),
    ).rejects.toThrow('NOT_RETRYABLE: All other tasks have ended');
    await server.end('SIGKILL');
    await file('hold').remove();
    server = await serve();
    await runs.until(id, 'FAILED');
    expect(await ran()).toEqual(['up', 'test', 'down s1 of up', 'FAILED test 1']);
  });
});
