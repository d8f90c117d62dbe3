import { type Actor, actorRef } from '../../access/actor';
import { requireReadable } from '../../access/visible';
import type { App } from '../app';
import type { Execution, StageExecution } from '../../engine/execution';
import { findAttempts, findExecution } from '../execution/executions.store';
import { requireAnyStage, requireStages } from '../execution/requireStages';
import { type Answered, onRun, type RunCommand, type RunCommandInput } from './onRun';
import type { RunTransaction } from '../execution/runTransaction';
import { findCurrentStages } from '../execution/stages.store';
import { findCatalog } from '../execution/startTargets.store';
import { findCurrentTasks } from '../execution/tasks.store';
import { isId, newId } from '../../kernel/ids';
import { notFound, Refusal } from '../../kernel/errors';
import { beginNextAttempt } from '../attempts/beginNextAttempt';
import { nextRow } from '../attempts/resumePlan';
import {
  type Additions,
  decideExtension,
  type ExtendedRun,
  type Extension,
  refuseExtension,
} from '../../engine/extension';
import { findLastDeployment } from '../deployments/deployments.store';
import { type Aim, requireNotMovedOn } from '../deployments/movedOn';
import { requireOverride } from '../freezes/frozen';
import { type MayOverrideFreeze, overrideErrors, overrideOf } from '../freezes/overrideFreeze';
import { newOperation } from '../restores/operationSteps';
import type { Operation, RestorePoint } from '../restores/restore';
import { appendLines, findOperations, insertOperation, insertRestorePoint } from '../restores/restores.store';

export interface AddImagesToRun extends Partial<Additions>, RunCommandInput, MayOverrideFreeze {
  readonly runId: string;
  /** True to log the decision about every task in the operation's log. */
  readonly debug?: boolean | null;
  /** True to allow replacing images that runs which started later have deployed since. */
  readonly overrule?: boolean | null;
}

export interface Extended {
  readonly run: Execution;
  readonly operation: Operation;
}

/**
 * Extends a run that succeeded with more images or other inputs. In its next attempt, only parts that depend on a
 * change run again. The same transaction saves the previous attempt as the restore point. Another extension after a
 * failure leaves that point unchanged.
 */
export async function addImagesToRun(app: App, actor: Actor, input: AddImagesToRun): Promise<Extended> {
  const command: RunCommand = {
    ...onPipelineRun('extend', input),
    texts: { idempotencyKey: input.idempotencyKey ?? null },
    errors: overrideErrors(input),
    right: (_access, _subject, execution) => requireAnyStage(app.database, actor, execution),
  };
  const answered = await onRun(app, actor, command, async (db, execution, { environments }) => {
    const attempts = await findAttempts(db, [execution.id]);
    const refusal = refuseExtension(
      execution,
      attempts.some((attempt) => attempt.status === 'SUCCESS'),
    );
    if (refusal !== null) throw refusal;
    const run = await readRun(db, execution);
    const reason = input.reason?.trim() || null;
    const additions = { images: input.images ?? [], variableInputs: input.variableInputs ?? [], reason };
    const extension = decideExtension(run, additions);
    if (extension instanceof Refusal) throw extension;
    await requireStages(
      db,
      actor,
      execution,
      extension.again.map(({ stage }) => stage),
      environments,
    );
    await requireNotMovedOn(app, db, execution, extension.again.map(aimOf), input.overrule);
    const freezeOverride = overrideOf(input, actor);
    if (freezeOverride !== null) {
      const stages = extension.again.map(({ stage }) => stage);
      await requireOverride(db, actor, execution, stages);
    }
    const point = execution.status === 'SUCCESS' ? await makeRestorePoint(db, execution) : null;
    const after = await extend(db, run, extension, reason, freezeOverride);
    return { after, answerId: (await keepRecord(db, execution, extension, point, input.debug ?? false)).id };
  });
  return withOperation(app, answered);
}

function aimOf({ stage, inputs, continues }: Extension['again'][number]): Aim {
  const { environmentId, workflowRevisionId: revisionId } = stage;
  return {
    environmentId,
    revisionId,
    images: inputs.images,
    ...(continues !== null && { tasks: () => continues.tasks }),
  };
}

/** Common part of extend and restore: both apply to pipeline runs only. */
export const onPipelineRun = (verb: string, input: RunCommandInput & { readonly runId: string }) => ({
  verb,
  input,
  id: input.runId,
  named: { kind: 'pipeline execution', id: input.runId },
  mismatch: ({ kind }: Execution) => (kind === 'PIPELINE' ? null : 'is a workflow execution'),
});

