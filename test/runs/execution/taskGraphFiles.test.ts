import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplyDefinitionsDocument } from '../../../src/client/generated';
import { eventually } from '../../support/eventually';
import { startAgentProcess, type TestProcess } from '../../support/processes';
import { APP, type RunView, type TaskView } from '../../support/runs';
import { testWorld } from '../../support/world';

/** Task graph files that their own tool accepts; together they use every feature of its manual. */
const everything = (folder: string) => `
description = "Every feature, and all ends well"
tags = ["nightly", "all"]
on_failure = "alarm"

[[triggers]]
type = "cron"
config = { schedule = "0 * * * *" }
[[triggers]]
type = "file_watch"
config = { path = "in/*.csv" }
[[triggers]]
type = "webhook"
config = { endpoint = "/hook" }

[tasks.where]
name = "Where it runs"
description = "In a folder of the agent"
cmd = "pwd -P; echo; echo noise >&2"
working_dir = "${folder}"
register = "where"

[tasks.-count_1]
cmd = "echo 3"
register = "n"

[tasks._report]
depends_on = ["-count_1", "where"]
working_dir = "${folder}"
cmd = """
cat > report.txt <<EOF
count: {{.n}}
EOF
cat <<'EOF'
quoted: {{.n}} $n
EOF
echo $(( {{.n}} + 1 ))
echo \`echo {{.n}}\` '{{.where}}' "{{ .where }}"
cat report.txt
"""

[tasks.clean]
clean_env = true
env = { PATH = "/usr/bin:/bin", ENV = "constant", HOME = "/nowhere", GREETING = "it's \${literal} {{.n}}" }
cmd = 'echo "$GREETING,$ENV,$HOME,{{.ENV}}"; env | grep -c ^SLIPWAY_'

[tasks.home]
cmd = "echo /registered"
register = "HOME"
[tasks.homes]
depends_on = ["home"]
cmd = 'test "$HOME" != {{.HOME}} && echo {{.HOME}}'

[tasks.build]
matrix = { env = ["dev", "eu-1"], flags = ["", "-a,-b"] }
cmd = "echo {{.env}}/{{.flags}}"
register = "built_{{.env}}{{.flags}}"
[tasks.all]
depends_on = ["build"]
cmd = "echo {{.built_dev}} {{.built_dev_a__b}} {{.built_eu_1}} {{.built_eu_1_a__b}}"
[tasks.one]
depends_on = ["build[env=dev,flags=-a,-b]"]
if = 'built_dev_a__b == "dev/-a,-b"'
cmd = "echo {{.built_dev_a__b}}"
[tasks.some]
matrix = { os = ["linux", "darwin"] }
if = "os == linux"
cmd = "echo {{.os}}"

[tasks.named]
cmd = "echo named"
register = "out_{{.ENV}}"
[tasks.names]
depends_on = ["named"]
env = { out_prod = "{{.out_prod}}" }
cmd = 'echo {{.out_prod}} "$out_prod"'

[tasks.flaky]
working_dir = "${folder}"
cmd = "test -f tried || { touch tried; exit 1; }"
retries = 2
retry_delay = "20ms"

[tasks.ignored]
cmd = "echo 'no disk' >&2; exit 7"
ignore_failure = true
on_failure = "diagnose"
[tasks.slow]
cmd = "sleep 30"
timeout = "0.25s"
ignore_failure = true
on_failure = "nobody"

[tasks.skipped]
if = "ENV == staging"
cmd = "exit 1"
register = "never"
[tasks.compared]
depends_on = ["-count_1", "skipped", "ignored"]
if = 'n >= 3 && n <= 3 && n != 4 && n < 3.5 && n > 2 && !(n == 5) && (ENV contains "ro" || ENV starts_with x || ENV ends_with y)'
cmd = "echo {{.ENV}}"

[tasks.diagnose]
type = "forensic"
cmd = 'echo "{{.failed_task}} of {{.failed_dag}}: {{.error_message}}"'
timeout = "1m"
retries = 1
[tasks.alarm]
type = "forensic"
cmd = "exit 1"
`;

