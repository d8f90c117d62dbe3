import { envReferences, ownVariableNames } from '../catalog/language/environmentValues';
import { baseName, matrixVariables, variablesInRegister } from '../catalog/language/matrix';
import { scopedValues } from '../catalog/language/scopedTasks';
import { envOfTask, referringTexts } from '../catalog/language/taskTexts';
import { secretsOfTask } from '../catalog/language/workflow';
import { environmentName, variableBehind } from '../kernel/naming';
import type { ReadyTask } from './readyTask';
import type { RunSlice } from './runSlice';

/** Fails tasks that need a variable without a value before they start, and returns the others. */
export function withoutUndefined(run: RunSlice, tasks: readonly ReadyTask[]): readonly ReadyTask[] {
  return tasks.filter((ready) => {
    const needs = variablesNeeded(run, ready);
    if (needs.length === 0) return true;
    const { id: taskId } = ready.task;
    const known = knownNames(run, ready);
    const unknown = needs.map(variableBehind).filter((name) => !known.has(name));
    if (unknown.length === 0) return true;
    const reason = `it needs ${unknown.join(', ')}, which is not set`;
    run.settleLater([{ taskId, status: 'FAILED', reasonCode: 'UNDEFINED_VARIABLE', reason, exitCode: null }]);
    return false;
  });
}

/**
 * Variables that a task requires, or that its `env` or `register` refers to, and that its definition does not provide.
 */
function variablesNeeded(run: RunSlice, { task, revisionId, detached }: ReadyTask): readonly string[] {
  const definition = run.fact('workflow', revisionId);
  const own = definition.tasks[baseName(task.name)];
  if (own === undefined) return [];
  const env = { ...(own.scope === undefined ? definition.env : {}), ...envOfTask(definition, own) };
  const texts = [...referringTexts(definition, own).values()].map(({ text }) => text);
  const referred = [...Object.values(env), ...texts].flatMap(envReferences);
  const needs = new Set([...Object.keys(own.requires), ...referred, ...variablesInRegister(own).map(environmentName)]);
  if (needs.size === 0) return [];
  const constant = { ...env, ...matrixVariables(task.name, own), ...detached?.env };
  const secrets = secretsOfTask(definition, own);
  // Images are checked when the job is claimed.
  const { environmentId } = detached ?? run.execution(task.executionId);
  const slipway = ownVariableNames({ environment: environmentId !== null, services: true });
  return [...needs].filter((name) => !Object.hasOwn(constant, name) && ![...secrets, ...slipway].includes(name));
}

/**
 * Names that have a value for a task: from its environment, the start, and other tasks. A restore task has separate
 * values.
 */
function knownNames(run: RunSlice, { task, revisionId, detached }: ReadyTask): ReadonlySet<string> {
  const { executionId, type } = task;
  const own = run.fact('workflow', revisionId).tasks[baseName(task.name)];
  const { environmentId, variables } = detached ?? run.execution(executionId);
  const set = type === 'restore' ? [] : run.variables(executionId);
  const environment = environmentId === null ? null : run.fact('environment', environmentId);
  return new Set([
    ...Object.keys(environment?.variables ?? {}),
    ...(own?.scope === undefined ? Object.keys(variables) : []),
    ...Object.keys(scopedValues(own, Object.fromEntries(set.map(({ name }) => [name, ''])))),
  ]);
}
