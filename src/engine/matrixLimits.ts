import { baseName } from '../catalog/language/matrix';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import type { Execution, TaskExecution } from './execution';
import type { RunSlice } from './runSlice';

/** `max_parallel` of the matrices of a workflow, by task. */
export function matrixLimits({ tasks }: WorkflowDefinition): ReadonlyMap<string, number> {
  const known = limits.get(tasks);
  if (known !== undefined) return known;
  const found = Object.entries(tasks).flatMap(([name, { matrixRules }]): [string, number][] =>
    matrixRules?.maxParallel == null ? [] : [[name, matrixRules.maxParallel]],
  );
  const made = new Map(found);
  limits.set(tasks, made);
  return made;
}
/** Asked for each task that ends, and definitions never change. */
const limits = new WeakMap<WorkflowDefinition['tasks'], ReadonlyMap<string, number>>();

/** Tasks whose matrix continues after one of its combinations has failed. */
export function matricesThatContinue({ tasks }: WorkflowDefinition): ReadonlySet<string> {
  const known = continuing.get(tasks);
  if (known !== undefined) return known;
  const found = Object.entries(tasks).flatMap(([name, { matrixRules }]) =>
    matrixRules?.failFast === false ? [name] : [],
  );
  const made = new Set(found);
  continuing.set(tasks, made);
  return made;
}
const continuing = new WeakMap<WorkflowDefinition['tasks'], ReadonlySet<string>>();

/** Ready tasks, without combinations for which their matrix has no place left. */
export function withinMatrixLimits(
  run: RunSlice,
  execution: Execution,
  ready: readonly TaskExecution[],
): readonly TaskExecution[] {
  const most = matrixLimits(run.fact('workflow', execution.revisionId));
  if (!ready.some(({ name }) => most.has(baseName(name)))) return ready;
  const left = new Map(most);
  for (const base of busyTasks(run, execution).map(baseName)) left.set(base, (left.get(base) ?? 0) - 1);
  return ready.filter(({ name }) => {
    const base = baseName(name);
    const places = left.get(base);
    if (places === undefined || !most.has(base)) return true;
    left.set(base, places - 1);
    return places > 0;
  });
}

/** Names of the tasks of an execution that have a job. */
function busyTasks(run: RunSlice, { id }: Execution): string[] {
  const known = run.isNewGraph(id) ? [] : run.fact('busy', id);
  const names = new Map(known.map((one) => [one.id, one.name]));
  for (const { id: taskId, name, jobId, endedAt } of run.changedTasks(id)) {
    if (jobId !== null && endedAt === null) names.set(taskId, name);
    else names.delete(taskId);
  }
  return [...names.values()];
}
