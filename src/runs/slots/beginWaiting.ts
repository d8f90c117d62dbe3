import { systemActor } from '../../access/actor';
import { beginAgain } from '../../engine/beginAgain';
import { wantsOf } from '../../engine/facts';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { moveRuns, runsOf } from '../faults';
import { type DueBeginning, findDueBeginnings } from './slots.store';

const BATCH = 50;
/** Whatever is still due after so many batches waits for the next turn. */
const ROUNDS = 100;

/**
 * Asks elements and runs again that wait to begin, where their answer may have changed: they begin, end as superseded,
 * or show their new place. Any server may do it: each decides under the lock of its run.
 */
export async function beginWaiting(app: App): Promise<void> {
  for (let round = 0, before = ''; round < ROUNDS; round++) {
    const due = await findDueBeginnings(app.database, app.clock.now(), BATCH);
    const now = due.map(({ id }) => id).join();
    // The same ones again, in vain: their runs can't be moved, or another server is just moving them.
    if (now === '' || now === before) return;
    before = now;
    await moveRuns(app, 'beginnings', due, (own) => askAgain(app, own));
  }
}

function askAgain(app: App, due: readonly DueBeginning[]): Promise<void> {
  return inRuns(
    app,
    runsOf(due),
    systemActor,
    async (db) => {
      await db.load(
        due.flatMap(({ executionId, stageExecutionId }) =>
          stageExecutionId === null ? wantsOf(executionId, 'execution') : wantsOf(executionId, 'execution', 'elements'),
        ),
      );
      await db.decide((run) => {
        for (const one of due) beginAgain(run, one);
      });
    },
    { looks: true },
  );
}
