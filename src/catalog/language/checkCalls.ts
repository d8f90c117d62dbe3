import { didYouMean } from '../../kernel/didYouMean';
import { callProblem, uncallable } from './calls';
import { TaskNames, TaskOrder } from './checkTaskConditions';
import type { Complain } from './checkVariables';
import type { Catalog } from './knownNames';
import { partsOf } from './outputReferences';
import type { TaskDefinition, WorkflowDefinition } from './workflow';
import { valueProblems } from './variables';

/** Checks tasks that run workflows, with those workflows. `name`: of the workflow itself, if it is known. */
export function checkCalls(definition: WorkflowDefinition, catalog: Catalog, complain: Complain, name: string): void {
  const calls = Object.entries(definition.tasks).filter(([, task]) => task.workflow !== null);
  if (calls.length === 0) return;
  const order = new TaskOrder(definition.tasks);
  for (const [key, task] of calls) {
    const called = task.workflow ?? '';
    const path = ['tasks', key, 'workflow'];
    checkGiven(key, task, new TaskNames(key, task, definition, order), complain);
    if (called === '') continue;
    if (!catalog.workflows.has(called)) {
      const hint = didYouMean(called, [...catalog.workflows.keys()]);
      complain('UNKNOWN_WORKFLOW', path, `There is no workflow "${called}"${hint}.`);
      continue;
    }
    const lookup = (one: string) => (one === name ? definition : catalog.workflows.get(one));
    const { cycle, deep } = called === name ? { cycle: [name, name] } : callProblem(name, lookup);
    if (cycle?.includes(called)) complain('CYCLE', path, `These workflows run each other: ${cycle.join(' → ')}.`);
    else if (deep?.includes(called)) {
      complain('CALLED_WORKFLOW', path, `Workflows run each other more than 5 levels deep: ${deep.join(' → ')}.`);
    }
    const callee = catalog.workflows.get(called);
    if (callee == null || cycle !== undefined) continue;
    for (const reason of uncallable(callee, definition)) {
      complain('CALLED_WORKFLOW', path, `The workflow "${called}" can’t run as a task: ${reason}.`);
    }
    checkWithCallee(key, task, callee, complain);
  }
}

function checkGiven(key: string, { variables }: TaskDefinition, names: TaskNames, complain: Complain): void {
  for (const [name, text] of Object.entries(variables)) {
    const path = ['tasks', key, 'variables', name];
    for (const part of partsOf(text)) {
      if (part.is === 'OUTPUT' || part.is === 'MALFORMED') {
        complain('UNKNOWN_NAME', path, `"${part.text}" is not available here; write \${NAME} for a variable.`);
      } else if (part.is === 'VARIABLE') {
        const problem = names.variableProblem(part.name);
        if (problem !== undefined) complain(problem.rule, path, `\${${part.name}}: ${problem.message}.`);
      }
    }
  }
}

function checkWithCallee(key: string, task: TaskDefinition, callee: WorkflowDefinition, complain: Complain): void {
  const { workflow: called, variables: given, outputs } = task;
  const declared = callee.variables.map(({ name }) => name);
  for (const [name, text] of Object.entries(given)) {
    const path = ['tasks', key, 'variables', name];
    const variable = callee.variables.find((one) => one.name === name);
    if (variable === undefined) {
      const message = `The workflow "${called}" has no variable "${name}"${didYouMean(name, declared)}.`;
      complain('UNKNOWN_VARIABLE', path, message);
    } else if (variable.fixed) {
      const message = `The variable "${name}" of the workflow "${called}" is fixed, so no value can be given.`;
      complain('FIXED_VARIABLE', path, message);
    } else if (partsOf(text).every(({ is }) => is === 'TEXT')) {
      const [problem] = valueProblems(variable, text);
      if (problem) complain(problem.rule, path, problem.message);
    }
  }
  for (const { name, required, defaultValue } of callee.variables) {
    if (!required || defaultValue !== null || Object.hasOwn(given, name)) continue;
    const message = `The workflow "${called}" requires a value for "${name}". Add it to "variables".`;
    complain('MISSING_VALUE', ['tasks', key, 'workflow'], message);
  }
  for (const [variable, output] of Object.entries(outputs)) {
    if (Object.hasOwn(callee.outputs, output)) continue;
    const hint = didYouMean(output, Object.keys(callee.outputs));
    const message = `The workflow "${called}" has no output "${output}"${hint}.`;
    complain('UNKNOWN_OUTPUT', ['tasks', key, 'outputs', ...(variable === output ? [] : [variable])], message);
  }
}
