import {
  type Expression,
  readExpression,
  type Scope,
  type Value,
  valuesSeen,
} from '../../catalog/language/expressions';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import { baseName } from '../../catalog/language/matrix';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { elementScope, nodesNamed, taskResult, taskScope, taskVariables } from '../../engine/conditionScope';
import { type ConditionFacts } from '../../engine/conditionScope';
import { findConditionFacts, findTaskFacts } from './conditions.store';
import type { Execution, StageExecution } from '../../engine/execution';
import { findVariables } from './executionVariables.store';
import type { RunTransaction } from './runTransaction';
import { findCurrentStages } from './stages.store';
import type { TaskEnd } from '../../engine/taskEnd';
import type { ReadyTask } from './tasks.store';

/** Why something does not run: its condition says so, or can't be decided. */
export interface ConditionOutcome {
  readonly status: 'SKIPPED' | 'FAILED';
  readonly reasonCode: 'CONDITION_FALSE' | 'CONDITION_TRUE' | 'CONDITION_ERROR';
  readonly reason: string;
}

/** undefined: it runs. Tasks run when their condition is true, elements when it is false. */
export function outcomeOf(text: string, runsWhen: boolean, scopeOf: (expression: Expression) => Scope) {
  const expression = readExpression(text);
  if (!('decide' in expression)) return failed(text, expression.message);
  const scope = scopeOf(expression);
  const decision = expression.decide(scope);
  const seen = valuesSeen(expression, scope);
  const shown = seen === '' ? text : `${text} (${seen})`;
  if ('error' in decision) return failed(shown, decision.error);
  if (decision.value === runsWhen) return undefined;
  const [reasonCode, what] = runsWhen
    ? (['CONDITION_FALSE', 'its condition is false'] as const)
    : (['CONDITION_TRUE', 'its skip condition is true'] as const);
  return { status: 'SKIPPED', reasonCode, reason: `${what}: ${shown}` } satisfies ConditionOutcome;
}

const failed = (shown: string, message: string) =>
  ({
    status: 'FAILED',
    reasonCode: 'CONDITION_ERROR',
    reason: `its condition can’t be decided, because ${message}: ${shown}`,
  }) satisfies ConditionOutcome;

/**
 * Decides the conditions of tasks that became ready, ends those that do not run and answers the others. A condition counts once, before the first try. Reads what the
 * conditions name, in at most two statements for all of them, and nothing where there are none.
 */
export async function thatMayRun(db: RunTransaction, tasks: readonly ReadyTask[]): Promise<readonly ReadyTask[]> {
  const asking: Asking[] = [];
  for (const task of tasks) {
    const { definition } = await db.app.workflowRevisions.get(db, task.revisionId);
    const text = definition.tasks[baseName(task.name)]?.condition ?? null;
    if (text !== null && task.tries === 0) asking.push({ task, text, definition });
  }
  if (asking.length === 0) return tasks;
  const facts = new Map<string, ConditionFacts>();
  const executionIds = [...new Set(asking.map(({ task }) => task.executionId))];
  for (const one of await findConditionFacts(db, executionIds)) facts.set(one.executionId, one);
  const results = await findResults(db, asking);
  const ends = asking.flatMap(({ task, text, definition }): TaskEnd[] => {
    const known = facts.get(task.executionId) ?? { variables: {}, set: null, environment: null };
    const variables = taskVariables(task.name, definition, known);
    const outcome = outcomeOf(text, true, ({ references }) =>
      taskScope(references, task.name, variables, results.get(task.executionId) ?? new Map()),
    );
    if (outcome === undefined) return [];
    return [{ taskId: task.id, ...outcome, exitCode: null, passes: outcome.status === 'SKIPPED' }];
  });
  db.settleLater(ends);
  const ended = new Set(ends.map((end) => end.taskId));
  return tasks.filter((task) => !ended.has(task.id));
}

interface Asking {
  readonly task: ReadyTask;
  readonly text: string;
  readonly definition: WorkflowDefinition;
}

/** How the tasks stand that conditions name, by execution and name. Each name is looked at once, however many ask for it. */
async function findResults(
  db: RunTransaction,
  asking: readonly Asking[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Value>>> {
  const asked = new Map<string, { executionId: string; name: string; nodes: readonly string[] }>();
  for (const { task, text, definition } of asking) {
    for (const name of namesIn(text, 'tasks')) {
      const key = `${task.executionId} ${name}`;
      if (asked.has(key)) continue;
      asked.set(key, { executionId: task.executionId, name, nodes: nodesNamed(name, definition.tasks) });
    }
  }
  const results = new Map<string, Map<string, Value>>();
  if (asked.size === 0) return results;
  const rows = [...asked.values()].flatMap(({ executionId, nodes }) => nodes.map((node) => ({ executionId, node })));
  const found = await findTaskFacts(
    db,
    rows.map((row) => row.executionId),
    rows.map((row) => row.node),
  );
  const facts = new Map(found.map((fact) => [`${fact.executionId} ${fact.name}`, fact]));
  for (const { executionId, name, nodes } of asked.values()) {
    const own = nodes.flatMap((node) => facts.get(`${executionId} ${node}`) ?? []);
    if (own.length === 0) continue;
    const known = results.get(executionId) ?? new Map<string, Value>();
    results.set(executionId, known.set(name, taskResult(own)));
  }
  return results;
}

/** What an expression names below `tasks` or `steps`. */
function namesIn(text: string, kind: 'tasks' | 'steps', field?: string): string[] {
  const expression = readExpression(text);
  if (!('decide' in expression)) return [];
  return expression.references.flatMap(({ path: [root, name, third] }) =>
    root === kind && name !== undefined && (field === undefined || third === field) ? [name] : [],
  );
}

/** Decides the skip conditions of elements that are about to begin: by stage execution, why it does not run. Reads nothing where there are none. */
export async function decideSkips(
  db: RunTransaction,
  execution: Execution,
  definition: PipelineDefinition,
  elements: readonly StageExecution[],
): Promise<ReadonlyMap<string, ConditionOutcome>> {
  const asking = elements.flatMap((stage) => {
    const text = definition.stages[stage.stageIndex]?.elements[stage.elementIndex]?.skipCondition ?? null;
    return text === null ? [] : [{ stage, text }];
  });
  if (asking.length === 0) return new Map();
  const stages = await findCurrentStages(db, [execution.id]);
  const set = await setByWorkflows(
    db,
    stages,
    asking.map(({ text }) => text),
  );
  return new Map(
    asking.flatMap(({ stage, text }) => {
      const outcome = outcomeOf(text, false, ({ references }) =>
        elementScope(references, execution.variables, stages, set),
      );
      return outcome === undefined ? [] : [[stage.id, outcome]];
    }),
  );
}

/** What the tasks of the named workflow elements have set, by workflow execution. */
async function setByWorkflows(
  db: RunTransaction,
  stages: readonly StageExecution[],
  texts: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const named = new Set(texts.flatMap((text) => namesIn(text, 'steps', 'variables')));
  const ids = stages.flatMap((stage) => (named.has(stage.stepName) ? (stage.workflowExecutionId ?? []) : []));
  const set = new Map<string, Map<string, string>>();
  if (ids.length === 0) return set;
  for (const { executionId, name, value } of await findVariables(db, ids)) {
    const own = set.get(executionId) ?? new Map<string, string>();
    set.set(executionId, own.set(name, value));
  }
  return set;
}
