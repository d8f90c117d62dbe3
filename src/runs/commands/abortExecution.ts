import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import { isId } from '../../kernel/ids';
import { notFound, Refusal } from '../../kernel/errors';
import { isFinal } from '../../contract/statuses';
import { type Execution } from '../../engine/execution';
import { findExecution } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import { stopExecution } from '../execution/stopExecution';

export interface AbortExecution {
  readonly applicationId: string;
  readonly executionId: string;
  readonly reason?: string | null;
}

/**
 * Ends an execution that is not final. Running jobs get the signal, then the kill after their grace; it never rolls back. Aborting what is ABORTED
 * already, or is being aborted, answers the same again.
 */
export async function abortExecution(app: App, actor: Actor, input: AbortExecution): Promise<Execution> {
  const seen = isId(input.executionId) ? await findExecution(app.database, input.executionId) : undefined;
  if (seen === undefined || seen.applicationId !== input.applicationId) throw notFound('execution', input.executionId);
  await requireAbort(app, actor, seen);
  return inRuns(app, [seen.runId], actor, async (db) => {
    const execution = await findExecution(db, input.executionId);
    if (execution === undefined) throw notFound('execution', input.executionId);
    if (execution.failureCode === 'ABORTED' && execution.status !== 'RESTORING') return execution;
    const refusal = refuseAbort(execution);
    if (refusal !== null) throw refusal;
    const reason = input.reason?.trim() || null;
    db.event({ runId: execution.runId, executionId: execution.id }, 'ABORT_REQUESTED', { reason });
    await stopExecution(db, execution, 'ABORTED', `aborted by ${actor.name}${reason === null ? '' : `: ${reason}`}`);
    return (await findExecution(db, execution.id)) ?? execution;
  });
}

/** Why an execution can't be aborted as it stands. */
export function refuseAbort({ status }: Pick<Execution, 'status'>): Refusal | null {
  if (status === 'RESTORING') {
    return new Refusal('NOT_ABORTABLE', 'The execution is being restored; that ends by itself.', { status });
  }
  return isFinal(status) ? new Refusal('NOT_ABORTABLE', `The execution is ${status} already.`, { status }) : null;
}

/** Whoever may run it may end it; ABORT_WORKFLOW gives the right to end what others run. */
async function requireAbort(app: App, actor: Actor, execution: Execution): Promise<void> {
  const subject = await subjectFor(app, 'Execution', execution);
  const run = execution.kind === 'PIPELINE' ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';
  if (!actor.access.can(run, 'Execution', subject)) actor.access.require('ABORT_WORKFLOW', 'Execution', subject);
}
