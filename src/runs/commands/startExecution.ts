import { type Actor, actorRef } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { SubjectRows, Target } from '../../access/subjects';
import { findPipelineTargets, findTemplateWorkflows, findWorkflowTargets } from '../../access/targets.store';
import { readApplication } from '../../catalog/applications/applications.queries';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { labelList } from '../../contract/labels';
import { advancePipeline } from '../../engine/advancePipeline';
import type { Execution, StageExecution } from '../../engine/execution';
import { refuseFrozenRun } from '../../engine/freezes';
import type { RunSlice } from '../../engine/runSlice';
import { type Catalog, type ElementPlan, elementKey } from '../../engine/startPlan';
import { type ExecutionStart, newExecution, startWorkflow } from '../../engine/startWorkflow';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import { derivedId, isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import { findExecution } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import { overrideOf } from '../freezes/overrideFreeze';
import { planPipelineStart, planWorkflowStart, type StartExecution, startErrors } from '../execution/planStart';
import { findCatalog, findStartable, holdApplication, isGone, type Startable } from '../execution/startTargets.store';
import { keyedRequest, once } from './idempotency';
import { findIdempotencyKey, insertIdempotencyKey } from './idempotencyKeys.store';

/**
 * Starts a pipeline or a workflow: checks the inputs, pins the current revisions, and creates everything that will run.
 * The same request with the same idempotency key returns the execution that was started first.
 */
export async function startExecution(app: App, actor: Actor, input: StartExecution): Promise<Execution> {
  refuseErrors(startErrors(input));
  if (!isId(input.applicationId) || !isId(input.entityId)) return refuseTarget(app, actor, input);
  const { target, catalog, aims, template, used } = await readTarget(app, input);
  if (target === undefined) return refuseTarget(app, actor, input);
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
    freezeOverride: overrideOf(input, actor),
  };
  const subject = { id: target.id, applicationId: input.applicationId, environments: aims };
  const decision =
    input.executionType === 'PIPELINE'
      ? await preparePipeline(app, actor, target, catalog, input, base, subject)
      : await prepareWorkflow(app, actor, target, catalog, input, base, { ...subject, template });
  const request = keyedRequest(input.applicationId, 'start', inOrder(input));
  const again = async ({ executionId }: { readonly executionId: string }) => {
    const known = await findExecution(app.database, executionId);
    if (known === undefined) throw notFound('execution', executionId);
    return known;
  };
  return once(app, request, used, again, async () => {
    const started = inRuns(
      app,
      [],
      actor,
      async (db) => {
        db.sent([holdApplication(db, input.applicationId)]);
        const { kind, entityId, environmentId, notes } = await db.decide(decision);
        if (request !== null) {
          db.sent([insertIdempotencyKey(db, { ...request, executionId: id, answerId: null, createdAt: db.now })]);
        }
        const after = { kind, entityId, environmentId, notes, freezeOverride: base.freezeOverride ?? undefined };
        auditDetail(db, { kind: 'execution', id, applicationId: input.applicationId, after });
        return { row: db.last(() => findExecution(db, id)) };
      },
      { keepsPlans: true },
    );
    const last = await started.catch((error: unknown) => {
      throw isGone(error) ? notFound('application', input.applicationId) : error;
    });
    const execution = await last.row;
    if (execution === undefined) throw new Error(`execution ${id} disappeared while it was being created`);
    return execution;
  });
}

/**
 * Reads the target, the catalog that its application's definitions refer to, and the environments that rights are
 * checked for.
 */
function readTarget(app: App, input: StartExecution) {
  const pipeline = input.executionType === 'PIPELINE';
  return app.database.together(async (db) => {
    const [target, catalog, used, targets, templates] = await Promise.all([
      findStartable(db, input),
      findCatalog(db, input.applicationId),
      findIdempotencyKey(db, input.applicationId, input.idempotencyKey),
      pipeline ? findPipelineTargets(db, [input.entityId]) : findWorkflowTargets(db, [input.entityId]),
      pipeline ? new Set<string>() : findTemplateWorkflows(db, [input.entityId]),
    ]);
    const template = new Set(templates).has(input.entityId);
    return { target, catalog, used, aims: targets.get(input.entityId) ?? [], template };
  });
}

/** Throws an error that names the wrong id. */
async function refuseTarget(app: App, actor: Actor, input: StartExecution): Promise<never> {
  await readApplication(app, actor, input.applicationId);
  throw notFound(input.executionType.toLowerCase(), input.entityId);
}

