import { CHANGED, type Scope } from '../../catalog/language/conditionValues';
import type { VariableDefinition } from '../../catalog/language/definition';
import { namesReached } from '../../catalog/language/environmentValues';
import { readExpression } from '../../catalog/language/expressions';
import { elementScope, taskScope, taskVariables } from '../../engine/conditionScope';
import type { ConditionFacts } from '../../engine/conditionScope';
import { envOfTask } from '../../catalog/language/taskTexts';
import { outcomeOf } from '../../engine/skipConditions';
import { baseName, matrixValues, matrixVariables, nodesOf } from '../../catalog/language/matrix';
import type { WorkflowDefinition } from '../../catalog/language/workflow';

/** Outcome of a condition, as far as it is known before anything runs. */
export interface PlannedCondition {
  readonly expression: string;
  readonly outcome: 'RUNS' | 'SKIPPED' | 'FAILS' | 'LATER';
  readonly reason: string | null;
}

/** Number of combinations of a task by outcome; one for a task without a matrix. */
export interface PlannedTaskCondition {
  readonly counts: Readonly<Record<PlannedCondition['outcome'], number>>;
  /** Reason why the first combination that does not run is skipped or fails. */
  readonly reason: string | null;
}

type Facts = Omit<ConditionFacts, 'executionId'>;

/** `asked` are variables that people provide when the element is reached. */
export function planTaskCondition(
  base: string,
  definition: WorkflowDefinition,
  facts: Facts,
  asked: readonly string[],
): PlannedTaskCondition {
  const task = definition.tasks[base];
  const counts = { RUNS: 0, SKIPPED: 0, FAILS: 0, LATER: 0 };
  let reason: string | null = null;
  for (const node of task === undefined ? [] : nodesOf(base, task)) {
    const planned = task?.condition == null ? null : planNode(node, task.condition, definition, facts, asked);
    counts[planned?.outcome ?? 'RUNS']++;
    reason ??= planned?.reason ?? null;
  }
  return { counts, reason };
}

function planNode(
  node: string,
  text: string,
  definition: WorkflowDefinition,
  facts: Facts,
  asked: readonly string[],
): PlannedCondition {
  const task = definition.tasks[baseName(node)];
  // Its variables are known when the task that runs its workflow is reached.
  if (task?.scope !== undefined) return { expression: text, outcome: 'LATER', reason: null };
  const variables = taskVariables(node, definition, facts);
  const own = task === undefined ? {} : envOfTask(definition, task);
  // Values that an earlier task may still set or replace are unknown. No task can set values given by the start.
  const settled = new Set([
    ...Object.keys(facts.variables),
    ...matrixValues(node, task).keys(),
    ...Object.keys(matrixVariables(node, task)),
    ...Object.keys(own),
    ...['SLIPWAY_ENVIRONMENT', 'SLIPWAY_ENVIRONMENT_TYPE'],
  ]);
  const env = { ...definition.env, ...own };
  const first = task?.dependsOn.length === 0;
  const known = (root: string, second: string) => {
    const name = root === 'vars' ? second : root;
    const isKnown = (one: string) => !asked.includes(one) && (first || settled.has(one));
    return (
      root === 'matrix' || (root !== 'tasks' && root !== CHANGED && [name, ...namesReached(env, name)].every(isKnown))
    );
  };
  return plan(text, true, known, (references) => taskScope(references, node, definition, variables, new Map(), []));
}

/** Condition of an element: the pipeline's variables are known, results of earlier elements are not. */
export function planSkip(
  text: string,
  variables: Readonly<Record<string, string>>,
  declared: readonly VariableDefinition[],
): PlannedCondition {
  const known = (root: string) => root !== 'steps' && root !== 'stages';
  return plan(text, false, known, (references) => elementScope(references, variables, declared, [], new Map()));
}

function plan(
  text: string,
  runsWhen: boolean,
  known: (root: string, name: string) => boolean,
  scopeOf: (references: Parameters<typeof taskScope>[0]) => Scope,
): PlannedCondition {
  const expression = readExpression(text);
  if ('decide' in expression) {
    const unknown = expression.references.some(({ path: [root = '', name = ''] }) => !known(root, name));
    if (unknown) return { expression: text, outcome: 'LATER', reason: null };
  }
  const outcome = outcomeOf(text, runsWhen, ({ references }) => scopeOf(references));
  if (outcome === undefined) return { expression: text, outcome: 'RUNS', reason: null };
  const { status, reason } = outcome;
  return { expression: text, outcome: status === 'FAILED' ? 'FAILS' : 'SKIPPED', reason };
}
