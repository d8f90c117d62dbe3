import type { TaskDefinition, WorkflowDefinition } from '../../../src/catalog/language/workflow';
import { type ElementInputs, fingerprints } from '../../../src/engine/fingerprints';

const task = (more: Partial<TaskDefinition> = {}): TaskDefinition => ({
  type: 'normal',
  displayName: null,
  workingDir: null,
  cleanEnv: false,
  condition: null,
  retries: 0,
  retryDelay: null,
  retryOn: null,
  onLost: 'FAIL',
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
  onFailure: null,
  description: null,
  run: 'true',
  approval: null,
  shell: null,
  dependsOn: [],
  deploys: null,
  env: {},
  labels: {},
  timeoutSeconds: 60,
  graceSeconds: 10,
  artifacts: { paths: [], from: [], when: 'success' },
  ...{ container: null, services: {}, checkout: null },
  ...more,
});

const workflow = (tasks: WorkflowDefinition['tasks']): WorkflowDefinition => ({
  observe: null,
  concurrency: null,
  secrets: [],
  mode: 'WORK_STEALING',
  finallyTimeoutSeconds: 3600,
  onFreeze: 'WAIT' as const,
  onTaskFailure: 'finish',
  onFailure: null,
  description: null,
  environment: null,
  services: [],
  variables: [],
  outputs: {},
  env: {},
  shell: 'sh',
  container: null,
  maxParallel: null,
  timeoutSeconds: 60,
  tasks,
});

const element = (elementId: string, stageIndex: number, more: Partial<ElementInputs> = {}): ElementInputs => ({
  elementId,
  stageIndex,
  stage: `stage ${stageIndex}`,
  element: elementId,
  workflow: elementId,
  definition: workflow({ only: task() }),
  environmentId: null,
  variables: {},
  images: {},
  takes: null,
  skipCondition: null,
  ...more,
});

/** Tasks, as `element.task`, whose fingerprints differ or that only one side has. */
function changed(before: readonly ElementInputs[], after: readonly ElementInputs[]): string[] {
  const [a, b] = [fingerprints(before), fingerprints(after)];
  const names = [...b].flatMap(([id, own]) => [...own.keys()].map((name) => [id, name] as const));
  return names
    .filter(([id, name]) => a.get(id)?.get(name) !== b.get(id)?.get(name))
    .map(([id, name]) => `${id}.${name}`);
}

describe('the fingerprint of a task', () => {
  const chain = workflow({ a: task(), b: task({ dependsOn: ['a'] }), c: task() });

  it('changes with the inputs of its command, and with its dependencies', () => {
    const before = [element('e', 0, { definition: chain, variables: { X: '1' }, images: { s: 'web:1' } })];
    const other = (more: Partial<ElementInputs>) => changed(before, [{ ...(before[0] as ElementInputs), ...more }]);
    expect(other({})).toEqual([]);
    expect(other({ variables: { X: '2' } })).toEqual(['e.a', 'e.c', 'e.b']);
    expect(other({ images: { s: 'web:2' } })).toEqual(['e.a', 'e.c', 'e.b']);
    expect(other({ environmentId: 'prod' })).toEqual(['e.a', 'e.c', 'e.b']);
    expect(other({ definition: workflow({ ...chain.tasks, a: task({ run: 'false' }) }) })).toEqual(['e.a', 'e.b']);
  });

  it('does not depend on other elements, except through files', () => {
    const taking = workflow({
      take: task({ artifacts: { paths: [], from: ['make.only'], when: 'success' } }),
      rest: task(),
    });
    const run = (value: string, stage = 1) => [
      element('make', 0, { variables: { X: value } }),
      element('sibling', 0),
      element('use', stage, { definition: taking }),
    ];
    expect(changed(run('1'), run('2'))).toEqual(['make.only', 'use.take']);
    // In parallel, neither can take the other's files.
    expect(changed(run('1', 0), run('2', 0))).toEqual(['make.only']);
  });

  it('of a combination does not depend on others: adding one keeps those that exist', () => {
    const matrix = (...values: string[]) =>
      workflow({
        test: task({ matrix: [{ name: 'os', values }] }),
        one: task({ dependsOn: ['test[os=a]'] }),
        all: task({ dependsOn: ['test'] }),
      });
    const of = (...values: string[]) => [element('e', 0, { definition: matrix(...values) })];
    expect(changed(of('a', 'b'), of('a', 'b', 'c'))).toEqual(['e.test[os=c]', 'e.all']);
  });

  it('also changes with the inputs of the element’s skip condition', () => {
    const run = (value: string, text: string | null) => [
      element('first', 0, { variables: { X: value } }),
      element('asking', 1, { skipCondition: text === null ? null : { text, variables: { X: value } } }),
    ];
    expect(changed(run('1', null), run('2', null))).toEqual(['first.only']);
    expect(changed(run('1', 'X == "1"'), run('2', 'X == "1"'))).toEqual(['first.only', 'asking.only']);
  });
});
