// Long because each thing that the tool of task graphs accepts has a case.
import { canonicalWorkflow } from '../../../src/catalog/language/canonical';
import { checkWorkflow } from '../../../src/catalog/language/checkWorkflow';
import type { Catalog } from '../../../src/catalog/language/knownNames';
import { dependencyOf, matrixVariables, nodesOf, registerOf, registeredBy } from '../../../src/catalog/language/matrix';
import { taskNodes } from '../../../src/catalog/language/taskGraph';
import type { TaskDefinition } from '../../../src/catalog/language/workflow';
import { testApi } from '../api';
import { shop } from './documents';
import { errorsOf, parsed } from './errorsOf';

const FILE = `# Builds and ships
name = "ship"
description = "From the sources to a package"
tags = ["nightly", "web"]
max_parallel = 2

[tasks.build]
name = "Build it"
cmd = """
make all
echo "done"
"""
working_dir = "src"
env = { LOG_LEVEL = "debug", PORT = 4100 }
retries = 2
retry_delay = "500ms"
timeout = "10m"

[tasks.test]
cmd = 'make test'
depends_on = ["build"]
ignore_failure = true

[tasks."ship.it"]
cmd = "make ship"
depends_on = ["build", "test"]
clean_env = true
[tasks."ship.it".env]
TARGET = "web"
`;

const YAML = `kind: Workflow
application: shop
name: ship
description: From the sources to a package
tags: [web, nightly]
max_parallel: 2
tasks:
  build:
    name: Build it
    run: "make all\\necho \\"done\\"\\n"
    working_dir: src
    env: { LOG_LEVEL: debug, PORT: 4100 }
    retries: 2
    retry_delay: 500ms
    timeout: 10m
  test: { run: make test, depends_on: [build], ignore_failure: true }
  ship.it: { run: make ship, depends_on: [build, test], clean_env: true, env: { TARGET: web } }
`;

const catalog: Catalog = { environments: new Set(), services: new Set(), workflows: new Map() };

function workflowIn(source: string, format: 'YAML' | 'TOML') {
  const document = parsed(format === 'TOML' ? `application = "shop"\n${source}` : source, format).documents[0]
    ?.document;
  if (document?.kind !== 'Workflow') throw new Error('there is no workflow');
  return canonicalWorkflow(document.definition);
}

