import { canonicalWorkflow } from '../../../src/catalog/language/canonical';
import { registeredBy, registerOf } from '../../../src/catalog/language/matrix';
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

function workflowIn(source: string, format: 'YAML' | 'TOML') {
  const document = parsed(format === 'TOML' ? `application = "shop"\n${source}` : source, format).documents[0]
    ?.document;
  if (document?.kind !== 'Workflow') throw new Error('there is no workflow');
  return canonicalWorkflow(document.definition);
}

describe('a TOML workflow file', () => {
  test('means the same as in YAML', () => {
    expect(workflowIn(FILE, 'TOML')).toEqual(workflowIn(YAML, 'YAML'));
  });

  test.each([
    ['an unknown key', FILE.replace('clean_env', 'clean_envs'), 'UNKNOWN_FIELD', 'clean_envs'],
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
  ])('%s is an error with its place', (_, written, rule, at) => {
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
    expect(registerOf('four[env=eu-1]', 'delta_{{.env}}')).toBe('delta_eu_1');
    const rules = (from: string, to: string) =>
      errorsOf(`application = "shop"\n${source.replace(from, to)}`, 'TOML').map(({ rule }) => rule);
    expect(rules('"delta_{{.env}}"', '"delta_{{.os}}"')).toContain('UNKNOWN_NAME');
    expect(rules('"dev", "eu-1"', '"eu_1", "eu-1"')).toContain('REGISTERED_TWICE');
  });

  test('gives the places of arrays of tables', () => {
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
