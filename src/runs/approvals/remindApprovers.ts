import { takeDueSteps } from '../../engine/approvalTimers';
import { wantsOf } from '../../engine/facts';
import type { App } from '../app';
import { moveRun } from '../faults';
import { findApproval, findDueSteps } from './approvals.store';

const BATCH = 50;

/** Reminds the approvers of approvals that wait too long, and lets other groups decide as well. */
export async function remindApprovers(app: App): Promise<void> {
  for (const { id, executionId } of await findDueSteps(app.database, app.clock.now(), BATCH)) {
    await moveRun(app, 'approvals', executionId, async (db) => {
      const [approval] = await Promise.all([findApproval(db, id), db.load(wantsOf(executionId, 'execution'))]);
      if (approval !== undefined) await db.decide((run) => takeDueSteps(run, approval));
    });
  }
}
