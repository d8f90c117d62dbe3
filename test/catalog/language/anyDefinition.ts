// Long because it has an arbitrary for each key of each kind.
import fc from 'fast-check';
import { valueRules } from '../../../src/contract/valueRules';
import { canonicalPipeline, canonicalWorkflow } from '../../../src/catalog/language/canonical';
import type { ApprovalInput } from '../../../src/catalog/language/approvalShape';
import type { VariableDefinition } from '../../../src/catalog/language/definition';
import { type MatrixRules, noMatrix } from '../../../src/catalog/language/combinations';
import { stopSignals } from '../../../src/contract/stopSignals';
import { shellNames } from '../../../src/contract/shell';
import { isReservedVariableName, isStorable } from '../../../src/kernel/naming';
import type { PipelineDefinition, StageElement } from '../../../src/catalog/language/pipeline';
import {
  artifactsWhen,
  GIVEN_ENVIRONMENT,
  onTimeouts,
  type TaskApproval,
  type WorkflowDefinition,
  concurrencyPolicies,
  workflowModes,
} from '../../../src/catalog/language/workflow';

/** Arbitrary definitions for property tests. They need not make sense, because the tests only read and write them. */

/** Text that YAML writers get wrong. */
const awkward = fc.constantFrom(
  '',
  ' ',
  '\n',
  'a\n',
  '\na',
  ' a ',
  'a\n\n',
  'a\n b\n',
  '\ta',
  'a\t',
  '1.10',
  '010',
  'true',
  'null',
  '~',
  '# a',
  'a # b',
  'a: b',
  '- a',
  '*a',
  '&a',
  '!a',
  '---',
  '...',
  '---\na',
  '"',
  "'",
  '\\',
  '{',
  '[a]',
  '%a',
  '@a',
  '`a`',
  '|',
  '>',
  '<<',
  '=',
  'a\r\nb',
  '\r',
  '\u0001',
  '\u0085',
  '\u2028',
  '\ufeff',
  'é😀',
  GIVEN_ENVIRONMENT,
  'x'.repeat(200),
  `${'word '.repeat(40)}end`,
  '2024-01-01',
  '0x1F',
  '1e3',
  '.inf',
  'yes',
);
const text = fc
  .oneof(awkward, fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }))
  .filter(isStorable);
const someText = text.map((value) => (value.trim() === '' ? 'x' : value));
const description = fc.option(text.filter((value) => value !== ''));
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,20}[A-Za-z0-9._-]$/),
  fc.constantFrom('1', 'true', 'null', '1.0', '0x1', 'no'),
);
const taskName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
  fc.constantFrom('1', 'true', 'null', '1.5', 'constructor'),
);
const variableName = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/)
  .filter((value) => !isReservedVariableName(value));
const labelKey = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,12}$/);
const labelValue = text.filter((value) => !/[,=]/.test(value) && value.length <= 200);
const artifactPath = fc
  .stringMatching(/^[a-z*?#!-][a-z*. ]{0,6}(\/[a-z*]{1,5}){0,2}$/)
  .filter((value) => !value.includes('..'));
const seconds = (maximum: number) =>
  fc.oneof(fc.constantFrom(1, 10, 3600, 86_400, 604_800), fc.integer({ min: 1, max: maximum }));

const variable: fc.Arbitrary<VariableDefinition> = fc.record({
  name: variableName,
  type: fc.constantFrom('string' as const, 'number' as const, 'boolean' as const),
  required: fc.boolean(),
  defaultValue: fc.option(text),
  allowedValues: fc.option(fc.array(text, { minLength: 1, maxLength: 3 })),
  allowMultipleValues: fc.boolean(),
  fixed: fc.boolean(),
  description,
});

const label = fc.constantFrom('a', 'Build and test', '1.10', 'true', '# x', 'ä: b');
const delaySeconds = fc.oneof(
  fc.constantFrom(0, 0.5, 1, 300),
  fc.integer({ min: 1, max: 86_400_000 }).map((ms) => ms / 1000),
);
const retryDelay = fc.oneof(
  delaySeconds
    .filter((seconds) => seconds > 0)
    .map((s) => ({ initialSeconds: s, factor: 1, maxSeconds: s, jitter: 0 })),
  fc.record({
    initialSeconds: delaySeconds,
    factor: fc.constantFrom(1, 1.5, 2, 100),
    maxSeconds: delaySeconds,
    jitter: fc.constantFrom(0, 0.25, 1),
  }),
);

/** Distinct from the names of variables. */
const secretName = fc.constantFrom('_SECRET_A', '_SECRET_B', '_SECRET_C');

const axis = fc.record({
  name: fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/).filter((value) => value !== '__proto__'),
  values: fc.uniqueArray(fc.constantFrom('linux', '22', '1.10', 'true', 'a b', '#', 'ä'), {
    minLength: 1,
    maxLength: 3,
  }),
});

const intervention = fc.option(
  fc.record({ timeoutSeconds: seconds(31_536_000), onTimeout: fc.constantFrom(...onTimeouts) }),
);

const command = someText.map((value) => value.replace(/\r\n/g, '\n'));
const shell = fc.oneof(
  fc.constantFrom(...shellNames),
  fc.array(fc.constantFrom('ruby', 'bash', '-x', '{0}', '1'), { minLength: 1, maxLength: 3 }),
);

const approvalInput: fc.Arbitrary<ApprovalInput> = fc
  .record({
    name: variableName,
    choices: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 3 })),
    required: fc.boolean(),
    description,
    isDefault: fc.boolean(),
    maxLength: fc.integer({ min: 100, max: 5000 }),
  })
  .map(({ choices, isDefault, maxLength, ...one }) => ({
    ...one,
    choices,
    type: choices === null ? 'text' : 'choice',
    defaultValue: isDefault ? (choices?.[0] ?? 'some') : null,
    maxLength: choices === null ? maxLength : null,
  }));

