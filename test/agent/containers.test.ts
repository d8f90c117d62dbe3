import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTestRuntime, IMAGE } from '../support/containers';
import { eventually } from '../support/eventually';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP, type RunView } from '../support/runs';
import { testWorld } from '../support/world';

const reference = (name: string) => `\${${name}}`;
const workflow = (name: string, tasks: string) => `---
kind: Workflow
application: app
name: ${name}
container: { image: ${IMAGE}, pull: never }
secrets: [TOKEN]
tasks:
${tasks}`;

const DEFINITIONS = `${APP}${workflow(
  'inside',
  `  write:
    env: { GREETING: "hello ${reference('TOKEN')}" }
    register: LAST
    working_dir: sub
    run: |
      echo "$GREETING $FROM_IMAGE \${SLIPWAY_URL-none} $(id -u)"; echo $(ls /)
      echo content > ../file.txt; ln -s file.txt ../link
      echo "MADE=here" >> "$SLIPWAY_OUTPUT"; echo two > "$SLIPWAY_OUTPUTS/OTHER"
      echo last
    artifacts: ["**"]
  read:
    depends_on: [write]
    artifacts: { from: write }
    container: { image: ${IMAGE}, user: "1000", env: { EXTRA: "${reference('MADE')}" }, options: [--memory=64m] }
    shell: [/bin/sh, -e]
    run: |
      cat link; echo "$EXTRA $OTHER $(id -u)"; touch made
      echo '<testsuite><testcase name="a"/></testsuite>' > "$SLIPWAY_REPORTS/a.xml"; echo '# Done' > "$SLIPWAY_SUMMARY"
      exit 7
    ignore_failure: true
  outside: { container: none, run: 'echo "\${FROM_IMAGE-agent}"' }
  image: { container: { image: "localhost/none:1", pull: never }, ignore_failure: true, run: "true" }
  option: { container: { image: "${IMAGE}", options: [--privileged] }, ignore_failure: true, run: "true" }
  network: { container: { image: "${IMAGE}", network: host }, ignore_failure: true, run: "true" }
  mount: { container: { image: "${IMAGE}", mounts: ["/etc:/host"] }, ignore_failure: true, run: "true" }
  shell: { shell: bash, ignore_failure: true, run: "true" }
`,
)}${workflow(
  'service',
  `  use:
    services:
      web:
        image: ${IMAGE}
        pull: never
        env: { PAGE: "page of ${reference('TOKEN')}" }
        cmd: [sh, -c, 'mkdir /www; echo "$PAGE" > /www/index.html; exec httpd -f -p 8080 -h /www']
        ports: [8080]
        health: { cmd: 'wget -q -O /dev/null http://127.0.0.1:8080/', interval: 100ms }
    run: 'wget -q -O - "http://web:8080/"; echo "$SLIPWAY_SERVICE_WEB_HOST:$SLIPWAY_SERVICE_WEB_PORT"'
  sick:
    container: none
    ignore_failure: true
    services:
      db:
        image: ${IMAGE}
        ports: [5432]
        env: { P: "${reference('TOKEN')}" }
        cmd: [sh, -c, 'echo "no space left for $P"; sleep 60']
        health: { cmd: 'echo starting; exit 1', interval: 100ms, retries: 2 }
    run: echo ran
`,
)}${workflow('endless', `  wait: { grace: 20s, run: 'trap "echo stopping; exit 3" TERM; echo begun; sleep 300 & wait' }\n`)}`;

const found = findTestRuntime();
const runtime = typeof found === 'string' ? undefined : found;
const describeWithPodman = runtime ? describe : describe.skip;

