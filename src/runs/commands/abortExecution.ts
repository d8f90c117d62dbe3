import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import type { SubjectRows } from '../../access/subjects';
import { isFinal } from '../../contract/statuses';
import type { Execution } from '../../engine/execution';
import { awaitsFinally } from '../../engine/finallyTasks';
import { stopExecution, workflowsOf } from '../../engine/stopExecution';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { activeRun, onRun, type RunCommand, type RunCommandInput } from './onRun';

export interface AbortExecution extends RunCommandInput {
  readonly applicationId: string;
  readonly executionId: string;
}

/**
 * Ends an execution that is not final. Running jobs get the signal, then the kill after their grace period. It never
 * rolls back. A second abort ends the tasks of `finally` if the execution is waiting for them, and changes nothing
 * otherwise.
 */
export async function abortExecution(app: App, actor: Actor, input: AbortExecution): Promise<Execution> {
  const command = { verb: 'abort', input, id: input.executionId, right: requireAbort, wants: activeRun };
  const { execution } = await onRun(app, actor, command, async (db, execution) => {
    const { status, runId, id, failureCode } = execution;
    const again = failureCode === 'ABORTED' && status !== 'RESTORING';
    const refusal = again ? null : refuseAbort(execution);
    if (refusal !== null) throw refusal;
    const reason = input.reason?.trim() || null;
    const after = await db.decide((run) => {
      if (again && !workflowsOf(run, execution).some(awaitsFinally)) return execution;
      run.event({ runId, executionId: id }, 'ABORT_REQUESTED', { reason });
      stopExecution(run, id, 'ABORTED', `aborted by ${actor.name}${reason === null ? '' : `: ${reason}`}`);
      return run.execution(id);
    });
    return { after };
  });
  return execution;
}

/** Reason why an execution with this status can't be aborted; null if it can. */
export function refuseAbort({ status }: Pick<Execution, 'status'>): Refusal | null {
  if (status === 'RESTORING') {
    return new Refusal('NOT_ABORTABLE', 'The execution is being restored; the restore ends on its own.', { status });
  }
  return isFinal(status) ? new Refusal('NOT_ABORTABLE', `The execution is already ${status}.`, { status }) : null;
}

/**
 * Action that an abort requires. Everybody who may run the execution may end it. ABORT_WORKFLOW grants the right to end
 * executions of others.
 */
export function abortRight(access: Access, subject: SubjectRows['Execution'], { kind }: Pick<Execution, 'kind'>) {
  const run = kind === 'PIPELINE' ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';
  return access.can(run, 'Execution', subject) ? run : 'ABORT_WORKFLOW';
}

const requireAbort: NonNullable<RunCommand['right']> = (access, subject, execution) =>
  access.require(abortRight(access, subject, execution), 'Execution', subject);
