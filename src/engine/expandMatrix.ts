import { expandedNodes, MAX_LISTED, MAX_NAMED_VALUE } from '../catalog/language/matrix';
import type { TaskDefinition, WorkflowDefinition } from '../catalog/language/workflow';
import { isStorable } from '../kernel/naming';
import { taskVariables } from './conditionScope';
import type { Execution, TaskExecution } from './execution';
import type { ReadyTask } from './readyTask';
import { blankTask, type RunSlice } from './runSlice';
import { variablesSeen } from './skipConditions';

const ALL_PASSED = 'all of its combinations passed';

/** Ends groups whose combinations have all passed, and expands the others. */
export function expandMatrices(run: RunSlice, groups: readonly ReadyTask[]): void {
  for (const { task, revisionId } of groups) {
    const definition = run.fact('workflow', revisionId);
    if (task.tries > 0) {
      const end = {
        status: 'SUCCESS',
        reasonCode: null,
        reason: ALL_PASSED,
        exitCode: null,
      } as const;
      run.settleLater([{ taskId: task.id, ...end }]);
      continue;
    }
    const execution = run.execution(task.executionId);
    const listed = listsOf(run, execution, task, definition);
    if ('problem' in listed) {
      const end = {
        status: 'FAILED',
        reasonCode: 'BAD_MATRIX',
        reason: listed.problem,
        exitCode: null,
        decided: true,
      } as const;
      run.settleLater([{ taskId: task.id, ...end }]);
    } else addCombinations(run, execution, task, listed.names, listed.from);
  }
}

type Listed = { readonly names: readonly string[]; readonly from: readonly string[] } | { readonly problem: string };

/** Names of the combinations, and the variables that have the lists. */
function listsOf(run: RunSlice, execution: Execution, { name }: TaskExecution, definition: WorkflowDefinition): Listed {
  const own = definition.tasks[name] as TaskDefinition;
  run.require(
    ...(execution.environmentId === null ? [] : [{ kind: 'environment' as const, key: execution.environmentId }]),
    ...(run.isNewGraph(execution.id) && execution.attempt === 1
      ? []
      : [{ kind: 'variables' as const, key: execution.id }]),
  );
  const known = taskVariables(name, definition, variablesSeen(run, execution.id));
  const lists = new Map<string, readonly string[]>();
  let count = 1;
  for (const axis of own.matrix) {
    const values = axis.from === undefined ? axis.values : valuesIn(known.get(axis.from));
    if (typeof values === 'string')
      return { problem: `its list "${axis.name}" is not taken from ${axis.from}: ${values}` };
    lists.set(axis.name, values);
    count *= values.length;
  }
  const names = count > MAX_LISTED ? [] : expandedNodes(name, own, lists);
  if (Math.max(count, names.length) > MAX_LISTED) {
    const many = Math.max(count, names.length);
    return {
      problem: `its matrix has ${many} combinations; a matrix with a list that a task makes has at most ${MAX_LISTED}`,
    };
  }
  return { names, from: own.matrix.flatMap(({ from }) => from ?? []) };
}

/** Values of a list, or the problem with it. */
function valuesIn(text: string | undefined): readonly string[] | string {
  if (text === undefined) return 'it is not set';
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return `it is not a list in JSON, but ${shown(text)}`;
  }
  if (!Array.isArray(list)) return `it is not a list in JSON, but ${shown(text)}`;
  const values: string[] = [];
  for (const one of list) {
    if (!['string', 'number', 'boolean'].includes(typeof one)) {
      return `its values must be texts, numbers or booleans, not ${shown(JSON.stringify(one))}`;
    }
    const value = String(one);
    if (value.length > MAX_NAMED_VALUE) return `a value has more than ${MAX_NAMED_VALUE} characters`;
    if (!isStorable(value)) return 'a value has a character that can’t be stored';
    if (values.includes(value)) return `${shown(JSON.stringify(value))} is in it twice`;
    values.push(value);
  }
  return values;
}

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

function addCombinations(
  run: RunSlice,
  execution: Execution,
  group: TaskExecution,
  names: readonly string[],
  from: readonly string[],
): void {
  const kept = names.length === 0 ? new Set<string>() : passedBefore(run, execution, names, from);
  const fresh = names.filter((name) => !kept.has(name));
  if (names.length === 0) {
    const reason = 'its matrix has no combination, because a list is empty';
    const end = { status: 'SKIPPED', reasonCode: 'EMPTY_MATRIX', reason, exitCode: null, passes: true } as const;
    run.settleLater([{ taskId: group.id, ...end }]);
    return;
  }
  if (fresh.length === 0) {
    const end = { status: 'SUCCESS', reasonCode: null, reason: ALL_PASSED, exitCode: null } as const;
    run.settleLater([{ taskId: group.id, ...end }]);
    return;
  }
  const { id: executionId, runId, attempt } = execution;
  const first = group.ordinal - MAX_LISTED;
  const ids = fresh.map((name, index) => {
    const own = { id: run.newId(), executionId, runId, attempt, name, level: group.level, ordinal: first + index };
    run.addTask({ ...blankTask(run.now), ...own });
    return own.id;
  });
  run.addEdges(group.id, ids);
  run.setTask({ ...group, waitingOn: ids.length, tries: 1 }, group);
  run.count(executionId, { open: ids.length });
}

/** Combinations that a resume keeps. If the list was made again in this attempt, all run again. */
function passedBefore(
  run: RunSlice,
  execution: Execution,
  names: readonly string[],
  from: readonly string[],
): ReadonlySet<string> {
  if (execution.attempt === 1) return new Set();
  const setters = run.variables(execution.id).filter(({ name }) => from.includes(name));
  const key = (name: string) => `${execution.id} ${name}`;
  const made = setters.map(({ setBy }) => setBy);
  run.require(...[...names, ...made].map((name) => ({ kind: 'taskFact' as const, key: key(name) })));
  const facts = (all: readonly string[]) => all.flatMap((name) => run.fact('taskFact', key(name)) ?? []);
  if (made.length < from.length || facts(made).some(({ attempt }) => attempt === execution.attempt)) return new Set();
  return new Set(facts(names).flatMap(({ passed, name }) => (passed ? [name] : [])));
}
