import { APP, Runs } from '../support/runs';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { testServer } from '../support/world';

const ALTERNATES = 'i=0; while [ $i -lt 300 ]; do echo "o$i"; echo "e$i" >&2; i=$((i+1)); done';
const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: streams
tasks:
  default: { run: '${ALTERNATES}' }
  by_name: { run: 'echo a; echo b >/dev/stderr; echo c | tee /dev/stdout; echo d >&2' }
  separate: { streams: separate, run: '${ALTERNATES}' }
  registered: { register: LAST, run: 'echo one; echo two >&2' }
  failing: { run: 'echo to the log; exit 3', ignore_failure: true, on_failure: tell }
  separate_failing: { streams: separate, run: 'echo out; echo err >&2; exit 3', ignore_failure: true, on_failure: tell }
  tell: { type: forensic, run: 'echo "$failed_task: $error_message" | tr "\\n" "|"' }
`;

describe('a job on an agent', () => {
  const server = testServer();
  let runs: Runs;
  let agent: TestProcess;
  beforeAll(async () => {
    runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    agent = startAgentProcess(server.url, server.dataDir, 'worker', { SLIPWAY_AGENT_SLOTS: '4' });
  });
  afterAll(() => agent.end('SIGTERM'));

  const log = async (jobId: string | undefined) => {
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { stream: string; text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { stream text } } }',
      { id: jobId },
    );
    return jobLog.frames;
  };

  it('log-order-two-streams: keeps the order of writing, across both outputs', async () => {
    const id = await runs.start('workflow', 'streams');
    const { tasks = [] } = await runs.until(id, 'SUCCESS', 'FAILED');
    const logOf = (name: string) => log(tasks.find((task) => task.name === name)?.jobs[0]?.id);
    const text = async (name: string, stream?: string) =>
      (await logOf(name))
        .filter((frame) => stream === undefined || frame.stream === stream)
        .map((frame) => frame.text)
        .join('');
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    expect(await text('default', 'stdout')).toBe(numbers.map((n) => `o${n}\ne${n}\n`).join(''));
    expect(await text('default', 'stderr')).toBe('');
    expect(await text('by_name')).toBe('a\nb\nc\nc\nd\n');
    expect(await text('separate', 'stdout')).toBe(numbers.map((n) => `o${n}\n`).join(''));
    expect(await text('separate', 'stderr')).toBe(numbers.map((n) => `e${n}\n`).join(''));
    expect(await logOf('registered')).toEqual(
      expect.arrayContaining([
        { stream: 'stdout', text: 'one\n' },
        { stream: 'stderr', text: 'two\n' },
      ]),
    );
    const { execution } = await server.client.ask<{
      execution: { variables: unknown[]; forensicExecutions: { jobs: { id: string }[] }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution {
        variables { name value } forensicExecutions { jobs { id } } } } }`,
      { id },
    );
    expect(execution.variables).toEqual([{ name: 'LAST', value: 'one' }]);
    const told = await Promise.all(execution.forensicExecutions.map(({ jobs }) => log(jobs[0]?.id)));
    expect(told.map((frames) => frames.map((frame) => frame.text).join('')).sort()).toEqual([
      'failing: exit code 3|to the log|',
      'separate_failing: exit code 3|err|',
    ]);
  });
});
