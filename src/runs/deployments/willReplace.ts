import { isFinal } from '../../contract/statuses';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { App } from '../app';
import { findActiveMembers, findExecutions } from '../execution/executions.store';
import { findCurrentStages } from '../execution/stages.store';
import { findUnfinishedTasks } from '../execution/tasks.store';
import { findReplaced, type Replacement } from './movedOn';

/**
 * Images of later runs that the remaining parts of each run would replace in its current state: elements that have not
 * begun, and tasks that have not ended. Shown to people who approve or continue the run.
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
    .map(({ executionId: runId, environmentId, images, workflowRevisionId: revisionId, continues }) => ({
      ...{ runId, environmentId, images, revisionId },
      ...(continues !== null && { tasks: () => continues.tasks }),
    }));
  const underWay = begun
    .filter(({ id }) => tasks.has(id))
    .map(({ id, runId, environmentId, images, revisionId }) => ({
      ...{ runId, environmentId, images, revisionId },
      tasks: () => (tasks.get(id) ?? []).map(({ name }) => name),
    }));
  return groupBy(await findReplaced(app, db, [...ahead, ...underWay]), ({ runId }) => runId);
};
