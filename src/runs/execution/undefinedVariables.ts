import { baseName, matrixVariables } from '../../catalog/language/matrix';
import { secretsOfTask } from '../../catalog/language/workflow';
import { findKnownNames } from './executionVariables.store';
import type { RunTransaction } from './runTransaction';
import type { TaskEnd } from '../../engine/taskEnd';
import type { ReadyTask } from './tasks.store';

/** A task that needs a variable which nobody has set fails before it starts; the others are answered. */
export async function withoutUndefined<Task extends ReadyTask & { readonly env?: Readonly<Record<string, string>> }>(
  db: RunTransaction,
  tasks: readonly Task[],
): Promise<readonly Task[]> {
  const needs = new Map<string, readonly string[]>();
  for (const task of tasks) {
    const { definition } = await db.app.workflowRevisions.get(db, task.revisionId);
    const own = definition.tasks[baseName(task.name)];
    const constant = { ...definition.env, ...own?.env, ...matrixVariables(task.name), ...task.env };
    const secrets = own === undefined ? [] : secretsOfTask(definition, own);
    const needed = own?.requires.filter((name) => !Object.hasOwn(constant, name) && !secrets.includes(name)) ?? [];
    if (needed.length > 0) needs.set(task.id, needed);
  }
  if (needs.size === 0) return tasks;
  const asking = tasks.filter((task) => needs.has(task.id));
  const known = await findKnownNames(db, [...new Set(asking.map((task) => task.executionId))]);
  const undefinedIn = (task: Task) =>
    (needs.get(task.id) ?? []).filter((name) => !known.get(task.executionId)?.has(name));
  const ends = asking.flatMap((task): TaskEnd[] => {
    const [first, ...others] = undefinedIn(task);
    if (first === undefined) return [];
    const reason = `it needs ${[first, ...others].join(', ')}, which nobody has set`;
    return [{ taskId: task.id, status: 'FAILED', reasonCode: 'UNDEFINED_VARIABLE', reason, exitCode: null }];
  });
  db.settleLater(ends);
  const failed = new Set(ends.map((end) => end.taskId));
  return tasks.filter((task) => !failed.has(task.id));
}
