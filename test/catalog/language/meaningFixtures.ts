// Long because every rule has a broken document.
import { GIVEN_ENVIRONMENT } from '../../../src/catalog/language/workflow';
import { parts, pipeline, shop, stage, workflow } from './documents';

import type { RuleFixture } from './shapeFixtures';

const tasks = (lines: string) => `tasks:\n${lines}`;
const task = (name: string, keys: string) => `  ${name}: { run: "true", ${keys} }`;
const variable = (keys: string) => `variables: [{ name: V, ${keys} }]`;
const freeze = (keys: string, from = '2026-12-23T18:00:00Z') =>
  `---\nkind: Freeze\napplication: shop\nname: f\nfrom: ${from}\nreason: x\n${keys}\n`;
const trigger = (keys: string) => `---\nkind: Trigger\napplication: shop\nname: t\n${keys}\n`;
const environment = (keys: string) => `---\nkind: Environment\napplication: shop\nname: e\ntype: PROD\n${keys}\n`;
const given = GIVEN_ENVIRONMENT;
const reference = (name: string) => `\${${name}}`;

const template = (name: string, keys: string) => `---\nkind: Template\nname: ${name}\n${keys}\n`;
const simple = template(
  't',
  'of: workflow\nparameters: [{ name: p, required: true }]\nbody: { tasks: { a: { run: x } } }',
);
const extending = (keys: string) => `---\nkind: Workflow\napplication: shop\nname: w\n${keys}\n`;

