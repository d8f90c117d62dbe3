import { APP, Runs } from '../support/runs';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { ADMIN_KEY } from '../support/server';
import { testServer } from '../support/world';

const ALTERNATES = 'i=0; while [ $i -lt 300 ]; do echo "o$i"; echo "e$i" >&2; i=$((i+1)); done';
const name = (variable: string) => `\${${variable}}`;
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
---
kind: Workflow
application: app
name: files
tasks:
  write:
    run: |
      echo 'echo built' > build.sh; chmod 750 build.sh; ln -s build.sh alias; ln -s "$PWD/build.sh" absolute
      mkdir -p releases/1 cache; chmod 700 cache; echo one > releases/1/app; ln -s releases/1 current; ln -s ../../app releases/1/up
      ln -s releases/1/app app; chmod 400 releases/1/app
    artifacts: ["**"]
  read:
    depends_on: [write]
    artifacts: { from: write }
    run: |
      ./build.sh; ./alias; ./absolute; cat current/app app releases/1/up
      stat -c '%a %n' build.sh cache releases/1/app; readlink alias absolute current app releases/1/up
  leak:
    run: ln -s /etc here; echo x > there
    artifacts: ["**"]
    ignore_failure: true
---
kind: Workflow
application: app
name: shells
shell: bash
secrets: [TOKEN]
variables: [{ name: SIDE, default: heads }]
env: { BASE: /srv, LOGS: "${name('BASE')}/logs" }
tasks:
  pipe: { run: 'false | cat; echo on', ignore_failure: true }
  named: { run: "#!/usr/bin/env python3\\nprint(1 + 1)" }
  list: { shell: sh, run: ['X=2', 'echo "x$X"', 'exit 4', 'echo on'], ignore_failure: true }
  missing: { shell: [nonesuch], run: echo, ignore_failure: true }
  secret: { env: { OTHER: "${name('TOKEN')}", URL: "a:${name('TOKEN')}" }, run: 'echo "$LOGS $OTHER $URL \${#URL}"' }
  outputs: { run: 'printf "NOTES<<END\\none\\ntwo\\nEND\\n" > "$SLIPWAY_OUTPUT"; echo v1 > "$SLIPWAY_OUTPUTS/TAG"' }
  bad: { run: 'echo nonsense > "$SLIPWAY_OUTPUT"', ignore_failure: true }
  undefined: { depends_on: [outputs], env: { X: "${name('NONE')}" }, run: echo, ignore_failure: true }
  heads: { depends_on: [outputs], if: 'SIDE == "heads" && LOGS == "/srv/logs"', register: RESULT, run: echo h }
  tails: { depends_on: [outputs], if: 'SIDE == "tails"', register: RESULT, run: echo t }
  use: { depends_on: [heads, tails], env: { ALL: "${name('RESULT')}-${name('TAG')}" }, run: 'echo "$ALL"; echo "$NOTES"' }
  again: { depends_on: [heads], if: 'SIDE != "tails"', register: RESULT, run: echo a, ignore_failure: true }
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

  it('log-order-two-streams: keeps the order of writes across both outputs', async () => {
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

  it('no-shell-choice, env-reference-literal, register-in-branches: runs commands as a workflow defines', async () => {
    const { applicationId } = await runs.ids('workflow', 'shells');
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'TOKEN', secretValue: 'geheim!!' },
    });
    const id = await runs.start('workflow', 'shells');
    const { status, tasks = [] } = await runs.until(id, 'SUCCESS', 'FAILED');
    const of = (task: string) => tasks.find((one) => one.name === task);
    const text = async (task: string) => (await log(of(task)?.jobs[0]?.id)).map((frame) => frame.text).join('');
    expect(await text('pipe')).toBe('');
    expect(await text('named')).toBe('2\n');
    expect(await text('list')).toBe('[1/4] X=2\n[2/4] echo "x$X"\nx2\n[3/4] exit 4\n');
    expect(await text('secret')).toBe('/srv/logs *** *** 10\n');
    expect(await text('use')).toBe('h-v1\none\ntwo\n');
    expect(of('pipe')).toMatchObject({ reasonCode: 'EXIT_CODE', exitCode: 1 });
    expect(of('list')).toMatchObject({ reasonCode: 'EXIT_CODE', exitCode: 4 });
    expect(of('missing')).toMatchObject({
      reasonCode: 'SHELL_NOT_FOUND',
      reason: expect.stringContaining('"shell: [nonesuch]" needs the program "nonesuch", which is not on this agent'),
    });
    expect(of('bad')).toMatchObject({
      ...{ status: 'FAILED', reasonCode: 'BAD_OUTPUT', exitCode: 0 },
      reason: 'the command succeeded, but line 1 of $SLIPWAY_OUTPUT is neither NAME=value nor NAME<<WORD',
    });
    expect(of('undefined')).toMatchObject({ reasonCode: 'UNDEFINED_VARIABLE', jobs: [] });
    expect(of('tails')).toMatchObject({ status: 'SKIPPED', reasonCode: 'CONDITION_FALSE' });
    expect(of('again')).toMatchObject({
      reasonCode: 'VARIABLE_CONFLICT',
      reason: 'the command succeeded, but it sets RESULT, which was set by the task "heads"',
    });
    expect(status).toBe('SUCCESS');
  });

  it('artifact-mode-lost: gets files with their mode, links as links, and empty folders', async () => {
    const id = await runs.start('workflow', 'files');
    const { tasks = [] } = await runs.until(id, 'SUCCESS', 'FAILED');
    const task = (name: string) => tasks.find((one) => one.name === name);
    const text = (await log(task('read')?.jobs[0]?.id)).map((frame) => frame.text).join('');
    expect(text.split('\n')).toEqual([
      ...['built', 'built', 'built', 'one', 'one', 'one'],
      ...['750 build.sh', '700 cache', '400 releases/1/app'],
      ...['build.sh', 'build.sh', 'releases/1', 'releases/1/app', '../../app', ''],
    ]);
    expect(task('leak')).toMatchObject({
      reasonCode: 'UPLOAD_FAILED',
      reason: expect.stringContaining('links that lead out of the working directory are not uploaded: here.'),
    });
    const { execution } = await server.client.ask<{
      execution: { tasks: { artifacts: { name: string; type: string; mode: string; downloadUrl: string }[] }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { tasks { artifacts { name type mode downloadUrl } } } } }`,
      { id },
    );
    const artifacts = execution.tasks.flatMap((one) => one.artifacts);
    const download = async (name: string) => {
      const found = artifacts.find((one) => one.name === name);
      const response = await fetch(server.url + found?.downloadUrl, { headers: { 'x-api-key': ADMIN_KEY } });
      const told = [response.headers.get('x-slipway-type'), response.headers.get('x-slipway-mode')];
      expect([found?.type, found?.mode]).toEqual(told);
      return [...told, await response.text()];
    };
    expect(await download('build.sh')).toEqual(['FILE', '750', 'echo built\n']);
    expect(await download('current')).toEqual(['LINK', '777', 'releases/1']);
    expect(await download('cache')).toEqual(['FOLDER', '700', '']);
  });
});