describe('a TOML workflow file', () => {
  test('has the same meaning as in YAML', () => {
    expect(workflowIn(FILE, 'TOML')).toEqual(workflowIn(YAML, 'YAML'));
  });

  test('has templates in tasks of finally, too', () => {
    const source = `name = "w"\n[tasks.a]\ncmd = "x"\n[finally.down]\ncmd = "echo {{.failed_tasks}}"\n`;
    const { down } = workflowIn(source, 'TOML').tasks;
    expect(down).toMatchObject({ type: 'finally', requires: { failed_tasks: 'any' } });
    expect(down?.run).not.toContain('{{');
  });

  test.each([
    ['a wrong type', FILE.replace('retries = 2', 'retries = "2"'), 'WRONG_TYPE', '"2"'],
    [
      'a number in an inline table',
      FILE.replace('LOG_LEVEL = "debug"', 'LD_PRELOAD = "x"'),
      'RESERVED_VARIABLE_NAME',
      'LD_PRELOAD',
    ],
    ['an unknown dependency', FILE.replace('["build", "test"]', '["build", "tests"]'), 'UNKNOWN_TASK', '"tests"'],
    [
      'a second line of a list',
      FILE.replace('["build", "test"]', '[\n  "build", # first\n  "tests",\n]'),
      'UNKNOWN_TASK',
      '"tests"',
    ],
    ['a table’s name', FILE.replace('tasks."ship.it"', 'tasks."ship it"'), 'BAD_NAME', '"ship it"'],
    ['what can’t be read', FILE.replace('retries = 2', 'retries = '), 'SYNTAX', ''],
    ['a key that is given twice', FILE.replace('retries = 2', 'retries = 2\nretries = 3'), 'SYNTAX', ''],
    ['NUL', FILE.replace('make ship', 'a\\u0000'), 'BAD_CHARACTER', '"a'],
  ])('%s is an error with its position', (_, written, rule, at) => {
    const source = `application = "shop"\n${written}`.replace(
      '[tasks."ship.it".env]\nTARGET = "web"',
      written.includes('ship it') ? '' : '$&',
    );
    const errors = errorsOf(source, 'TOML').filter((error) => error.rule !== 'UNKNOWN_APPLICATION');
    expect(errors.map((error) => error.rule)).toEqual([rule]);
    const [{ line, column } = { line: 0, column: 0 }] = errors;
    expect((source.split('\n')[(line ?? 0) - 1] ?? '').slice((column ?? 0) - 1).startsWith(at)).toBe(true);
  });

  test('task-graph-files-refused', () => {
    const source = `name = "a"
triggers = [{ type = "cron", config = { schedule = "0 * * * *" } }]
[tasks.one]
cmd = "pwd > where.txt"
working_dir = "/tmp"
[tasks.two]
cmd = "echo 3"
register = "n"
[tasks.three]
depends_on = ["two"]
cmd = "cat > report.txt <<EOF\\ncount: {{.n}}\\nEOF\\ncat <<'EOF'\\nquoted: {{.n}}\\nEOF\\necho $(( {{.n}} + 1 ))\\necho \`echo {{.n}}\`"
[tasks.four]
matrix = { env = ["dev", "eu-1"] }
if = 'env != "test"'
cmd = "echo {{.env}}"
register = "delta_{{.env}}"
[tasks.five]
depends_on = ["four"]
cmd = "echo {{.delta_dev}} {{.delta_eu_1}}"
`;
    const { tasks } = workflowIn(source, 'TOML');
    expect(tasks.one?.workingDir).toBe('/tmp');
    expect(tasks.three?.requires).toEqual({ n: 'number' });
    expect(registeredBy('four', tasks.four as TaskDefinition)).toEqual(['delta_dev', 'delta_eu_1']);
    const four = { ...(tasks.four as TaskDefinition), register: 'delta_{{.env}}' };
    expect(registerOf('four[env=eu-1]', four)).toBe('delta_eu_1');
    const rules = (from: string, to: string) =>
      errorsOf(`application = "shop"\n${source.replace(from, to)}`, 'TOML').map(({ rule }) => rule);
    expect(rules('"delta_{{.env}}"', '"delta_{{.os}}"')).not.toContain('UNKNOWN_NAME');
    const withKind = (from: string, to: string) =>
      errorsOf(`application = "shop"\nkind = "Workflow"\n${source.replace(from, to)}`, 'TOML').map(({ rule }) => rule);
    expect(withKind('"delta_{{.env}}"', '"delta_{{.os}}"')).toContain('UNKNOWN_NAME');
    expect(withKind('"dev", "eu-1"', '"eu_1", "eu-1"')).toContain('REGISTERED_TWICE');
  });

  describe('of a task graph', () => {
    const graph = (tasks: string, head = 'name = "g"') => `application = "shop"\n${head}\n${tasks}`;
    const workflowOf = (tasks: string, head?: string) => {
      const { documents, problems } = parsed(graph(tasks, head), 'TOML');
      const [found] = documents;
      if (found?.document.kind !== 'Workflow') throw new Error('there is no workflow');
      checkWorkflow(found.document.definition, catalog, found.complain, { lenient: found.lenient });
      return {
        name: found.document.name,
        ...canonicalWorkflow(found.document.definition),
        problems: [...problems.inOrder.errors, ...problems.inOrder.warnings].map(({ path, rule }) => `${path} ${rule}`),
      };
    };

    test('declares variables that nothing sets as inputs of the start', () => {
      const { variables, tasks, problems } = workflowOf(`[tasks.a]
cmd = "echo {{.ENV}} {{.region}} {{.region}} {{.n}} {{.os}} {{.known}} {{.out_prod}} {{.LEVEL}} {{.SLIPWAY_TASK}} {{.LD_PRELOAD}}"
if = 'branch == "main" && has(vars.tag) && matrix.os != "x" && n != "1"'
matrix = { os = ["linux"] }
env = { LEVEL = "x" }
[tasks.b]
cmd = "echo 1"
register = "n"
[tasks.c]
cmd = "echo {{.failed_task}}"
register = "out_{{.ENV}}"
[finally.end]
cmd = "echo {{.workflow_status}} {{.atEnd}}"
[[variables]]
name = "known"
`);
      expect(variables.map(({ name, required, defaultValue }) => [name, required, defaultValue])).toEqual(
        ['known', 'ENV', 'region', 'branch', 'tag', 'failed_task', 'atEnd'].map((name) => [name, false, null]),
      );
      expect(tasks.a?.run).toContain(`"\${SLIPWAY_VAR_ENV}" "\${region}"`);
      expect(Object.keys(tasks.a?.requires ?? {}).sort()).toEqual(
        ['LD_PRELOAD', 'LEVEL', 'SLIPWAY_TASK', 'SLIPWAY_VAR_ENV', 'known', 'n', 'out_prod', 'region'].sort(),
      );
      expect(tasks.end?.requires).toEqual({ atEnd: 'any', workflow_status: 'any' });
      expect(problems.filter((one) => !one.endsWith(' UNSURE_NAME'))).toEqual([]);
      expect(problems).toContain('documents[0].tasks.a.cmd UNSURE_NAME');
    });

    test.each([
      ['a bare word', 'env == prod', 'env == "prod"'],
      ['a version', 'v == 1.2.3 || v == v2-rc', 'v == "1.2.3" || v == "v2-rc"'],
      ['a number', 'n >= 5', 'n >= 5'],
      ['a boolean', 'flag == true', 'flag == true'],
      ['a name that something sets', 'v == known', 'v == known'],
      ['a text', `v == "a == b" && v != 'c > d'`, `v == "a == b" && v != 'c > d'`],
      [
        'words',
        'v contains "x" && v starts_with v1 || v ends_with \'y\'',
        `v.contains("x") && v.startsWith("v1") || v.endsWith('y')`,
      ],
      ['an expression', 'v matches "^v[0-9]+$" && !(v matches beta)', 'v.matches("^v[0-9]+$") && !(v.matches("beta"))'],
      ['brackets', '(v == x)', '(v == "x")'],
    ])('a condition may compare with %s', (_, written, read) => {
      const { tasks, problems } = workflowOf(
        `[[variables]]\nname = "known"\n[tasks.a]\ncmd = "x"\nif = ${JSON.stringify(written)}`,
      );
      expect(tasks.a?.condition).toBe(read);
      expect(problems.includes('documents[0].tasks.a.if ADAPTED')).toBe(written !== read);
    });

    test('omits parts that its tool accepts but never uses, with a warning', () => {
      const { tasks, onFailure, problems } = workflowOf(
        `[tasks._first]
cmd = "x"
on_failure = "nobody"
working_dir = ""
register = ""
if = ""
timeout = "0s"
retries = 2000
matrix = {}
[tasks.-second]
cmd = "x"
depends_on = ["_first", "never"]
on_failure = "_first"
timeout = "1000h"
retry_delay = "1.5h"
matrix = { os = ["a", "a", "b"] }
[tasks.never]
cmd = "echo 1"
matrix = { os = ["a"], none = [] }
[tasks.alarm]
type = "forensic"
cmd = "echo {{.failed_dag}} {{.failed_task}}"
register = "x"
if = "x == 1"
matrix = { a = ["b"] }
on_failure = "alarm"
`,
        'name = "g"\non_failure = "_first"\ndescription = ""\ntriggers = [{ type = "cron" }]',
      );
      expect(Object.keys(tasks).sort()).toEqual(['-second', '_first', 'alarm']);
      expect(onFailure).toBeNull();
      expect(tasks._first).toMatchObject({
        onFailure: null,
        register: null,
        condition: null,
        matrix: [],
        retries: 1000,
      });
      expect(tasks._first?.timeoutSeconds).toBe(3600);
      expect(tasks['-second']).toMatchObject({
        ...{ onFailure: null, dependsOn: ['_first'], timeoutSeconds: 20 * 86_400 },
        ...{ retryDelay: { initialSeconds: 5400 }, matrix: [{ name: 'os', values: ['a', 'b'] }] },
      });
      expect(tasks.alarm).toMatchObject({ matrix: [], register: null, condition: null, onFailure: null });
      expect(tasks.alarm?.requires).toEqual({ SLIPWAY_WORKFLOW: 'any', failed_task: 'any' });
      expect(problems.filter((one) => !one.endsWith(' ADAPTED')).map((one) => one.split(' ')[1])).toEqual([
        ...['IGNORED_TRIGGERS', 'MANY_RETRIES', 'LONG_TIMEOUT', 'UNUSED_HANDLER'],
      ]);
      expect(problems.filter((one) => one.endsWith(' ADAPTED'))).toHaveLength(11);
    });

    test('an unknown key is a warning that names it, its line and the nearest key', () => {
      const source = graph('[tasks.a]\ncmd = "x"\nretrys = 2\n[tasks.a.proxy]\npath = "x"', 'name = "g"\nversion = 2');
      const { errors, warnings } = parsed(source, 'TOML').problems.inOrder;
      expect(errors).toEqual([]);
      expect(warnings.map(({ rule, path, line }) => [rule, path, source.split('\n')[(line ?? 0) - 1]])).toEqual([
        ['IGNORED_KEY', 'documents[0].version', 'version = 2'],
        ['IGNORED_KEY', 'documents[0].tasks.a.retrys', 'retrys = 2'],
        ['IGNORED_KEY', 'documents[0].tasks.a.proxy', '[tasks.a.proxy]'],
      ]);
      expect(warnings[1]?.message).toMatch(/ \(did you mean "retries"\?\)\. The key is ignored\.$/);
      expect(errorsOf(`kind = "Workflow"\n${source}`, 'TOML').map(({ rule }) => rule)).toContain('UNKNOWN_FIELD');
    });

    test('names may have hyphens', () => {
      const { tasks, variables, problems } = workflowOf(`[tasks.a]
cmd = "use {{.go-version}} '{{ .os }}' {{.no-name}}"
matrix = { go-version = ["1.21", "1.22"], os = ["linux"] }
if = "go-version != 1.22 && my-var == x && MATRIX_GO_VERSION != y"
register = "built-{{.go-version}}"
depends_on = ["b"]
[tasks.b]
cmd = "x"
register = "my-var"
[tasks.c]
depends_on = ["a[go-version=1.21,os=linux]"]
cmd = "echo {{.my-var}} {{.built-1_21}}"
`);
      const [first = '', ...others] = nodesOf('a', tasks.a as TaskDefinition);
      expect([first, others.length]).toEqual(['a[go-version=1.21,os=linux]', 1]);
      expect(matrixVariables(first, tasks.a)).toEqual({ MATRIX_GO_VERSION: '1.21', MATRIX_OS: 'linux' });
      expect(tasks.a?.run).toBe(`use "\${MATRIX_GO_VERSION}" ''"\${MATRIX_OS}"'' {{.no-name}}`);
      expect(tasks.a?.condition).toBe('matrix["go-version"] != 1.22 && my_var == "x" && MATRIX_GO_VERSION != "y"');
      expect(registeredBy('a', tasks.a as TaskDefinition)).toEqual(['built_1_21', 'built_1_22']);
      expect(tasks.c?.run).toBe(`echo "\${my_var}" "\${built_1_21}"`);
      expect(variables).toEqual([]);
      expect(problems).toEqual([
        'documents[0].tasks.a LITERAL_TEMPLATE',
        'documents[0].tasks.a.if ADAPTED',
        'documents[0].tasks.a.register ADAPTED',
        'documents[0].tasks.b.register ADAPTED',
      ]);
    });

    test('gives other names to what Slipway can’t name', () => {
      const [task, name, value] = ['t', 'v', 'x'].map((letter) => letter.repeat(300));
      const { tasks, onFailure, variables, problems } = workflowOf(
        `[tasks.${task}]
cmd = "echo {{.${name}}} {{.Env}} {{.go-v}} {{.GO_V}}"
if = '${name} != "Env" && Env == x && env == y'
matrix = { env = ["a"], Env = ["b", "${value}"], go-v = ["c"], GO_V = ["d"], "1 x" = ["e"] }
depends_on = ["__proto__"]
on_failure = "h-${task}"
[tasks.__proto__]
cmd = "x"
register = "${name}"
[tasks.last]
cmd = "echo {{.SLIPWAY_OWN}}"
depends_on = ["${task}[1 x=e,Env=b,GO_V=d,env=a,go-v=c]", "${task}"]
[tasks.own]
cmd = "x"
register = "SLIPWAY_OWN"
[tasks.h-${task}]
type = "forensic"
cmd = "x"
depends_on = ["last"]
`,
        `name = "g"\non_failure = "h-${task}"`,
      );
      const keys = Object.keys(tasks);
      const [first = '', handler = ''] = ['t', 'h-t'].map((start) => keys.find((key) => key.startsWith(`${start}t`)));
      const proto = keys.find((key) => key.startsWith('__proto__')) ?? '';
      expect(keys.map(({ length }) => length <= 100)).not.toContain(false);
      expect(tasks[first]).toMatchObject({
        displayName: `${'t'.repeat(199)}…`,
        onFailure: handler,
        dependsOn: [proto],
        condition: `${tasks[proto]?.register} != "Env" && Env_2 == "x" && env == "y"`,
        run: `echo "\${${tasks[proto]?.register}}" "\${MATRIX_ENV_2}" "\${MATRIX_GO_V}" "\${MATRIX_GO_V_2}"`,
      });
      expect([onFailure, tasks.own?.register, tasks.last?.run]).toEqual([
        handler,
        '_SLIPWAY_OWN',
        `echo "\${_SLIPWAY_OWN}"`,
      ]);
      const nodes = nodesOf(first, tasks[first] as TaskDefinition);
      expect(nodes.map((node) => matrixVariables(node, tasks[first]).MATRIX_ENV_2).sort()).toEqual(['b', value]);
      expect(nodes.map((node) => node.length < first.length + 250)).toEqual([true, true]);
      expect((tasks.last?.dependsOn ?? []).map((text) => dependencyOf(text, tasks))).toEqual([
        { all: first },
        { node: nodes.find((node) => node.includes('Env_2=b')) },
      ]);
      expect(variables).toEqual([]);
      expect(problems.filter((one) => !one.endsWith(' ADAPTED'))).toEqual([]);
    });

    test('replaces what can’t run by a task that fails with the reason, and a blank command by none', () => {
      const values = JSON.stringify(Array.from({ length: 101 }, (_, index) => `${index}`));
      const { tasks, problems } = workflowOf(`[tasks.blank]
cmd = " \\n"
[tasks.large]
cmd = "echo {{.a}}"
matrix = { a = ${values}, b = ${values} }
if = "a == 1"
retries = 3
register = "v_{{.a}}"
ignore_failure = true
[tasks.after]
cmd = "x"
depends_on = ["large[a=1,b=2]"]
matrix = { a = ${values} }
[tasks.own]
cmd = "x"
env = { SLIPWAY_TASK = "x", LD_BIND_NOW = "1", A = "b" }
`);
      expect(tasks.blank?.run).toBe(':');
      expect(tasks.large).toMatchObject({
        ...{ matrix: [], retries: 0, condition: null, register: null, ignoreFailure: true },
        run: 'echo \'The matrix of "large" has 10201 combinations; a workflow has at most 10000 tasks.\' >&2; exit 1',
      });
      expect(tasks.after).toMatchObject({ dependsOn: ['large'], matrix: [{ name: 'a' }] });
      expect(tasks.own).toMatchObject({
        env: { A: 'b' },
        run: expect.stringContaining('sets SLIPWAY_TASK, which is reserved'),
      });
      expect(problems).toEqual(
        ['blank.cmd', 'large.matrix', 'own.env'].map((place) => `documents[0].tasks.${place} ADAPTED`),
      );
    });

    test('has nothing to run if all of its tasks are forensic or have no combination', () => {
      const { tasks, problems } = workflowOf(
        '[tasks.nothing]\ntype = "forensic"\ncmd = "x"\n[tasks.never]\ncmd = "x"\nmatrix = { a = [] }\n',
      );
      expect(tasks.nothing_).toMatchObject({ type: 'normal', condition: 'false' });
      expect(problems.filter((one) => !one.endsWith(' UNUSED_HANDLER') && !one.endsWith(' ADAPTED'))).toEqual([]);
    });

    test('shortens long texts', () => {
      const long = 'x'.repeat(19_999);
      const { name, description, tasks, problems } = workflowOf(
        `[tasks.a]\ncmd = "x"\nname = "One\\ntwo"\ndescription = "${long}${long}"\n`,
        `name = "Build & deploy: 100%"\ndescription = "${long}"\ntags = ["${'t'.repeat(300)}"]`,
      );
      expect(name).toBe('Build deploy 100');
      expect(description).toBe(long);
      expect(tasks.a).toMatchObject({ displayName: 'One two', description: `${long}…` });
      expect(problems).toEqual(
        ['name', 'tags', 'tasks.a.name', 'tasks.a.description'].map((one) => `documents[0].${one} ADAPTED`),
      );
    });

    test('a condition that can’t be read is a warning: its task fails when it is reached', () => {
      const { problems } = workflowOf(
        '[tasks.a]\ncmd = "x"\nif = "a b c"\n[tasks.b]\ncmd = "x"\nif = "v matches \'(\'"',
      );
      expect(problems.filter((one) => !one.endsWith(' ADAPTED') && !one.endsWith(' UNSURE_NAME'))).toEqual([
        'documents[0].tasks.a.if UNSURE_CONDITION',
        'documents[0].tasks.b.if UNSURE_CONDITION',
      ]);
    });

    test('reports possible problems as warnings, and those that its tool rejects as errors', () => {
      const rules = (tasks: string, head?: string) =>
        errorsOf(graph(tasks, head), 'TOML').flatMap(({ rule }) => (rule === 'UNKNOWN_APPLICATION' ? [] : rule));
      const two = '[tasks.a]\ncmd = "x"\nregister = "v"\n[tasks.b]\ncmd = "x"\nif = "v != 1"\n';
      expect(rules(`${two}register = "v"`)).toEqual([]);
      expect(rules(`${two}matrix = { os = ["a", "b"] }\nregister = "w"`)).toEqual([]);
      const one = '[tasks.a]\ncmd = "x"\n';
      expect(rules(one, 'name = "g"\non_failure = "b"')).toEqual(['UNKNOWN_HANDLER']);
      expect(rules(`${one}env = { PATH = "/bin", ENV = "x", HOME = "\${x}", "1A" = "x" }`)).toEqual([
        'BAD_VARIABLE_NAME',
      ]);
      expect(rules(`${one}env = { LD_PRELOAD = "x" }`)).toEqual(['RESERVED_VARIABLE_NAME']);
      expect(rules(`${one}working_dir = "/proc/1"`)).toEqual(['BAD_WORKING_DIR']);
      expect(rules(`${one}retries = -1`)).toEqual(['BAD_VALUE']);
      expect(rules(`${one}depends_on = ["x"]`)).toEqual(['UNKNOWN_TASK']);
      expect(rules('[tasks."a.b c"]\ncmd = "x"')).toEqual(['BAD_NAME']);
      expect(rules('[tasks.a]\ncmd = ""')).toEqual(['BAD_VALUE']);
    });

    test('is read within bounded time, whatever it contains', () => {
      const task = (index: number) =>
        `[tasks.t${index}]\ncmd = "{{.n${index}}}"\nregister = "${'x{{.a}}'.repeat(5)}${index}"\non_failure = "h${index}"\nif = "x${index} == y"\n`;
      const many = Array.from({ length: 300 }, (_, index) => task(index)).join('');
      const values = JSON.stringify(
        Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? 'a' : `v${index}`)),
      );
      const odd = `[tasks.a]\ncmd = "x"\nif = "${'a'.repeat(50_000)}"\nregister = "${'x{{.a}}'.repeat(5_000)}"\n`;
      const begin = process.cpuUsage();
      expect(parsed(graph(many), 'TOML').problems.inOrder.warnings).toHaveLength(500);
      expect(errorsOf(graph(odd), 'TOML').map(({ rule }) => rule)).toContain('BAD_VARIABLE_NAME');
      expect(errorsOf(graph(`[tasks.a]\ncmd = "x"\nmatrix = { os = ${values} }`), 'TOML')).not.toEqual([]);
      expect(process.cpuUsage(begin).user / 1000).toBeLessThan(10_000);
    });

    test('names combinations with their values; dependencies name them as written', () => {
      const { tasks } = workflowOf(`[tasks.a]
cmd = "x"
matrix = { flags = ["", "-a,-b", "x=[y]", "50%", "%2C"], os = ["linux"] }
[tasks.b]
cmd = "x"
depends_on = ["a[flags=-a,-b,os=linux]", "a[os=linux,flags=]", "a[flags=50%,os=linux]", "a[flags=x%3D%5By%5D,os=linux]"]
`);
      const nodes = nodesOf('a', tasks.a as TaskDefinition);
      expect(nodes).toEqual(
        ['%252C', '-a%2C-b', '50%', '', 'x%3D%5By%5D'].map((flags) => `a[flags=${flags},os=linux]`).sort(),
      );
      expect(nodes.map((node) => matrixVariables(node, tasks.a).MATRIX_FLAGS).sort()).toEqual(
        ['', '-a,-b', 'x=[y]', '50%', '%2C'].sort(),
      );
      expect(taskNodes(tasks).find(({ name }) => name === 'b')?.dependsOn).toEqual(
        (tasks.b?.dependsOn ?? []).map((text) => dependencyOf(text, tasks)),
      );
      expect(tasks.b?.dependsOn.map((text) => dependencyOf(text, tasks))).not.toContain(undefined);
    });
  });

  test('gives the positions of arrays of tables', () => {
    const source = `${FILE}\n[[variables]]\nname = "A"\n[[variables]]\nname = "1B"\n`;
    const error = errorsOf(`application = "shop"\n${source}`, 'TOML').find(
      ({ path }) => path !== 'documents[0].application',
    );
    expect(error).toMatchObject({ rule: 'BAD_VARIABLE_NAME', path: 'documents[0].variables[1].name' });
    expect(source.split('\n')[(error?.line ?? 0) - 2]).toBe('name = "1B"');
  });

  test('rejects an empty file and one that is too large', () => {
    expect(errorsOf('# nothing\n', 'TOML').map(({ rule }) => rule)).toEqual(['EMPTY_SOURCE']);
    expect(errorsOf(`a = ${'['.repeat(9999)}`, 'TOML').map(({ rule }) => rule)).toEqual(['SYNTAX']);
    expect(errorsOf('#'.repeat(1024 ** 2 + 1), 'TOML').map(({ rule }) => rule)).toEqual(['TOO_LARGE']);
  });

  test.each([
    ['brackets', `a = ${'['.repeat(9999)}${']'.repeat(9999)}`],
    ['tables', `a = ${'{ b = '.repeat(9999)}1${'}'.repeat(9999)}`],
    ['steps of a key', `[${'a.'.repeat(9999)}b]`],
    ['signs', `a = [${'1,'.repeat(400_000)}]`],
  ])('too many %s are an error within bounded time', (_, source) => {
    const begin = process.cpuUsage();
    expect(errorsOf(source, 'TOML').map(({ rule }) => rule)).toEqual(['TOO_LARGE']);
    expect(process.cpuUsage(begin).user / 1000).toBeLessThan(10_000);
  });

  test('counts columns in UTF-16 units, and accepts CRLF', () => {
    const [error] = errorsOf('name = "😀"\r\ntasks = { a = { cmd = "😀", retries = "1" } }', 'TOML').filter(
      ({ rule }) => rule === 'WRONG_TYPE',
    );
    expect(error).toMatchObject({ path: 'documents[0].tasks.a.retries', line: 2, column: 39 });
  });

  const api = testApi();

  test('is applied, created and validated as written; the application is an argument', async () => {
    await api.apply(shop);
    const made = await api.apply(FILE, { format: 'TOML', application: 'shop' });
    expect(made.map(({ kind, name, action }) => [kind, name, action])).toEqual([['WORKFLOW', 'ship', 'CREATED']]);
    expect((await api.apply(YAML))[0]?.action).toBe('UNCHANGED');
    const refused = await api.refusedApply(FILE, { format: 'TOML' });
    expect(refused.map(({ rule, path }) => [rule, path])).toEqual([['MISSING_FIELD', 'documents[0].application']]);
    const { validateDefinition } = await api.ask<{ validateDefinition: unknown }>(
      'query ($source: String!) { validateDefinition(source: $source, format: TOML) { valid errors { message } } }',
      { source: FILE },
    );
    expect(validateDefinition).toEqual({ valid: true, errors: [] });
  });
});
