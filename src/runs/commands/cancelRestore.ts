import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { notRestoring, planRestore, requirePoint } from '../restores/restorePlan';
import { requireCreator, requireRestore } from '../restores/restoreRights';
import { findRunningRestore } from '../restores/restores.store';
import { stopRestore } from '../restores/stopRestore';
import { type Extended, onPipelineRun, withOperation } from './addImagesToRun';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';

export interface CancelRestore extends RunCommandInput {
  readonly runId: string;
}

/**
 * Cancels the restore of a run. Its tasks are stopped; when the last of them is final, the run returns to its state
 * before the restore, and its restore point can be used again. Canceling twice changes nothing.
 */
export async function cancelRestore(app: App, actor: Actor, input: CancelRestore): Promise<Extended> {
  const command: RunCommand = {
    ...onPipelineRun('cancelRestore', input),
    right: (_access, _subject, execution) => requireCreator(actor, execution),
  };
  const answered = await onRun(app, actor, command, async (db, run) => {
    const operation = await findRunningRestore(db, run.id);
    if (operation === undefined) throw notRestoring(run);
    const point = await requirePoint(db, run.id, operation.restorePointId);
    await requireRestore(db, actor, run, await planRestore(app, db, run, point));
    const reason = input.reason?.trim() || null;
    const message = `${actor.name} canceled the restore${reason === null ? '' : `: ${reason}`}`;
    if (operation.errorCode === null) await stopRestore(db, operation, { code: 'CANCELLED', message });
    return { answerId: operation.id };
  });
  return withOperation(app, answered);
}
