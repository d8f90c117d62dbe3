import { isForbiddenVariableName, isStorable, isVariableName } from '../kernel/naming';
import { baseName } from '../catalog/language/matrix';
import { scopedName } from '../catalog/language/scopedTasks';
import type { RunSlice } from './runSlice';
import { typeOf } from './variableType';

/** Outputs of a command for later tasks. */
export interface Output {
  readonly name: string;
  readonly value: string;
}

/** Reason to reject the outputs of a job; its try fails then. */
export interface OutputProblem {
  readonly reasonCode: 'BAD_OUTPUT' | 'VARIABLE_CONFLICT';
  readonly reason: string;
}

const MAX_VALUE_BYTES = 32_768;

/**
 * Keeps the values that a successful task has set, before it counts as a success. A name has one owner: setting the
 * variable of another task, or of the start, fails the try.
 */
export function keepOutputs(run: RunSlice, taskId: string, outputs: readonly Output[]): OutputProblem | null {
  const { executionId, name: setBy, type } = run.task(taskId);
  // A detached task sets nothing for the graph.
  if (outputs.length === 0 || type !== 'normal') return null;
  const { revisionId, variables } = run.execution(executionId);
  const task = run.fact('workflow', revisionId).tasks[baseName(setBy)];
  const owners = new Map<string, string | null>(run.variables(executionId).map((one) => [one.name, one.setBy]));
  for (const name of Object.keys(variables)) owners.set(name, null);
  // The last value of a name counts.
  const values = new Map(outputs.map(({ name, value }) => [name, value]));
  const problem = problemOf(values, (name) => owners.get(scopedName(task, name)));
  if (problem !== null) return problem;
  for (const [name, value] of values) {
    const set = {
      executionId,
      name: scopedName(task, name),
      taskExecutionId: taskId,
      type: typeOf(value),
      value,
      setBy,
      setAt: run.now,
    };
    run.changes.variables.push(set);
  }
  return null;
}

/** `ownerOf`: the task that has set a name, or null if the start has. */
function problemOf(
  values: ReadonlyMap<string, string>,
  ownerOf: (name: string) => string | null | undefined,
): OutputProblem | null {
  const bad = (reason: string) => ({ reasonCode: 'BAD_OUTPUT' as const, reason });
  for (const [name, value] of values) {
    const owner = ownerOf(name);
    if (!isVariableName(name) || isForbiddenVariableName(name)) {
      return bad(`it sets "${name.slice(0, 100)}", which is not a name that a task may set`);
    }
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_VALUE_BYTES) return bad(`its value of ${name} has ${bytes} bytes; the limit is ${MAX_VALUE_BYTES}`);
    if (!isStorable(value)) return bad(`its value of ${name} contains a NUL character or an unpaired surrogate`);
    if (owner !== undefined) {
      const by = owner === null ? 'was given at the start' : `was set by the task "${owner}"`;
      return { reasonCode: 'VARIABLE_CONFLICT', reason: `it sets ${name}, which ${by}` };
    }
  }
  return null;
}
