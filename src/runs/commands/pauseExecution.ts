import { type Actor, actorRef } from '../../access/actor';
import type { Execution } from '../../engine/execution';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { holdRun, releaseRun } from '../../engine/holdExecution';
import type { RunSlice } from '../../engine/runSlice';
import { activeRun, onRun, type RunCommandInput, runRight } from './onRun';

export interface PauseExecution extends RunCommandInput {
  readonly applicationId: string;
  readonly executionId: string;
}

type Verb = 'pause' | 'continue';

/**
 * Pauses a run: nothing new starts until it is continued, and running tasks finish. Pausing a paused run changes
 * nothing.
 */
export const pauseExecution = (app: App, actor: Actor, input: PauseExecution): Promise<Execution> =>
  inHold(app, actor, input, 'pause', (run, execution, reason) => {
    run.event(of(execution), 'PAUSE_REQUESTED', { reason });
    holdRun(run, execution.id, { by: actorRef(actor), at: run.now.toISOString(), reason });
  });

/** Continues a paused run. Changes nothing if the run is not paused. */
export const continueExecution = (app: App, actor: Actor, input: PauseExecution): Promise<Execution> =>
  inHold(app, actor, input, 'continue', (run, execution, reason) => {
    run.event(of(execution), 'CONTINUE_REQUESTED', { reason });
    releaseRun(run, execution.id);
  });

/** Reason why a run can't be paused or continued; null if it can, or if nothing would change. */
export function refuseHold(execution: Execution, verb: Verb): Refusal | null {
  const { status, pause, parentStageExecutionId, runId } = execution;
  const refused = (why: string) => new Refusal('NOT_PAUSABLE', why, { status });
  if (parentStageExecutionId !== null)
    return refused(`It is a part of execution ${runId}, which is paused as a whole.`);
  if (status === 'PAUSED' && pause === null) {
    return refused('The execution is PAUSED because it asks for runtime inputs; answer with pipelineResumeRuntime.');
  }
  if (status === 'QUEUED' || status === 'RUNNING' || status === 'PAUSED') return null;
  const rule = verb === 'pause' ? 'only QUEUED and RUNNING can be paused' : 'only PAUSED can be continued';
  return refused(`The execution is ${status}; ${rule}.`);
}

const of = ({ runId, id }: Execution) => ({ runId, executionId: id });

async function inHold(
  app: App,
  actor: Actor,
  input: PauseExecution,
  verb: Verb,
  work: (run: RunSlice, execution: Execution, reason: string | null) => void,
): Promise<Execution> {
  const answered = await onRun(
    app,
    actor,
    {
      verb,
      input,
      id: input.executionId,
      wants: activeRun,
      right: (access, subject, execution) => access.require(runRight(execution), 'Execution', subject),
    },
    async (db, execution) => {
      const refusal = refuseHold(execution, verb);
      if (refusal !== null) throw refusal;
      if ((verb === 'pause') === (execution.pause !== null)) return { after: execution };
      const after = await db.decide((run) => {
        work(run, execution, input.reason?.trim() || null);
        return run.execution(execution.id);
      });
      return { after };
    },
  );
  return answered.execution;
}
