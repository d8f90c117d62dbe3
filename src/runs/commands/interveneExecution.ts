import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import { isId } from '../../kernel/ids';
import { type InputError, notFound, Refusal } from '../../kernel/errors';
import { baseName } from '../../catalog/language/matrix';
import type { Execution, StageExecution, TaskExecution } from '../../engine/execution';
import { findExecution } from '../execution/executions.store';
import {
  actionOf,
  decideStage,
  decideTask,
  type Intervened,
  type InterventionAction,
  waitsForPerson,
} from '../../engine/interventions';
import type { RunSlice } from '../../engine/runSlice';
import { aimsOf } from '../attempts/resumePlan';
import { requireNotMovedOn } from '../deployments/movedOn';
import { deployingOf, requireNotFrozenIn } from '../freezes/frozen';
import { type MayOverrideFreeze, overrideErrors } from '../freezes/overrideFreeze';
import { findLastIntervention } from '../execution/interventions.store';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';
import { requireStages } from '../execution/requireStages';
import { moveRun } from '../faults';
import type { RunTransaction } from '../execution/runTransaction';
import { findCurrentStages, findDueStages, findStages } from '../execution/stages.store';
import { findDueTasks, findTasks, findWaitingTasks } from '../execution/tasks.store';

export interface InterveneExecution extends RunCommandInput, MayOverrideFreeze {
  readonly applicationId: string;
  readonly executionId: string;
  readonly taskExecutionId?: string | null;
  readonly pipelineStageElementId?: string | null;
  readonly action: InterventionAction;
  /** True to allow replacing images that runs which started later have deployed since. */
  readonly overrule?: boolean | null;
}

const BATCH = 50;

/**
 * Records a person's decision about a failure that waits for one. Of several concurrent decisions, exactly one is
 * accepted.
 */
export async function interveneExecution(app: App, actor: Actor, input: InterveneExecution): Promise<Execution> {
  let before: TaskExecution | StageExecution | undefined;
  const command: RunCommand = {
    ...{ verb: 'intervene', input, id: input.executionId, errors: [...targetErrors(input), ...overrideErrors(input)] },
    right: async (_access, _subject, execution) => {
      before = await targetOf(app.database, execution, input);
      await requireRight(app, actor, execution, before);
    },
  };
  const { execution } = await onRun(app, actor, command, async (db, found) => {
    const target = await targetOf(db, found, input);
    const { status } = target;
    const moved = target.waitsUntil?.getTime() !== before?.waitsUntil?.getTime();
    if (moved || !waitsForPerson(target)) {
      const last = await findLastIntervention(db, found.runId, target.id);
      if (!moved && last === undefined) {
        throw new Refusal('NOT_WAITING', `It is ${status} and is not waiting for a decision about a failure.`, {
          status,
        });
      }
      throw new Refusal('CONFLICT', `${last?.actor.name ?? 'Something else'} acted first: it is ${status}.`, {
        status,
      });
    }
    if (input.action === 'RETRY') await requireRetry(app, db, actor, found, target, input);
    const decided = { action: input.action, by: actor.name, reason: input.reason?.trim() || null };
    await db.decide((run) => intervene(run, target, decided));
    return { audit: { before: { status }, after: { ...decided, name: nameOf(target) } } };
  });
  return execution;
}

/**
 * A retry deploys again, so it must not replace later deployments, however long the failure has waited. A task would
 * run at once, so it must not be frozen; an element waits for the end of a freeze, like any that begins.
 */
async function requireRetry(
  app: App,
  db: Db,
  actor: Actor,
  found: Execution,
  target: TaskExecution | StageExecution,
  input: InterveneExecution,
): Promise<void> {
  const { overrule } = input;
  if ('stepName' in target) {
    return requireNotMovedOn(app, db, found, aimsOf(app, db, [{ stage: target, next: null }]), overrule);
  }
  const execution = (await findExecution(db, target.executionId)) ?? found;
  const aim = { ...execution, tasks: () => [target.name] };
  await requireNotMovedOn(app, db, execution, [aim], overrule);
  await requireNotFrozenIn(app, db, actor, execution, [deployingOf(execution)], input);
}

const nameOf = (target: TaskExecution | StageExecution) => ('stepName' in target ? target.stepName : target.name);

