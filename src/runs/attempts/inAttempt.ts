import { type Actor, type ActorRef, actorRef } from '../../access/actor';
import { requireReadable } from '../../access/visible';
import type { App } from '../app';
import { type AttemptKind, type Execution } from '../../engine/execution';
import { type Known, onRun, type RunCommand, type RunCommandInput } from '../commands/onRun';
import { findExecution } from '../execution/executions.store';
import type { AttemptCause } from '../../engine/nextAttempt';
import { textErrors } from '../../engine/textLimits';
import { type MayOverrideFreeze, overrideErrors, overrideOf } from '../freezes/overrideFreeze';
import type { RunTransaction } from '../execution/runTransaction';
import { isId } from '../../kernel/ids';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { DefinitionChoice } from '../../engine/resumeDecision';

/** Common input of all commands that begin another attempt. */
export interface AttemptInput extends RunCommandInput, MayOverrideFreeze {
  readonly applicationId: string;
  /** Token from a preview; the command fails with PLAN_STALE if anything has changed since. */
  readonly planToken?: string | null;
  readonly maxParallel?: number | null;
  readonly definition?: DefinitionChoice | null;
  readonly force?: boolean | null;
  /** True to allow replacing images that runs which started later have deployed since. */
  readonly overrule?: boolean | null;
}

/** Common frame of all commands that begin another attempt. */
export async function inAttempt<Read>(
  app: App,
  actor: Actor,
  {
    kind,
    ...own
  }: Pick<RunCommand<Read>, 'verb' | 'id' | 'wants' | 'reads'> & {
    readonly kind: Execution['kind'] | null;
  },
  input: AttemptInput,
  work: (db: RunTransaction, execution: Execution, known: Known<Read>) => Promise<Execution>,
): Promise<Execution> {
  const mismatch = (execution: Execution) => otherThanAsked(execution, kind, input.applicationId);
  const command: RunCommand<Read> = { ...own, input, mismatch, errors: attemptErrors(input) };
  const decide = async (db: RunTransaction, execution: Execution, known: Known<Read>) => ({
    after: await work(db, execution, known),
  });
  return (await onRun(app, actor, command, decide)).execution;
}

/** An execution of this application that was started directly, not by a run, if the actor may see it. */
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

/** Reason why the id does not fit the command. Callers who may see the execution get it instead of a bare NOT_FOUND. */
function otherThanAsked(execution: Execution, kind: Execution['kind'] | null, applicationId: string): string | null {
  if (execution.applicationId !== applicationId) return `does not belong to the application "${applicationId}"`;
  if (execution.parentStageExecutionId !== null) {
    return `runs in a stage of the run "${execution.runId}"; use resumeExecution to continue the run from that stage`;
  }
  if (kind === null || execution.kind === kind) return null;
  return execution.kind === 'WORKFLOW'
    ? 'is an execution of a standalone workflow; use resumeWorkflowExecution to continue it'
    : 'is an execution of a pipeline; use resumeExecution to continue it';
}

export const attemptOf = (
  input: AttemptInput,
  kind: AttemptKind,
  cause: ActorRef,
  fromStage: string | null,
): AttemptCause => ({
  kind,
  cause: actorRef(cause),
  reason: input.reason?.trim() || null,
  fromStage,
  freezeOverride: overrideOf(input, cause),
});

/** Checks a preview's token: the mutation does exactly what was previewed, or nothing. */
export function checkPlanToken(given: string | null | undefined, now: string): void {
  if (given == null || given === now) return;
  throw new Refusal(
    'PLAN_STALE',
    'The execution has changed since the preview, or the request differs from the one previewed.',
  );
}

/** Errors of the input that do not depend on the execution. */
export function attemptErrors(input: Omit<AttemptInput, 'applicationId'>): InputError[] {
  const errors: InputError[] = overrideErrors(input);
  if (input.maxParallel != null && input.maxParallel < 1) {
    const message = `maxParallel must be 1 or more; it is ${input.maxParallel}.`;
    errors.push({ field: 'maxParallel', value: input.maxParallel, rule: 'RANGE', message });
  }
  if (input.force && input.definition !== 'LATEST') {
    const message = 'force needs definition: LATEST; the pinned definition always fits what is kept.';
    errors.push({ field: 'force', value: true, rule: 'LATEST_ONLY', message });
  }
  return errors;
}

/** The same errors as a refusal, for previews. */
export function refuseInput(input: Omit<AttemptInput, 'applicationId'>): Refusal | null {
  const errors = [...textErrors(input), ...attemptErrors(input)];
  return errors.length > 0 ? invalidInput(errors) : null;
}
