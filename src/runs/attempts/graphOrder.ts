import { creatorOf } from '../../catalog/language/matrix';
import { taskNodes } from '../../catalog/language/taskGraph';
import type { TaskExecution } from '../../engine/execution';
import type { App } from '../app';

/**
 * Tasks that an attempt shows, in the order of its own revision: kept tasks may have had another position in an earlier
 * revision.
 */
export async function inGraphOrder(
  app: App,
  revisionId: string,
  tasks: readonly TaskExecution[],
): Promise<readonly TaskExecution[]> {
  if (tasks.every((task) => task.attempt === tasks[0]?.attempt)) return tasks;
  const { definition } = await app.workflowRevisions.get(app.database, revisionId);
  const places = new Map(taskNodes(definition.tasks).map(({ name, ordinal }) => [name, ordinal]));
  const place = ({ name }: TaskExecution) => places.get(creatorOf(name, definition.tasks) ?? name) ?? 0;
  return [...tasks].sort((a, b) => place(a) - place(b));
}
