import { parseDefinition, parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import { readDocuments } from '../../../src/catalog/language/readDocuments';
import { taskLevels } from '../../../src/catalog/language/taskGraph';
import type { WorkflowDefinition } from '../../../src/catalog/language/workflow';
import { shop, workflow } from './documents';
import { errorsOf, parsed, refusedErrors } from './errorsOf';

function definitionOf(source: string): WorkflowDefinition {
  const found = parsed(source).documents.find(({ document }) => document.kind === 'Workflow')?.document;
  if (found?.kind !== 'Workflow') throw new Error('there is no workflow');
  return found.definition;
}

describe('reading documents', () => {
  test('every default of a freeze is filled in', () => {
    const source = `${shop}---\nkind: Freeze\napplication: shop\nname: f\nreason: x\nfrom: 2026-12-23T18:00:00+01:00\n`;
    expect(parsed(source).documents[1]?.document).toEqual({
      ...{ kind: 'Freeze', application: 'shop', name: 'f', type: 'FREEZE', environments: null, environmentTypes: null },
      ...{ from: new Date('2026-12-23T17:00:00Z'), until: null, timeZone: 'UTC', recurrence: null, reason: 'x' },
      ...{ exceptServices: [], exceptGroups: [] },
    });
  });

  test('every default of a trigger is filled in', () => {
    const source = `${shop}${workflow('w')}---\nkind: Trigger\napplication: shop\nname: t\non: { webhook: { provider: GITHUB } }\nstart: { workflow: w }\n`;
    const webhook = { provider: 'GITHUB', events: [], branches: null, secrets: [] };
    expect(parsed(source).documents[2]?.document).toMatchObject({
      definition: {
        ...{ description: null, enabled: true, condition: null, variables: {}, images: {}, environments: null },
        ...{ on: { webhook, schedule: null, execution: null, image: null }, start: { workflow: 'w', pipeline: null } },
        ...{ retry: null, notes: null },
      },
    });
  });

  test('every default is filled in', () => {
    expect(definitionOf(workflow('w'))).toEqual({
      description: null,
      observe: null,
      outputs: {},
      environment: null,
      services: [],
      variables: [],
      env: {},
      shell: 'sh',
      container: null,
      concurrency: null,
      maxParallel: null,
      finallyTimeoutSeconds: 3600,
      mode: 'WORK_STEALING',
      onTaskFailure: 'finish',
      onFailure: null,
      onFreeze: 'WAIT',
      secrets: [],
      timeoutSeconds: 86_400,
      tasks: {
        one: {
          type: 'normal',
          displayName: null,
          description: null,
          run: 'true',
          shell: null,
          container: null,
          services: {},
          checkout: null,
          workingDir: null,
          cleanEnv: false,
          condition: null,
          retries: 0,
          retryDelay: null,
          retryOn: null,
          ignoreFailure: false,
          intervention: null,
          matrix: [],
          matrixRules: null,
          cache: null,
          reports: null,
          workflow: null,
          variables: {},
          outputs: {},
          ignoreExitCodes: [],
          stopSignal: 'SIGTERM',
          streams: null,
          register: null,
          requires: {},
          secrets: [],
          dependsOn: [],
          deploys: null,
          env: {},
          labels: {},
          timeoutSeconds: 3600,
          graceSeconds: 10,
          onFailure: null,
          onLost: 'FAIL',
          approval: null,
          artifacts: { paths: [], when: 'success', from: [] },
        },
      },
    });
  });

  test('numbers and booleans become text as they are written', () => {
    const { env } = definitionOf(
      workflow('w', { keys: 'env: { A: 1.10, B: 010, C: 1e3, D: true, E: "yes", F: no, G: "" }' }),
    );
    expect(env).toEqual({ A: '1.10', B: '010', C: '1e3', D: 'true', E: 'yes', F: 'no', G: '' });
  });

  test.each([
    ['90s', 90],
    ['5m', 300],
    ['1h30m', 5400],
    ['2d', 172_800],
    ['90', 90],
    ['"90"', 90],
    ['1d1h1m1s', 90_061],
  ])('%s is %d seconds', (text, seconds) => {
    expect(definitionOf(workflow('w', { keys: `timeout: ${text}` })).timeoutSeconds).toBe(seconds);
  });

  test.each([
    ['500ms', 0.5],
    ['1.5s', 1.5],
    ['1m10ms', 60.01],
    ['10ms', 0.01],
  ])('a task may take %s', (text, seconds) => {
    const tasks = `tasks: { one: { run: x, timeout: ${text} } }`;
    expect(definitionOf(workflow('w', { tasks })).tasks.one?.timeoutSeconds).toBe(seconds);
  });

  test('reads fixed and growing delays, the alias of the command, and folders', () => {
    const one = (keys: string) => definitionOf(workflow('w', { tasks: `tasks: { one: { ${keys} } }` })).tasks.one;
    expect(one('cmd: make')?.run).toBe('make');
    expect(one('run: x, working_dir: ./a//b/')?.workingDir).toBe('a/b');
    expect(one('run: x, working_dir: .')?.workingDir).toBeNull();
    expect(one('run: x, retry_delay: 500ms')?.retryDelay).toEqual({
      initialSeconds: 0.5,
      factor: 1,
      maxSeconds: 0.5,
      jitter: 0,
    });
    expect(one('run: x, retry_delay: { initial: 1s }')?.retryDelay).toEqual({
      initialSeconds: 1,
      factor: 2,
      maxSeconds: 300,
      jitter: 0,
    });
  });

  test('normalizes artifact paths, and expands a list of paths', () => {
    const artifacts = (text: string) =>
      definitionOf(workflow('w', { tasks: `tasks: { one: { run: x, artifacts: ${text} } }` })).tasks.one?.artifacts;
    expect(artifacts('["./a//b/", "**/*.tgz"]')).toEqual({ paths: ['a/b', '**/*.tgz'], when: 'success', from: [] });
    expect(artifacts('{ paths: a, when: always, from: build }')).toEqual({
      paths: ['a'],
      when: 'always',
      from: ['build'],
    });
  });

  test('stages without names are numbered by position', () => {
    const source =
      'kind: Pipeline\napplication: shop\nname: p\nstages:\n  - { name: A, elements: [] }\n  - elements: []';
    const [one] = parseDefinitions({ source, format: 'YAML' }).documents;
    expect(one?.document.kind === 'Pipeline' && one.document.definition.stages.map((stage) => stage.name)).toEqual([
      'A',
      'STAGE 2',
    ]);
  });

  test('treats an empty value as omitted', () => {
    expect(definitionOf(workflow('w', { keys: 'environment:\nservices: ~\nenv:' }))).toMatchObject({
      environment: null,
      services: [],
      env: {},
    });
    expect(errorsOf('kind: Application\nname:').map((error) => error.rule)).toEqual(['MISSING_FIELD']);
    // small-messages
    const tasks = 'tasks: { one: { run: x, env: { A: , B: "" }, labels: { pool: } } }';
    expect(definitionOf(workflow('w', { keys: 'env: { C: }', tasks }))).toMatchObject({
      env: {},
      tasks: { one: { env: { B: '' }, labels: {} } },
    });
    expect(errorsOf(shop + workflow('w', { tasks: 'tasks: { one: { run: x }, two: }' }))[0]?.rule).toBe('WRONG_TYPE');
  });

  test('resolves aliases, and treats prototype keys like any others', () => {
    const tasks =
      'tasks:\n  a: &a { run: x, labels: { constructor: y } }\n  toString: *a\n  c: { run: x, depends_on: [toString] }';
    const definition = definitionOf(workflow('w', { tasks }));
    expect(definition.tasks).toHaveProperty('toString.labels', { constructor: 'y' });
  });

  // merge-key-hint
  test('merge keys add missing keys only; top-level x- keys are ignored', () => {
    const source = [
      'kind: Workflow',
      'x-common: &common { timeout: 5m, env: &env { A: "1", B: "2" } }',
      'x-more: &more { cmd: echo more, depends_on: [a], timeout: 1m }',
      'application: shop',
      'name: w',
      'tasks:',
      '  a: { <<: *common, run: echo a, env: { <<: *env, B: own } }',
      '  b: { <<: [*common, *more], dependsOn: [] }',
    ].join('\n');
    const { a, b } = definitionOf(source).tasks;
    expect(a).toMatchObject({ run: 'echo a', timeoutSeconds: 300, env: { A: '1', B: 'own' } });
    expect(b).toMatchObject({ run: 'echo more', timeoutSeconds: 300, dependsOn: [], env: { A: '1', B: '2' } });
  });

  test('rejects a merge of anything but mappings; a quoted << is an ordinary key', () => {
    const told = (task: string) =>
      errorsOf(shop + workflow('w', { tasks: `tasks: { a: { run: x, ${task} } }` })).map((one) => one.rule);
    expect(told('<<: text')).toEqual(['WRONG_TYPE']);
    expect(told('<<: [{ timeout: 1m }, 7]')).toEqual(['WRONG_TYPE']);
    expect(told('"<<": { timeout: 1m }')).toEqual(['UNKNOWN_FIELD']);
    expect(told('x-own: 1')).toEqual(['UNKNOWN_FIELD']);
    expect(errorsOf('{"kind": "Application", "name": "shop", "x-team": ["a"]}', 'JSON')).toEqual([]);
    expect(errorsOf('{"kind": "Application", "name": "shop", "<<": {}}', 'JSON')[0]?.rule).toBe('UNKNOWN_FIELD');
  });

  // json-crlf-command
  test.each([
    ['JSON', '[{"kind":"Workflow","application":"shop","name":"w","tasks":{"a":{"run":"one\\r\\ntwo\\r\\n"}}}]'],
    ['YAML', 'kind: Workflow\r\napplication: shop\r\nname: w\r\ntasks: { a: { run: "one\\r\\ntwo\\r\\n" } }'],
    [
      'YAML',
      'kind: Workflow\r\napplication: shop\r\nname: w\r\ntasks:\r\n  a:\r\n    run: |\r\n      one\r\n      two\r\n',
    ],
    ['TOML', 'application = "shop"\r\nname = "w"\r\n[tasks.a]\r\ncmd = """\r\none\r\ntwo\r\n"""\r\n'],
    ['TOML', 'application = "shop"\nname = "w"\n[tasks.a]\ncmd = "one\\r\\ntwo\\r\\n"'],
  ] as const)('line ends of Windows in a command of %s become line feeds', (format, source) => {
    const [{ document } = { document: undefined }] = parsed(source, format).documents;
    expect(document?.kind === 'Workflow' && document.definition.tasks.a?.run).toBe('one\ntwo\n');
  });

  test('normalizes line ends of TOML values, except escaped ones', () => {
    const env = 'env = { A = """a\r\nb""", B = "a\\r\\nb" }';
    const source = `application = "shop"\r\nname = "w"\r\n${env}\r\ntasks.a.cmd = "x"`;
    const [{ document } = { document: undefined }] = parsed(source, 'TOML').documents;
    expect(document?.kind === 'Workflow' && document.definition.env).toEqual({ A: 'a\nb', B: 'a\r\nb' });
  });

  test('reads JSON with positions and tabs, and a list as several documents', () => {
    const text =
      '[\n\t{"kind": "Application", "name": "shop", "description": "\\u00e4\\/\\ud83d\\ude00"},\n\t{"kind": "Service", "application": "shop", "nam": "web"}\n]';
    const source = parseDefinitions({ source: text, format: 'JSON' });
    expect(source.documents[0]?.document).toMatchObject({ description: 'ä/😀' });
    const errors = refusedErrors(() => source.problems.refuseIfAny());
    expect(errors.map(({ rule, path, line, column }) => [rule, path, line, column])).toEqual([
      ['MISSING_FIELD', 'documents[1].name', 3, 2],
      ['UNKNOWN_FIELD', 'documents[1].nam', 3, 45],
    ]);
  });

  test('ignores empty documents', () => {
    expect(readDocuments(`---\n---\n${shop}---\n# nothing\n...\n`).documents).toHaveLength(1);
  });

  describe('a document for one named resource', () => {
    const read = (source: string) =>
      parseDefinition({ source, format: 'YAML' }, { kind: 'Workflow', application: 'shop', name: 'w' });
    const rules = (source: string) =>
      refusedErrors(() => read(source).problems.refuseIfAny()).map((error) => `${error.path} ${error.rule}`);

    test('may omit its kind and name, or have the right ones', () => {
      expect(rules('tasks: { one: { run: x } }')).toEqual([]);
      expect(rules(workflow('w'))).toEqual([]);
      expect(read('tasks: { one: { run: x } }').documents[0]?.document).toMatchObject({
        kind: 'Workflow',
        application: 'shop',
        name: 'w',
      });
    });

    test('rejects another kind or name', () => {
      expect(rules(workflow('v'))).toEqual(['documents[0].name WRONG_DOCUMENT']);
      expect(rules('kind: Pipeline\napplication: other\ntasks: { one: { run: x } }')).toEqual([
        'documents[0].kind WRONG_DOCUMENT',
        'documents[0].application WRONG_DOCUMENT',
      ]);
    });

    test('must be exactly one document', () => {
      expect(rules(`${workflow('w')}${workflow('w')}`)).toEqual(['documents[1] SINGLE_DOCUMENT']);
      expect(rules('just text')).toEqual(['documents[0] WRONG_TYPE']);
    });
  });
});

describe('hostile sources', () => {
  const MiB = 1024 ** 2;
  const bombs: readonly (readonly [string, string])[] = [
    ['more than a MiB', `# ${'ä'.repeat(MiB / 2)}`],
    ['half a million brackets', '['.repeat(500_000)],
    ['half a million list items in each other', '- '.repeat(500_000)],
    ['half a million keys in each other', '? '.repeat(500_000)],
    ['closing brackets only', '}'.repeat(MiB)],
    ['commas only', `[${','.repeat(MiB - 2)}]`],
    [
      'a hundred million laughs',
      Array.from({ length: 9 }, (_, n) => `l${n}: &l${n} [${n === 0 ? 'ha' : `${`*l${n - 1},`.repeat(10)}`}]`).join(
        '\n',
      ),
    ],
    ['more than 500 documents', '---\na\n'.repeat(501)],
    [
      'more than 10,000 tasks',
      workflow('w', { tasks: `tasks:\n${Array.from({ length: 10_001 }, (_, n) => `  t${n}: { run: x }`).join('\n')}` }),
    ],
  ];

  test.each(bombs)('%s', (_, source) => {
    const begin = process.cpuUsage();
    const errors = errorsOf(source);
    expect(errors.some((error) => error.rule === 'TOO_LARGE' || error.rule === 'SYNTAX')).toBe(true);
    // Generous: an unbounded source would take minutes or all memory.
    expect(process.cpuUsage(begin).user / 1000).toBeLessThan(10_000);
  });

  test('reads 100,000 different keys in reasonable time', () => {
    const begin = process.cpuUsage();
    const { documents } = readDocuments(Array.from({ length: 100_000 }, (_, n) => `k${n}:`).join('\n'));
    expect(documents).toHaveLength(1);
    expect(process.cpuUsage(begin).user / 1000).toBeLessThan(10_000);
  });

  test('accepts a chain of 10,000 tasks', () => {
    const tasks = Array.from(
      { length: 10_000 },
      (_, n) =>
        `  t${n}: { run: x, depends_on: [${n === 0 ? '' : `t${n - 1}`}], artifacts: { from: [${n === 0 ? '' : 't0'}] } }`,
    );
    expect(errorsOf(shop + workflow('w', { tasks: `tasks:\n${tasks.join('\n')}` }))).toEqual([]);
  });

  test('sorts a chain of 10,000 tasks', () => {
    const tasks = Array.from(
      { length: 10_000 },
      (_, n) => `  t${n}: { run: x, depends_on: [${n === 0 ? '' : `t${n - 1}`}] }`,
    );
    const definition = definitionOf(workflow('w', { tasks: `tasks:\n${tasks.reverse().join('\n')}` }));
    expect(taskLevels(definition.tasks).flat()).toEqual(Array.from({ length: 10_000 }, (_, n) => `t${n}`));
  });

  test('reports a cycle of 10,000 tasks as one error', () => {
    const tasks = Array.from({ length: 10_000 }, (_, n) => `  t${n}: { run: x, depends_on: [t${(n + 1) % 10_000}] }`);
    expect(errorsOf(shop + workflow('w', { tasks: `tasks:\n${tasks.join('\n')}` })).map((error) => error.rule)).toEqual(
      ['CYCLE'],
    );
  });
});
