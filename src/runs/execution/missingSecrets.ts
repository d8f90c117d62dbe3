import { baseName } from '../../catalog/language/matrix';
import { secretsOfTask } from '../../catalog/language/workflow';
import { findSecretNames } from './executionVariables.store';
import type { RunTransaction } from './runTransaction';
import type { TaskEnd } from '../../engine/taskEnd';
import type { ReadyTask } from './tasks.store';

/** A task whose secrets are not all there fails before it starts; the others are answered. Without secrets it costs nothing. */
export async function withSecrets<Task extends ReadyTask>(
  db: RunTransaction,
  tasks: readonly Task[],
): Promise<readonly Task[]> {
  const wanted = new Map<string, readonly string[]>();
  for (const task of tasks) {
    const { definition } = await db.app.workflowRevisions.get(db, task.revisionId);
    const own = definition.tasks[baseName(task.name)];
    const names = own === undefined ? [] : secretsOfTask(definition, own);
    if (names.length > 0) wanted.set(task.id, names);
  }
  if (wanted.size === 0) return tasks;
  const asking = tasks.filter((task) => wanted.has(task.id));
  const known = await findSecretNames(db, [...new Set(asking.map((task) => task.executionId))]);
  const ends = asking.flatMap((task): TaskEnd[] => {
    const missing = wanted.get(task.id)?.filter((name) => !known.get(task.executionId)?.has(name)) ?? [];
    if (missing.length === 0) return [];
    const reason = missingSecrets(missing);
    return [{ taskId: task.id, status: 'FAILED', reasonCode: 'SECRET_MISSING', reason, exitCode: null }];
  });
  db.settleLater(ends);
  const failed = new Set(ends.map((end) => end.taskId));
  return tasks.filter((task) => !failed.has(task.id));
}

export const missingSecrets = (names: readonly string[]): string =>
  `it needs the secret${names.length === 1 ? '' : 's'} ${names.join(', ')}, which neither its application nor its environment has`;
