import { advancePipeline, closeWaiting } from './advancePipeline';
import { cancelRunning } from './cancelRunning';
import { isFinal } from '../../contract/statuses';
import { type Execution } from '../../engine/execution';
import { findMembers, setFailure } from './executions.store';
import type { RunTransaction } from './runTransaction';
import { finishWorkflow, noteFailing, settleTasks, skipUnstarted } from './settleTasks';
import { findCurrentStages } from './stages.store';

/**
 * Ends an execution before its time, because a person aborted it or its time is over. What has not begun is skipped; what runs is asked to stop, and is final
 * at the latest when its grace is over. The execution is final when the last of it is.
 */
export async function stopExecution(
  db: RunTransaction,
  execution: Execution,
  code: 'ABORTED' | 'EXPIRED',
  text: string,
): Promise<void> {
  const members =
    execution.kind === 'WORKFLOW'
      ? [execution]
      : (await findMembers(db, [execution.id])).filter((member) => !isFinal(member.status));
  const workflowIds = members.map((member) => member.id);
  noteFailing(db, await setFailure(db, [execution.id, ...workflowIds], code, text));

  const running = await cancelRunning(db, workflowIds);
  await settleTasks(db, await skipUnstarted(db, workflowIds, `not started, because the execution was ${code}`));
  for (const member of members) {
    if (!running.some((task) => task.executionId === member.id)) await finishWorkflow(db, member);
  }
  if (execution.kind === 'PIPELINE') {
    const stages = await findCurrentStages(db, [execution.id]);
    await closeWaiting(db, execution, stages, code, code, { code, text });
    await advancePipeline(db, execution.id);
  }
}
