import { createHash } from 'node:crypto';
import { type Actor, type ActorRef, actorRef } from '../access/actor';
import { findEnvironmentTargets, findExecutionTargets } from '../access/targets.store';
import { requireReadable, subjectFor } from '../access/visible';
import type { App } from '../app';
import { auditDetail } from '../audit/auditDetail';
import type { Db } from '../database/database';
import { isId, newId } from '../ids';
import { invalidInput, notFound, Refusal } from '../refusal';
import { advancePipeline, beginStage } from './advancePipeline';
import { type AttemptKind, type Execution, isFinal, type StageExecution } from './execution';
import { beginAttempt, findExecution, findExecutions } from './executions.store';
import { decideResume, type ResumeChoice, type ResumeDecision, refuseAttempt } from './resumeDecision';
import { resumeWorkflow } from './resumeWorkflow';
import { inRuns, type RunTransaction } from './runTransaction';
import { adoptMember, findCurrentStages, insertStages, retireStages } from './stages.store';

export interface AttemptInput {
  readonly applicationId: string;
  readonly reason?: string | null;
  /** Refused with CONFLICT when the execution has moved on since. */
  readonly expectedVersion?: number | null;
  /** From a preview; refused with PLAN_STALE when anything changed since. */
  readonly planToken?: string | null;
  readonly maxParallel?: number | null;
}

export interface ResumeExecution extends AttemptInput, ResumeChoice {
  readonly pipelineExecutionId: string;
}

export interface RerunExecution extends AttemptInput {
  readonly executionId: string;
}

/**
 * Goes on with a pipeline execution from one of its stages: the next attempt of the same execution. That stage and the later ones run, earlier ones keep their results;
 * inputs, variables, images and revisions are those of the start. Everything is in one transaction: a crash leaves either the old state or the new one.
 */
export async function resumeExecution(app: App, actor: Actor, input: ResumeExecution): Promise<Execution> {
  return inAttempt(app, actor, input.pipelineExecutionId, 'PIPELINE', input, async (db, execution) => {
    const decision = decideResume(execution, await findCurrentStages(db, [execution.id]), input);
    if (decision instanceof Refusal) throw decision;
    await requireStages(db, actor, execution, decision.again);
    checkPlanToken(input.planToken, resumeToken(execution, input));
    await goOn(db, execution, decision, { ...input, kind: 'RESUME', cause: actor });
  });
}

/** Runs a final execution again from its beginning, with the same inputs: its next attempt. */
export async function rerunExecution(app: App, actor: Actor, input: RerunExecution): Promise<Execution> {
  return inAttempt(app, actor, input.executionId, null, input, async (db, execution) => {
    const refusal = refuseAttempt(execution, 'rerun');
    if (refusal !== null) throw refusal;
    if (execution.kind === 'WORKFLOW') {
      actor.access.require('EXECUTE_WORKFLOW', 'Execution', await subjectFor(app, 'Execution', execution));
      await resumeWorkflow(db, execution, {
        ...attemptOf(db, input, 'RERUN', actor, null),
        anew: true,
        maxParallel: input.maxParallel ?? null,
      });
      return;
    }
    const stages = await findCurrentStages(db, [execution.id]);
    await requireStages(db, actor, execution, stages);
    const decision = { stageIndex: 0, stageName: stages[0]?.stageName ?? '', kept: [], again: stages };
    await goOn(db, execution, decision, { ...input, kind: 'RERUN', cause: actor });
  });
}

export interface ResumeWorkflowExecution extends AttemptInput {
  readonly workflowExecutionId: string;
}

/** Goes on with an execution of a workflow by itself: tasks that succeeded are kept, the others run again. */
export async function resumeWorkflowExecution(
  app: App,
  actor: Actor,
  input: ResumeWorkflowExecution,
): Promise<Execution> {
  return inAttempt(app, actor, input.workflowExecutionId, 'WORKFLOW', input, async (db, execution) => {
    const refusal = refuseAttempt(execution, 'resume');
    if (refusal !== null) throw refusal;
    actor.access.require('EXECUTE_WORKFLOW', 'Execution', await subjectFor(app, 'Execution', execution));
    checkPlanToken(input.planToken, resumeToken(execution, {}));
    await resumeWorkflow(db, execution, {
      ...attemptOf(db, input, 'RESUME', actor, null),
      anew: false,
      maxParallel: input.maxParallel ?? null,
    });
  });
}

