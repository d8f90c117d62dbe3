import { validationWarnings } from '../../../src/catalog/language/validationRules';
import { GIVEN_ENVIRONMENT } from '../../../src/catalog/language/workflow';
import { testApi } from '../api';
import { parts, pipeline, shop, workflow } from './documents';

interface Problem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly message: string;
}

const task = (keys: string, run = 'true') => `tasks:\n  a: { run: "${run}", ${keys} }\n  c: { run: "true" }`;

/** One for each warning: the keys, and the text at its position. */
const warnings = [
  { rule: 'SHORT_TIMEOUT', keys: 'timeout: 999ms', at: '999ms' },
  { rule: 'LONG_TIMEOUT', keys: 'timeout: 25h', at: '25h' },
  { rule: 'MANY_RETRIES', keys: 'retries: 11', at: '11' },
  { rule: 'UNSURE_NAME', keys: 'if: REGION == "eu"', at: 'REGION', of: `environment: ${GIVEN_ENVIRONMENT}` },
  { rule: 'LITERAL_TEMPLATE', keys: 'env: { WHO: me }', run: 'echo {{.WHO}} {{.Names}}', at: '"echo' },
  {
    rule: 'AMBIGUOUS_ARTIFACT_SOURCE',
    keys: 'artifacts: { from: build }',
    more:
      workflow('build') +
      pipeline(
        'p',
        '  - elements: [{ name: a, workflow: build }, { name: b, workflow: build }]\n  - elements: [{ name: c, workflow: w }]',
      ),
    at: '{ name: c',
  },
  { rule: 'UNDEPLOYED_SERVICE', keys: 'deploys: web', of: 'services: [inventory, web]', at: 'inventory' },
  // env-reference-literal
  { rule: 'LITERAL_REFERENCE', keys: 'env: { A: $B }', at: '\\$B', of: 'env: { B: x }' },
  // no-shell-choice
  { rule: 'BASH_IN_SH', keys: 'grace: 1s', run: 'source x; [[ 1 == 1 ]]', at: '"source' },
  { rule: 'RENAMED_VARIABLE', keys: 'register: ENV', at: 'ENV' },
  { rule: 'UNUSED_HANDLER', keys: 'type: forensic', at: 'forensic' },
  {
    rule: 'TRIGGER_CYCLE',
    keys: 'timeout: 1s',
    at: 'start:',
    more: '---\nkind: Trigger\napplication: shop\nname: t\non: { execution: { workflow: w } }\nstart: { workflow: w }\n',
  },
];

describe('validateDefinition', () => {
  const api = testApi();

  async function validate(source: string, format = 'YAML') {
    const { validateDefinition } = await api.server.client.ask<{
      validateDefinition: { valid: boolean; errors: Problem[]; warnings: Problem[] };
    }>(
      `query ($source: String!, $format: DefinitionFormat!) { validateDefinition(source: $source, format: $format) {
        valid errors { path line column rule message } warnings { path line column rule message } } }`,
      { source, format },
    );
    return validateDefinition;
  }

  test('every warning has a fixture', () => {
    // Only task graphs in TOML have these: toml.test.ts.
    const rules = [
      ...warnings.map(({ rule }) => rule),
      'IGNORED_TRIGGERS',
      'UNSURE_REGISTER',
      'ADAPTED',
      'IGNORED_KEY',
      'UNSURE_CONDITION',
    ];
    expect(rules.sort()).toEqual(Object.keys(validationWarnings).sort());
  });

  test.each(warnings)('$rule is a warning with its position', async ({ rule, keys, at, of = '', run, more = '' }) => {
    const source = parts + workflow('w', { keys: of, tasks: task(keys, run) }) + more;
    const { valid, errors, warnings: found } = await validate(source);
    expect({ valid, errors, rules: found.map((one) => one.rule) }).toEqual({
      valid: true,
      errors: [],
      rules: [rule],
    });
    const [{ line, column } = { line: 0, column: 0 }] = found;
    expect(source.split('\n')[line - 1]?.slice(column - 1)).toMatch(new RegExp(`^${at}`));
  });

  test.each(['timeout: 1s', 'timeout: 24h', 'retries: 10'])('%s causes no warning', async (keys) => {
    expect((await validate(shop + workflow('w', { tasks: task(keys) }))).warnings).toEqual([]);
  });

  test('warns about a template that is not replaced, with the alternative', async () => {
    const messages = async (source: string, format?: string) =>
      (await validate(source, format)).warnings.map(({ rule, message }) => `${rule} ${message}`);
    const keys = 'matrix: { os: [a, b] }, secrets: [TOKEN]';
    const tasks = task(keys, 'echo {{.os}} {{ .TOKEN }} {{.Names}} {{json .}}');
    expect(await messages(shop + workflow('w', { tasks }))).toEqual([
      'LITERAL_TEMPLATE {{.os}} is not replaced here. For the value, write $MATRIX_OS.',
      'LITERAL_TEMPLATE {{.TOKEN}} is not replaced here. For the value, write $TOKEN.',
    ]);
    const toml = (command: string) => `name = "w"\n[tasks.a]\nenv = { good = "x" }\ncmd = '${command}'\n`;
    expect(await messages(toml('echo {{.bad-name}} "{{if .x}}" {{.good}} {{if .x}}'), 'TOML')).toEqual([
      expect.stringMatching(/^LITERAL_TEMPLATE .*{{\.bad-name}}/),
      expect.stringMatching(/^LITERAL_TEMPLATE .*{{if \.x}}/),
    ]);
    expect(await messages(toml('echo {{.good}} {} {{ }'), 'TOML')).toEqual([]);
  });

  test('reports a duplicate key at its position, along with all other errors', async () => {
    const source = `${shop}${workflow('w', { keys: 'environment: nowhere\nenv: { A: a, A: b }', tasks: task('depends_on: [b]') })}`;
    const { errors } = await validate(source);
    expect(errors.map(({ rule, path }) => [rule, path])).toEqual([
      ['UNKNOWN_ENVIRONMENT', 'documents[1].environment'],
      ['DUPLICATE_KEY', 'documents[1].env.A'],
      ['UNKNOWN_TASK', 'documents[1].tasks.a.depends_on[0]'],
    ]);
    const list = await validate(
      '[{ kind: Application, name: shop }, { kind: Application, name: a, tags: { x: 1, x: 2 } }]',
    );
    expect(list.errors.map(({ rule, path }) => [rule, path])).toContainEqual(['DUPLICATE_KEY', 'documents[1].tags.x']);
  });

  test('returns errors and warnings together, and writes nothing', async () => {
    const source = shop + workflow('w', { tasks: task('retries: 11, depends_on: [b]') });
    const { valid, errors, warnings: found } = await validate(source);
    expect(valid).toBe(false);
    expect(errors.map(({ rule, path, line, column }) => [rule, path, line, column])).toEqual([
      ['UNKNOWN_TASK', 'documents[1].tasks.a.depends_on[0]', 8, 47],
    ]);
    expect(found.map(({ rule }) => rule)).toEqual(['MANY_RETRIES']);
    expect(await api.server.app.database.rows('SELECT FROM application')).toEqual([]);
  });

  test('takes existing resources into account', async () => {
    await api.apply(shop);
    const source = workflow('w', { keys: 'services: [web]' }).replace('---\n', '');
    expect((await validate(source)).errors.map(({ rule }) => rule)).toEqual(['UNKNOWN_SERVICE']);
  });
});