/** The run and the operation that a command created on it. */
export async function withOperation(app: App, { execution: run, answerId }: Answered): Promise<Extended> {
  const [operation] = await findOperations(app.database, [answerId ?? '']);
  if (operation === undefined) throw new Error(`operation ${answerId} does not exist`);
  return { run, operation };
}

/** A pipeline run, if the actor may see it. Only pipeline runs can be extended and restored. */
export async function requireRun(app: App, actor: Actor, id: string): Promise<Execution> {
  const execution = isId(id) ? await findExecution(app.database, id) : undefined;
  if (execution?.kind !== 'PIPELINE') throw notFound('pipeline execution', id);
  await requireReadable(app, actor.access, 'Execution', execution);
  return execution;
}

async function readRun(db: RunTransaction, execution: Execution): Promise<ExtendedRun> {
  const stages = await findCurrentStages(db, [execution.id]);
  const { definition } = await db.app.pipelineRevisions.get(db, execution.revisionId);
  const revisions = await db.app.workflowRevisions.getAll(db, [
    ...new Set(stages.flatMap((stage) => stage.workflowRevisionId ?? [])),
  ]);
  const tasks = await findCurrentTasks(
    db,
    stages.flatMap((stage) => stage.workflowExecutionId ?? []),
  );
  const passed = new Map<string, Set<string>>();
  for (const task of tasks) {
    if (task.passed) passed.set(task.executionId, (passed.get(task.executionId) ?? new Set()).add(task.name));
  }
  return {
    execution,
    stages,
    pipeline: definition,
    workflows: new Map(revisions.map((revision) => [revision.id, revision.definition])),
    catalog: await findCatalog(db, execution.applicationId),
    passed,
  };
}

async function makeRestorePoint(db: RunTransaction, { id: runId, attempt }: Execution): Promise<RestorePoint> {
  const point = {
    ...{ id: newId(), runId, attempt, createdAt: db.now, createdBy: actorRef(db.actor) },
    lastDeployment: await findLastDeployment(db),
  };
  await insertRestorePoint(db, point);
  return point;
}

/** Begins the next attempt, as planned. */
function extend(
  db: RunTransaction,
  { execution }: ExtendedRun,
  { variables, images, again, kept }: Extension,
  reason: string | null,
  freezeOverride: Execution['freezeOverride'],
): Promise<Execution> {
  const fromStage = again[0]?.stage.stageName ?? '';
  const elements = again.map(({ stage: before, inputs, continues }) => {
    const { variables, images } = inputs;
    const stage: StageExecution = { ...nextRow(execution, before, db.now), variables, images, continues };
    return { stage, before, next: null, fit: null };
  });
  const plan = { fromStage, revisionId: execution.revisionId, variables, images, kept, elements };
  const cause = actorRef(db.actor);
  return beginNextAttempt(db, execution, plan, { kind: 'EXTEND', cause, reason, fromStage, freezeOverride });
}

/** Records the extension as an operation of the run, with a log of what runs again, and why. */
async function keepRecord(
  db: RunTransaction,
  execution: Execution,
  extension: Extension,
  point: RestorePoint | null,
  debug: boolean,
): Promise<Operation> {
  const operation = newOperation(db, execution, {
    ...{ kind: 'EXTEND', status: 'SUCCESS', attempt: execution.attempt + 1, debug, conflictsConfirmed: false },
    ...{ restorePointId: point?.id ?? null, deadlineAt: db.now, endedAt: db.now },
  });
  await insertOperation(db, operation);
  const info = (message: string) => ({ level: 'INFO' as const, message });
  const nameOf = (stage: StageExecution) => `stage "${stage.stageName}", element "${stage.stepName}"`;
  const kept = point === null ? 'the restore point stays as it is' : `restore point ${point.id} made`;
  await appendLines(
    db,
    operation.id,
    [
      info(`${db.actor.name} extended the run, attempt ${execution.attempt + 1}; ${kept}`),
      ...extension.again.flatMap(({ stage, why, continues, kept: tasks }) => [
        info(`${nameOf(stage)} runs again: ${why}${tasks.length === 0 ? '' : `; ${tasks.length} tasks are kept`}`),
        ...(debug && continues !== null
          ? [
              { level: 'DEBUG' as const, message: `  run again: ${continues.tasks.join(', ')}` },
              { level: 'DEBUG' as const, message: `  kept: ${tasks.join(', ')}` },
            ]
          : []),
      ]),
      ...extension.kept.map((stage) => info(`${nameOf(stage)} keeps its result`)),
    ],
    db.now,
  );
  return operation;
}
