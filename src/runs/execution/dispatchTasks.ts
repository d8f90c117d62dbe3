import { thatMayRun } from './skipConditions';
import { addToCounts } from './executions.store';
import { withSecrets } from './missingSecrets';
import { queueJobs } from '../queue/queueJobs';
import type { RunTransaction } from './runTransaction';
import { findReadyTasks } from './tasks.store';
import { withoutUndefined } from './undefinedVariables';

/**
 * Makes a job for each task whose dependencies are done, as far as the workflow's `maxParallel` goes. Reads only what is ready, so the cost
 * does not depend on how large the workflows are.
 */
export async function dispatchTasks(db: RunTransaction, executionIds: readonly string[]): Promise<void> {
  const found = await findReadyTasks(db, executionIds);
  if (found.length === 0) return;
  await db.app.workflowRevisions.getAll(
    db,
    found.map((task) => task.revisionId),
  );
  const ready = await withSecrets(db, await withoutUndefined(db, await thatMayRun(db, found)));
  if (ready.length === 0) return;
  await queueJobs(db, ready);
  const counts = new Map<string, { open: number; busy: number }>();
  for (const { executionId } of ready) {
    counts.set(executionId, { open: 0, busy: (counts.get(executionId)?.busy ?? 0) + 1 });
  }
  await addToCounts(db, counts);
}