const approvalReferences = ['COMMITTER', 'steps.build.outputs.AUTHOR'].map((name) => `\${${name}}`);

const approval: fc.Arbitrary<TaskApproval> = fc
  .record({
    message: fc.option(text),
    timeoutSeconds: fc.integer({ min: 1000, max: 31_536_000 }),
    inputs: fc.uniqueArray(approvalInput, { maxLength: 3, selector: (one) => one.name }),
    remindAfterSeconds: fc.option(fc.integer({ min: 1, max: 999 })),
    escalate: fc.array(
      fc.record({ afterSeconds: fc.integer({ min: 1, max: 999 }), to: fc.array(name, { minLength: 1, maxLength: 2 }) }),
      {
        maxLength: 3,
      },
    ),
    policy: fc.record({
      approvers: fc.array(name, { maxLength: 3 }),
      count: fc.integer({ min: 1, max: 50 }),
      allOf: fc.array(name, { maxLength: 2 }),
      not: fc.array(fc.constantFrom(...approvalReferences), { maxLength: 2 }),
      disallowInitiator: fc.boolean(),
    }),
  })
  // Reminders and escalations come before the timeout.
  .map(({ policy, timeoutSeconds, ...rest }) => {
    const { approvers, count, ...more } = policy;
    const from = approvers.length === 0 && more.allOf.length === 0 ? ['Managers'] : approvers;
    const people = { ...more, approvers: from, count: from.length === 0 ? 0 : count };
    return { ...rest, ...people, timeoutSeconds };
  });

const credentials = fc.option(
  fc.record({ registry: fc.option(fc.constant('ghcr.io')), username: fc.constant('ci'), password: secretName }),
);
const ofContainers = {
  image: fc.constantFrom('node:22', `app:\${TAG}`, 'r.example.com:5000/a/b@sha256:00'),
  pull: fc.constantFrom('missing' as const, 'always' as const, 'never' as const),
  user: fc.option(fc.constantFrom('1000:1000', 'node')),
  env: fc.dictionary(variableName, text, { maxKeys: 2, noNullPrototype: true }),
  mounts: fc.array(
    fc.record({ source: fc.constantFrom('/srv', 'a b'), target: fc.constant('/mnt/a'), readOnly: fc.boolean() }),
    { maxLength: 2 },
  ),
  options: fc.array(fc.constantFrom('--memory=512m', '--init'), { maxLength: 2 }),
  credentials,
};
const container = fc.record({ ...ofContainers, network: fc.option(fc.constant('none')) });
const serviceContainer = fc.record({
  ...ofContainers,
  cmd: fc.array(text, { maxLength: 2 }),
  ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 2 }),
  health: fc.option(
    fc.record({
      cmd: fc.constantFrom('true', 'pg_isready -U app'),
      intervalSeconds: fc.constantFrom(2, 0.5),
      timeoutSeconds: fc.constantFrom(10, 3),
      retries: fc.constantFrom(30, 3),
    }),
  ),
});
const checkout = fc.record({
  url: fc.constantFrom('https://example.com/a.git', `git@example.com:\${TEAM}/b`),
  ref: fc.option(fc.constantFrom('main', `\${REF}`, 'refs/pull/1/head')),
  path: fc.option(fc.constant('src/app')),
  submodules: fc.constantFrom('none' as const, 'direct' as const, 'recursive' as const),
  depth: fc.constantFrom(0, 1, 50),
  credentials: fc.option(
    fc.record({
      username: fc.constantFrom('git', 'ci'),
      password: fc.option(secretName),
      sshKey: fc.option(secretName),
    }),
  ),
});

