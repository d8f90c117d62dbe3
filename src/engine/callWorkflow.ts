import { partsOf } from '../catalog/language/outputReferences';
import { scopedName, scopedValues } from '../catalog/language/scopedTasks';
import { innerNodes } from '../catalog/language/taskGraph';
import type { TaskDefinition, WorkflowDefinition } from '../catalog/language/workflow';
import { taskVariables } from './conditionScope';
import type { Execution, TaskExecution } from './execution';
import { KEEPS_PASSED, newGraph } from './newTasks';
import { valueErrors } from './resolveVariables';
import type { RunSlice } from './runSlice';
import { variablesSeen } from './skipConditions';
import type { TaskEnd } from './taskEnd';
import { typeOf } from './variableType';
import { outputsOf } from './workflowOutputs';

const failed = (reasonCode: string, reason: string): Omit<TaskEnd, 'taskId'> => ({
  ...{ status: 'FAILED', reasonCode, reason, exitCode: null, decided: true },
});

/**
 * Begins the tasks of the workflow that a task runs, with its variables. They see no other variables: those of a scope
 * are named `build/VERSION`. Returns the end of the task if it can't begin.
 */
export function callWorkflow(
  run: RunSlice,
  execution: Execution,
  group: TaskExecution,
  definition: WorkflowDefinition,
): Omit<TaskEnd, 'taskId'> | null {
  const { called, variables } = definition.tasks[group.name] as TaskDefinition;
  const known = taskVariables(group.name, definition, variablesSeen(run, execution.id));
  for (const variable of called?.variables ?? []) {
    const { name, defaultValue } = variable;
    const text = variables[name];
    const value = text === undefined ? defaultValue : filled(text, known);
    if (value === undefined) {
      return failed(
        'REFERENCE_UNFILLED',
        `its variable ${name} can’t be filled: "${text}" names a variable without a value`,
      );
    }
    if (value === null) continue;
    const [error] = text === undefined ? [] : valueErrors(variable, value);
    if (error !== undefined) return failed('BAD_VALUE', `its variable ${name} ${error}`);
    setVariable(run, group, `${group.name}/${name}`, value);
  }
  const nodes = innerNodes(definition.tasks, group.name);
  const kept = passedBefore(
    run,
    execution,
    group,
    nodes.map(({ name }) => name),
  );
  const graph = newGraph(nodes, new Set(nodes.flatMap(({ name }) => (kept.has(name) ? [] : [name]))));
  if (graph.tasks.length === 0) return passCall(run, execution, group, definition);
  const first = group.ordinal - (nodes.at(-1)?.ordinal ?? 0) - 1;
  const { tasks } = graph;
  run.addInnerGraph(execution, {
    ...graph,
    tasks: tasks.map((one) => ({ ...one, level: group.level, ordinal: first + one.ordinal })),
  });
  run.addEdges(
    group.id,
    tasks.map(({ id }) => id),
  );
  run.setTask({ ...group, waitingOn: tasks.length, tries: 1, reasonCode: null, reason: null }, group);
  run.count(execution.id, { open: tasks.length });
  return null;
}

/** Undefined if a variable has no value. */
function filled(text: string, known: ReadonlyMap<string, string>): string | undefined {
  const parts = partsOf(text).map((part) => (part.is === 'VARIABLE' ? known.get(part.name) : part.text));
  return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
}

function setVariable(
  run: RunSlice,
  { executionId, id, name: setBy }: TaskExecution,
  name: string,
  value: string,
): void {
  const variable = { executionId, name, taskExecutionId: id, type: typeOf(value), value };
  run.changes.variables.push({ ...variable, setBy, setAt: run.now });
}

/** Tasks that a resume keeps. */
function passedBefore(
  run: RunSlice,
  execution: Execution,
  { reasonCode }: TaskExecution,
  names: readonly string[],
): ReadonlySet<string> {
  if (execution.attempt === 1 || reasonCode !== KEEPS_PASSED) return new Set();
  const key = (name: string) => `${execution.id} ${name}`;
  run.require(...names.map((name) => ({ kind: 'taskFact' as const, key: key(name) })));
  const facts = names.flatMap((name) => run.fact('taskFact', key(name)) ?? []);
  return new Set(facts.flatMap(({ passed, name }) => (passed ? [name] : [])));
}

/** The end of a task whose workflow has passed, with the outputs that it takes. */
export function passCall(
  run: RunSlice,
  execution: Execution,
  group: TaskExecution,
  definition: WorkflowDefinition,
): Omit<TaskEnd, 'taskId'> {
  const own = definition.tasks[group.name] as TaskDefinition;
  const { set } = variablesSeen(run, execution.id);
  const inner = new Map(Object.entries(scopedValues({ scope: group.name }, set)));
  const values = outputsOf({ outputs: own.called?.outputs ?? {} }, {}, inner);
  for (const [variable, output] of Object.entries(own.outputs)) {
    const value = values.get(output);
    const name = scopedName(own, variable);
    if (value === undefined) continue;
    const isTaken = Object.hasOwn(set, name) || (own.scope === undefined && Object.hasOwn(execution.variables, name));
    if (isTaken) return failed('VARIABLE_CONFLICT', `it sets ${variable}, which has a value already`);
    setVariable(run, group, name, value);
  }
  return { status: 'SUCCESS', reasonCode: null, reason: `all tasks of "${own.workflow}" passed`, exitCode: null };
}
