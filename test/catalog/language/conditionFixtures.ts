import { parts, pipeline, shop, stage, workflow } from './documents';
import type { RuleFixture } from './shapeFixtures';

const tasks = (lines: string) => `tasks:\n${lines}`;
const task = (name: string, keys: string) => `  ${name}: { run: "true", ${keys} }`;
const variable = (name: string) => `variables: [{ name: ${name}, default: x }]`;

/** Conditions with one mistake each. */
export const conditionFixtures: readonly RuleFixture[] = [
  ...[
    ['a syntax error', 'X ==', 'X =='],
    ['a function that is not part of the language', "X.replace('a')", 'X.replace'],
    ['a number', '5', '5'],
    ['text', `'"true"'`, `'"true"'`],
    ['a calculation', '1 + 1', '1 + 1'],
    ['a list', "'[X]'", "'[X]'"],
    ['the size of something', 'size(X)', 'size(X)'],
    ['numbers to choose from', "'X == 1 ? 2 : 3'", "'X == 1 ? 2 : 3'"],
  ].map(
    ([of = '', condition, at = '']): RuleFixture => ({
      rule: 'BAD_CONDITION',
      of,
      source: shop + workflow('w', { keys: variable('X'), tasks: tasks(task('a', `if: ${condition}`)) }),
      path: 'documents[1].tasks.a.if',
      at,
    }),
  ),
  {
    rule: 'BAD_CONDITION',
    of: 'a task that is not normal',
    source: shop + workflow('w', { tasks: tasks(`${task('a', '')}\n${task('b', 'type: forensic, if: true')}`) }),
    path: 'documents[1].tasks.b.if',
    at: 'true }',
  },
  ...[
    ['a number compared with text', 'N == "1"'],
    ['text that is neither true nor false', 'V'],
  ].flatMap(([of = '', condition]): RuleFixture[] => {
    const keys = 'variables: [{ name: N, type: number, default: 1 }, { name: V, default: x }]';
    const more = `skip_condition: '${condition}'`;
    return [
      {
        rule: 'BAD_CONDITION',
        of: `${of}, in a task`,
        source: shop + workflow('w', { keys, tasks: tasks(task('a', `if: '${condition}'`)) }),
        path: 'documents[1].tasks.a.if',
        at: `'${condition}'`,
      },
      {
        rule: 'BAD_CONDITION',
        of: `${of}, in an element`,
        source: `${parts}${workflow('w')}${pipeline('p', stage(`name: a, workflow: w, ${more}`))}${keys}\n`,
        path: 'documents[6].stages[0].elements[0].skip_condition',
        at: `'${condition}'`,
      },
    ];
  }),
  {
    rule: 'BAD_CONDITION',
    of: 'an element',
    source: parts + workflow('w') + pipeline('p', stage('name: a, workflow: w, skip_condition: "1 +"')),
    path: 'documents[6].stages[0].elements[0].skip_condition',
    at: '"1 +"',
  },
  ...[
    ['a variable', 'VERSON == 1'],
    ['a variable in vars', 'vars.VERSON == 1'],
    ['a task', "tasks.c.status == 'SUCCESS'"],
    ['a task that does not come before', "tasks.b.status == 'SUCCESS'"],
    ['what is asked about a task', 'tasks.a.exitcode == 0'],
    ['a combination', "tasks['a[os=linux]'].exit_code == 0"],
    ['an axis', "matrix.node == '22'"],
    ['a variable that another task sets', 'LATER == 1'],
    ['a task whose name is worked out', 'tasks[V].exit_code == 0'],
  ].map(
    ([of = '', condition]): RuleFixture => ({
      rule: 'UNKNOWN_NAME',
      of,
      source:
        shop +
        workflow('w', {
          keys: variable('V'),
          tasks: tasks(
            `${task('a', '')}\n${task('b', 'register: LATER')}\n  one: { run: x, if: "${condition}"${
              condition?.includes('tasks.a') ? ', depends_on: [a]' : ''
            } }`,
          ),
        }),
      path: 'documents[1].tasks.one.if',
      at: `"${condition}"`,
    }),
  ),
  {
    rule: 'UNKNOWN_NAME',
    of: 'a secret',
    source: shop + workflow('w', { tasks: tasks(task('a', 'secrets: [TOKEN], if: TOKEN == 1')) }),
    path: 'documents[1].tasks.a.if',
    at: 'TOKEN == 1',
  },
  ...[
    ['a variable of a pipeline', 'VERSION == 1'],
    ['a later element', "steps.two.status == 'SUCCESS'"],
    ['the own stage', "stages['STAGE 1'].status == 'SUCCESS'"],
  ].map(
    ([of = '', condition]): RuleFixture => ({
      rule: 'UNKNOWN_NAME',
      of,
      source: parts + workflow('w') + pipeline('p', stage(`name: one, workflow: w, skip_condition: "${condition}"`)),
      path: 'documents[6].stages[0].elements[0].skip_condition',
      at: `"${condition}"`,
    }),
  ),
  {
    rule: 'NO_CHECKOUT',
    of: 'changes without a checkout before',
    source: shop + workflow('w', { tasks: tasks(task('a', `if: 'changed("src/**")'`)) }),
    path: 'documents[1].tasks.a.if',
    at: `'changed`,
  },
  {
    rule: 'NO_CHECKOUT',
    of: 'changes in the condition of an element',
    source: parts + workflow('w') + pipeline('p', stage(`name: a, workflow: w, skip_condition: 'changed("src")'`)),
    path: 'documents[6].stages[0].elements[0].skip_condition',
    at: `'changed`,
  },
  ...["changed('/etc/**')", 'changed(X)', "changed('a', 'b')", "X.changed('a')"].map(
    (condition): RuleFixture => ({
      rule: 'BAD_CONDITION',
      of: `changes as ${condition}`,
      source:
        shop +
        workflow('w', {
          keys: variable('X'),
          tasks: tasks(
            `${task('s', 'checkout: https://example.com/a.git')}\n${task('a', `depends_on: [s], if: ${JSON.stringify(condition)}`)}`,
          ),
        }),
      path: 'documents[1].tasks.a.if',
      at: '"',
    }),
  ),
];
