import type { StartExecution } from '../execution/planStart';
import { type Actor, actorRef } from '../../access/actor';
import { findEnvironmentTargets } from '../../access/targets.store';
import { subjectFor } from '../../access/visible';
import { labelList } from '../../contract/labels';
import type { App } from '../app';
import { readApplication } from '../../catalog/applications/applications.queries';
import { auditDetail } from '../../access/audit/auditDetail';
import { derivedId, isId, newId } from '../../kernel/ids';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { advancePipeline } from '../execution/advancePipeline';
import type { Execution, StageExecution } from '../../engine/execution';
import { keyedRequest, once } from './idempotency';
import { insertIdempotencyKey } from './idempotencyKeys.store';
import { findExecution, insertExecution, insertExecutionTargets } from '../execution/executions.store';
import { planPipelineStart, planWorkflowStart, startErrors } from '../execution/planStart';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { insertElements, insertStages } from '../execution/stages.store';
import { type Catalogue, type ElementPlan, elementKey } from '../../engine/startPlan';
import { findCatalogue, findStartable, holdApplication, type Startable } from '../execution/startTargets.store';
import { startWorkflow } from '../execution/startWorkflow';

/**
 * Starts a pipeline or a workflow: checks the inputs, pins the revisions as they are now, and makes everything that will run. The same idempotency key with the same
 * request answers the execution that was started first.
 */
export async function startExecution(app: App, actor: Actor, input: StartExecution): Promise<Execution> {
  refuseErrors(startErrors(input));
  const target =
    isId(input.applicationId) && isId(input.entityId) ? await findStartable(app.database, input) : undefined;
  if (target === undefined) {
    // Says which of the two ids is wrong.
    await readApplication(app, actor, input.applicationId);
    throw notFound(input.executionType.toLowerCase(), input.entityId);
  }
  const catalogue = await findCatalogue(app.database, input.applicationId);
  const id = newId();
  const base = {
    id,
    runId: id,
    parentStageExecutionId: null,
    applicationId: input.applicationId,
    entityId: target.id,
    revisionId: target.currentRevisionId,
    notes: input.notes?.trim() || null,
    cause: actorRef(actor),
  };
  const start =
    input.executionType === 'PIPELINE'
      ? await preparePipeline(app, actor, target, catalogue, input, base)
      : await prepareWorkflow(app, actor, target, catalogue, input, base);
  const request = keyedRequest(input.applicationId, 'start', inOrder(input));
  const again = async ({ executionId }: { readonly executionId: string }) => {
    const known = await findExecution(app.database, executionId);
    if (known === undefined) throw notFound('execution', executionId);
    return known;
  };
  return once(app, request, again, () =>
    inRuns(app, [], actor, async (db) => {
      if (!(await holdApplication(db, input.applicationId))) throw notFound('application', input.applicationId);
      await start(db);
      if (request !== null) {
        await insertIdempotencyKey(db, { ...request, executionId: id, answerId: null, createdAt: db.now });
      }
      const execution = await findExecution(db, id);
      if (execution === undefined) throw new Error(`execution ${id} vanished while it was being made`);
      const { kind, entityId, environmentId, notes } = execution;
      const after = { kind, entityId, environmentId, notes };
      auditDetail(db, { kind: 'execution', id, applicationId: input.applicationId, after });
      return execution;
    }),
  );
}