describeWithPodman(`a job in a container${runtime === undefined ? ` (skipped: ${found})` : ''}`, () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let agent: TestProcess;
  beforeAll(async () => {
    const { applicationId } = await runs.ids('workflow', 'inside');
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'TOKEN', secretValue: 'geheim!!' },
    });
    // An agent that was killed together with its watchdog, long ago.
    const dead = join(server.dataDir, 'worker', '1-elsewhere-1');
    mkdirSync(dead, { recursive: true });
    writeFileSync(join(dead, 'containers'), 'dead-agent');
    utimesSync(dead, 0, 0);
    const limits = runtime?.settings.SLIPWAY_AGENT_CONTAINER_ARGUMENTS?.split(' ').filter(Boolean) ?? [];
    const labels = ['--label=slipway.agent=dead-agent', '--label=slipway.job=dead'];
    runtime?.run('run', '--detach', '--network=none', ...labels, ...limits, IMAGE, 'sleep', '300');
    const settings = { ...runtime?.settings, SLIPWAY_AGENT_SLOTS: '8' };
    agent = startAgentProcess(server.url, server.dataDir, 'worker', settings);
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    runtime?.remove();
  });

  const tasksOf = async (name: string) => {
    const id = await runs.start('workflow', name);
    const ended = (run: RunView) => run.status === 'SUCCESS' || run.status === 'FAILED';
    const { tasks = [] } = await eventually(() => runs.read(id), ended, { withinMs: 60_000 });
    return { id, task: (own: string) => tasks.find((one) => one.name === own) };
  };
  const log = async (jobId: string | undefined) => {
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { stream: string; text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { stream text } } }',
      { id: jobId },
    );
    return jobLog.frames.map(({ text }) => text).join('');
  };
  const containers = () => runtime?.run('ps', '--all', '--quiet', '--filter', 'label=slipway.job').trim();

  it('has the workspace, variables, secrets, outputs and artifacts of any job', async () => {
    const { id, task } = await tasksOf('inside');
    const text = (name: string) => log(task(name)?.jobs[0]?.id);
    expect(await text('write')).toBe('*** yes none 0\nbin dev etc proc run sys tmp\nlast\n');
    expect(await text('read')).toBe('content\nhere two 1000\n');
    expect(await text('outside')).toBe('agent\n');
    expect(task('read')).toMatchObject({ status: 'FAILED', reasonCode: 'EXIT_CODE', exitCode: 7 });
    expect(
      task('write')
        ?.artifacts.map(({ name }) => name)
        .sort(),
    ).toEqual(['file.txt', 'link', 'sub']);
    const { execution } = await server.client.ask<{
      execution: {
        variables: unknown[];
        facts: { task: string; facts: { container: { digest: string } | null } }[];
        reports: unknown[];
      };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { facts { task facts { container { image digest } } } reports { task report { summary tests { tests } warnings } }
        ... on WorkflowExecution { variables { name value } } } }`,
      { id },
    );
    const report = { summary: '# Done\n', tests: { tests: 1 }, warnings: [] };
    expect(execution.reports).toEqual([{ task: 'read', report }]);
    expect(execution.variables).toEqual(
      expect.arrayContaining([
        { name: 'LAST', value: 'last' },
        { name: 'MADE', value: 'here' },
        { name: 'OTHER', value: 'two' },
      ]),
    );
    const digest = runtime?.run('image', 'inspect', '--format', '{{.Digest}}', IMAGE).trim();
    expect(execution.facts.map(({ task: name, facts }) => [name, facts.container?.digest]).sort()).toEqual(
      ['read', 'shell', 'write'].map((name) => [name, digest]),
    );
    const events = (await runs.events(id)).filter(({ type }) => type === 'JOB_FACTS');
    expect(events).toHaveLength(3);
    for (const [name, code, said] of [
      ['image', 'IMAGE_NOT_FOUND', 'localhost/none:1'],
      ['option', 'CONTAINER_REFUSED', 'SLIPWAY_AGENT_CONTAINER_ALLOW=option=privileged'],
      ['network', 'CONTAINER_REFUSED', 'network=host'],
      ['mount', 'CONTAINER_REFUSED', 'mount=/etc'],
      ['shell', 'SHELL_NOT_FOUND', '"bash"'],
    ] as const) {
      expect(task(name)).toMatchObject({ reasonCode: code, reason: expect.stringContaining(said) });
    }
    expect(containers()).toBe('');
  });

  it('reaches its services by name, and shows their logs when they fail', async () => {
    const { task } = await tasksOf('service');
    expect(await log(task('use')?.jobs[0]?.id)).toBe('page of ***\nweb:8080\n');
    expect(task('sick')).toMatchObject({ reasonCode: 'SERVICE_UNHEALTHY' });
    expect(await log(task('sick')?.jobs[0]?.id)).toContain('[db] no space left for ***\n');
    expect(containers()).toBe('');
    expect(runtime?.run('network', 'ls', '--quiet', '--filter', 'label=slipway.job').trim()).toBe('');
  });

  it('gets the signal of an abort, and does not outlive an agent that is killed', async () => {
    const begun = async () => {
      const id = await runs.start('workflow', 'endless');
      const text = async () => log((await runs.task(id, 'wait')).jobs[0]?.id);
      await eventually(text, (written) => written === 'begun\n', { withinMs: 60_000 });
      return { id, text };
    };
    const aborted = await begun();
    await runs.abort(aborted.id, 'enough');
    await eventually(aborted.text, (written) => written === 'begun\nstopping\n');
    await begun();
    expect(containers()).not.toBe('');
    await agent.end('SIGKILL');
    await eventually(containers, (left) => left === '', { withinMs: 60_000, what: 'the end of the container' });
  });
});