/** Decides about failures that nobody has decided about in time, as their definition specifies. */
export async function endDueInterventions(app: App): Promise<void> {
  const now = app.clock.now();
  const tasks = await findDueTasks(app.database, now, BATCH);
  const stages = (await findDueStages(app.database, now, BATCH)).filter(waitsForPerson);
  for (const { id, runId } of tasks) {
    await moveRun(app, 'interventions', runId, async (db) => decideDue(db, (await findTasks(db, [id]))[0]));
  }
  for (const { id, executionId } of stages) {
    await moveRun(app, 'interventions', executionId, async (db) => decideDue(db, (await findStages(db, [id]))[0]));
  }
}

async function decideDue(db: RunTransaction, target: TaskExecution | StageExecution | undefined): Promise<void> {
  if (target === undefined || !waitsForPerson(target) || target.waitsUntil === null || target.waitsUntil >= db.now)
    return;
  const intervention = await interventionOf(db, target);
  const action = actionOf[intervention?.onTimeout ?? 'fail'];
  const reason = `nobody decided before ${target.waitsUntil.toISOString()}`;
  await db.decide((run) => intervene(run, target, { action, by: 'its definition', reason }));
}

async function interventionOf(db: RunTransaction, target: TaskExecution | StageExecution) {
  const execution = await findExecution(db, target.executionId);
  if (execution === undefined) return null;
  if ('stepName' in target) {
    const { definition } = await db.app.pipelineRevisions.get(db, execution.revisionId);
    const element = definition.stages[target.stageIndex]?.elements[target.elementIndex];
    return element?.type === 'WORKFLOW' ? element.intervention : null;
  }
  const { definition } = await db.app.workflowRevisions.get(db, execution.revisionId);
  return definition.tasks[baseName(target.name)]?.intervention;
}

function intervene(run: RunSlice, target: TaskExecution | StageExecution, decided: Intervened): void {
  if ('stepName' in target) decideStage(run, run.element(target.executionId, target.id), decided);
  else decideTask(run, run.task(target.id), decided);
}

async function targetOf(
  db: Db,
  execution: Execution,
  input: InterveneExecution,
): Promise<TaskExecution | StageExecution> {
  const { taskExecutionId, pipelineStageElementId: elementId } = input;
  if (taskExecutionId != null) {
    const [task] = isId(taskExecutionId) ? await findTasks(db, [taskExecutionId]) : [];
    if (task?.executionId === execution.id || task?.runId === execution.id) return task;
    throw notFound('task execution', taskExecutionId);
  }
  const stages = await findCurrentStages(db, [execution.id]);
  const stage = stages.find((one) => one.elementId === elementId);
  if (stage !== undefined) return stage;
  const names = [...new Set(stages.map((one) => one.stageName))];
  throw new Refusal('STAGE_NOT_FOUND', `Stage element "${elementId}" does not exist.`, { stages: names });
}

/** Failures that wait for a decision, of an execution or of all members of a run. */
export async function findWaitingForPerson(db: Db, executionId: string): Promise<(TaskExecution | StageExecution)[]> {
  const stages = await findCurrentStages(db, [executionId]);
  return [...stages.filter(waitsForPerson), ...(await findWaitingTasks(db, executionId))];
}

/** A decision about a part of a pipeline requires the same right as starting that stage. */
export async function requireRight(
  app: App,
  actor: Actor,
  seen: Execution,
  target: TaskExecution | StageExecution,
): Promise<void> {
  const execution = (await findExecution(app.database, target.executionId)) ?? seen;
  const stageId = 'stepName' in target ? target.id : execution.parentStageExecutionId;
  if (stageId === null) {
    return actor.access.require('EXECUTE_WORKFLOW', 'Execution', await subjectFor(app, 'Execution', execution));
  }
  const pipeline = (await findExecution(app.database, execution.runId)) ?? execution;
  await requireStages(app.database, actor, pipeline, await findStages(app.database, [stageId]));
}

function targetErrors({ taskExecutionId, pipelineStageElementId }: InterveneExecution): InputError[] {
  if ((taskExecutionId == null) !== (pipelineStageElementId == null)) return [];
  const message = 'Give either taskExecutionId or pipelineStageElementId.';
  return [{ field: 'taskExecutionId', value: taskExecutionId, rule: 'ONE_OF_TWO', message }];
}
