import { wantsOf } from '../../engine/facts';
import { endJob } from '../../engine/moves';
import { settleTasks } from '../../engine/settleTasks';
import type { RunTransaction } from '../execution/runTransaction';
import { say } from './operationSteps';
import type { Operation } from './restore';
import { findOperationTasks, setOperationError } from './restores.store';

/**
 * Stops a restore: running tasks are asked to stop, and those that have not begun are skipped. It ends when the last of
 * them is final (`advanceRestores.ts`).
 */
export async function stopRestore(
  db: RunTransaction,
  operation: Operation,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await setOperationError(db, operation.id, code, message);
  await say(db, operation, [[code === 'CANCELLED' ? 'INFO' : 'ERROR', message]]);
  const open = (await findOperationTasks(db, [operation.id])).filter((task) => task.endedAt === null);
  const reason = 'not started, because the restore was stopped';
  const end = { reasonCode: 'NOT_STARTED', reason, exitCode: null };
  await db.load(open.flatMap(({ id }) => wantsOf(id, 'task')));
  await db.decide((run) => {
    const tasks = open.map(({ id }) => run.task(id));
    const running = tasks.filter(({ status }) => status === 'RUNNING');
    run.changes.canceled.push(...running.flatMap(({ jobId }) => jobId ?? []));
    const queued = tasks.filter(({ status }) => status === 'QUEUED');
    for (const jobId of queued.flatMap((task) => task.jobId ?? [])) {
      endJob(run, 'QUEUED', {
        ...{ ...end, jobId, status: 'ABORTED', signal: null },
        ...{ truncated: false, claimHolds: false },
      });
    }
    settleTasks(
      run,
      queued.map(({ id }) => ({ ...end, taskId: id, status: 'SKIPPED' as const })),
    );
  });
}
