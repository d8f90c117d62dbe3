import { artifactSource } from './artifactSource';
import { NO_CONTAINER } from './containerShape';
import { isScoped, writtenTasks } from './scopedTasks';
import type { TakenFiles, TaskDefinition, WorkflowDefinition } from './workflow';

/**
 * A task that runs a workflow. The tasks of that workflow become tasks of this one when the definition is saved, named
 * `build/compile` and with the scope `build`, so a revision has everything that its runs need. A change of the called
 * workflow makes new revisions of its callers. Documents have the task alone.
 */

type Tasks = WorkflowDefinition['tasks'];
type Lookup = (workflow: string) => WorkflowDefinition | null | undefined;

const MAX_DEPTH = 5;
/** More than a workflow can have. */
const MAX_INLINED = 20_000;

/** The definition as a document has it. */
export const withoutCalled = <T extends { readonly tasks: Tasks }>(definition: T): T =>
  Object.values(definition.tasks).some((task) => task.workflow !== null)
    ? { ...definition, tasks: writtenTasks(definition.tasks) }
    : definition;

/** Workflows that the tasks of a document name. */
export const workflowsCalled = (tasks: Tasks): string[] => [
  ...new Set(Object.values(tasks).flatMap((task) => (task.workflow === null || isScoped(task) ? [] : [task.workflow]))),
];

/** Names of workflows that call each other, from the first one back to it; or a chain that is too long. */
export function callProblem(name: string, lookup: Lookup): { readonly cycle?: string[]; readonly deep?: string[] } {
  const walk = (chain: readonly string[]): { cycle?: string[]; deep?: string[] } => {
    const definition = lookup(chain.at(-1) ?? '');
    for (const next of definition == null ? [] : workflowsCalled(definition.tasks)) {
      if (chain.includes(next)) return next === name ? { cycle: [...chain, next] } : {};
      if (chain.length > MAX_DEPTH) return { deep: [...chain, next] };
      const found = walk([...chain, next]);
      if (found.cycle !== undefined || found.deep !== undefined) return found;
    }
    return {};
  };
  return walk([name]);
}

/** Reasons why a workflow can't run as a task. */
export function uncallable(definition: WorkflowDefinition, caller: WorkflowDefinition): string[] {
  const { environment, services, onFailure, concurrency, tasks } = definition;
  const own = Object.values(writtenTasks(tasks));
  const has = (type: TaskDefinition['type']) => own.some((task) => task.type === type);
  const reasons: (string | false)[] = [
    environment !== null &&
      environment !== caller.environment &&
      `its environment is ${environment}, and that of this workflow is ${caller.environment ?? 'none'}`,
    services.some((one) => !caller.services.includes(one)) &&
      `it deploys ${services.filter((one) => !caller.services.includes(one)).join(', ')}, which this workflow does not`,
    services.length > 0 &&
      !own.some((task) => task.deploys !== null) &&
      'none of its tasks has "deploys", so it deploys its services as a whole',
    onFailure !== null && 'it has an "on_failure" of its own; give the tasks theirs',
    has('finally') && 'it has tasks of "finally"; move them to this workflow',
    (has('restore') || has('rollback')) &&
      'it has tasks that run for a restore or rollback; move them to this workflow',
    concurrency !== null && 'it has a "concurrency" group; move it to this workflow',
  ];
  return reasons.filter((reason) => reason !== false);
}

/** The definition with the tasks of the workflows that it calls. Calls that have problems stay without tasks. */
export function withCalled(
  definition: WorkflowDefinition,
  lookup: Lookup,
  chain: readonly string[] = [],
  budget = { tasks: MAX_INLINED },
): WorkflowDefinition {
  if (workflowsCalled(definition.tasks).length === 0) return withoutCalled(definition);
  const own = writtenTasks(definition.tasks);
  const tasks: Record<string, TaskDefinition> = {};
  for (const [name, task] of Object.entries(own)) {
    const called = task.workflow ?? '';
    const isEnd = task.workflow === null || chain.length > MAX_DEPTH || chain.includes(called) || budget.tasks < 0;
    const found = isEnd ? undefined : lookup(called);
    if (found == null) {
      tasks[name] = task;
      continue;
    }
    const callee = withCalled(found, lookup, [...chain, called], budget);
    budget.tasks -= Object.keys(callee.tasks).length;
    tasks[name] = { ...task, called: { variables: callee.variables, outputs: callee.outputs } };
    for (const [inner, one] of Object.entries(callee.tasks)) tasks[`${name}/${inner}`] = inlined(name, one, callee);
  }
  return { ...definition, tasks };
}

/** A task of a called workflow, as a task of the workflow that calls it. */
function inlined(group: string, task: TaskDefinition, callee: WorkflowDefinition): TaskDefinition {
  const inside = (name: string) => `${group}/${name}`;
  const isDirect = task.scope === undefined;
  const from = (one: string | TakenFiles): string | TakenFiles => {
    const source = artifactSource(one, callee.tasks);
    if (source.in !== 'WORKFLOW') return one;
    return typeof one === 'string' ? inside(source.task) : { ...one, source: inside(source.task) };
  };
  return {
    ...task,
    scope: isDirect ? group : inside(task.scope ?? ''),
    dependsOn: task.dependsOn.map(inside),
    onFailure: task.onFailure === null ? null : inside(task.onFailure),
    artifacts: { ...task.artifacts, from: task.artifacts.from.map(from) },
    deploys: task.deploys === true ? callee.services : task.deploys,
    ...(isDirect && {
      shell: task.shell ?? callee.shell,
      container: task.container ?? callee.container ?? NO_CONTAINER,
      env: { ...callee.env, ...task.env },
      secrets: [...new Set([...callee.secrets, ...task.secrets])].sort(),
    }),
  };
}