/** Sorts named inputs, because their order has no meaning. */
function inOrder(input: StartExecution): StartExecution {
  const byName = <T extends { readonly name: string }>(list: readonly T[] | null | undefined) =>
    [...(list ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...input, variableInputs: byName(input.variableInputs), serviceInputs: byName(input.serviceInputs) };
}

type Base = Omit<ExecutionStart, 'environmentId' | 'variables' | 'images'>;
type Start = (run: RunSlice) => Execution;

async function preparePipeline(
  app: App,
  actor: Actor,
  target: Startable,
  catalog: Catalog,
  input: StartExecution,
  base: Base,
  subject: SubjectRows['Pipeline'],
): Promise<Start> {
  const { definition } = await app.pipelineRevisions.get(app.database, target.currentRevisionId);
  const { definitions, plan, errors } = await planPipelineStart(app, definition, catalog, input);
  const elements = [...plan.elements.values()];
  const targets = targetsIn(
    catalog,
    elements.flatMap((one) => one.environmentId ?? []),
  );
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', subject, targets);
  if (base.freezeOverride != null) {
    actor.access.requireForEnvironments('OVERRIDE_FREEZE', 'Pipeline', subject, targets);
  }
  refuseErrors(errors);
  await ensureRequirementClasses(app, [...definitions.values()]);
  // The same at each try of the decision, because facts about what begins are found by these ids.
  const ids = definition.stages.map(({ elements }) => elements.map(() => newId()));
  return (run) => {
    const images = Object.assign({}, ...elements.map((element) => element.images));
    const start = { ...base, environmentId: null, variables: plan.variables, images };
    const own = { kind: 'PIPELINE' as const, maxParallel: null, mode: 'WORK_STEALING' as const, openTasks: 0 };
    run.addExecution(newExecution(start, own, run.now, definition.timeoutSeconds));
    const stages = definition.stages.flatMap((stage, stageIndex) =>
      stage.elements.map((element, elementIndex) =>
        newStage(run.now, base, plan.elements.get(elementKey(stageIndex, elementIndex)), {
          id: ids[stageIndex]?.[elementIndex] ?? newId(),
          kind: element.type,
          stageIndex,
          elementIndex,
          elementId: derivedId(target.id, stage.name, element.name),
          stageName: stage.name,
          stepName: element.name,
        }),
      ),
    );
    run.setPlan(base.id, [], stages);
    run.event({ runId: base.id, executionId: base.id }, 'EXECUTION_CREATED', { kind: 'PIPELINE', name: target.name });
    refuseFrozenRun(run, base.id);
    advancePipeline(run, base.id);
    return run.execution(base.id);
  };
}

/** Environments of the catalog in the form that rights are checked for, sorted by name. */
const targetsIn = ({ environments }: Catalog, ids: readonly string[]): Target[] =>
  environments.filter(({ id }) => ids.includes(id)).sort((a, b) => (a.name < b.name ? -1 : 1));

function newStage(
  now: Date,
  base: Base,
  plan: ElementPlan | undefined,
  element: Pick<StageExecution, 'id' | 'kind' | 'stageIndex' | 'elementIndex' | 'elementId' | 'stageName' | 'stepName'>,
): StageExecution {
  return {
    ...element,
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
    continues: null,
    waitsUntil: null,
    answers: null,
    failures: 0,
    ignored: false,
    hasPlace: false,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
}

async function prepareWorkflow(
  app: App,
  actor: Actor,
  target: Startable,
  catalog: Catalog,
  input: StartExecution,
  base: Base,
  subject: SubjectRows['Workflow'],
): Promise<Start> {
  const { definition } = await app.workflowRevisions.get(app.database, target.currentRevisionId);
  const { plan, errors } = planWorkflowStart(definition, catalog, input);
  const targets = targetsIn(catalog, plan.environmentId === null ? [] : [plan.environmentId]);
  actor.access.requireForEnvironments('EXECUTE_WORKFLOW', 'Workflow', subject, targets);
  if (base.freezeOverride != null) {
    actor.access.requireForEnvironments('OVERRIDE_FREEZE', 'Workflow', subject, targets);
  }
  refuseErrors(errors);
  await ensureRequirementClasses(app, [definition]);
  const { maxParallel = null, mode = null } = input;
  return (run) => {
    startWorkflow(run, { ...base, ...plan, name: target.name, maxParallel, mode });
    return run.execution(base.id);
  };
}

/** Creates the numbers of label sets before the transaction, so that they can be cached. */
function ensureRequirementClasses(app: App, definitions: readonly WorkflowDefinition[]): Promise<void> {
  const sets = definitions.flatMap((definition) =>
    Object.values(definition.tasks).map((task) => labelList(task.labels)),
  );
  return app.requirementClasses.ensure(app.database, sets);
}

function refuseErrors(errors: readonly InputError[]): void {
  if (errors.length > 0) throw invalidInput(errors);
}
