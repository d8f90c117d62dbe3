// Long because every rule has a broken document.
import type { ValidationRule } from '../../../src/catalog/language/validationRules';
import { parts, pipeline, shop, stage, workflow } from './documents';

export interface RuleFixture {
  readonly rule: ValidationRule;
  /** Distinguishes this fixture from others of the rule. */
  readonly of: string;
  readonly source: string;
  /** Position of the error: its path, and the text that begins at its line and column. */
  readonly path: string;
  readonly at: string;
}

const tasks = (lines: string) => `tasks:\n${lines}`;
const task = (name: string, keys: string) => `  ${name}: { run: "true", ${keys} }`;
const variable = (keys: string) => `variables: [{ name: V, ${keys} }]`;

/** One mistake each within a document. Ordered like the catalog. */
export const shapeFixtures: readonly RuleFixture[] = [
  { rule: 'SYNTAX', of: 'an open bracket', source: `${shop}list: [1, 2`, path: 'documents[0]', at: '' },
  {
    rule: 'SYNTAX',
    of: 'an unknown tag',
    source: `${shop}description: !secret x`,
    path: 'documents[0]',
    at: '!secret',
  },
  { rule: 'SYNTAX', of: 'an alias of nothing', source: `${shop}description: *x`, path: 'documents[0]', at: '*x' },
  { rule: 'SYNTAX', of: 'an alias of itself', source: `${shop}description: &x [*x]`, path: 'documents[0]', at: '*x' },
  {
    rule: 'TOO_LARGE',
    of: 'nesting',
    source: `${shop}a: ${'['.repeat(99)}${']'.repeat(99)}`,
    path: 'documents[0]',
    at: '[',
  },
  { rule: 'TOO_LARGE', of: 'nesting without end', source: `${shop}a: ${'['.repeat(9999)}`, path: 'documents', at: '[' },
  {
    rule: 'TOO_LARGE',
    of: 'secrets',
    source: shop + workflow('w', { keys: `secrets: [${Array.from({ length: 51 }, (_, index) => `S${index}`)}]` }),
    path: 'documents[1].secrets',
    at: '[S0',
  },
  {
    rule: 'DUPLICATE_KEY',
    of: 'one spelling',
    source: `${shop}name: other`,
    path: 'documents[0].name',
    at: 'name: other',
  },
  {
    rule: 'DUPLICATE_KEY',
    of: 'two spellings',
    source: shop + workflow('w', { keys: 'max_parallel: 1\nmaxParallel: 1' }),
    path: 'documents[1].maxParallel',
    at: 'maxParallel',
  },
  {
    rule: 'BAD_CHARACTER',
    of: 'NUL',
    source: `${shop}description: "a\\0"`,
    path: 'documents[0].description',
    at: '"a',
  },
  { rule: 'EMPTY_SOURCE', of: 'comments only', source: '# nothing\n---\n', path: 'documents', at: '' },
  { rule: 'UNKNOWN_KIND', of: 'a misspelling', source: 'kind: Pipelin', path: 'documents[0].kind', at: 'Pipelin' },
  {
    rule: 'UNKNOWN_FIELD',
    of: 'a document',
    source: `${shop}descripton: x`,
    path: 'documents[0].descripton',
    at: 'descripton',
  },
  {
    rule: 'UNKNOWN_FIELD',
    of: 'a task',
    source: shop + workflow('w', { tasks: tasks(task('a', 'depend_on: []')) }),
    path: 'documents[1].tasks.a.depend_on',
    at: 'depend_on',
  },
  {
    rule: 'UNKNOWN_FIELD',
    of: 'a strategy at an approval',
    source: shop + pipeline('p', stage('name: a, approval: { approvers: [A] }, failure_strategy: wait')),
    path: 'documents[1].stages[0].elements[0].failure_strategy',
    at: 'wait',
  },
  {
    rule: 'UNKNOWN_FIELD',
    of: 'a workflow’s key at an approval',
    source: parts + pipeline('p', stage('name: a, approval: { approvers: [A] }, environment: staging')),
    path: 'documents[5].stages[0].elements[0].environment',
    at: 'staging',
  },
  { rule: 'MISSING_FIELD', of: 'a document', source: 'kind: Application', path: 'documents[0].name', at: 'kind' },
  { rule: 'MISSING_FIELD', of: 'the kind', source: 'name: shop', path: 'documents[0].kind', at: 'name' },
  {
    rule: 'MISSING_FIELD',
    of: 'a task',
    source: shop + workflow('w', { tasks: 'tasks: { a: {} }' }),
    path: 'documents[1].tasks.a.run',
    at: 'a: {}',
  },
  { rule: 'WRONG_TYPE', of: 'a document', source: 'shop', path: 'documents[0]', at: 'shop' },
  { rule: 'WRONG_TYPE', of: 'text', source: `${shop}description: 12`, path: 'documents[0].description', at: '12' },
  {
    rule: 'WRONG_TYPE',
    of: 'a list',
    source: shop + workflow('w', { tasks: tasks(task('a', 'depends_on: b')) }),
    path: 'documents[1].tasks.a.depends_on',
    at: 'b }',
  },
  {
    rule: 'EMPTY_MATRIX',
    of: 'an empty list',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: { os: [], b: [x] }')) }),
    path: 'documents[1].tasks.a.matrix.os',
    at: '[], b',
  },
  {
    rule: 'EMPTY_MATRIX',
    of: 'no list',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: {}')) }),
    path: 'documents[1].tasks.a.matrix',
    at: '{} }',
  },
  {
    rule: 'DUPLICATE_NAME',
    of: 'a value of a matrix',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: { os: [a, b, a] }')) }),
    path: 'documents[1].tasks.a.matrix.os[2]',
    at: 'a] }',
  },
  {
    rule: 'DUPLICATE_NAME',
    of: 'two axes that are one variable',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: { os: [a], OS: [b] }')) }),
    path: 'documents[1].tasks.a.matrix.OS',
    at: 'OS: [b]',
  },
  {
    rule: 'BAD_VARIABLE_NAME',
    of: 'an axis',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: { "a b": [x] }')) }),
    path: 'documents[1].tasks.a.matrix["a b"]',
    at: '"a b"',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an unknown shell',
    source: shop + workflow('w', { tasks: tasks(task('a', 'shell: zsh')) }),
    path: 'documents[1].tasks.a.shell',
    at: 'zsh',
  },
  {
    rule: 'EMPTY',
    of: 'a shell without a program',
    source: shop + workflow('w', { keys: 'shell: []' }),
    path: 'documents[1].shell',
    at: '[]',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a shell that would take the path of the command for a command',
    source: shop + workflow('w', { keys: 'shell: [bash, -x, -c]' }),
    path: 'documents[1].shell',
    at: '[bash',
  },
  {
    rule: 'EMPTY',
    of: 'no command',
    source: shop + workflow('w', { tasks: 'tasks: { a: { run: [] } }' }),
    path: 'documents[1].tasks.a.run',
    at: '[]',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an empty command in a list',
    source: shop + workflow('w', { tasks: 'tasks: { a: { run: [x, " "] } }' }),
    path: 'documents[1].tasks.a.run[1]',
    at: '" "',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an unknown mode',
    source: shop + workflow('w', { keys: 'mode: WORKSTEALING' }),
    path: 'documents[1].mode',
    at: 'WORKSTEALING',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an unknown answer to a failure',
    source: shop + workflow('w', { keys: 'on_task_failure: abort' }),
    path: 'documents[1].on_task_failure',
    at: 'abort',
  },
  {
    rule: 'BAD_WORKING_DIR',
    of: 'a pseudo-filesystem',
    source: shop + workflow('w', { tasks: tasks(task('a', 'working_dir: /proc/self')) }),
    path: 'documents[1].tasks.a.working_dir',
    at: '/proc/self }',
  },
  {
    rule: 'BAD_DURATION',
    of: 'half of a second where whole ones are asked for',
    source: shop + workflow('w', { keys: 'timeout: 1.5s' }),
    path: 'documents[1].timeout',
    at: '1.5s',
  },
  {
    rule: 'BAD_VALUE',
    of: 'trying again as a strategy',
    source: shop + workflow('w', { tasks: tasks(task('a', 'failure_strategy: retry')) }),
    path: 'documents[1].tasks.a.failure_strategy',
    at: 'retry',
  },
  {
    rule: 'BAD_VALUE',
    of: 'two strategies for a failure',
    source: shop + workflow('w', { tasks: tasks(task('a', 'ignore_failure: true, failure_strategy: wait')) }),
    path: 'documents[1].tasks.a.failure_strategy',
    at: '',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a detached task that waits for a person',
    source:
      shop +
      workflow('w', {
        tasks: tasks(`${task('a', 'timeout: 1m')}\n${task('b', 'type: forensic, failure_strategy: wait')}`),
      }),
    path: 'documents[1].tasks.b.failure_strategy',
    at: 'wait',
  },
  {
    rule: 'BAD_VALUE',
    of: 'retries below none',
    source: shop + workflow('w', { tasks: tasks(task('a', 'retries: -1')) }),
    path: 'documents[1].tasks.a.retries',
    at: '-1',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an exit code that is success',
    source: shop + workflow('w', { tasks: tasks(task('a', 'retry_on: [1, 0]')) }),
    path: 'documents[1].tasks.a.retry_on[1]',
    at: '0]',
  },
  {
    rule: 'BAD_VALUE',
    of: 'more jitter than all of it',
    source: shop + workflow('w', { tasks: tasks(task('a', 'retry_delay: { initial: 1s, jitter: 2 }')) }),
    path: 'documents[1].tasks.a.retry_delay.jitter',
    at: '2 }',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an empty command under its other name',
    source: shop + workflow('w', { tasks: 'tasks: { a: { cmd: " " } }' }),
    path: 'documents[1].tasks.a.cmd',
    at: '" "',
  },
  {
    rule: 'DUPLICATE_KEY',
    of: 'two names of one key',
    source: shop + workflow('w', { tasks: 'tasks: { a: { run: x, cmd: y } }' }),
    path: 'documents[1].tasks.a.cmd',
    at: 'cmd: y',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an empty tag',
    source: shop + workflow('w', { keys: 'tags: [""]' }),
    path: 'documents[1].tags[0]',
    at: '""',
  },
  {
    rule: 'BAD_NAME',
    of: 'a document',
    source: 'kind: Application\nname: "-shop"',
    path: 'documents[0].name',
    at: '"-shop"',
  },
  {
    rule: 'BAD_NAME',
    of: 'a space at the end',
    source: 'kind: Application\nname: "shop "',
    path: 'documents[0].name',
    at: '"shop "',
  },
  {
    rule: 'BAD_NAME',
    of: 'a task with a space',
    source: shop + workflow('w', { tasks: tasks(task('a b', '')) }),
    path: 'documents[1].tasks["a b"]',
    at: 'a b',
  },
  {
    rule: 'BAD_NAME',
    of: 'a label',
    source: shop + workflow('w', { tasks: tasks(task('a', 'labels: { "=": x }')) }),
    path: 'documents[1].tasks.a.labels["="]',
    at: '"="',
  },
  {
    rule: 'BAD_VARIABLE_NAME',
    of: 'env',
    source: shop + workflow('w', { keys: 'env: { 1A: x }' }),
    path: 'documents[1].env.1A',
    at: '1A',
  },
  {
    rule: 'BAD_VARIABLE_NAME',
    of: 'a declared variable',
    source: shop + workflow('w', { keys: 'variables: [{ name: a-b }]' }),
    path: 'documents[1].variables[0].name',
    at: 'a-b',
  },
  {
    rule: 'RESERVED_VARIABLE_NAME',
    of: 'an environment’s variable',
    source: `${shop}---\nkind: Environment\napplication: shop\nname: e\ntype: PROD\nvariables: { PATH: x }`,
    path: 'documents[1].variables.PATH',
    at: 'PATH',
  },
  ...['LD_PRELOAD', 'SLIPWAY_TASK', '__proto__'].map(
    (name): RuleFixture => ({
      rule: 'RESERVED_VARIABLE_NAME',
      of: name,
      source: shop + workflow('w', { keys: `env: { ${name}: x }` }),
      path: `documents[1].env.${name}`,
      at: name,
    }),
  ),
  ...['5 m', 'soon', '-1', '1.5', '0', '400d'].map(
    (text): RuleFixture => ({
      rule: 'BAD_DURATION',
      of: text,
      source: shop + workflow('w', { keys: `timeout: ${text}` }),
      path: 'documents[1].timeout',
      at: text,
    }),
  ),
  {
    rule: 'BAD_VALUE',
    of: 'an environment’s type',
    source: `${shop}---\nkind: Environment\napplication: shop\nname: e\ntype: PRODUCTION`,
    path: 'documents[1].type',
    at: 'PRODUCTION',
  },
  {
    rule: 'BAD_VALUE',
    of: 'max_parallel',
    source: shop + workflow('w', { keys: 'max_parallel: 0' }),
    path: 'documents[1].max_parallel',
    at: '0',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an empty command',
    source: shop + workflow('w', { tasks: 'tasks: { a: { run: " " } }' }),
    path: 'documents[1].tasks.a.run',
    at: '" "',
  },
  {
    rule: 'TOO_LONG',
    of: 'a description',
    source: `${shop}description: ${'x'.repeat(20_001)}`,
    path: 'documents[0].description',
    at: 'x',
  },
  {
    rule: 'EMPTY',
    of: 'tasks',
    source: shop + workflow('w', { tasks: 'tasks: {}' }),
    path: 'documents[1].tasks',
    at: '{}',
  },
  {
    rule: 'EMPTY',
    of: 'stages',
    source: `${shop}---\nkind: Pipeline\napplication: shop\nname: p\nstages: []`,
    path: 'documents[1].stages',
    at: '[]',
  },
  {
    rule: 'EMPTY',
    of: 'elements',
    source: shop + pipeline('p', '  - elements: []'),
    path: 'documents[1].stages[0].elements',
    at: '[]',
  },
  {
    rule: 'EMPTY',
    of: 'approvers',
    source: shop + pipeline('p', stage('name: a, approval: { approvers: [] }')),
    path: 'documents[1].stages[0].elements[0].approval.approvers',
    at: '[]',
  },
  ...(
    [
      ['EMPTY', 'choices', 'inputs: [{ name: A, type: choice, choices: [] }]', 'inputs[0].choices', '[] }'],
      ['EMPTY', 'groups of an escalation', 'escalate: { after: 1h, to: [] }', 'escalate.to', '[] }'],
      ['DUPLICATE_NAME', 'inputs', 'inputs: [{ name: A }, { name: A }]', 'inputs[1].name', 'A }'],
      ['RESERVED_VARIABLE_NAME', 'an input', 'inputs: [{ name: SLIPWAY_X }]', 'inputs[0].name', 'SLIPWAY_X'],
    ] as const
  ).map(
    ([rule, of, keys, path, at]): RuleFixture => ({
      ...{ rule, of, at, source: shop + pipeline('p', stage(`name: a, approval: { approvers: [A], ${keys} }`)) },
      path: `documents[1].stages[0].elements[0].approval.${path}`,
    }),
  ),
  {
    rule: 'EMPTY',
    of: 'allowed values',
    source: shop + workflow('w', { keys: variable('allowed_values: [], default: x') }),
    path: 'documents[1].variables[0].allowed_values',
    at: '[]',
  },
  { rule: 'DUPLICATE_NAME', of: 'documents', source: `${shop}---\n${shop}`, path: 'documents[1].name', at: 'shop' },
  {
    rule: 'DUPLICATE_NAME',
    of: 'variables',
    source: shop + workflow('w', { keys: 'variables: [{ name: V }, { name: V }]' }),
    path: 'documents[1].variables[1].name',
    at: 'V }]',
  },
  {
    rule: 'DUPLICATE_NAME',
    of: 'stages, one of them by its position',
    source:
      shop +
      pipeline(
        'p',
        `  - name: STAGE 2\n    elements: [{ name: a, approval: { approvers: [A] } }]\n${stage('name: b, approval: { approvers: [A] }')}`,
      ),
    path: 'documents[1].stages[1].name',
    at: 'elements: [{ name: b',
  },
  {
    rule: 'DUPLICATE_NAME',
    of: 'elements of two stages',
    source:
      shop +
      pipeline(
        'p',
        `${stage('name: a, approval: { approvers: [A] }')}\n${stage('name: a, approval: { approvers: [B] }')}`,
      ),
    path: 'documents[1].stages[1].elements[0].name',
    at: 'a, approval: { approvers: [B] }',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a policy for a concurrency group',
    source: shop + workflow('w', { keys: 'concurrency: { group: db, policy: CANCEL }' }),
    path: 'documents[1].concurrency.policy',
    at: 'CANCEL',
  },
  {
    rule: 'BAD_VALUE',
    of: 'an empty concurrency group',
    source: shop + workflow('w', { keys: 'concurrency: ""' }),
    path: 'documents[1].concurrency',
    at: '""',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a time without a time zone',
    source: `${shop}---\nkind: Freeze\napplication: shop\nname: f\nreason: x\nfrom: 2026-12-23T18:00\n`,
    path: 'documents[1].from',
    at: '2026',
  },
  {
    rule: 'EMPTY',
    of: 'a freeze without environments',
    source: `${shop}---\nkind: Freeze\napplication: shop\nname: f\nreason: x\nfrom: 2026-12-23T18:00:00Z\nenvironments: []\n`,
    path: 'documents[1].environments',
    at: '[]',
  },
];