/** Loads, locks and checks what every new attempt needs; answers the execution as it stands afterwards. */
async function inAttempt(
  app: App,
  actor: Actor,
  id: string,
  kind: Execution['kind'] | null,
  input: AttemptInput,
  work: (db: RunTransaction, execution: Execution) => Promise<void>,
): Promise<Execution> {
  checkInput(input);
  const seen = isId(id) ? await findExecution(app.database, id) : undefined;
  const own = seen?.parentStageExecutionId === null && (kind === null || seen.kind === kind);
  if (seen === undefined || seen.applicationId !== input.applicationId || !own) throw notFound('execution', id);
  await requireReadable(app, actor.access, 'Execution', seen);
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

/** To go on with a pipeline takes the right for the environment of every stage that will run; the stages that are kept count for nothing. */
export async function requireStages(
  db: Db,
  actor: Actor,
  execution: Execution,
  again: readonly StageExecution[],
): Promise<void> {
  const targets = await findEnvironmentTargets(
    db,
    again.flatMap((stage) => stage.environmentId ?? []),
  );
  const environments = (await findExecutionTargets(db, [execution.id])).get(execution.id) ?? [];
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Execution', { ...execution, environments }, targets);
}

interface GoOn extends AttemptInput, ResumeChoice {
  readonly kind: AttemptKind;
  readonly cause: ActorRef;
}

/** Writes what was decided, and begins. */
async function goOn(db: RunTransaction, execution: Execution, decision: ResumeDecision, options: GoOn): Promise<void> {
  const { definition } = await db.app.pipelineRevisions.get(db, execution.revisionId);
  const attempt = attemptOf(db, options, options.kind, options.cause, decision.stageName);
  const next = await beginAttempt(db, {
    ...attempt,
    execution,
    revisionId: execution.revisionId,
    openTasks: 0,
    maxParallel: execution.maxParallel,
    variables: execution.variables,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  });
  db.event({ runId: execution.runId, executionId: execution.id }, 'ATTEMPT_STARTED', {
    attempt: next.attempt,
    kind: options.kind,
    from: execution.status,
    fromStage: decision.stageName,
    reason: attempt.reason,
  });
  const before = new Map(decision.again.map((stage) => [stage.elementId, stage]));
  const rows = decision.again.map((stage) => again(stage, next.attempt, db.now));
  await retireStages(
    db,
    decision.again.map((stage) => stage.id),
  );
  await insertStages(db, rows);
  const target = rows.filter((stage) => stage.stageIndex === decision.stageIndex);
  const fresh: StageExecution[] = [];
  for (const stage of target) {
    const memberId = options.granularity === 'TASK' ? before.get(stage.elementId)?.workflowExecutionId : null;
    if (memberId == null) fresh.push(stage);
    else await resumeMember(db, memberId, stage, options, attempt);
  }
  await beginStage(db, next, fresh);
  await advancePipeline(db, next.id);
}

/** The workflow of a stage goes on where it was, under the stage's new row. */
async function resumeMember(
  db: RunTransaction,
  memberId: string,
  stage: StageExecution,
  options: GoOn,
  attempt: ReturnType<typeof attemptOf>,
): Promise<void> {
  const [member] = await findExecutions(db, [memberId]);
  if (member === undefined) throw new Error(`workflow execution ${memberId} does not exist`);
  await adoptMember(db, memberId, stage.id);
  await resumeWorkflow(
    db,
    { ...member, parentStageExecutionId: stage.id },
    { ...attempt, anew: false, maxParallel: options.maxParallel ?? null },
  );
}

/** The row of an element for the next attempt: the same inputs and pinned revision, nothing done yet. */
function again(stage: StageExecution, attempt: number, now: Date): StageExecution {
  return {
    ...stage,
    id: newId(),
    attempt,
    current: true,
    status: 'QUEUED',
    reasonCode: null,
    reason: null,
    workflowExecutionId: null,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
}

const attemptOf = (
  db: RunTransaction,
  input: AttemptInput,
  kind: AttemptKind,
  cause: ActorRef,
  fromStage: string | null,
) => ({
  kind,
  cause: actorRef(cause),
  reason: input.reason?.trim() || null,
  fromStage,
  at: db.now,
});

function checkInput(input: AttemptInput): void {
  const errors = [];
  if ((input.reason?.length ?? 0) > 5000) {
    errors.push({
      field: 'reason',
      value: input.reason?.length,
      rule: 'MAX_LENGTH',
      message: 'reason has at most 5,000 characters.',
    });
  }
  if (input.maxParallel != null && input.maxParallel < 1) {
    const message = `maxParallel must be 1 or more; it is ${input.maxParallel}.`;
    errors.push({ field: 'maxParallel', value: input.maxParallel, rule: 'RANGE', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
}

/** Stands for what a preview showed: the execution at this version, and what was chosen. */
export function resumeToken(execution: Execution, choice: ResumeChoice): string {
  const { pipelineStageName, pipelineStageElementId, parallelMode, granularity } = choice;
  const meaning = [
    execution.id,
    execution.version,
    pipelineStageName ?? null,
    pipelineStageElementId ?? null,
    parallelMode ?? 'ALL',
    granularity ?? 'STAGE',
  ];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('base64url');
}

function checkPlanToken(given: string | null | undefined, now: string): void {
  if (given == null || given === now) return;
  throw new Refusal(
    'PLAN_STALE',
    'The execution has moved on since the preview, or something else was asked for than what was previewed.',
  );
}
