import { type Actor, type ActorRef, actorRef } from '../../access/actor';
import { requireReadable } from '../../access/visible';
import type { App } from '../app';
import { auditDetail } from '../../access/audit/auditDetail';
import { isFinal } from '../../contract/statuses';
import { type AttemptKind, type Execution } from '../../engine/execution';
import { findExecution, type NewAttempt } from '../execution/executions.store';
import { reasonErrors } from '../../engine/reason';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { DefinitionChoice } from '../../engine/resumeDecision';

/** What everything that begins another attempt is given. */
export interface AttemptInput {
  readonly applicationId: string;
  readonly reason?: string | null;
  /** Refused with CONFLICT when the execution has moved on since. */
  readonly expectedVersion?: number | null;
  /** From a preview; refused with PLAN_STALE when anything changed since. */
  readonly planToken?: string | null;
  readonly maxParallel?: number | null;
  readonly definition?: DefinitionChoice | null;
  readonly force?: boolean | null;
}

/** Loads, locks and checks what every new attempt needs; answers the execution as it stands afterwards. */
export async function inAttempt(
  app: App,
  actor: Actor,
  id: string,
  kind: Execution['kind'] | null,
  input: AttemptInput,
  work: (db: RunTransaction, execution: Execution) => Promise<unknown>,
): Promise<Execution> {
  const refusal = refuseInput(input);
  if (refusal !== null) throw refusal;
  const seen = await readOwn(app, actor, id, kind, input.applicationId);
  return inRuns(app, [seen.runId], actor, async (db) => {
    const execution = await findExecution(db, id);
    if (execution === undefined) throw notFound('execution', id);
    const { version, status } = execution;
    // Whoever asked while it was final, and found it taken under the lock, lost to somebody faster.
    if (seen.version !== version && isFinal(seen.status)) {
      throw new Refusal('CONFLICT', `Somebody else was faster: the execution is ${status}.`, { status, version });
    }
    if (input.expectedVersion != null && input.expectedVersion !== version) {
      throw new Refusal('CONFLICT', `The execution is at version ${version}, not ${input.expectedVersion}.`, {
        status,
        version,
      });
    }
    await work(db, execution);
    const after = (await findExecution(db, id)) ?? execution;
    const { applicationId } = execution;
    const said = (one: Execution) => ({ status: one.status, attempt: one.attempt });
    auditDetail(db, { kind: 'execution', id, applicationId, before: said(execution), after: said(after) });
    return after;
  });
}

/** An execution that somebody started, of this application, as the actor may see it. */
export async function readOwn(
  app: App,
  actor: Actor,
  id: string,
  kind: Execution['kind'] | null,
  applicationId: string,
): Promise<Execution> {
  const execution = isId(id) ? await findExecution(app.database, id) : undefined;
  if (execution === undefined) throw notFound('execution', id);
  await requireReadable(app, actor.access, 'Execution', execution);
  const why = otherThanAsked(execution, kind, applicationId);
  if (why !== null) throw new Refusal('NOT_FOUND', `The execution "${id}" ${why}.`, { kind: 'execution', id });
  return execution;
}

/** Who may see it is told what the id stands for, instead of that there is none. */
function otherThanAsked(execution: Execution, kind: Execution['kind'] | null, applicationId: string): string | null {
  if (execution.applicationId !== applicationId) return `is not one of the application "${applicationId}"`;
  if (execution.parentStageExecutionId !== null) {
    return `runs in a stage of the run "${execution.runId}", which goes on from that stage with resumeExecution`;
  }
  if (kind === null || execution.kind === kind) return null;
  return execution.kind === 'WORKFLOW'
    ? 'is of a workflow by itself; resumeWorkflowExecution goes on with it'
    : 'is of a pipeline; resumeExecution goes on with it';
}

export const attemptOf = (
  db: RunTransaction,
  input: AttemptInput,
  kind: AttemptKind,
  cause: ActorRef,
  fromStage: string | null,
): NewAttempt => ({
  kind,
  cause: actorRef(cause),
  reason: input.reason?.trim() || null,
  fromStage,
  at: db.now,
});

/** For a preview's token: the mutation does what was previewed, or nothing. */
export function checkPlanToken(given: string | null | undefined, now: string): void {
  if (given == null || given === now) return;
  throw new Refusal(
    'PLAN_STALE',
    'The execution has moved on since the preview, or something else was asked for than what was previewed.',
  );
}

/** What no execution would take. */
export function refuseInput(input: Omit<AttemptInput, 'applicationId'>): Refusal | null {
  const errors = reasonErrors(input.reason);
  if (input.maxParallel != null && input.maxParallel < 1) {
    const message = `maxParallel must be 1 or more; it is ${input.maxParallel}.`;
    errors.push({ field: 'maxParallel', value: input.maxParallel, rule: 'RANGE', message });
  }
  if (input.force && input.definition !== 'LATEST') {
    const message = 'force: the pinned definition fits what is kept; force goes with definition: LATEST only.';
    errors.push({ field: 'force', value: true, rule: 'LATEST_ONLY', message });
  }
  return errors.length > 0 ? invalidInput(errors) : null;
}