/** The order of named inputs means nothing. */
function inOrder(input: StartExecution): StartExecution {
  const byName = <T extends { readonly name: string }>(list: readonly T[] | null | undefined) =>
    [...(list ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...input, variableInputs: byName(input.variableInputs), serviceInputs: byName(input.serviceInputs) };
}

type Base = Omit<
  Parameters<typeof startWorkflow>[1],
  'name' | 'maxParallel' | 'mode' | 'environmentId' | 'variables' | 'images'
>;
type Start = (db: RunTransaction) => Promise<unknown>;

async function preparePipeline(
  app: App,
  actor: Actor,
  target: Startable,
  catalogue: Catalogue,
  input: StartExecution,
  base: Base,
): Promise<Start> {
  const { definition } = await app.pipelineRevisions.get(app.database, target.currentRevisionId);
  const { definitions, plan, errors } = await planPipelineStart(app, definition, catalogue, input);
  const targets = await findEnvironmentTargets(
    app.database,
    [...plan.elements.values()].flatMap((one) => one.environmentId ?? []),
  );
  const subject = await subjectFor(app, 'Pipeline', { id: target.id, applicationId: input.applicationId });
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', subject, targets);
  refuseErrors(errors);
  await ensureRequirementClasses(app, [...definitions.values()]);
  const elements = [...plan.elements.values()];
  return async (db) => {
    await insertExecution(db, {
      ...base,
      kind: 'PIPELINE',
      environmentId: null,
      status: 'QUEUED',
      attempt: 1,
      version: 1,
      lastSequence: 0,
      lastExecutionSequence: 0,
      variables: plan.variables,
      images: Object.assign({}, ...elements.map((element) => element.images)),
      failureCode: null,
      failureDetails: null,
      pause: null,
      maxParallel: null,
      mode: 'WORK_STEALING',
      openTasks: 0,
      busyTasks: 0,
      waitingTasks: 0,
      besideTasks: 0,
      createdAt: db.now,
      startedAt: null,
      attemptStartedAt: null,
      endedAt: null,
      earlierMs: 0,
      expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
    });
    await insertExecutionTargets(
      db,
      base.id,
      elements.flatMap((element) => element.environmentId ?? []),
      elements.flatMap((element) => Object.keys(element.images)),
    );
    const stages = definition.stages.flatMap((stage, stageIndex) =>
      stage.elements.map((element, elementIndex) =>
        newStage(db.now, base, plan.elements.get(elementKey(stageIndex, elementIndex)), {
          kind: element.type,
          stageIndex,
          elementIndex,
          elementId: derivedId(target.id, stage.name, element.name),
          stageName: stage.name,
          stepName: element.name,
        }),
      ),
    );
    await insertStages(db, stages);
    await insertElements(db, { executionId: base.id, attempt: 1 }, stages);
    db.event({ runId: base.id, executionId: base.id }, 'EXECUTION_CREATED', { kind: 'PIPELINE', name: target.name });
    await advancePipeline(db, base.id);
  };
}

function newStage(
  now: Date,
  base: Base,
  plan: ElementPlan | undefined,
  element: Pick<StageExecution, 'kind' | 'stageIndex' | 'elementIndex' | 'elementId' | 'stageName' | 'stepName'>,
): StageExecution {
  return {
    ...element,
    id: newId(),
    executionId: base.id,
    attempt: 1,
    status: 'QUEUED',
    reasonCode: null,
    reason: null,
    workflowId: plan?.workflowId ?? null,
    workflowRevisionId: plan?.workflowRevisionId ?? null,
    environmentId: plan?.environmentId ?? null,
    variables: plan?.variables ?? {},
    images: plan?.images ?? {},
    mode: null,
    maxParallel: null,
    workflowExecutionId: null,
    workflowAttempt: null,
    goesOn: null,
    waitsUntil: null,
    answers: null,
    failures: 0,
    ignored: false,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
}

async function prepareWorkflow(
  app: App,
  actor: Actor,
  target: Startable,
  catalogue: Catalogue,
  input: StartExecution,
  base: Base,
): Promise<Start> {
  const { definition } = await app.workflowRevisions.get(app.database, target.currentRevisionId);
  const { plan, errors } = planWorkflowStart(definition, catalogue, input);
  const targets = await findEnvironmentTargets(app.database, plan.environmentId === null ? [] : [plan.environmentId]);
  const subject = await subjectFor(app, 'Workflow', { id: target.id, applicationId: input.applicationId });
  actor.access.requireForEnvironments('EXECUTE_WORKFLOW', 'Workflow', subject, targets);
  refuseErrors(errors);
  await ensureRequirementClasses(app, [definition]);
  return (db) =>
    startWorkflow(db, {
      ...base,
      ...plan,
      name: target.name,
      maxParallel: input.maxParallel ?? null,
      mode: input.mode ?? null,
    });
}

/** Makes the numbers of label sets before the transaction, so that they can be cached. */
function ensureRequirementClasses(app: App, definitions: readonly WorkflowDefinition[]): Promise<void> {
  const sets = definitions.flatMap((definition) =>
    Object.values(definition.tasks).map((task) => labelList(task.labels)),
  );
  return app.requirementClasses.ensure(app.database, sets);
}

function refuseErrors(errors: readonly InputError[]): void {
  if (errors.length > 0) throw invalidInput(errors);
}
