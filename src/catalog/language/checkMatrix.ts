import { TaskNames, TaskOrder } from './checkTaskConditions';
import type { Complain } from './checkVariables';
import { isDynamic } from './matrix';
import type { WorkflowDefinition } from './workflow';

/** A list that an earlier task makes is a variable that the task can read when it is reached. */
export function checkMatrixSources(definition: WorkflowDefinition, complain: Complain): void {
  const dynamic = Object.entries(definition.tasks).filter(([, task]) => isDynamic(task));
  if (dynamic.length === 0) return;
  const order = new TaskOrder(definition.tasks);
  for (const [name, task] of dynamic) {
    const names = new TaskNames(name, task, definition, order);
    for (const { name: axis, from } of task.matrix) {
      if (from === undefined || from === '') continue;
      const path = ['tasks', name, 'matrix', axis, 'from'];
      const secrets = [...definition.secrets, ...task.secrets];
      if (secrets.includes(from))
        complain('UNKNOWN_NAME', path, `"${from}" is a secret, and a matrix shows its values.`);
      const problem = secrets.includes(from) ? undefined : names.variableProblem(from);
      if (problem !== undefined) complain(problem.rule, path, `The list "${axis}": ${problem.message}.`);
    }
  }
}
