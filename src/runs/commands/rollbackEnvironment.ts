import { type Actor, actorRef } from '../../access/actor';
import { type Environment, environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import type { Execution } from '../../engine/execution';
import { pipelineStart, type StartedElement } from '../../engine/startPipeline';
import { elementKey } from '../../engine/startPlan';
import { textErrors } from '../../engine/textLimits';
import { invalidInput, Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { lockEnvironments } from '../deployments/deployments.store';
import { generated, rollbackPipeline } from '../rollbacks/generatedDefinitions';
import {
  type ChosenTargets,
  planRollback,
  type RollbackPlan,
  type RollbackQuestion,
  type RollbackStep,
  type RollbackTarget,
} from '../rollbacks/planRollback';
import { insertGenerated } from '../rollbacks/rollbacks.store';
import { keyedRequest } from './idempotency';
import { findIdempotencyKey } from './idempotencyKeys.store';
import { ensureRequirementClasses, startRun } from './startRun';

export interface RollbackEnvironment {
  readonly environmentId: string;
  /** Names or ids; null: all services. */
  readonly services?: readonly string[] | null;
  /** Defaults to the previous image of each service. */
  readonly to?: RollbackTarget | null;
  readonly planToken?: string | null;
  readonly overrule?: boolean | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

/** Everything that a rollback would do, with its refusals. Writes nothing. */
export async function previewRollback(app: App, actor: Actor, input: RollbackEnvironment): Promise<RollbackPlan> {
  const question = await readQuestion(app, actor, input);
  return app.database.snapshot(async (db) => {
    const plan = await planRollback(app, db, question);
    const denied = await refusedRight(actor, question.environment);
    return denied === null ? plan : { ...plan, refusals: [denied, ...plan.refusals] };
  });
}

/**
 * Brings services of an environment back to earlier images: repeats the workflow executions that deployed them, as a new
 * run. The plan is made again under the environment's lock, so that nothing moves between a check and the start.
 */
export async function rollbackEnvironment(app: App, actor: Actor, input: RollbackEnvironment): Promise<Execution> {
  const question = await readQuestion(app, actor, input);
  const denied = await refusedRight(actor, question.environment);
  if (denied !== null) throw denied;
  return startRollback(app, actor, question, input);
}

/** The same for a stage with `on_failure: rollback`, which the server carries out. */
export async function startRollback(
  app: App,
  actor: Actor,
  question: RollbackQuestion,
  input: Pick<RollbackEnvironment, 'planToken' | 'reason' | 'idempotencyKey'>,
): Promise<Execution> {
  const { environment } = question;
  const { id: environmentId, applicationId } = environment;
  const used = await findIdempotencyKey(app.database, applicationId, input.idempotencyKey);
  const request = keyedRequest(applicationId, 'rollback', input);
  // A repeat of the request finds its run, even if nothing is left to roll back.
  const seen = used === undefined ? await planRollback(app, app.database, question) : null;
  if (seen !== null) {
    requirePlan(seen, input.planToken);
    await ensureRequirementClasses(
      app,
      seen.steps.map(({ definition }) => definition),
    );
  }
  const id = newId();
  const now = app.clock.now();
  const parts = partsOf(environment, seen?.steps ?? [], now);
  const { row, revision } = parts.pipeline;
  const start = {
    ...{ id, runId: id, parentStageExecutionId: null, applicationId, entityId: row.id, revisionId: revision.id },
    ...{ notes: input.reason?.trim() || null, cause: actorRef(actor), variables: {}, name: row.name },
  };
  const begin = pipelineStart(start, revision.definition, parts.elements);
  return startRun(app, actor, {
    ...{ id, applicationId, request, used },
    audit: { rollback: seen?.places.map(({ service, to }) => ({ service, image: to.image })) },
    first: async (db) => {
      await lockEnvironments(db, [environmentId]);
      const plan = await planRollback(app, db, question);
      if (plan.token !== seen?.token) throw stale();
      requirePlan(plan, input.planToken);
      await insertGenerated(db, parts.pipeline, parts.flows);
    },
    decide: (run) => {
      run.changes.rollbacks.push({
        runId: id,
        environmentId,
        services: (seen?.places ?? []).map(({ serviceId, now: from, to }) => ({
          ...{ serviceId, image: to.image, fromId: from?.id ?? null, toId: to.id },
        })),
        failedRunId: 'failedRunId' in question.to ? question.to.failedRunId : null,
        createdAt: run.now,
      });
      return begin(run);
    },
  });
}

const stale = (): Refusal =>
  new Refusal('PLAN_STALE', 'The environment has changed since the preview. Preview the rollback again.');

function requirePlan(plan: RollbackPlan, token: string | null | undefined): void {
  if (token != null && token !== plan.token) throw stale();
  const [refusal] = plan.refusals;
  if (refusal !== undefined) throw refusal;
}

/** The definitions that a rollback runs: a stage for each step. */
function partsOf(environment: Environment, steps: readonly RollbackStep[], now: Date) {
  const { applicationId, name: environmentName } = environment;
  const title = `Rollback of ${environmentName}`;
  const flows = steps.map(({ workflow, definition, hasRollbackTasks }) =>
    hasRollbackTasks ? generated(applicationId, workflow, definition, now) : null,
  );
  const elements = new Map(
    steps.map(({ workflowId, attempt, places }, index): [string, StartedElement] => [
      elementKey(index, 0),
      {
        workflowId,
        workflowRevisionId: flows[index]?.revision.id ?? attempt.revisionId,
        environmentId: environment.id,
        variables: attempt.variables,
        images: Object.fromEntries(places.map(({ serviceId, to }) => [serviceId, to.image])),
        mode: attempt.mode,
        maxParallel: attempt.maxParallel,
      },
    ]),
  );
  const stages = steps.map(({ workflow, places }) => {
    const names = places.map(({ service }) => service);
    return { name: names.join(', '), workflow, environment: environmentName, services: names };
  });
  return {
    pipeline: generated(applicationId, title, rollbackPipeline(title, stages), now),
    flows: flows.filter((one) => one !== null),
    elements,
  };
}

async function readQuestion(app: App, actor: Actor, input: RollbackEnvironment): Promise<RollbackQuestion> {
  const { reason, idempotencyKey, services, to, overrule } = input;
  const errors = textErrors({ reason, idempotencyKey });
  if (to?.deploymentId != null && to.time != null) {
    const message = 'to: give a deploymentId or a time, not both.';
    errors.push({ field: 'to', value: null, rule: 'ONE_OF', message });
  }
  if (services?.length === 0) {
    const message = 'services: an empty list would roll back nothing. Leave it out for all services.';
    errors.push({ field: 'services', value: [], rule: 'NOT_EMPTY', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
  const environment = await readPart(app, actor, environments, input.environmentId);
  return { environment, services: services ?? null, to: to ?? {}, overrule: overrule ?? false };
}

/** The right to roll back includes no right to see runs, which a rollback repeats. */
async function refusedRight(actor: Actor, { id, applicationId, type, name }: Environment): Promise<Refusal | null> {
  const target = { id, type, name };
  const subject = {
    id,
    applicationId,
    environments: [target],
    kind: 'PIPELINE',
    parentStageExecutionId: null,
  } as const;
  for (const action of ['READ', 'ROLLBACK_WORKFLOW'] as const) {
    if (actor.access.can(action, 'Execution', subject)) continue;
    const missing = `DEPLOYMENT ${action} in application ${applicationId} for environment ${name} (${id})`;
    return new Refusal('FORBIDDEN', `The permission ${missing} is missing.`, {
      ...{ action, permissionType: 'DEPLOYMENT', applicationId, environmentIds: [id], missing },
    });
  }
  return null;
}

export type { ChosenTargets };
