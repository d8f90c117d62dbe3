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
 * Ends the restore of a run: its tasks are stopped, and as soon as the last of them is final the run is what it was
 * before the restore, with a restore point that can be used. Canceling again changes nothing.
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