/** One mistake each that shows only between documents or between parts of one. Ordered like the catalog. */
export const meaningFixtures: readonly RuleFixture[] = [
  {
    rule: 'UNKNOWN_APPLICATION',
    of: 'a part',
    source: 'kind: Service\napplication: shop\nname: web',
    path: 'documents[0].application',
    at: 'shop',
  },
  {
    rule: 'RESERVED_VARIABLE_NAME',
    of: 'PATH that is made of a variable',
    source: shop + workflow('w', { keys: `${variable('default: x')}\nenv: { PATH: '/bin:${reference('V')}' }` }),
    path: 'documents[1].env.PATH',
    at: "'/bin",
  },
  {
    rule: 'UNKNOWN_ENVIRONMENT',
    of: 'a workflow',
    source: parts + workflow('w', { keys: 'environment: stagin' }),
    path: 'documents[5].environment',
    at: 'stagin',
  },
  {
    rule: 'UNKNOWN_ENVIRONMENT',
    of: 'an element',
    source:
      parts +
      workflow('w', { keys: `environment: ${given}` }) +
      pipeline('p', stage('name: a, workflow: w, environment: test')),
    path: 'documents[6].stages[0].elements[0].environment',
    at: 'test',
  },
  {
    rule: 'UNKNOWN_SERVICE',
    of: 'a workflow',
    source: parts + workflow('w', { keys: 'services: [web, mail]' }),
    path: 'documents[5].services[1]',
    at: 'mail',
  },
  {
    rule: 'UNKNOWN_SERVICE',
    of: 'an element',
    source:
      parts +
      workflow('w', { keys: 'services: [web]' }) +
      pipeline('p', stage('name: a, workflow: w, services: [mail]')),
    path: 'documents[6].stages[0].elements[0].services[0]',
    at: 'mail',
  },
  {
    rule: 'UNKNOWN_WORKFLOW',
    of: 'an element',
    source: parts + pipeline('p', stage('name: a, workflow: deploy')),
    path: 'documents[5].stages[0].elements[0].workflow',
    at: 'deploy',
  },
  ...['b', 'constructor', 'toString'].map(
    (name): RuleFixture => ({
      rule: 'UNKNOWN_TASK',
      of: name,
      source: shop + workflow('w', { tasks: tasks(task('a', `dependsOn: [${name}]`)) }),
      path: 'documents[1].tasks.a.dependsOn[0]',
      at: `${name}]`,
    }),
  ),
  {
    rule: 'UNKNOWN_TASK',
    of: 'a combination that there is not',
    source:
      shop +
      workflow('w', {
        tasks: tasks(`${task('a', 'matrix: { os: [x] }')}\n${task('b', 'depends_on: ["a[os=y]"]')}`),
      }),
    path: 'documents[1].tasks.b.depends_on[0]',
    at: '"a[os=y]"',
  },
  {
    rule: 'CYCLE',
    of: 'a combination that waits for its own task',
    source:
      shop +
      workflow('w', {
        tasks: tasks(`${task('a', 'matrix: { os: [x] }, depends_on: [b]')}\n${task('b', 'depends_on: ["a[os=x]"]')}`),
      }),
    path: 'documents[1].tasks.b.depends_on[0]',
    at: '"a[os=x]"',
  },
  {
    rule: 'TOO_LARGE',
    of: 'combinations',
    source:
      shop +
      workflow('w', {
        tasks: tasks(task('a', `matrix: { a: [${[...Array(101).keys()]}], b: [${[...Array(100).keys()]}] }`)),
      }),
    path: 'documents[1].tasks',
    at: 'a: { run',
  },
  {
    rule: 'TOO_LARGE',
    of: 'matrices from lists',
    source:
      shop +
      workflow('w', {
        tasks: tasks(
          [
            task('s', 'register: L'),
            ...Array.from({ length: 10 }, (_, n) => task(`m${n}`, 'depends_on: [s], matrix: { n: { from: L } }')),
          ].join('\n'),
        ),
      }),
    path: 'documents[1].tasks',
    at: '',
  },
  ...(
    [
      ['UNKNOWN_WORKFLOW', 'a task', 'workflow: nothing', '', 'workflow', 'nothing'],
      ['CYCLE', 'a workflow that runs itself', 'workflow: w', '', 'workflow', 'w'],
      ['UNKNOWN_VARIABLE', 'a task', 'workflow: x, variables: { A: "1" }', '', 'variables.A', '"1"'],
      [
        'UNKNOWN_NAME',
        'a task',
        `workflow: x, variables: { V: "${reference('NO')}" }`,
        'variables: [{ name: V }]',
        'variables.V',
        `"${reference('NO')}"`,
      ],
      ['MISSING_VALUE', 'a task', 'workflow: x', 'variables: [{ name: V, required: true }]', 'workflow', 'x'],
      [
        'WRONG_VALUE_TYPE',
        'a task',
        'workflow: x, variables: { V: a }',
        'variables: [{ name: V, type: number }]',
        'variables.V',
        'a }',
      ],
      ['UNKNOWN_OUTPUT', 'a task', 'workflow: x, outputs: { TAG: NO }', '', 'outputs.TAG', 'NO'],
      ['CALLED_WORKFLOW', 'an environment', 'workflow: x', 'environment: staging', 'workflow', 'x'],
      ['CALLED_WORKFLOW', 'a group', 'workflow: x', 'concurrency: one', 'workflow', 'x'],
      ['CALLED_WORKFLOW', 'tasks of finally', 'workflow: x', 'finally: { end: { run: x } }', 'workflow', 'x'],
    ] as const
  ).map(([rule, of, call, callee, path, at]) => ({
    rule,
    of: `${of} that runs a workflow with ${callee || 'nothing special'}`,
    source: parts + workflow('w', { tasks: tasks(`  a: { ${call} }`) }) + workflow('x', { keys: callee }),
    path: `documents[5].tasks.a.${path}`,
    at,
  })),
  {
    rule: 'UNKNOWN_NAME',
    of: 'the key of a cache',
    source: shop + workflow('w', { tasks: tasks(task('a', `cache: { key: 'x-${reference('NO')}', paths: [x] }`)) }),
    path: 'documents[1].tasks.a.cache.key',
    at: "'x-",
  },
  {
    rule: 'UNKNOWN_NAME',
    of: 'a list that no earlier task makes',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: { n: { from: LIST } }')) }),
    path: 'documents[1].tasks.a.matrix.n.from',
    at: 'LIST',
  },
  {
    rule: 'UNKNOWN_TASK',
    of: 'a combination that is not known yet',
    source:
      shop +
      workflow('w', {
        tasks: tasks(
          [
            task('s', 'register: L'),
            task('a', 'depends_on: [s], matrix: { n: { from: L } }'),
            task('b', 'depends_on: ["a[n=1]"]'),
          ].join('\n'),
        ),
      }),
    path: 'documents[1].tasks.b.depends_on[0]',
    at: '"a[n=1]"',
  },
  {
    rule: 'REGISTERED_TWICE',
    of: 'two tasks',
    source: shop + workflow('w', { tasks: tasks(`${task('a', 'register: X')}\n${task('b', 'register: X')}`) }),
    path: 'documents[1].tasks.b.register',
    at: 'X }',
  },
  {
    rule: 'REGISTERED_TWICE',
    of: 'combinations',
    source: shop + workflow('w', { tasks: tasks(task('a', 'matrix: { os: [a, b] }, register: X')) }),
    path: 'documents[1].tasks.a.register',
    at: 'X }',
  },
  {
    rule: 'REGISTERED_TWICE',
    of: 'a variable of the start',
    source: shop + workflow('w', { keys: variable('default: x'), tasks: tasks(task('a', 'register: V')) }),
    path: 'documents[1].tasks.a.register',
    at: 'V }',
  },
  ...[
    ['ENV_CYCLE', 'a value of itself', `env: { A: "\${A}" }`, ''],
    ['ENV_CYCLE', 'values of each other', `env: { A: "\${B}", B: "x\${A}" }`, ''],
    ['UNKNOWN_NAME', 'a value of no variable', `env: { A: "\${NONE}" }`, ''],
    ['UNKNOWN_NAME', 'a value that only a command has', `env: { A: "\${HOME}/x" }`, ''],
    ['UNKNOWN_NAME', 'a value that a task registers', `env: { A: "\${R}" }`, 'register: R'],
    ['UNKNOWN_NAME', 'a secret of one task', `env: { A: "\${S}" }`, 'secrets: [S]'],
  ].map(
    ([rule, of = '', keys = '', more = '']): RuleFixture => ({
      ...{ rule: rule as RuleFixture['rule'], of, path: 'documents[1].env.A' },
      source: shop + workflow('w', { keys, tasks: tasks(task('a', more)) }),
      at: `"\${`,
    }),
  ),
  ...[
    ['ENV_CYCLE', 'a value of the workflow and one of a task', `env: { A: "\${B}", B: x }`, `env: { B: "\${A}" }`, 'B'],
    ['UNKNOWN_NAME', 'a value of a later task', '', `env: { B: "\${R}" }`, 'B'],
  ].map(
    ([rule, of = '', keys = '', more = '', at = '']): RuleFixture => ({
      ...{ rule: rule as RuleFixture['rule'], of, path: `documents[1].tasks.a.env.${at}` },
      source: shop + workflow('w', { keys: keys, tasks: tasks(`${task('a', more)}\n${task('b', 'register: R')}`) }),
      at: `"\${`,
    }),
  ),
  {
    rule: 'UNKNOWN_NAME',
    of: 'a condition on a value that only a command gets',
    source: shop + workflow('w', { keys: `env: { A: "\${SLIPWAY_TASK}" }`, tasks: tasks(task('a', 'if: A == "1"')) }),
    path: 'documents[1].tasks.a.if',
    at: 'A ==',
  },
  {
    rule: 'UNKNOWN_NAME',
    of: 'a condition on a value that a secret is part of',
    source:
      shop +
      workflow('w', {
        keys: `secrets: [S]\nenv: { A: "x\${B}", B: "\${S}" }`,
        tasks: tasks(task('a', 'if: A == "1"')),
      }),
    path: 'documents[1].tasks.a.if',
    at: 'A ==',
  },
  {
    rule: 'SECRET_NAME_TAKEN',
    of: 'a variable',
    source: shop + workflow('w', { keys: variable('default: x'), tasks: tasks(task('a', 'secrets: [S, V]')) }),
    path: 'documents[1].tasks.a.secrets[1]',
    at: 'V]',
  },
  {
    rule: 'SECRET_NAME_TAKEN',
    of: 'what a task registers',
    source: shop + workflow('w', { keys: 'secrets: [X]', tasks: tasks(task('a', 'register: X')) }),
    path: 'documents[1].secrets[0]',
    at: 'X]',
  },
  {
    rule: 'SECRET_NAME_TAKEN',
    of: 'the env of a task',
    source: shop + workflow('w', { keys: 'secrets: [X]', tasks: tasks(task('a', 'env: { X: x }')) }),
    path: 'documents[1].tasks.a.env.X',
    at: 'x }',
  },
  ...[
    ['normal', 'restore'],
    ['forensic', 'normal'],
    ['restore', 'forensic'],
  ].map(
    ([type, other]): RuleFixture => ({
      rule: 'DEPENDENCY_TYPE',
      of: `a ${type} task on a ${other} one`,
      source:
        shop +
        workflow('w', {
          tasks: tasks(
            `${task('a', `type: ${other}`)}\n${task('b', `type: ${type}, depends_on: [a]`)}\n${task('c', 'type: normal')}`,
          ),
        }),
      path: 'documents[1].tasks.b.depends_on[0]',
      at: 'a] }',
    }),
  ),
  {
    rule: 'UNKNOWN_HANDLER',
    of: 'a task',
    source: shop + workflow('w', { tasks: tasks(task('a', 'on_failure: b')) }),
    path: 'documents[1].tasks.a.on_failure',
    at: 'b }',
  },
  {
    rule: 'UNKNOWN_HANDLER',
    of: 'a workflow',
    source: shop + workflow('w', { keys: 'on_failure: constructor', tasks: tasks(task('a', '')) }),
    path: 'documents[1].on_failure',
    at: 'constructor',
  },
  {
    rule: 'HANDLER_TYPE',
    of: 'a task that names a normal one',
    source: shop + workflow('w', { tasks: tasks(`${task('a', 'on_failure: b')}\n${task('b', '')}`) }),
    path: 'documents[1].tasks.a.on_failure',
    at: 'b }',
  },
  {
    rule: 'HANDLER_TYPE',
    of: 'a workflow that names a restore task',
    source:
      shop + workflow('w', { keys: 'on_failure: b', tasks: tasks(`${task('a', '')}\n${task('b', 'type: restore')}`) }),
    path: 'documents[1].on_failure',
    at: 'b',
  },
  ...['matrix: { os: [x] }', 'register: V', 'deploys: true', 'on_failure: h'].map(
    (key): RuleFixture => ({
      rule: 'FORENSIC_KEY',
      of: key,
      source:
        shop + workflow('w', { tasks: tasks(`${task('a', 'on_failure: h')}\n${task('h', `type: forensic, ${key}`)}`) }),
      path: `documents[1].tasks.h.${key.split(':')[0]}`,
      // The position of a map is that of its key.
      at: key.startsWith('matrix') ? key : key.slice(key.indexOf(' ') + 1),
    }),
  ),
  ...(
    [
      ['DEPENDENCY_TYPE', 'depends_on: [a]', 'depends_on[0]', 'a]'],
      ['UNKNOWN_TASK', 'depends_on: [e]', 'depends_on[0]', 'e]'],
      ['SELF_DEPENDENCY', 'depends_on: [end]', 'depends_on[0]', 'end]'],
      ['UNKNOWN_NAME', `env: { A: "\${SLIPWAY_OUTPUT}" }`, 'env.A', '"${'],
      ['ARTIFACT_SOURCE_NOT_UPSTREAM', 'artifacts: { from: end }', 'artifacts.from', 'end }'],
      ['UNKNOWN_FIELD', 'matrix: { os: [x] }', 'matrix', 'matrix'],
      ['BAD_VALUE', 'retries: -1', 'retries', '-1'],
    ] as const
  ).map(
    ([rule, key, place, at]): RuleFixture => ({
      rule,
      of: `a task of finally with ${key}`,
      source: shop + workflow('w', { tasks: tasks(task('a', '')), keys: `finally: { end: { run: x, ${key} } }` }),
      path: `documents[1].finally.end.${place}`,
      at,
    }),
  ),
  {
    rule: 'DUPLICATE_NAME',
    of: 'a task of the graph and one of finally',
    source: shop + workflow('w', { tasks: tasks(task('a', '')), keys: 'finally: { a: { run: x } }' }),
    path: 'documents[1].finally.a',
    at: 'a: {',
  },
  {
    rule: 'DEPENDENCY_TYPE',
    of: 'a task of the graph on one of finally',
    source:
      shop + workflow('w', { tasks: tasks(task('a', 'depends_on: [end]')), keys: 'finally: { end: { run: x } }' }),
    path: 'documents[1].tasks.a.depends_on[0]',
    at: 'end]',
  },
  {
    rule: 'UNKNOWN_ARTIFACT_SOURCE',
    of: 'a task of finally of another workflow',
    source:
      shop +
      workflow('v', { tasks: tasks(task('a', '')), keys: 'finally: { end: { run: x } }' }) +
      workflow('w', { tasks: tasks(task('a', 'artifacts: { from: v.end }')) }),
    path: 'documents[2].tasks.a.artifacts.from',
    at: 'v.end',
  },
  {
    rule: 'BAD_VALUE',
    of: 'finally as a type',
    source: shop + workflow('w', { tasks: tasks(`${task('a', '')}\n${task('b', 'type: finally')}`) }),
    path: 'documents[1].tasks.b.type',
    at: 'finally',
  },
  {
    rule: 'TOO_LARGE',
    of: 'the tasks of finally',
    source:
      shop +
      workflow('w', {
        tasks: tasks(task('a', '')),
        keys: `finally: { ${Array.from({ length: 21 }, (_, i) => `t${i}: { run: x }`).join(', ')} }`,
      }),
    path: 'documents[1].finally',
    at: '{ t0',
  },
  {
    rule: 'SELF_DEPENDENCY',
    of: 'a task',
    source: shop + workflow('w', { tasks: tasks(task('a', 'depends_on: [a]')) }),
    path: 'documents[1].tasks.a.depends_on[0]',
    at: 'a]',
  },
  {
    rule: 'UNOBSERVABLE',
    of: 'a workflow without an environment',
    source: shop + workflow('w', { keys: 'observe: { run: x }' }),
    path: 'documents[1].observe',
    at: 'observe:',
  },
  {
    rule: 'CYCLE',
    of: 'three tasks',
    source:
      shop +
      workflow('w', {
        tasks: tasks(
          [task('a', 'depends_on: [b]'), task('b', 'depends_on: [c]'), task('c', 'depends_on: [a]')].join('\n'),
        ),
      }),
    path: 'documents[1].tasks.c.depends_on[0]',
    at: 'a] }',
  },
  {
    rule: 'CYCLE',
    of: 'three environments',
    source:
      shop +
      ['a', 'b', 'c']
        .map((name, i) => `---\nkind: Environment\napplication: shop\nname: ${name}\ntype: PROD\nafter: ${'bca'[i]}\n`)
        .join(''),
    path: 'documents[1].after',
    at: 'b',
  },
  {
    rule: 'UNKNOWN_ARTIFACT_SOURCE',
    of: 'a workflow',
    source: shop + workflow('w', { tasks: tasks(task('a', 'artifacts: { from: build }')) }),
    path: 'documents[1].tasks.a.artifacts.from',
    at: 'build',
  },
  {
    rule: 'UNKNOWN_ARTIFACT_SOURCE',
    of: 'a task of a workflow',
    source:
      shop + workflow('build') + workflow('w', { tasks: tasks(task('a', 'artifacts: { from: [build, build.two] }')) }),
    path: 'documents[2].tasks.a.artifacts.from[1]',
    at: 'build.two',
  },
  {
    rule: 'ARTIFACT_SOURCE_NOT_UPSTREAM',
    of: 'a parallel task',
    source: shop + workflow('w', { tasks: tasks([task('a', ''), task('b', 'artifacts: { from: a }')].join('\n')) }),
    path: 'documents[1].tasks.b.artifacts.from',
    at: 'a }',
  },
  {
    rule: 'ARTIFACT_SOURCE_NOT_EARLIER',
    of: 'a workflow of the same stage',
    source:
      shop +
      workflow('build') +
      workflow('w', { tasks: tasks(task('a', 'artifacts: { from: build.one }')) }) +
      pipeline('p', '  - elements: [{ name: a, workflow: build }, { name: b, workflow: w }]'),
    path: 'documents[3].stages[0].elements[1]',
    at: '{ name: b',
  },
  ...[
    ['{ element: b }', 'an element of the same stage'],
    ['{ stage: Never }', 'a stage that there is not'],
  ].map(
    ([from, of = '']): RuleFixture => ({
      rule: 'ARTIFACT_SOURCE_NOT_EARLIER',
      of,
      source:
        shop +
        workflow('build') +
        workflow('w', { tasks: tasks(task('a', `artifacts: { from: ${from} }`)) }) +
        pipeline('p', '  - elements: [{ name: a, workflow: w }, { name: b, workflow: build }]'),
      path: 'documents[3].stages[0].elements[0]',
      at: '{ name: a',
    }),
  ),
  {
    rule: 'UNKNOWN_ARTIFACT_SOURCE',
    of: 'a task of an element',
    source:
      shop +
      workflow('build') +
      workflow('w', { tasks: tasks(task('a', 'artifacts: { from: { element: a, task: two } }')) }) +
      pipeline('p', '  - elements: [{ name: a, workflow: build }]\n  - elements: [{ name: b, workflow: w }]'),
    path: 'documents[3].stages[1].elements[0]',
    at: '{ name: b',
  },
  ...[
    ['an element of no earlier stage', `\${steps.nobody.outputs.TAG}`],
    ['an element of another stage', `\${stages.Other.one.outputs.TAG}`],
    ['an output that is not declared', `\${steps.one.outputs.TAGS}`],
    ['a stage without an output', `\${stages.First.one}`],
    ['a property that is no output', `\${steps.one.status}`],
    ['a reference without its end', `\${steps.one.outputs.TAG`],
    ['outputs of an approval', `\${steps.ask.outputs.TAG}`],
  ].map(
    ([of = '', value]): RuleFixture => ({
      rule: 'UNKNOWN_NAME',
      of: `a value: ${of}`,
      source:
        shop +
        workflow('build', { keys: 'outputs: { TAG: v1 }' }) +
        workflow('ship', { keys: 'variables: [{ name: TAG }]' }) +
        pipeline(
          'p',
          `  - { name: First, elements: [{ name: one, workflow: build }, { name: ask, approval: { approvers: [A] } }] }
  - { name: Other, elements: [{ name: two, workflow: ship, variables: { TAG: '${value}' } }] }`,
        ),
      path: 'documents[3].stages[1].elements[0].variables.TAG',
      at: `'\${s`,
    }),
  ),
  {
    rule: 'UNKNOWN_NAME',
    of: 'a secret in an output',
    source: shop + workflow('w', { keys: `secrets: [TOKEN]\noutputs: { TAG: '\${TOKEN}' }` }),
    path: 'documents[1].outputs.TAG',
    at: `'\${TOKEN`,
  },
  ...['/etc/passwd', '../x', 'a/../../x', 'C:/x', '~/../x', './'].map(
    (path): RuleFixture => ({
      rule: 'BAD_ARTIFACT_PATH',
      of: path,
      source: shop + workflow('w', { tasks: tasks(task('a', `artifacts: ["${path}"]`)) }),
      path: 'documents[1].tasks.a.artifacts[0]',
      at: `"${path}"`,
    }),
  ),
  {
    rule: 'BAD_ARTIFACT_PATH',
    of: 'a test report',
    source: shop + workflow('w', { tasks: tasks(task('a', 'reports: { junit: [out/*.xml, ../x] }')) }),
    path: 'documents[1].tasks.a.reports.junit[1]',
    at: '../x',
  },
  ...(
    [
      ['MISSING_FIELD', 'choices', 'inputs: [{ name: A, type: choice }]', 'inputs[0].choices', '{ name: A'],
      ['BAD_VALUE', 'choices of a text', 'inputs: [{ name: A, choices: [a] }]', 'inputs[0].choices', 'choices: [a]'],
      [
        'BAD_VALUE',
        'the length of a choice',
        'inputs: [{ name: A, type: choice, choices: [a], max_length: 3 }]',
        'inputs[0].max_length',
        '3 }',
      ],
      [
        'DEFAULT_NOT_ALLOWED',
        'a default that is no choice',
        'inputs: [{ name: A, type: choice, choices: [a], default: b }]',
        'inputs[0].default',
        'b }',
      ],
      [
        'DEFAULT_NOT_ALLOWED',
        'a default that is too long',
        'inputs: [{ name: A, default: abc, max_length: 2 }]',
        'inputs[0].default',
        'abc',
      ],
      ['BAD_DURATION', 'a late reminder', 'timeout: 1h, remind_after: 2h', 'remind_after', '2h'],
      ['BAD_DURATION', 'a late escalation', 'timeout: 1h, escalate: { after: 1h, to: B }', 'escalate.after', '1h, to'],
      [
        'BAD_DURATION',
        'one of several',
        'timeout: 1h, escalate: [{ after: 1h, to: B }]',
        'escalate[0].after',
        '1h, to',
      ],
    ] as const
  ).map(
    ([rule, of, keys, path, at]): RuleFixture => ({
      ...{ rule, of, at, source: shop + pipeline('p', stage(`name: a, approval: { approvers: [A], ${keys} }`)) },
      path: `documents[1].stages[0].elements[0].approval.${path}`,
    }),
  ),
  ...(
    [
      ['TASK_KIND', 'run and approval', 'run: x, approval: { approvers: [A] }', 'run', 'x, approval'],
      ['TASK_KIND', 'a key of commands', 'approval: { approvers: [A] }, retries: 2', 'retries', '2 }'],
      ['TASK_KIND', 'a matrix', 'approval: { approvers: [A] }, matrix: { os: [a] }', 'matrix', 'matrix: {'],
      ['TASK_KIND', 'a forensic task', 'type: forensic, approval: { approvers: [A] }', 'approval', 'approval: {'],
      [
        'UNKNOWN_NAME',
        'a message with an unknown variable',
        `approval: { approvers: [A], message: '\${NOBODY}' }`,
        'approval.message',
        `'\${NOBODY`,
      ],
      [
        'UNKNOWN_NAME',
        'a message with an output',
        `approval: { approvers: [A], message: '\${steps.a.outputs.B}' }`,
        'approval.message',
        `'\${steps`,
      ],
      [
        'REGISTERED_TWICE',
        'an input that another task sets',
        'approval: { approvers: [A], inputs: [{ name: SET }] }',
        'approval.inputs',
        'inputs: [',
      ],
    ] as const
  ).map(
    ([rule, of, keys, path, at]): RuleFixture => ({
      ...{ rule, of, at },
      source: shop + workflow('w', { tasks: `tasks:\n  set: { run: "true", register: SET }\n  a: { ${keys} }` }),
      path: `documents[1].tasks.a.${path}`,
    }),
  ),
  {
    rule: 'DEFAULT_NOT_ALLOWED',
    of: 'a default',
    source: shop + workflow('w', { keys: variable('default: c, allowed_values: [a, b]') }),
    path: 'documents[1].variables[0].default',
    at: 'c, allowed',
  },
  {
    rule: 'WRONG_VALUE_TYPE',
    of: 'a default',
    source: shop + workflow('w', { keys: variable('type: number, default: many') }),
    path: 'documents[1].variables[0].default',
    at: 'many',
  },
  {
    rule: 'WRONG_VALUE_TYPE',
    of: 'an allowed value',
    source: shop + workflow('w', { keys: variable('type: boolean, allowed_values: [true, 1]') }),
    path: 'documents[1].variables[0].allowed_values[1]',
    at: '1]',
  },
  {
    rule: 'FIXED_WITHOUT_DEFAULT',
    of: 'a variable',
    source: shop + workflow('w', { keys: variable('fixed: true') }),
    path: 'documents[1].variables[0]',
    at: '{ name: V',
  },
  {
    rule: 'COMMA_IN_ALLOWED_VALUE',
    of: 'an allowed value',
    source: shop + workflow('w', { keys: variable('allowed_values: ["a,b"], allow_multiple_values: true') }),
    path: 'documents[1].variables[0].allowed_values[0]',
    at: '"a,b"',
  },
  {
    rule: 'VALUE_NOT_ALLOWED',
    of: 'an element’s value',
    source:
      shop +
      workflow('w', { keys: variable('allowed_values: [a]') }) +
      pipeline('p', stage('name: a, workflow: w, variables: { V: b }')),
    path: 'documents[2].stages[0].elements[0].variables.V',
    at: 'b }',
  },
  {
    rule: 'UNKNOWN_VARIABLE',
    of: 'an element’s value',
    source: shop + workflow('w') + pipeline('p', stage('name: a, workflow: w, variables: { V: b }')),
    path: 'documents[2].stages[0].elements[0].variables.V',
    at: 'b }',
  },
  {
    rule: 'FIXED_VARIABLE',
    of: 'an element’s value',
    source:
      shop +
      workflow('w', { keys: variable('fixed: true, default: x') }) +
      pipeline('p', stage('name: a, workflow: w, variables: { V: b }')),
    path: 'documents[2].stages[0].elements[0].variables.V',
    at: 'b }',
  },
  {
    rule: 'MISSING_VALUE',
    of: 'a required variable',
    source: shop + workflow('w', { keys: variable('required: true') }) + pipeline('p', stage('name: a, workflow: w')),
    path: 'documents[2].stages[0].elements[0]',
    at: '{ name: a',
  },
  {
    rule: 'UNKNOWN_VARIABLE',
    of: 'what an element asks for',
    source: shop + workflow('w') + pipeline('p', stage('name: a, workflow: w, runtime_inputs: [X]')),
    path: 'documents[2].stages[0].elements[0].runtime_inputs',
    at: 'runtime_inputs',
  },
  {
    rule: 'FIXED_VARIABLE',
    of: 'what an element asks for',
    source:
      shop +
      workflow('w', { keys: variable('fixed: true, default: x') }) +
      pipeline('p', stage('name: a, workflow: w, runtime_inputs: { variables: [V] }')),
    path: 'documents[2].stages[0].elements[0].runtime_inputs',
    at: 'runtime_inputs',
  },
  {
    rule: 'RUNTIME_INPUT_WITHOUT_DEFAULT',
    of: 'what continues with its defaults',
    source:
      shop +
      workflow('w', { keys: variable('required: true') }) +
      pipeline('p', stage('name: a, workflow: w, runtime_inputs: { variables: [V], on_timeout: continue }')),
    path: 'documents[2].stages[0].elements[0].runtime_inputs',
    at: 'runtime_inputs',
  },
  {
    rule: 'UNKNOWN_PIPELINE_VARIABLE',
    of: 'a reference',
    source:
      shop +
      workflow('w', { keys: variable('required: true') }) +
      pipeline('p', stage(`name: a, workflow: w, variables: { V: "v${reference('X')}" }`)),
    path: 'documents[2].stages[0].elements[0].variables.V',
    at: '"v',
  },
  {
    rule: 'UNKNOWN_PIPELINE_VARIABLE',
    of: 'an approval that excludes a person',
    source: shop + pipeline('p', stage(`name: a, approval: { approvals: { from: [A], not: ["${reference('X')}"] } }`)),
    path: 'documents[1].stages[0].elements[0].approval.approvals.not[0]',
    at: '"$',
  },
  ...[
    ['BAD_EXPRESSION', 'a message that is not closed', `\${{ V`],
    ['BAD_EXPRESSION', 'a message with a syntax error', `Ship \${{ V + }}?`],
    ['BAD_EXPRESSION', 'a message with a wrong type', `Ship \${{ V.size() + 1 && true }}?`],
    ['UNKNOWN_NAME', 'an expression in a message', `Ship \${{ W }}?`],
  ].map(([rule, of, message]) => ({
    rule: rule as 'BAD_EXPRESSION' | 'UNKNOWN_NAME',
    of: of ?? '',
    source:
      shop +
      pipeline('p', stage(`name: a, approval: { approvers: [A], message: '${message}' }`), 'variables: [{ name: V }]'),
    path: 'documents[1].stages[0].elements[0].approval.message',
    at: "'",
  })),
  {
    rule: 'BAD_EXPRESSION',
    of: 'a message of a task',
    source: shop + workflow('w', { tasks: `tasks: { a: { approval: { approvers: [A], message: '\${{ 1 + }}' } } }` }),
    path: 'documents[1].tasks.a.approval.message',
    at: "'",
  },
  {
    rule: 'ELEMENT_KIND',
    of: 'both',
    source: shop + workflow('w') + pipeline('p', stage('name: a, workflow: w, approval: { approvers: [A] }')),
    path: 'documents[2].stages[0].elements[0]',
    at: '{ name: a',
  },
  {
    rule: 'ELEMENT_KIND',
    of: 'neither',
    source: shop + pipeline('p', stage('name: a')),
    path: 'documents[1].stages[0].elements[0]',
    at: '{ name: a',
  },
  {
    rule: 'ENVIRONMENT_MISSING',
    of: 'an element',
    source: parts + workflow('w', { keys: `environment: ${given}` }) + pipeline('p', stage('name: a, workflow: w')),
    path: 'documents[6].stages[0].elements[0]',
    at: '{ name: a',
  },
  {
    rule: 'ENVIRONMENT_FIXED',
    of: 'a workflow with another one',
    source:
      parts +
      workflow('w', { keys: 'environment: staging' }) +
      pipeline('p', stage('name: a, workflow: w, environment: production')),
    path: 'documents[6].stages[0].elements[0].environment',
    at: 'production',
  },
  {
    rule: 'ENVIRONMENT_FIXED',
    of: 'a workflow with none',
    source: parts + workflow('w') + pipeline('p', stage('name: a, workflow: w, environment: production')),
    path: 'documents[6].stages[0].elements[0].environment',
    at: 'production',
  },
  {
    rule: 'SERVICE_NOT_DEPLOYED',
    of: 'an element',
    source:
      parts +
      workflow('w', { keys: 'services: [web]' }) +
      pipeline('p', stage('name: a, workflow: w, services: [inventory]')),
    path: 'documents[6].stages[0].elements[0].services[0]',
    at: 'inventory',
  },
  {
    rule: 'SERVICE_NOT_DEPLOYED',
    of: 'a task',
    source: parts + workflow('w', { keys: 'services: [web]', tasks: tasks(task('a', 'deploys: [web, wep]')) }),
    path: 'documents[5].tasks.a.deploys[1]',
    at: 'wep',
  },
  {
    rule: 'SERVICE_NOT_DEPLOYED',
    of: 'a task of a workflow without services',
    source: parts + workflow('w', { tasks: tasks(task('a', 'deploys: true')) }),
    path: 'documents[5].tasks.a.deploys',
    at: 'true',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a limit of an environment without a group',
    source: shop + environment('concurrency: { limit: 2 }'),
    path: 'documents[1].concurrency.limit',
    at: '{ limit',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a group of an environment with a reference',
    source: shop + environment(`concurrency: "db-${reference('X')}"`),
    path: 'documents[1].concurrency.group',
    at: '"db-',
  },
  {
    rule: 'UNKNOWN_NAME',
    of: 'a concurrency group of a workflow',
    source: shop + workflow('w', { keys: `concurrency: { group: "db-${reference('SUITE')}", limit: 2 }` }),
    path: 'documents[1].concurrency.group',
    at: '"db-',
  },
  {
    rule: 'UNKNOWN_PIPELINE_VARIABLE',
    of: 'a concurrency group of a pipeline',
    source:
      parts +
      workflow('w') +
      pipeline('p', stage('name: a, workflow: w'), `concurrency: { group: "${reference('environment')}" }`),
    path: 'documents[6].concurrency.group',
    at: '"$',
  },
  {
    rule: 'UNKNOWN_ENVIRONMENT',
    of: 'a freeze',
    source: parts + freeze('environments: [staging, stagin]'),
    path: 'documents[5].environments[1]',
    at: 'stagin]',
  },
  {
    rule: 'UNKNOWN_SERVICE',
    of: 'an exception of a freeze',
    source: parts + freeze('except_services: [mail]'),
    path: 'documents[5].except_services[0]',
    at: 'mail',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a time that does not exist',
    source: shop + freeze('', '2026-02-30T18:00:00Z'),
    path: 'documents[1].from',
    at: '2026-02-30',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a deployment window without an end',
    source: shop + freeze('type: DEPLOYMENT_WINDOW'),
    path: 'documents[1].until',
    at: 'kind',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a recurrence that its first window does not begin',
    source: shop + freeze('until: 2026-12-23T20:00:00Z\nrecurrence: FREQ=WEEKLY;BYDAY=FR'),
    path: 'documents[1].recurrence',
    at: 'FREQ',
  },
  {
    rule: 'UNKNOWN_PIPELINE',
    of: 'a trigger',
    source: shop + trigger('on: { webhook: { provider: GITHUB } }\nstart: { pipeline: release }'),
    path: 'documents[1].start.pipeline',
    at: 'release',
  },
  {
    rule: 'UNKNOWN_WORKFLOW',
    of: 'the source of a trigger',
    source: shop + workflow('w') + trigger('on: { execution: { workflow: v } }\nstart: { workflow: w }'),
    path: 'documents[2].on.execution.workflow',
    at: 'v',
  },
  {
    rule: 'UNKNOWN_NAME',
    of: 'a trigger on a schedule that reads a payload',
    source:
      shop +
      workflow('w') +
      trigger("on: { schedule: { cron: '0 3 * * *' } }\nif: payload.x == 1\nstart: { workflow: w }"),
    path: 'documents[2].if',
    at: 'payload',
  },
  {
    rule: 'TRIGGER_KIND',
    of: 'a trigger for every image',
    source: shop + workflow('w') + trigger('on: { image: { registry: OCI } }\nstart: { workflow: w }'),
    path: 'documents[2].on.image',
    at: 'image:',
  },
  {
    rule: 'BAD_VALUE',
    of: 'a schedule that never comes',
    source: shop + workflow('w') + trigger("on: { schedule: { cron: '0 0 30 2 *' } }\nstart: { workflow: w }"),
    path: 'documents[2].on.schedule.cron',
    at: "'0 0",
  },
  {
    rule: 'UNKNOWN_VARIABLE',
    of: 'a trigger',
    source:
      shop +
      workflow('w') +
      trigger("on: { schedule: { cron: '@daily' } }\nstart: { workflow: w }\nvariables: { V: x }"),
    path: 'documents[2].variables.V',
    at: 'x',
  },
  {
    rule: 'CONTAINER_KEY',
    of: 'a service without ports, for a task on the agent itself',
    source: shop + workflow('w', { tasks: tasks(task('a', 'services: { db: { image: postgres:17 } }')) }),
    path: 'documents[1].tasks.a.services.db',
    at: 'db',
  },
  {
    rule: 'CONTAINER_KEY',
    of: 'a network of a container with services',
    source:
      shop +
      workflow('w', {
        tasks: tasks(task('a', 'container: { image: b:1, network: none }, services: { db: { image: postgres:17 } }')),
      }),
    path: 'documents[1].tasks.a.container',
    at: 'container',
  },
  ...[
    ['a secret in the name of an image', `secrets: [S], container: 'a:${reference('S')}'`, 'container.image'],
    ['an unknown name in a ref', `checkout: { url: 'https://a/b', ref: '${reference('R')}' }`, 'checkout.ref'],
  ].map(
    ([of = '', keys = '', path]): RuleFixture => ({
      rule: 'UNKNOWN_NAME',
      of,
      source: shop + workflow('w', { tasks: tasks(task('a', keys)) }),
      path: `documents[1].tasks.a.${path}`,
      at: keys.startsWith('secrets') ? `'a:` : `'${reference('R')}`,
    }),
  ),
  ...(
    [
      ['UNKNOWN_TEMPLATE', 'a workflow', extending('extends: s'), 'documents[2].extends', 's'],
      ['UNKNOWN_TEMPLATE', 'a revision', extending('extends: t@2\nwith: { p: 1 }'), 'documents[2].extends', 't@2'],
      [
        'TEMPLATE_KIND',
        'a stage that extends a template of a workflow',
        pipeline('p', '  - { extends: t, elements: [{ name: a, approval: { approvers: [A] } }] }'),
        'documents[2].stages[0].extends',
        't',
      ],
      ['MISSING_PARAMETER', 'a workflow', extending('extends: t'), 'documents[2].extends', 't'],
      ['UNKNOWN_PARAMETER', 'a value', extending('extends: t\nwith: { p: 1, q: 1 }'), 'documents[2].with.q', 'q'],
      [
        'UNKNOWN_PARAMETER',
        'a reference in a template',
        template('u', `of: workflow\nbody: { env: { A: 'a ${reference('parameters.q')}' } }`),
        'documents[2].body.env.A',
        "'a",
      ],
      [
        'CYCLE',
        'a template that extends itself',
        template('u', 'of: workflow\nextends: u\nbody: {}'),
        'documents[2].extends',
        'u',
      ],
    ] as const
  ).map(([rule, of, source, path, at]): RuleFixture => ({ rule, of, source: shop + simple + source, path, at })),
];
