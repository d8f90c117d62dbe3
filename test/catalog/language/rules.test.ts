import { foreignKeys } from '../../../src/catalog/language/foreignKeys';
import { validationRules } from '../../../src/catalog/language/validationRules';
import { conditionFixtures } from './conditionFixtures';
import { parts, pipeline, shop, stage, workflow } from './documents';
import { errorsOf } from './errorsOf';
import { meaningFixtures } from './meaningFixtures';
import { shapeFixtures } from './shapeFixtures';

const ruleFixtures = [...shapeFixtures, ...meaningFixtures, ...conditionFixtures];

/** Rules that depend on existing objects or on the request. apply.test.ts and reading.test.ts cover them. */
const elsewhere = [
  'BAD_TEMPLATE',
  'SINGLE_DOCUMENT',
  'WRONG_DOCUMENT',
  'BREAKS_PIPELINE',
  'BREAKS_WORKFLOW',
  'BREAKS_TRIGGER',
  'BREAKS_TEMPLATE',
  'UNKNOWN_GROUP',
];

describe('the rules of definitions', () => {
  test('has a fixture for every rule', () => {
    const covered = new Set([...ruleFixtures.map((fixture) => fixture.rule), ...elsewhere]);
    expect([...covered].sort()).toEqual(Object.keys(validationRules).sort());
  });

  test.each(ruleFixtures)('$rule: $of', ({ rule, source, path, at }) => {
    const errors = errorsOf(source);
    expect(errors.map((error) => [error.rule, error.path])).toEqual([[rule, path]]);
    const [error] = errors;
    const line = source.split('\n')[(error?.line ?? 0) - 1] ?? '';
    expect(line.slice((error?.column ?? 0) - 1)).toMatch(new RegExp(`^${at.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
    expect(error?.message).toMatch(/\.$/);
  });

  test('suggests the nearest known word for an unknown one', () => {
    const [error] = errorsOf(`${shop}descripton: x`);
    expect(error?.message).toContain('"description"');
  });

  describe('keys of other languages', () => {
    const at = {
      task: (key: string) => shop + workflow('w', { tasks: `tasks: { a: { run: x, ${key}: x } }` }),
      workflow: (key: string) => shop + workflow('w', { keys: `${key}: x` }),
      pipeline: (key: string) => parts + workflow('w') + pipeline('p', stage('name: a, workflow: w'), `${key}: x`),
      stage: (key: string) =>
        parts + workflow('w') + pipeline('p', `  - { ${key}: x, elements: [{ name: a, workflow: w }] }`),
      element: (key: string) => parts + workflow('w') + pipeline('p', stage(`name: a, workflow: w, ${key}: x`)),
      approval: (key: string) => shop + pipeline('p', stage(`name: a, approval: { approvers: [A], ${key}: x }`)),
      variable: (key: string) => shop + workflow('w', { keys: `variables: [{ name: V, ${key}: x }]` }),
      environment: (key: string) =>
        `${shop}---\nkind: Environment\napplication: shop\nname: e\ntype: PROD\n${key}: x\n`,
      service: (key: string) => `${shop}---\nkind: Service\napplication: shop\nname: web\n${key}: x\n`,
    };

    test.each(Object.keys(at) as (keyof typeof at)[])('suggest Slipway’s key: %s', (place) => {
      const unknown = (key: string) => errorsOf(at[place](key)).filter(({ rule }) => rule === 'UNKNOWN_FIELD');
      for (const [key, advice] of foreignKeys[place]) {
        expect(unknown(key).map(({ message }) => message)).toEqual([`"${key}" is not a known key here; ${advice}.`]);
        const [, ours] = /^use "([a-z_]+)"(?! of)/.exec(advice) ?? [];
        if (ours !== undefined) expect([ours, unknown(ours)]).toEqual([ours, []]);
      }
    });

    test('are known in every spelling', () => {
      for (const key of ['runs-on', 'runsOn', 'runs_on']) {
        expect(errorsOf(at.task(key))[0]?.message).toContain('use "labels"');
      }
      const [error] = errorsOf('name: CI\non: push\njobs: { build: { steps: [{ run: make }] } }\n');
      expect(error).toMatchObject({
        rule: 'MISSING_FIELD',
        message: expect.stringContaining('"jobs" is a key of another language: in a Workflow, use "tasks".'),
      });
    });

    test.each([
      [
        'GitHub Actions',
        'name: CI\non: push\nconcurrency: x\njobs: { build: { runs-on: x, needs: [a], steps: [{ uses: x }] }, test: { needs: [b] } }',
        ['jobs', 'on', 'runs-on', 'needs', 'steps'],
      ],
      [
        'GitLab CI',
        'stages: [build]\nimage: node\nbuild: { stage: build, script: [make], allow_failure: true }\nvariables: {}',
        ['stages', 'image', 'build', 'stage', 'script', 'allow_failure'],
      ],
      [
        'Azure Pipelines',
        'trigger: [main]\npool: x\nstages: [{ stage: A, dependsOn: [], jobs: [{ job: B, steps: [], pool: x }] }]',
        ['stages', 'trigger', 'pool', 'stage', 'dependsOn', 'jobs', 'steps', 'pool'],
      ],
      [
        'Jenkins',
        'pipeline: { agent: any, stages: [{ stage: A, steps: [{ sh: make }] }], post: { always: [] } }',
        ['pipeline', 'agent', 'stages', 'stage', 'steps', 'sh', 'post'],
      ],
      ['CircleCI', 'version: 2.1\njobs: { a: { docker: [], steps: [x] } }', ['jobs', 'version', 'docker', 'steps']],
      [
        'Drone',
        'kind: pipeline\nsteps: [{ image: x, commands: [y], when: z }]',
        ['steps', 'image', 'commands', 'when'],
      ],
      ['Taskfile', 'tasks: { a: { deps: [b], cmds: [c], dir: d } }', ['deps', 'cmds', 'dir']],
      ['Argo', 'apiVersion: x\nkind: Workflow\nmetadata: x\nspec: x\nname: w', ['apiVersion', 'metadata', 'spec']],
    ])('are found in a document of %s', (_, source, keys) => {
      const found = errorsOf(source).flatMap(({ message }) =>
        [...message.matchAll(/"([^"]+)" (?:is a key of another language|looks like a task|is not a known key)/g)].map(
          ([, key]) => key,
        ),
      );
      expect(found.sort()).toEqual(keys.sort());
    });
  });

  test('quotes keys as they are written, and suggests the intended key', () => {
    const [error] = errorsOf(
      shop + pipeline('p', stage('name: a, approval: { approvers: [A] }, failure_strategy: wait')),
    );
    expect(error?.message).toContain('"failure_strategy"');
    const tasks = 'tasks: { a: { run: x, failure_strategy: retry } }';
    expect(errorsOf(shop + workflow('w', { tasks }))[0]?.message).toContain('use "retries"');
  });

  test('names the members of a cycle in order', () => {
    const tasks =
      'tasks:\n  z: { run: x, depends_on: [a] }\n  a: { run: x, depends_on: [b] }\n  b: { run: x, depends_on: [c] }\n  c: { run: x, depends_on: [a] }';
    const [error] = errorsOf(shop + workflow('w', { tasks }));
    expect(error?.message).toContain('a → b → c → a');
  });

  // register-in-branches
  test('branches may register one variable if each has a condition; later conditions may read it', () => {
    const flow = (heads: string, tails: string) =>
      errorsOf(
        shop +
          workflow('w', {
            keys: 'variables: [{ name: SIDE, default: heads }]',
            tasks: `tasks:
  heads: { ${heads} register: RESULT, run: echo h }
  tails: { ${tails} register: RESULT, run: echo t }
  use: { depends_on: [tails], if: RESULT != "", run: 'echo "$RESULT"' }`,
          }),
      ).map(({ path, rule }) => `${path} ${rule}`);
    const [heads, tails] = [`if: SIDE == "heads",`, `if: SIDE == "tails",`];
    expect(flow(heads, tails)).toEqual([]);
    for (const one of [flow(heads, ''), flow('', tails), flow('', '')]) {
      expect(one).toEqual(['documents[1].tasks.tails.register REGISTERED_TWICE']);
    }
    const matrix = (condition: string) =>
      errorsOf(
        shop +
          workflow('w', {
            tasks: `tasks: { a: { run: x, register: R, matrix: { os: [a, b] }, if: '${condition}' } }`,
          }),
      ).map(({ rule }) => rule);
    expect(matrix('matrix.os == "a"')).toEqual([]);
    expect(matrix('1 == 1')).toEqual(['REGISTERED_TWICE']);
  });

  test('reports two separate cycles as two errors, and entangled ones as one', () => {
    const line = (name: string, others: string) => `  ${name}: { run: x, depends_on: [${others}] }`;
    const two = ['tasks:', line('a', 'b'), line('b', 'a'), line('c', 'd'), line('d', 'c')].join('\n');
    expect(errorsOf(shop + workflow('w', { tasks: two })).map((error) => error.rule)).toEqual(['CYCLE', 'CYCLE']);
    const knot = ['tasks:', line('a', 'b, c'), line('b', 'a, c'), line('c', 'a, b')].join('\n');
    expect(errorsOf(shop + workflow('w', { tasks: knot })).map((error) => error.rule)).toEqual(['CYCLE']);
  });

  test('reports all errors of all documents at once, in source order', () => {
    const source = [
      'kind: Application\nname: shop\nowner: me',
      'kind: Environment\napplication: shop\nname: staging\ntype: TEST',
      'kind: Workflow\napplication: shop\nname: w\ntimeout: soon\nenvironment: production\ntasks: { a: { run: x, depends_on: [b] } }',
      'kind: Pipeline\napplication: shop\nname: p\nstages: [{ elements: [{ name: a, workflow: deploy }] }]',
      'kind: Workflw',
    ].join('\n---\n');
    expect(errorsOf(source).map(({ rule, path }) => `${path} ${rule}`)).toEqual([
      'documents[0].owner UNKNOWN_FIELD',
      'documents[1].type BAD_VALUE',
      'documents[2].timeout BAD_DURATION',
      'documents[2].tasks.a.depends_on[0] UNKNOWN_TASK',
      'documents[4].kind UNKNOWN_KIND',
    ]);
    const complete = source.replace('Workflw', 'Application\nname: other');
    expect(errorsOf(complete).map(({ rule, path }) => `${path} ${rule}`)).toEqual([
      'documents[0].owner UNKNOWN_FIELD',
      'documents[1].type BAD_VALUE',
      'documents[2].timeout BAD_DURATION',
      'documents[2].environment UNKNOWN_ENVIRONMENT',
      'documents[2].tasks.a.depends_on[0] UNKNOWN_TASK',
      'documents[3].stages[0].elements[0].workflow UNKNOWN_WORKFLOW',
    ]);
  });

  test('does not report references to a document that has errors', () => {
    const source =
      parts +
      workflow('w', { keys: 'variables: { V: x }\nservices: web' }) +
      pipeline('p', stage('name: a, workflow: w, services: [web], variables: { V: b }'), 'variables: { A: x }');
    expect(errorsOf(source).map(({ rule, path }) => `${path} ${rule}`)).toEqual([
      'documents[5].variables WRONG_TYPE',
      'documents[5].services WRONG_TYPE',
      'documents[6].variables WRONG_TYPE',
    ]);
  });

  test('stops at 500 errors', () => {
    const tasks = Array.from({ length: 2000 }, (_, index) => `  t${index}: { run: x, depends_on: [x${index}] }`).join(
      '\n',
    );
    expect(errorsOf(shop + workflow('w', { tasks: `tasks:\n${tasks}` }))).toHaveLength(500);
  });
});
