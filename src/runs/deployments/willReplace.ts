import { isFinal } from '../../contract/statuses';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { App } from '../app';
import { findActiveMembers, findExecutions } from '../execution/executions.store';
import { findCurrentStages } from '../execution/stages.store';
import { findUnfinishedTasks } from '../execution/tasks.store';
import { findReplaced, type Replacement } from './movedOn';

/**
 * Images of later runs that the rest of each run would replace, as it stands: by elements that have not begun, and by
 * tasks that have not ended. For the people who approve or continue it.
 */
export const willReplace: BatchLoad<Replacement[], App> = async (app, runIds) => {
  const db = app.database;
  const open = (await findExecutions(db, runIds)).filter(({ status }) => !isFinal(status));
  const ids = open.map(({ id }) => id);
  const [stages, members] = await Promise.all([findCurrentStages(db, ids), findActiveMembers(db, ids)]);
  const begun = [...open.filter(({ kind }) => kind === 'WORKFLOW'), ...members];
  const tasks = groupBy(
    await findUnfinishedTasks(
      db,
      begun.map(({ id }) => id),
    ),
    (task) => task.executionId,
  );
  const ahead = stages
    .filter(({ status }) => status === 'QUEUED')
    .map(({ executionId: runId, environmentId, images, workflowRevisionId: revisionId, goesOn }) => ({
      ...{ runId, environmentId, images, revisionId },
      ...(goesOn !== null && { tasks: () => goesOn.tasks }),
    }));
  const underWay = begun
    .filter(({ id }) => tasks.has(id))
    .map(({ id, runId, environmentId, images, revisionId }) => ({
      ...{ runId, environmentId, images, revisionId },
      tasks: () => (tasks.get(id) ?? []).map(({ name }) => name),
    }));
  return groupBy(await findReplaced(app, db, [...ahead, ...underWay]), ({ runId }) => runId);
};