const refused = (folder: string) => `
name = "refused"
on_failure = "alarm"
${[
  `[tasks.unsafe]\ncmd = "echo $(( {{.limit}} + 1 ))"`,
  `[tasks.undefined]\ncmd = "echo {{.nothing}}"`,
  `[tasks.condition]\nif = "nothing == 1"\ncmd = "true"`,
  `[tasks.folder]\ncmd = "true"\nworking_dir = "/"`,
  `[tasks.missing]\ncmd = "true"\nworking_dir = "${folder}/missing"`,
  `[tasks.first]\ncmd = "echo 1"\nregister = "v"`,
  `[tasks.second]\ndepends_on = ["first"]\ncmd = "echo 2"\nregister = "v"`,
]
  .map((task) => `${task}\nignore_failure = true`)
  .join('\n')}
[tasks.last]
depends_on = ["unsafe", "undefined", "condition", "folder", "missing", "second"]
cmd = "echo 'the end' >&2; exit 3"
[tasks.alarm]
type = "forensic"
cmd = 'echo "{{.failed_task}} of {{.failed_dag}}: {{.error_message}}"'
`;

describe('a TOML file of a task graph', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-graph-')));
  let agent: TestProcess;
  // Stops the agent before the server, because it would wait for the server's responses.
  afterAll(async () => {
    await agent.end('SIGTERM');
    rmSync(folder, { recursive: true });
  });
  const { server, runs } = testWorld(APP, { agent: null });
  beforeAll(() => {
    agent = startAgentProcess(server.url, server.dataDir, 'worker', {
      SLIPWAY_AGENT_SLOTS: '4',
      SLIPWAY_AGENT_WORKING_DIRS: folder,
    });
  });

  const apply = async (source: string, name: string) => {
    const input = { source, name, format: 'TOML' as const, application: 'app' };
    return (await server.client.ask(ApplyDefinitionsDocument, { input })).applyDefinitions;
  };
  const logOf = async (task: TaskView | undefined): Promise<string> => {
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
      { id: task?.jobs.at(-1)?.id },
    );
    return jobLog.frames.map((frame) => frame.text).join('');
  };
  const logsOf = async (tasks: readonly TaskView[] = [], ...names: string[]) =>
    Object.fromEntries(
      await Promise.all(names.map(async (one) => [one, await logOf(tasks.find(({ name }) => name === one))] as const)),
    );
  const endsOf = ({ tasks = [] }: RunView) =>
    Object.fromEntries(
      tasks.map((task) => [
        task.name,
        `${task.status}${task.ignoredFailure ? '!' : ''} ${task.reasonCode ?? ''}`.trim(),
      ]),
    );
  const handled = (id: string) =>
    eventually(
      async () => {
        const { execution } = await server.client.ask<{ execution: { forensicExecutions: TaskView[] } }>(
          `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution {
            forensicExecutions { name status jobs { id } } } } }`,
          { id },
        );
        return execution.forensicExecutions;
      },
      (all) => all.length > 0 && all.every(({ status }) => status === 'SUCCESS'),
    );
  const start = (name: string, variables: Readonly<Record<string, string>>) =>
    runs.start('workflow', name, {
      variableInputs: Object.entries(variables).map(([variable, value]) => ({
        name: variable,
        variableValue: { type: 'NAME', value },
      })),
    });

  it('runs to its end with every feature of its tool', async () => {
    const { results, warnings } = await apply(everything(folder), 'every-feature');
    expect(results.map(({ name }) => name)).toEqual(['every-feature']);
    expect([...new Set(warnings.map(({ rule }) => rule))].sort()).toEqual(
      ['ADAPTED', 'IGNORED_TRIGGERS', 'LITERAL_REFERENCE', 'SHORT_TIMEOUT', 'UNSURE_NAME'].sort(),
    );
    const { entityId } = await runs.ids('workflow', 'every-feature');
    const { workflow } = await server.client.ask<{ workflow: { revision: { definition: string } } }>(
      'query ($id: ID!) { workflow(workflowId: $id) { revision { definition } } }',
      { id: entityId },
    );
    const again = await server.client.ask(ApplyDefinitionsDocument, {
      input: { source: workflow.revision.definition },
    });
    expect(again.applyDefinitions.results.map(({ action }) => action)).toEqual(['UNCHANGED']);
    const id = await start('every-feature', { ENV: 'prod' });
    const run = await runs.until(id, 'SUCCESS', 'FAILED');
    expect(endsOf(run)).toEqual({
      ...Object.fromEntries(run.tasks?.map(({ name }) => [name, 'SUCCESS']) ?? []),
      ignored: 'FAILED! EXIT_CODE',
      slow: 'FAILED! TIMED_OUT',
      skipped: 'SKIPPED CONDITION_FALSE',
      'some[os=darwin]': 'SKIPPED CONDITION_FALSE',
    });
    expect(run.status).toBe('SUCCESS');
    expect(run.tasks?.find(({ name }) => name === 'flaky')?.tries).toBe(2);
    const names = ['_report', 'clean', 'homes', 'all', 'one', 'some[os=linux]', 'names', 'compared'];
    expect(await logsOf(run.tasks, ...names)).toEqual({
      _report: `quoted: 3 $n\n4\n3 ${folder} ${folder}\ncount: 3\n`,
      clean: expect.stringMatching(/^it's \$\{literal\} \{\{\.n\}\},constant,\/nowhere,prod\n\d+\n$/),
      homes: '/registered\n',
      all: 'dev/ dev/-a,-b eu-1/ eu-1/-a,-b\n',
      one: 'dev/-a,-b\n',
      'some[os=linux]': 'linux\n',
      names: 'named {{.out_prod}}\n',
      compared: 'prod\n',
    });
    const [diagnose, ...others] = await handled(id);
    expect(others).toEqual([]);
    expect(await logOf(diagnose)).toBe('ignored of every-feature: exit code 7\nno disk\n');
    const { execution } = await server.client.ask<{ execution: { variables: { name: string; value: string }[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { variables { name value } } } }',
      { id },
    );
    expect(Object.fromEntries(execution.variables.map(({ name, value }) => [name, value]))).toEqual({
      ...{ ENV: 'prod', HOME: '/registered', n: '3', out_prod: 'named', where: folder },
      ...{ built_dev: 'dev/', built_dev_a__b: 'dev/-a,-b', built_eu_1: 'eu-1/', built_eu_1_a__b: 'eu-1/-a,-b' },
    });
  });

  it('runs although Slipway can’t use its names, and has nothing to run if all tasks are forensic', async () => {
    const [task, value, numbers] = ['t'.repeat(150), 'x'.repeat(500), [...Array(102).keys()].map(String)];
    await apply(
      `[tasks.${task}]
matrix = { env = ["${value}"], Env = ["b"] }
if = 'env == "${value}" && Env == b'
cmd = "echo {{.Env}} {{.env}}"
register = "out"
[tasks.blank]
cmd = " "
[tasks.large]
matrix = ${JSON.stringify({ a: numbers, b: numbers }).replaceAll('":', ' = ').replaceAll('{"', '{ ').replaceAll(',"b', ', b')}
cmd = "true"
ignore_failure = true
[tasks.last]
depends_on = ["${task}", "large"]
cmd = "echo {{.out}}"`,
      'odd-names',
    );
    const run = await runs.until(await start('odd-names', {}), 'SUCCESS', 'FAILED');
    expect(Object.values(endsOf(run)).sort()).toEqual(['FAILED! EXIT_CODE', 'SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(await logsOf(run.tasks, 'large', 'last')).toEqual({
      large: 'The matrix of "large" has 10404 combinations; a workflow has at most 10000 tasks.\n',
      last: `b ${value}\n`,
    });
    await apply('[tasks.alarm]\ntype = "forensic"\ncmd = "true"', 'only-forensic');
    expect((await runs.until(await start('only-forensic', {}), 'SUCCESS', 'FAILED')).status).toBe('SUCCESS');
  });

  it('fails where running it would be unsafe, with the reason', async () => {
    await apply(refused(folder), 'not used');
    const id = await start('refused', { limit: `a[$(touch ${folder}/pwned)]` });
    const run = await runs.until(id, 'FAILED');
    expect(endsOf(run)).toEqual({
      unsafe: 'FAILED! UNSAFE_VALUE',
      undefined: 'FAILED! UNDEFINED_VARIABLE',
      condition: 'FAILED! CONDITION_ERROR',
      folder: 'FAILED! WORKING_DIR_REFUSED',
      missing: 'FAILED! WORKING_DIR_REFUSED',
      first: 'SUCCESS',
      second: 'FAILED! VARIABLE_CONFLICT',
      last: 'FAILED EXIT_CODE',
    });
    const reasonOf = (task: string) => run.tasks?.find(({ name }) => name === task)?.reason;
    expect(reasonOf('unsafe')).toContain(`limit is "a[$(touch ${folder}/pwned)]"`);
    expect(reasonOf('undefined')).toBe('it needs nothing, which is not set');
    expect(reasonOf('folder')).toContain('is not allowed by SLIPWAY_AGENT_WORKING_DIRS');
    expect(readdirSync(folder)).not.toContain('pwned');
    const [alarm] = await handled(id);
    expect(await logOf(alarm)).toContain('last of refused: Task "last" failed: exit code 3\nthe end\n');
  });
});
