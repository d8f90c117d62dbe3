import { topic } from '../../kernel/database/wakeups';
import type { TaskExecution } from '../../engine/execution';
import type { RunTransaction } from '../execution/runTransaction';
import { settleTasks } from '../execution/settleTasks';
import { endJobs, requestCancel } from '../queue/jobs.store';
import { say } from './operationSteps';
import type { Operation } from './restore';
import { findOperationTasks, setOperationError } from './restores.store';

/** A cancelled job is final this long after its grace, as after an abort. */
const KILL_SLACK_MS = 500;

/**
 * A restore is not to be done: its running tasks are asked to stop, and those that have not begun are skipped. It ends
 * when the last of them is final (`advanceRestores.ts`).
 */
export async function stopRestore(
  db: RunTransaction,
  operation: Operation,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await setOperationError(db, operation.id, code, message);
  await say(db, operation, [[code === 'CANCELLED' ? 'INFO' : 'ERROR', message]]);
  const open = (await findOperationTasks(db, [operation.id])).filter((task) => task.endedAt === null);
  const jobs = (status: TaskExecution['status']) =>
    open.filter((task) => task.status === status).flatMap((task) => task.jobId ?? []);
  const holders = await requestCancel(db, jobs('RUNNING'), db.now, KILL_SLACK_MS);
  db.wake(...holders.map((holder) => topic.agent(holder.agentId)));
  const end = { reasonCode: 'NOT_STARTED', reason: 'not started, because the restore was stopped', exitCode: null };
  await endJobs(
    db,
    jobs('QUEUED').map((jobId) => ({ ...end, jobId, status: 'ABORTED' as const, signal: null, truncated: false })),
    db.now,
  );
  await settleTasks(
    db,
    open
      .filter((task) => task.status === 'QUEUED')
      .map((task) => ({ ...end, taskId: task.id, status: 'SKIPPED' as const })),
  );
}
