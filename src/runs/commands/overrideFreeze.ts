import { type Actor, actorRef } from '../../access/actor';
import { isFinal } from '../../contract/statuses';
import { beginAgain } from '../../engine/beginAgain';
import { type Execution, isHeldBack } from '../../engine/execution';
import { wantsOf } from '../../engine/facts';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { overrideErrors } from '../freezes/overrideFreeze';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';

export interface OverrideFreezeOfRun extends RunCommandInput {
  readonly executionId: string;
  readonly reason: string;
}

/**
 * Lets the newest attempt of a run deploy in spite of freezes: elements that wait for the end of one begin, and so do
 * those that the attempt reaches later.
 */
export async function overrideFreeze(app: App, actor: Actor, input: OverrideFreezeOfRun): Promise<Execution> {
  const override = { by: actorRef(actor), reason: input.reason.trim() };
  const command: RunCommand = {
    ...{ verb: 'overrideFreeze', input, id: input.executionId },
    errors: overrideErrors({ overrideFreeze: { reason: input.reason } }),
    mismatch: ({ parentStageExecutionId, runId }) =>
      parentStageExecutionId === null ? null : `runs in a stage of the run "${runId}", whose freezes can be overridden`,
    right: (access, subject) => access.require('OVERRIDE_FREEZE', 'Execution', subject),
  };
  const { execution } = await onRun(app, actor, command, async (db, found) => {
    const { id, kind } = found;
    const refusal = refuseOverride(found);
    if (refusal !== null) throw refusal;
    await db.load(kind === 'PIPELINE' ? wantsOf(id, 'execution', 'elements') : wantsOf(id, 'execution'));
    await db.decide((run) => {
      run.setExecution({ ...run.execution(id), freezeOverride: override });
      if (kind === 'WORKFLOW') beginAgain(run, { executionId: id, stageExecutionId: null });
      else {
        for (const stage of run.elements(id).filter(isHeldBack)) {
          beginAgain(run, { executionId: id, stageExecutionId: stage.id });
        }
      }
    });
    return { audit: { before: { freezeOverride: found.freezeOverride }, after: { freezeOverride: override } } };
  });
  return execution;
}

export const refuseOverride = ({ status }: Execution): Refusal | null =>
  isFinal(status) || status === 'RESTORING'
    ? new Refusal('NOT_WAITING', `The execution is ${status}; override the freeze with its next attempt.`, { status })
    : null;
