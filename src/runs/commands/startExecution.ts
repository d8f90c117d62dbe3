import { type Actor, actorRef } from '../../access/actor';
import type { SubjectRows, Target } from '../../access/subjects';
import { readApplication } from '../../catalog/applications/applications.queries';
import { nodeCount } from '../../catalog/language/matrix';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import type { Execution } from '../../engine/execution';
import type { RunSlice } from '../../engine/runSlice';
import { pipelineStart } from '../../engine/startPipeline';
import type { Catalog } from '../../engine/startPlan';
import { type ExecutionStart, startWorkflow } from '../../engine/startWorkflow';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import { isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import { overrideOf } from '../freezes/overrideFreeze';
import { planPipelineStart, planWorkflowStart, type StartExecution, startErrors } from '../execution/planStart';
import { findAimed, findCatalog, type Startable } from '../execution/startTargets.store';
import { type KeyedRequest, keyedRequest } from './idempotency';
import { findIdempotencyKey } from './idempotencyKeys.store';
import { requireAhead } from '../queue/queueRights';
import { inheritedPriority } from '../queue/queueSettings.store';
import { ensureRequirementClasses, startRun } from './startRun';

/**
 * Starts a pipeline or a workflow: checks the inputs, pins the current revisions, and creates everything that will run.
 * The same request with the same idempotency key returns the execution that was started first.
 */
export async function startExecution(
  app: App,
  actor: Actor,
  input: StartExecution,
  /** Request that the idempotency key identifies. Defaults to this start. */
  asked: KeyedRequest | null = keyedRequest(input.applicationId, 'start', inOrder(input)),
  /** Place of the request in a trace, which the trace of the run links to. */
  traceparent: string | null = null,
): Promise<Execution> {
  refuseErrors(startErrors(input));
  if (!isId(input.applicationId) || !isId(input.entityId)) return refuseTarget(app, actor, input);
  const { target, catalog, used } = await readTarget(app, input);
  if (target === undefined) return refuseTarget(app, actor, input);
  const { aims, template } = target;
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
    priority: input.priority ?? null,
    traceparent,
  };
  const subject = { id: target.id, applicationId: input.applicationId, environments: aims };
  const decision =
    input.executionType === 'PIPELINE'
      ? await preparePipeline(app, actor, target, catalog, input, base, subject)
      : await prepareWorkflow(app, actor, target, catalog, input, base, { ...subject, template });
  await requirePriority(app, actor, input);
  const audit = { freezeOverride: base.freezeOverride ?? undefined, priority: base.priority ?? undefined };
  return startRun(app, actor, {
    id,
    applicationId: input.applicationId,
    request: asked,
    used,
    decide: decision.start,
    size: decision.size,
    audit,
  });
}

/** A priority above that of its pipeline, workflow or application needs the right to manage agents. */
async function requirePriority(app: App, { access }: Actor, input: StartExecution): Promise<void> {
  const { priority = null } = input;
  if (priority !== null && priority > (await inheritedPriority(app.database, input))) requireAhead(access);
}

/**
 * Reads the target, the catalog that its application's definitions refer to, and the environments that rights are
 * checked for.
 */
function readTarget(app: App, input: StartExecution) {
  return app.database.together(async (db) => {
    const [target, catalog, used] = await Promise.all([
      findAimed(db, input),
      findCatalog(db, input.applicationId),
      findIdempotencyKey(db, input.applicationId, input.idempotencyKey),
    ]);
    return { target, catalog, used };
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
interface Prepared {
  readonly start: (run: RunSlice) => Execution;
  /** Number of its tasks. */
  readonly size: number;
}

const sizeOf = (definitions: readonly WorkflowDefinition[]): number =>
  definitions.reduce((sum, { tasks }) => sum + Object.values(tasks).reduce((own, task) => own + nodeCount(task), 0), 0);

async function preparePipeline(
  app: App,
  actor: Actor,
  target: Startable,
  catalog: Catalog,
  input: StartExecution,
  base: Base,
  subject: SubjectRows['Pipeline'],
): Promise<Prepared> {
  const { definition } = await app.pipelineRevisions.get(app.database, target.currentRevisionId);
  const { definitions, plan, errors } = await planPipelineStart(app, definition, catalog, input);
  const targets = targetsIn(
    catalog,
    [...plan.elements.values()].flatMap((one) => one.environmentId ?? []),
  );
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', subject, targets);
  if (base.freezeOverride != null) {
    actor.access.requireForEnvironments('OVERRIDE_FREEZE', 'Pipeline', subject, targets);
  }
  refuseErrors(errors);
  const used = [...definitions.values()];
  await ensureRequirementClasses(app, used);
  const start = pipelineStart({ ...base, variables: plan.variables, name: target.name }, definition, plan.elements);
  return { start, size: sizeOf(used) };
}

/** Environments of the catalog in the form that rights are checked for, sorted by name. */
const targetsIn = ({ environments }: Catalog, ids: readonly string[]): Target[] =>
  environments.filter(({ id }) => ids.includes(id)).sort((a, b) => (a.name < b.name ? -1 : 1));

async function prepareWorkflow(
  app: App,
  actor: Actor,
  target: Startable,
  catalog: Catalog,
  input: StartExecution,
  base: Base,
  subject: SubjectRows['Workflow'],
): Promise<Prepared> {
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
  const start = (run: RunSlice) => {
    startWorkflow(run, { ...base, ...plan, name: target.name, maxParallel, mode });
    return run.execution(base.id);
  };
  return { start, size: sizeOf([definition]) };
}

function refuseErrors(errors: readonly InputError[]): void {
  if (errors.length > 0) throw invalidInput(errors);
}
