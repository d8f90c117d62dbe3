import { systemActor } from '../../access/actor';
import type { Approval } from '../../engine/approval';
import { isComplete, peopleNeeded, requirementsOf } from '../../engine/approvalVotes';
import { noteApprovers } from '../../engine/approvers';
import { wantsOf } from '../../engine/facts';
import type { Db } from '../../kernel/database/database';
import { groupBy } from '../../kernel/loaders';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { findApproval, findJointApprovals, findVotes } from './approvals.store';
import { countUndecidableSince, findCandidates, findChangedApprovers } from './approvers.store';

const BATCH = 50;

/**
 * Groups, people and keys change independently of runs. An approval that nobody is left to decide is marked, with an
 * event. It keeps waiting, because an administrator can assign other groups.
 */
export async function noteUndecidable(app: App): Promise<void> {
  const { database: db, clock } = app;
  const signIn = app.identityProvider !== null;
  const joint = await findJointApprovals(db);
  const decidable = await thatCanBeDecided(db, joint, clock.now(), signIn);
  const changed = joint.filter(({ id, undecidableSince }) => decidable.has(id) !== (undecidableSince === null));
  for (const { id, executionId } of [...(await findChangedApprovers(db, clock.now(), signIn, BATCH)), ...changed]) {
    await inRuns(app, [executionId], systemActor, async (transaction) => {
      await transaction.load(wantsOf(executionId, 'execution'));
      const approval = await findApproval(transaction, id);
      if (approval?.status !== 'WAITING') return;
      const can = await thatCanBeDecided(transaction, [approval], transaction.now, signIn);
      await transaction.decide((run) => noteApprovers(run, approval, can.has(id)));
    });
  }
}

/** Waiting approvals for which enough people are left, including those who have voted. */
async function thatCanBeDecided(
  db: Db,
  approvals: readonly Approval[],
  now: Date,
  signIn: boolean,
): Promise<ReadonlySet<string>> {
  if (approvals.length === 0) return new Set();
  const ids = approvals.map(({ id }) => id);
  const [candidates, votes] = await Promise.all([findCandidates(db, ids, now, signIn), findVotes(db, ids)]);
  const left = groupBy(candidates, ({ approvalId }) => approvalId);
  const given = groupBy(
    votes.filter(({ counts }) => counts),
    ({ approvalId }) => approvalId,
  );
  const can = approvals.filter((approval) => {
    const people = [...(given.get(approval.id) ?? []), ...(left.get(approval.id) ?? [])];
    if (people.length < peopleNeeded(approval)) return false;
    return isComplete(
      requirementsOf(
        approval,
        people.map(({ groups }) => groups),
      ),
    );
  });
  return new Set(can.map(({ id }) => id));
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
