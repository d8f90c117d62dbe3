import { systemActor } from '../../access/actor';
import { noteApprovers } from '../../engine/approvers';
import { wantsOf } from '../../engine/facts';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { findApproval } from './approvals.store';
import { countUndecidableSince, findChangedApprovers, isDecidable } from './approvers.store';

const BATCH = 50;

/**
 * Groups, people and keys change independently of runs. An approval that nobody is left to decide is marked, with an
 * event. It keeps waiting, because an administrator can assign other groups.
 */
export async function noteUndecidable(app: App): Promise<void> {
  const signIn = app.identityProvider !== null;
  for (const { id, executionId } of await findChangedApprovers(app.database, app.clock.now(), signIn, BATCH)) {
    await inRuns(app, [executionId], systemActor, async (db) => {
      await db.load(wantsOf(executionId, 'execution'));
      const [approval, decidable] = await Promise.all([findApproval(db, id), isDecidable(db, id, db.now, signIn)]);
      if (approval?.status !== 'WAITING') return;
      await db.decide((run) => noteApprovers(run, approval, decidable));
    });
  }
}

/**
 * Applies a change of groups, people or keys, and returns a warning if it leaves waiting approvals that nobody can
 * decide.
 */
export async function withWarning<T>(
  app: App,
  change: () => Promise<T>,
): Promise<{ readonly changed: T; readonly warningMessage: string | null }> {
  const since = app.clock.now();
  const changed = await change();
  await noteUndecidable(app);
  const count = await countUndecidableSince(app.database, since);
  if (count === 0) return { changed, warningMessage: null };
  const approvals = count === 1 ? 'a waiting approval' : `${count} waiting approvals`;
  const warningMessage = `Nobody is left to decide ${approvals}. An administrator can name other groups with reassignApproval.`;
  return { changed, warningMessage };
}
