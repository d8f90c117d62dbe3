import { expandedNodes, MAX_LISTED, MAX_NAMED_VALUE } from '../catalog/language/matrix';
import type { TaskDefinition, WorkflowDefinition } from '../catalog/language/workflow';
import { isStorable } from '../kernel/naming';
import { taskVariables } from './conditionScope';
import type { Execution, TaskExecution } from './execution';
import type { ReadyTask } from './readyTask';
import { callWorkflow, passCall } from './callWorkflow';
import { scopedName } from '../catalog/language/scopedTasks';
import type { TaskEnd } from './taskEnd';
import { blankTask, type RunSlice } from './runSlice';
import { variablesSeen } from './skipConditions';

/** Ends groups whose tasks have all passed, and creates those of the others. */
export function expandGroups(run: RunSlice, groups: readonly ReadyTask[]): void {
  for (const { task, revisionId } of groups) {
    const definition = run.fact('workflow', revisionId);
    const execution = run.execution(task.executionId);
    needVariables(run, execution);
    const isCall = definition.tasks[task.name]?.workflow != null;
    const end = isCall
      ? (task.tries > 0 ? passCall : callWorkflow)(run, execution, task, definition)
      : task.tries > 0
        ? allPassed
        : expandMatrix(run, execution, task, definition);
    if (end !== null) run.settleLater([{ taskId: task.id, ...end }]);
  }
}

/** What `variablesSeen` reads, in one round trip. */
function needVariables(run: RunSlice, { id, environmentId, attempt }: Execution): void {
  run.require(
    ...(environmentId === null ? [] : [{ kind: 'environment' as const, key: environmentId }]),
    ...(run.isNewGraph(id) && attempt === 1 ? [] : [{ kind: 'variables' as const, key: id }]),
  );
}

type End = Omit<TaskEnd, 'taskId'>;
const allPassed: End = {
  ...{ status: 'SUCCESS', reasonCode: null, reason: 'all of its combinations passed', exitCode: null },
};

/** Creates the combinations of a matrix. Returns the end of its task if there are none to wait for. */
function expandMatrix(
  run: RunSlice,
  execution: Execution,
  task: TaskExecution,
  definition: WorkflowDefinition,
): End | null {
  const listed = listsOf(run, execution, task, definition);
  if ('problem' in listed) {
    return { status: 'FAILED', reasonCode: 'BAD_MATRIX', reason: listed.problem, exitCode: null, decided: true };
  }
  const { names, from } = listed;
  if (names.length === 0) {
    const reason = 'its matrix has no combination, because a list is empty';
    return { status: 'SKIPPED', reasonCode: 'EMPTY_MATRIX', reason, exitCode: null, passes: true };
  }
  const kept = passedBefore(run, execution, task, names, from, definition);
  const fresh = names.filter((name) => !kept.has(name));
  if (fresh.length === 0) return allPassed;
  addCombinations(run, execution, task, fresh);
  return null;
}

type Listed = { readonly names: readonly string[]; readonly from: readonly string[] } | { readonly problem: string };

/** Names of the combinations, and the variables that have the lists. */
function listsOf(run: RunSlice, execution: Execution, { name }: TaskExecution, definition: WorkflowDefinition): Listed {
  const own = definition.tasks[name] as TaskDefinition;
  const known = taskVariables(name, definition, variablesSeen(run, execution.id));
  const lists = new Map<string, readonly string[]>();
  let count = 1;
  for (const axis of own.matrix) {
    const values = axis.from === undefined ? axis.values : valuesIn(known.get(axis.from));
    if (typeof values === 'string')
      return { problem: `its list "${axis.name}" can’t be taken from ${axis.from}: ${values}` };
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

function addCombinations(run: RunSlice, execution: Execution, group: TaskExecution, names: readonly string[]): void {
  const { id: executionId, runId, attempt } = execution;
  const first = group.ordinal - MAX_LISTED;
  const ids = names.map((name, index) => {
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
  group: TaskExecution,
  names: readonly string[],
  from: readonly string[],
  { tasks }: WorkflowDefinition,
): ReadonlySet<string> {
  if (execution.attempt === 1) return new Set();
  const lists = from.map((name) => scopedName(tasks[group.name], name));
  const setters = run.variables(execution.id).filter(({ name }) => lists.includes(name));
  const key = (name: string) => `${execution.id} ${name}`;
  const made = setters.map(({ setBy }) => setBy);
  run.require(...[...names, ...made].map((name) => ({ kind: 'taskFact' as const, key: key(name) })));
  const facts = (all: readonly string[]) => all.flatMap((name) => run.fact('taskFact', key(name)) ?? []);
  if (made.length < from.length || facts(made).some(({ attempt }) => attempt === execution.attempt)) return new Set();
  return new Set(facts(names).flatMap(({ passed, name }) => (passed ? [name] : [])));
}
