import { topic } from '../../kernel/database/wakeups';
import { requestCancel } from '../queue/jobs.store';
import type { TaskExecution } from '../../engine/execution';
import type { RunTransaction } from './runTransaction';
import { findRunningTasks } from './tasks.store';

/** A cancelled job is final this long after its grace, whatever the agent does. Within the second that is promised, with the sweeper's period taken off. */
const KILL_SLACK_MS = 500;

/** Asks what runs in these workflow executions to end, and answers it: each is final when its agent says so, at the latest after its grace. */
export async function cancelRunning(db: RunTransaction, workflowIds: readonly string[]): Promise<TaskExecution[]> {
  const running = await findRunningTasks(db, workflowIds);
  const holders = await requestCancel(
    db,
    running.flatMap((task) => task.jobId ?? []),
    db.now,
    KILL_SLACK_MS,
  );
  db.wake(...holders.map((holder) => topic.agent(holder.agentId)));
  return running;
}