const task = fc.record({
  approval: fc.constant<TaskApproval | null>(null),
  workflow: fc.constant<string | null>(null),
  cache: fc.option(
    fc.record({
      key: fc.constantFrom('deps', 'deps-1'),
      paths: fc.array(artifactPath, { minLength: 1, maxLength: 2 }),
      restoreKeys: fc.array(fc.constantFrom('deps-', 'd'), { maxLength: 2 }),
    }),
  ),
  reports: fc.option(fc.record({ junit: fc.array(artifactPath, { minLength: 1, maxLength: 2 }) })),
  variables: fc.constant<Record<string, string>>({}),
  outputs: fc.constant<Record<string, string>>({}),
  type: fc.constantFrom('normal', 'forensic', 'restore'),
  displayName: fc.option(label),
  description,
  run: fc.oneof(command, fc.array(command, { minLength: 2, maxLength: 3 })),
  shell: fc.option(shell),
  workingDir: fc.option(fc.constantFrom('a', 'a/b c', '1', 'true', '/srv/app', '/')),
  cleanEnv: fc.boolean(),
  retries: fc.integer({ min: 0, max: 12 }),
  retryDelay: fc.option(retryDelay),
  retryOn: fc.option(fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 3 })),
  onLost: fc.constantFrom('FAIL' as const, 'RETRY' as const),
  ignoreFailure: fc.boolean(),
  intervention,
  register: fc.option(variableName),
  streams: fc.constantFrom(null, 'separate' as const),
  requires: fc.dictionary(variableName, fc.constantFrom(...valueRules), { maxKeys: 2, noNullPrototype: true }),
  secrets: fc.array(secretName, { maxLength: 2 }),
  onFailure: fc.option(taskName),
  matrix: fc.uniqueArray(axis, { maxLength: 3, selector: ({ name: own }) => own.toUpperCase() }),
  matrixRules: fc.option<MatrixRules>(
    fc.record({
      include: fc.constant([{ added_by_include: 'x' }]),
      exclude: fc.constant([]),
      maxParallel: fc.option(fc.integer({ min: 1, max: 9 })),
      failFast: fc.option(fc.boolean()),
    }),
  ),
  ignoreExitCodes: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }),
  stopSignal: fc.constantFrom(...stopSignals),
  condition: fc.option(text),
  dependsOn: fc.constant<string[]>([]),
  deploys: fc.option(fc.oneof(fc.constant(true as const), fc.array(name, { minLength: 1, maxLength: 2 }))),
  env: fc.dictionary(variableName, text, { maxKeys: 3, noNullPrototype: true }),
  labels: fc.dictionary(labelKey, labelValue, { maxKeys: 3, noNullPrototype: true }),
  timeoutSeconds: fc.oneof(
    seconds(1_728_000),
    fc.integer({ min: 1, max: 5000 }).map((ms) => ms / 1000),
  ),
  graceSeconds: fc.integer({ min: 0, max: 3600 }),
  artifacts: fc.record({
    paths: fc.array(artifactPath, { maxLength: 3 }),
    when: fc.constantFrom(...artifactsWhen),
    from: fc.array(taskName, { maxLength: 3 }),
  }),
  container: fc.option(fc.oneof(container, fc.constant('none' as const))),
  services: fc.dictionary(fc.constantFrom('db', 'a-1'), serviceContainer, { maxKeys: 2, noNullPrototype: true }),
  checkout: fc.option(checkout),
});

/** No key of a command, and none of its failure. */
const bare = {
  cache: null,
  reports: null,
  ...{ run: '', shell: null, workingDir: null, cleanEnv: false, retries: 0, retryDelay: null, retryOn: null },
  ...{ ignoreFailure: false, intervention: null, register: null, streams: null, requires: {}, secrets: [] },
  ...{
    onFailure: null,
    ...noMatrix,
    ignoreExitCodes: [],
    stopSignal: 'SIGTERM' as const,
    deploys: null,
    env: {},
    labels: {},
    timeoutSeconds: 3600,
    graceSeconds: 10,
  },
  ...{ onLost: 'FAIL' as const, artifacts: { paths: [], when: 'success' as const, from: [] } },
  ...{ container: null, services: {}, checkout: null },
};

