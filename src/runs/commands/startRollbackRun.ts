import { type Actor, actorRef } from '../../access/actor';
import type { Environment } from '../../catalog/environments/environments';
import type { Execution } from '../../engine/execution';
import { pipelineStart, type StartedElement } from '../../engine/startPipeline';
import { elementKey } from '../../engine/startPlan';
import { textErrors } from '../../engine/textLimits';
import type { Db } from '../../kernel/database/database';
import { type InputError, Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { lockEnvironments } from '../deployments/deployments.store';
import { previewFreezes } from '../freezes/frozen';
import { type MayOverrideFreeze, overrideErrors, overrideOf } from '../freezes/overrideFreeze';
import { generated, rollbackPipeline } from '../rollbacks/generatedDefinitions';
import type { RollbackStep, StartablePlan } from '../rollbacks/planRollback';
import { insertGenerated } from '../rollbacks/rollbacks.store';
import { keyedRequest } from './idempotency';
import { findIdempotencyKey } from './idempotencyKeys.store';
import { ensureRequirementClasses, startRun } from './startRun';

/** Common input of commands that start a rollback. */
export interface RollbackInput extends MayOverrideFreeze {
  readonly planToken?: string | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
  /** WAIT by default: the elements wait for the end of a freeze. */
  readonly onFreeze?: 'WAIT' | 'REFUSE' | null;
}

/** A rollback that can be planned again at any time, with the definitions that it runs. */
export interface RollbackRun<Plan extends StartablePlan> {
  readonly verb: string;
  readonly applicationId: string;
  /** Name of its pipeline. */
  readonly title: string;
  readonly environments: readonly Environment[];
  readonly plan: (db: Db) => Promise<Plan>;
  readonly stagesOf: (plan: Plan) => readonly (readonly RollbackStep[])[];
  readonly failedRunId: string | null;
  /** Moment that it returns to, if it brings whole environments back. */
  readonly time: Date | null;
}

export const rollbackErrors = (input: RollbackInput): InputError[] => [
  ...textErrors({ reason: input.reason, idempotencyKey: input.idempotencyKey }),
  ...overrideErrors(input),
];

/**
 * Starts a rollback. The plan is made again under the locks of the environments, so that nothing moves between a check
 * and the start.
 */
export async function startRollbackRun<Plan extends StartablePlan>(
  app: App,
  actor: Actor,
  input: RollbackInput,
  { verb, applicationId, title, environments, plan: planNow, stagesOf, failedRunId, time }: RollbackRun<Plan>,
): Promise<Execution> {
  const used = await findIdempotencyKey(app.database, applicationId, input.idempotencyKey);
  const request = keyedRequest(applicationId, verb, input);
  // A repeat of the request finds its run, even if nothing is left to roll back.
  const seen = used === undefined ? await planNow(app.database) : null;
  if (seen !== null) requirePlan(seen, input.planToken);
  const stages = seen === null ? [] : stagesOf(seen);
  await ensureRequirementClasses(
    app,
    stages.flat().map(({ definition }) => definition),
  );
  const id = newId();
  const parts = partsOf(applicationId, title, environments, stages, input.onFreeze ?? 'WAIT', app.clock.now());
  const { row, revision } = parts.pipeline;
  const freezeOverride = overrideOf(input, actor);
  const start = {
    ...{ id, runId: id, parentStageExecutionId: null, applicationId, entityId: row.id, revisionId: revision.id },
    ...{ notes: input.reason?.trim() || null, cause: actorRef(actor), variables: {}, name: row.name, freezeOverride },
  };
  const begin = pipelineStart(start, revision.definition, parts.elements);
  const places = seen?.places ?? [];
  return startRun(app, actor, {
    ...{ id, applicationId, request, used },
    audit: {
      rollback: places.map(({ environmentId, service, to }) => ({ environmentId, service, image: to.image })),
      ...(freezeOverride !== null && { freezeOverride }),
    },
    first: async (db) => {
      await lockEnvironments(
        db,
        environments.map((one) => one.id),
      );
      const plan = await planNow(db);
      if (seen !== null) requirePlan(plan, seen.token);
      await insertGenerated(db, parts.pipeline, parts.flows);
    },
    decide: (run) => {
      const [only = null, ...others] = environments;
      run.changes.rollbacks.push({
        ...{ runId: id, failedRunId, time, createdAt: run.now },
        environmentId: others.length === 0 && only !== null ? only.id : null,
        services: places.map(({ environmentId, serviceId, now: from, to }) => ({
          ...{ environmentId, serviceId, image: to.image, fromId: from?.id ?? null, toId: to.id },
        })),
      });
      return begin(run);
    },
  });
}

function requirePlan(plan: StartablePlan, token: string | null | undefined): void {
  if (token != null && token !== plan.token) throw stale(plan.changesSince?.(token) ?? []);
  const [refusal] = plan.refusals;
  if (refusal !== undefined) throw refusal;
}

function stale(changes: readonly string[]): Refusal {
  const what = changes.length === 0 ? 'The environment has changed' : `${changes.join(', ')}`;
  const message = `${what} since the preview. Preview the rollback again.`;
  return new Refusal('PLAN_STALE', message, changes.length === 0 ? {} : { changes });
}

/** The definitions that a rollback runs. */
function partsOf(
  applicationId: string,
  title: string,
  environments: readonly Environment[],
  stages: readonly (readonly RollbackStep[])[],
  onFreeze: 'WAIT' | 'REFUSE',
  now: Date,
) {
  const flowOf = new Map(
    stages
      .flat()
      .flatMap((step) =>
        step.hasRollbackTasks ? [[step, generated(applicationId, step.workflow, step.definition, now)] as const] : [],
      ),
  );
  const elements = new Map(
    stages.flatMap((steps, stageIndex) =>
      steps.map((step, elementIndex): [string, StartedElement] => {
        const { workflowId, environmentId, attempt, places } = step;
        return [
          elementKey(stageIndex, elementIndex),
          {
            ...{ workflowId, environmentId, variables: attempt.variables },
            workflowRevisionId: flowOf.get(step)?.revision.id ?? attempt.revisionId,
            images: Object.fromEntries(places.map(({ serviceId, to }) => [serviceId, to.image])),
            ...{ mode: attempt.mode, maxParallel: attempt.maxParallel },
          },
        ];
      }),
    ),
  );
  const nameOf = (id: string) => environments.find((one) => one.id === id)?.name ?? id;
  const servicesOf = (steps: readonly RollbackStep[]) => [
    ...new Set(steps.flatMap(({ places }) => places.map(({ service }) => service))),
  ];
  const definition = rollbackPipeline(
    title,
    onFreeze,
    stages.map((steps) => ({
      name: servicesOf(steps).join(', '),
      elements: steps.map((step) => ({
        name: environments.length === 1 ? step.workflow : `${nameOf(step.environmentId)} ${step.workflow}`,
        ...{ workflow: step.workflow, environment: nameOf(step.environmentId), services: servicesOf([step]) },
      })),
    })),
  );
  return { pipeline: generated(applicationId, title, definition, now), flows: [...flowOf.values()], elements };
}

/** Refusals of a preview: missing rights, those of the plan, and freezes that the run would be refused for. */
export async function previewRefusals(
  app: App,
  actor: Actor,
  input: RollbackInput,
  environments: readonly Environment[],
  { places, refusals }: StartablePlan,
): Promise<readonly Refusal[]> {
  const denied = environments.map((one) => refusedRight(actor, one, input)).find((one) => one !== null);
  const deploying = places.map(({ environmentId, serviceId }) => ({ environmentId, serviceIds: [serviceId] }));
  const { refusal } = await previewFreezes(app, actor, deploying, input, input.onFreeze ?? 'WAIT');
  return [...(denied ? [denied] : []), ...refusals, ...(refusal === null ? [] : [refusal])];
}

export function requireRollback(actor: Actor, environment: Environment, input: RollbackInput): void {
  const denied = refusedRight(actor, environment, input);
  if (denied !== null) throw denied;
}

/** The right to roll back does not include the right to see runs, which a rollback repeats. */
export function refusedRight(
  actor: Actor,
  { id, applicationId, type, name }: Environment,
  { overrideFreeze }: MayOverrideFreeze,
): Refusal | null {
  const target = { id, type, name };
  const subject = {
    id,
    applicationId,
    environments: [target],
    kind: 'PIPELINE',
    parentStageExecutionId: null,
  } as const;
  const needed = [
    'READ',
    'ROLLBACK_WORKFLOW',
    ...(overrideFreeze == null ? [] : (['OVERRIDE_FREEZE'] as const)),
  ] as const;
  for (const action of needed) {
    if (actor.access.can(action, 'Execution', subject)) continue;
    const missing = `DEPLOYMENT ${action} in application ${applicationId} for environment ${name} (${id})`;
    return new Refusal('FORBIDDEN', `The permission ${missing} is missing.`, {
      ...{ action, permissionType: 'DEPLOYMENT', applicationId, environmentIds: [id], missing },
    });
  }
  return null;
}
