import { type Scope, type Value, valuesSeen } from '../catalog/language/conditionValues';
import { type Expression, MAX_EXPRESSION, readExpression, readValue } from '../catalog/language/expressions';
import { patternsIn } from '../catalog/language/changedPatterns';
import { TaskOrder } from '../catalog/language/checkTaskConditions';
import { baseName } from '../catalog/language/matrix';
import type { CheckedOut } from '../contract/jobFacts';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import { describeChanges } from './changedSources';
import { elementScope, nodesNamed, type TaskFact, taskResult, taskScope, taskVariables } from './conditionScope';
import { decidesElsewhere } from './groupTasks';
import type { ReadyTask } from './readyTask';
import type { Execution, StageExecution, TaskExecution } from './execution';
import { scopedName } from '../catalog/language/scopedTasks';
import type { RunSlice } from './runSlice';
import { resultsOfElements } from './stageOutputs';

/** Reason why a task or element does not run: its condition is false, or can’t be evaluated. */
export interface ConditionOutcome {
  readonly status: 'SKIPPED' | 'FAILED';
  readonly reasonCode: 'CONDITION_FALSE' | 'CONDITION_TRUE' | 'CONDITION_ERROR';
  readonly reason: string;
}

/** Undefined if it runs. Tasks run if their condition is true, elements if it is false. */
export function outcomeOf(
  text: string,
  runsWhen: boolean,
  scopeOf: (expression: Expression) => Scope,
  /** Further explanation of the values. */
  explain: (expression: Expression) => string = () => '',
) {
  const expression = readExpression(text);
  if (!('decide' in expression)) return failed(text.slice(0, MAX_EXPRESSION), expression.message);
  const scope = scopeOf(expression);
  const decision = expression.decide(scope);
  const seen = valuesSeen(expression, scope);
  const notes = explain(expression);
  const shown = `${seen === '' ? text : `${text} (${seen})`}${notes === '' ? '' : `; ${notes}`}`;
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

interface Asking extends ReadyTask {
  readonly definition: WorkflowDefinition;
  /** Tasks that its expressions name. */
  readonly named: readonly string[];
  /** Earlier tasks with a checkout, if it asks what has changed. */
  readonly sources: readonly string[];
}

/**
 * Decides the conditions of ready tasks, ends tasks that do not run, and returns the others. A condition is evaluated
 * once, before the first try.
 */
export function thatMayRun(run: RunSlice, tasks: readonly ReadyTask[]): readonly ReadyTask[] {
  const asking = tasks.flatMap((ready) => {
    const definition = run.fact('workflow', ready.revisionId);
    const text = definition.tasks[baseName(ready.task.name)]?.condition ?? null;
    if (text === null || ready.task.tries > 0 || decidesElsewhere(ready.task.name, definition)) return [];
    const expression = readExpression(text);
    const sources = sourcesBefore(ready.task.name, definition, text);
    return [{ ...ready, text, definition, sources, named: 'decide' in expression ? tasksNamed(expression) : [] }];
  });
  if (asking.length === 0) return tasks;
  const known = conditionFacts(run, asking);
  const ended = new Set<string>();
  for (const one of asking) {
    const { task, text, definition } = one;
    const variables = taskVariables(task.name, definition, variablesSeen(run, task.executionId));
    const checkouts = checkoutsOf(run, one);
    const outcome = outcomeOf(
      text,
      true,
      ({ references }) => taskScope(references, task.name, definition, variables, resultsOf(known, one), checkouts),
      () => [...new Set(patternsIn(text))].map((pattern) => describeChanges(pattern, checkouts)).join('; '),
    );
    if (outcome === undefined) continue;
    ended.add(task.id);
    run.settleLater([{ taskId: task.id, ...outcome, exitCode: null, passes: outcome.status === 'SKIPPED' }]);
  }
  return tasks.filter(({ task }) => !ended.has(task.id));
}

type KnownTasks = (executionId: string, node: string) => TaskFact | null;

/** What the expressions of a ready task can read. */
export function scopesOf(run: RunSlice, ready: ReadyTask, expressions: readonly Expression[]) {
  const definition = run.fact('workflow', ready.revisionId);
  const sources = expressions.flatMap(({ text }) => sourcesBefore(ready.task.name, definition, text));
  const asking = { ...ready, definition, sources, named: expressions.flatMap(tasksNamed) };
  const known = conditionFacts(run, [asking]);
  const { task } = ready;
  const variables = taskVariables(task.name, definition, variablesSeen(run, task.executionId));
  return ({ references }: Expression): Scope =>
    taskScope(references, task.name, definition, variables, resultsOf(known, asking), checkoutsOf(run, asking));
}

/** Loads everything that these expressions name, in one round trip. */
function conditionFacts(run: RunSlice, asking: readonly Asking[]): KnownTasks {
  const executions = [...new Set(asking.map(({ task }) => task.executionId))].map((id) => run.execution(id));
  const nodes = new Set(
    asking.flatMap(({ task, named, definition }) =>
      named.flatMap((name) => nodesFor(task, name, definition).map((node) => `${task.executionId} ${node}`)),
    ),
  );
  // The slice has the end of a task, but not what its job reported before.
  const sources = new Set(asking.flatMap(({ task, sources: own }) => own.map((node) => `${task.executionId} ${node}`)));
  const inSlice = (key: string) => {
    const [executionId = '', name = ''] = split(key);
    return (
      run.changedTask(executionId, name) ??
      (run.isNewGraph(executionId) && run.execution(executionId).attempt === 1 ? null : undefined)
    );
  };
  run.require(
    ...executions.flatMap(({ environmentId }) =>
      environmentId === null ? [] : [{ kind: 'environment' as const, key: environmentId }],
    ),
    ...executions
      .filter(({ attempt, id }) => !(run.isNewGraph(id) && attempt === 1))
      .map(({ id }) => ({ kind: 'variables' as const, key: id })),
    ...[...[...nodes].filter((key) => inSlice(key) === undefined), ...sources].map((key) => ({
      kind: 'taskFact' as const,
      key,
    })),
  );
  return (executionId, node) => {
    const key = `${executionId} ${node}`;
    const changed = inSlice(key);
    return changed === undefined ? run.fact('taskFact', key) : changed;
  };
}

const split = (key: string): [string, string] => [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];

/** Variables that conditions and messages of a workflow execution can read. */
export function variablesSeen(run: RunSlice, executionId: string) {
  const { variables, environmentId } = run.execution(executionId);
  const set = Object.fromEntries(run.variables(executionId).map(({ name, value }) => [name, value]));
  return { variables, set, environment: environmentId === null ? null : run.fact('environment', environmentId) };
}

/** Earlier tasks with a checkout that an expression asks about. */
function sourcesBefore(node: string, { tasks }: WorkflowDefinition, text: string): string[] {
  if (patternsIn(text).length === 0) return [];
  const order = new TaskOrder(tasks);
  return Object.entries(tasks).flatMap(([name, task]) =>
    task.checkout !== null && order.isBefore(name, baseName(node)) ? nodesNamed(name, tasks) : [],
  );
}

/** Commits that earlier tasks have checked out; null for one that reported none. */
function checkoutsOf(run: RunSlice, { task, sources }: Asking): readonly (CheckedOut | null)[] {
  return sources.map((node) => {
    const jobId = run.changedTask(task.executionId, node)?.jobId;
    const ended = jobId == null ? undefined : run.changes.ended.find((one) => one.jobId === jobId);
    return ended?.facts?.checkout ?? run.fact('taskFact', `${task.executionId} ${node}`)?.checkout ?? null;
  });
}

/** States of the tasks that expressions name. */
function resultsOf(known: KnownTasks, { task, named, definition }: Asking): ReadonlyMap<string, Value> {
  const results = new Map<string, Value>();
  for (const name of new Set(named)) {
    const own = nodesFor(task, name, definition).flatMap((node) => known(task.executionId, node) ?? []);
    if (own.length > 0) results.set(name, taskResult(own));
  }
  return results;
}

/** Tasks that a name in a condition means: those of the same workflow. */
const nodesFor = ({ name }: Pick<TaskExecution, 'name'>, named: string, { tasks }: WorkflowDefinition): string[] =>
  nodesNamed(scopedName(tasks[baseName(name)], named), tasks);

/** Tasks that an expression names. */
const tasksNamed = ({ references }: Expression): string[] =>
  references.flatMap(({ path: [root, name] }) => (root === 'tasks' && name !== undefined ? [name] : []));

/**
 * Decides the skip conditions of elements that are about to begin: outcomes by stage execution, for those that do not
 * run.
 */
export function decideSkips(
  run: RunSlice,
  execution: Execution,
  elements: readonly StageExecution[],
): ReadonlyMap<string, ConditionOutcome> {
  const { stages: defined } = run.fact('pipeline', execution.revisionId);
  const asking = elements.flatMap((stage) => {
    const text = defined[stage.stageIndex]?.elements[stage.elementIndex]?.skipCondition ?? null;
    return text === null ? [] : [{ stage, text }];
  });
  if (asking.length === 0) return new Map();
  const expressions = asking.map(({ text }) => readValue(text)).filter((one) => 'decide' in one);
  const scopeOf = scopesOfElements(run, execution, expressions);
  return new Map(
    asking.flatMap(({ stage, text }) => {
      const outcome = outcomeOf(text, false, scopeOf);
      return outcome === undefined ? [] : [[stage.id, outcome]];
    }),
  );
}

/** What the expressions of elements can read. */
export function scopesOfElements(run: RunSlice, execution: Execution, expressions: readonly Expression[]) {
  const { variables: declared } = run.fact('pipeline', execution.revisionId);
  const stages = run.elements(execution.id);
  const read = elementsRead(stages, expressions);
  const results = read.length === 0 ? new Map() : resultsOfElements(run, read);
  return ({ references }: Expression): Scope =>
    elementScope(references, execution.variables, declared, stages, results);
}

/** Elements whose results these expressions read. */
function elementsRead(stages: readonly StageExecution[], expressions: readonly Expression[]): StageExecution[] {
  const named = new Set(
    expressions.flatMap(({ references }) =>
      references.flatMap(({ path: [root, second, third], holder }) =>
        holder > 2 ? ((root === 'stages' ? third : second) ?? []) : [],
      ),
    ),
  );
  return stages.filter(({ stepName }) => named.has(stepName));
}
