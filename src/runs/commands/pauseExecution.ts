import { type Actor, actorRef } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import { auditDetail } from '../../access/audit/auditDetail';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { Execution } from '../../engine/execution';
import { findExecution } from '../execution/executions.store';
import { holdRun, releaseRun } from '../execution/holdExecution';
import { reasonErrors } from '../../engine/reason';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';

export interface PauseExecution {
  readonly applicationId: string;
  readonly executionId: string;
  readonly reason?: string | null;
}

type Verb = 'pause' | 'continue';

/** Holds a run: nothing of it starts until it is continued; what runs is finished, and its time goes on. Pausing what is held already answers the same again. */
export const pauseExecution = (app: App, actor: Actor, input: PauseExecution): Promise<Execution> =>
  inHold(app, actor, input, 'pause', async (db, execution, reason) => {
    db.event(of(execution), 'PAUSE_REQUESTED', { reason });
    await holdRun(db, execution, { by: actorRef(actor), at: db.now.toISOString(), reason });
  });

/** Lets a held run go on where it stands. What is not held is answered as it is. */
export const continueExecution = (app: App, actor: Actor, input: PauseExecution): Promise<Execution> =>
  inHold(app, actor, input, 'continue', async (db, execution, reason) => {
    db.event(of(execution), 'CONTINUE_REQUESTED', { reason });
    await releaseRun(db, execution);
  });

/** Why a run can't be held, or let go on; null when it can, or when there is nothing to do. */
export function refuseHold(execution: Execution, verb: Verb): Refusal | null {
  const { status, pause, parentStageExecutionId, runId } = execution;
  const refused = (why: string) => new Refusal('NOT_PAUSABLE', why, { status });
  if (parentStageExecutionId !== null)
    return refused(`It is a part of execution ${runId}, which is paused as a whole.`);
  if (status === 'PAUSED' && pause === null) {
    return refused('The execution is PAUSED because it asks for runtime inputs; pipelineResumeRuntime answers them.');
  }
  if (status === 'QUEUED' || status === 'RUNNING' || status === 'PAUSED') return null;
  return refused(
    `The execution is ${status}; what is ${verb === 'pause' ? 'QUEUED or RUNNING can be paused' : 'PAUSED can go on'}.`,
  );
}

const of = ({ runId, id }: Execution) => ({ runId, executionId: id });

/** Loads, asks for the right, locks, decides; answers the execution as it stands afterwards. */
async function inHold(
  app: App,
  actor: Actor,
  input: PauseExecution,
  verb: Verb,
  work: (db: RunTransaction, execution: Execution, reason: string | null) => Promise<void>,
): Promise<Execution> {
  const reason = input.reason?.trim() || null;
  const errors = reasonErrors(reason);
  if (errors.length > 0) throw invalidInput(errors);
  const seen = isId(input.executionId) ? await findExecution(app.database, input.executionId) : undefined;
  if (seen === undefined || seen.applicationId !== input.applicationId) throw notFound('execution', input.executionId);
  const right =
    seen.kind === 'PIPELINE' || seen.parentStageExecutionId !== null ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';
  actor.access.require(right, 'Execution', await subjectFor(app, 'Execution', seen));
  return inRuns(app, [seen.runId], actor, async (db) => {
    const execution = await findExecution(db, input.executionId);
    if (execution === undefined) throw notFound('execution', input.executionId);
    const refusal = refuseHold(execution, verb);
    if (refusal !== null) throw refusal;
    if ((verb === 'pause') === (execution.pause !== null)) return execution;
    await work(db, execution, reason);
    const after = (await findExecution(db, execution.id)) ?? execution;
    const { id, applicationId } = execution;
    const said = ({ status, pause }: Execution) => ({ status, pause });
    auditDetail(db, { kind: 'execution', id, applicationId, before: said(execution), after: said(after) });
    return after;
  });
}