/** Tasks depend only on earlier tasks, so there is no cycle. The writer puts them in graph order. */
const tasks = fc
  .array(fc.tuple(taskName, task, fc.array(fc.nat(), { maxLength: 3 }), fc.option(approval)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => {
    const unique = [...new Map(list.map((one) => [one[0], one])).values()];
    return Object.fromEntries(
      unique.map(([own, one, links, asked], index) => [
        own,
        // Every workflow has a normal task.
        {
          ...one,
          ...(asked !== null && { ...bare, type: 'normal' as const, approval: asked }),
          ...(index === 0 && { type: 'normal' as const }),
          ...((one.ignoreFailure || (index > 0 && one.type !== 'normal')) && { intervention: null }),
          dependsOn: index === 0 ? [] : links.flatMap((link) => unique[link % index]?.[0] ?? []),
        },
      ]),
    );
  });

/** Tasks of `finally` have no keys about the graph. */
const finallyTasks = fc
  .array(fc.tuple(taskName, task, fc.array(fc.nat(), { maxLength: 2 })), { maxLength: 2 })
  .map((list) => {
    const names = list.map(([own]) => `${own}__end`);
    return Object.fromEntries(
      list.map(([, { streams: _, ...one }, links], index) => [
        names[index],
        {
          ...one,
          ...{ type: 'finally' as const, condition: null, ...noMatrix, deploys: null, streams: null },
          ...{ register: null, onFailure: null, intervention: null },
          dependsOn: [...new Set(names)].length < 2 || index === 0 ? [] : links.flatMap(() => names[0] ?? []),
        },
      ]),
    );
  });

const concurrency = fc.option(
  fc.record({
    group: fc.option(fc.constantFrom('web', `web-\${environment}`, 'true')),
    limit: fc.integer({ min: 1, max: 3 }),
    policy: fc.constantFrom(...concurrencyPolicies),
  }),
);

export const anyWorkflow: fc.Arbitrary<WorkflowDefinition> = fc
  .record({
    description,
    environment: fc.option(fc.oneof(name, fc.constant(GIVEN_ENVIRONMENT))),
    services: fc.array(name, { maxLength: 3 }),
    variables: fc.array(variable, { maxLength: 3 }),
    outputs: fc.dictionary(variableName, text, { maxKeys: 3, noNullPrototype: true }),
    env: fc.dictionary(variableName, text, { maxKeys: 3, noNullPrototype: true }),
    secrets: fc.array(secretName, { maxLength: 2 }),
    shell,
    container: fc.option(container),
    concurrency,
    maxParallel: fc.option(fc.integer({ min: 1, max: 10_000 })),
    mode: fc.constantFrom(...workflowModes),
    onFreeze: fc.constantFrom('WAIT' as const, 'REFUSE' as const),
    onTaskFailure: fc.constantFrom('finish' as const, 'cancel' as const),
    onFailure: fc.option(taskName),
    timeoutSeconds: seconds(31_536_000),
    finallyTimeoutSeconds: seconds(31_536_000),
    observe: fc.option(
      fc.record({
        everySeconds: fc.option(fc.integer({ min: 60, max: 100_000 })),
        run: text.filter((one) => one.trim() !== '' && !one.includes('\r')),
        shell: fc.option(shell),
        workingDir: fc.constant(null),
        cleanEnv: fc.boolean(),
        env: fc.dictionary(variableName, text, { maxKeys: 2, noNullPrototype: true }),
        labels: fc.constant({}),
        secrets: fc.array(secretName, { maxLength: 2 }),
        container: fc.option(container),
        timeoutSeconds: seconds(86_400),
      }),
    ),
    tasks: fc.tuple(finallyTasks, tasks).map(([atTheEnd, own]) => ({ ...atTheEnd, ...own })),
  })
  .map(canonicalWorkflow);

const element: fc.Arbitrary<StageElement> = fc.oneof(
  fc.record({
    type: fc.constant('WORKFLOW' as const),
    name,
    workflow: name,
    environment: fc.option(name),
    services: fc.option(fc.array(name, { maxLength: 3 })),
    variables: fc.dictionary(variableName, text, { maxKeys: 3, noNullPrototype: true }),
    skipCondition: fc.option(text),
    runtimeInputs: fc.option(
      fc.record({
        variables: fc.array(variableName, { minLength: 1, maxLength: 3 }),
        timeoutSeconds: seconds(31_536_000),
        onTimeout: fc.constantFrom('expire' as const, 'continue' as const),
      }),
    ),
    retries: fc.integer({ min: 0, max: 3 }),
    ...{ ignoreFailure: fc.constant(false), intervention },
  }),
  fc
    .tuple(fc.record({ type: fc.constant('APPROVAL' as const), name, skipCondition: fc.option(text) }), approval)
    .map(([head, asked]) => ({ ...head, ...asked })),
);

export const anyPipeline: fc.Arbitrary<PipelineDefinition> = fc
  .record({
    description,
    variables: fc.array(variable, { maxLength: 3 }),
    concurrency,
    timeoutSeconds: seconds(31_536_000),
    onFreeze: fc.constantFrom('WAIT' as const, 'REFUSE' as const),
    stages: fc.array(
      fc.record({
        name: fc.oneof(name, fc.constantFrom('STAGE 1', 'STAGE 2')),
        elements: fc.array(element, { minLength: 1, maxLength: 3 }),
        onFailure: fc.constantFrom('fail' as const, 'rollback' as const),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  })
  .map(canonicalPipeline);
