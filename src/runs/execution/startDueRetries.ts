import { systemActor } from '../../access/actor';
import { queueDetached } from '../../engine/detachedTasks';
import { dispatchTasks } from '../../engine/dispatchTasks';
import type { TaskExecution } from '../../engine/execution';
import { wantsOf } from '../../engine/facts';
import type { App } from '../app';
import { moveRuns, runsOf } from '../faults';
import { inRuns } from './inRuns';
import { findDueRetries } from './tasks.store';

const BATCH = 200;

/**
 * Retries tasks whose delay has passed. Returns the number of tasks that it moved; the caller repeats until it is 0.
 */
export async function startDueRetries(app: App): Promise<number> {
  const due = await findDueRetries(app.database, app.clock.now(), BATCH);
  const { moved } = await moveRuns(app, 'retries', due, (own) => retry(app, own));
  return moved;
}

function retry(app: App, due: readonly Pick<TaskExecution, 'id' | 'executionId' | 'runId'>[]): Promise<void> {
  return inRuns(app, runsOf(due), systemActor, async (db) => {
    await db.load(due.flatMap(({ id, executionId }) => [...wantsOf(id, 'task'), ...wantsOf(executionId, 'execution')]));
    await db.decide((run) => {
      const ready = due
        .map(({ id }) => run.task(id))
        .filter(({ status, nextTryAt }) => status === 'QUEUED' && nextTryAt !== null && nextTryAt <= run.now);
      // They are ready from now on, even if the limits leave no room for them yet.
      for (const task of ready) run.setTask({ ...task, nextTryAt: null });
      const ofGraph = ready.filter(({ type }) => type === 'normal');
      dispatchTasks(run, [...new Set(ofGraph.map((task) => task.executionId))]);
      queueDetached(
        run,
        ready.filter(({ type }) => type !== 'normal').map(({ id }) => id),
      );
    });
  });
}
