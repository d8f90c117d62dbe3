import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { environments } from '../../catalog/environments/environments';
import { services } from '../../catalog/services/services';
import type { Execution } from '../../engine/execution';
import type { RolledBack, Rollback as RollbackRow } from '../../engine/rollback';
import { previewEnvironments, restoreEnvironments } from '../../runs/commands/restoreEnvironments';
import { previewRollback, rollbackEnvironment } from '../../runs/commands/rollbackEnvironment';
import { executionById } from '../../runs/execution/executions.loaders';
import type { EnvironmentsPlan, LeftPlace } from '../../runs/rollbacks/planEnvironments';
import type { PlannedPlace, RollbackPlan, RollbackStep, StartablePlan } from '../../runs/rollbacks/planRollback';
import { deploymentById, rollbackOfRun, rollbacksOfFailedRun } from '../../runs/rollbacks/rollbacks.loaders';
import { Deployment } from '../deployments/deployments.types';
import { Environment } from '../environments/environments.types';
import { ExecutionInterface, PipelineExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { Service } from '../services/services.types';
import { previewed } from './previewed';
import {
  LeftOutService,
  RestoreEnvironmentsInput,
  RestoreEnvironmentsPayload,
  RestoreEnvironmentsPreview,
} from './restoreEnvironments.types';
import {
  PreviewedRollbackService,
  Rollback,
  RollbackEnvironmentInput,
  RollbackEnvironmentPayload,
  RollbackPreview,
  RollbackStep as RollbackStepType,
  RolledBackService,
} from './rollbacks.types';

const serviceOf = async (serviceId: string, { loaders, actor }: Context) =>
  visible(actor.access, loaders, 'Service', await loaders.load(services.byId, serviceId));
const executionOf = async (id: string, { loaders, actor }: Context) =>
  visible(actor.access, loaders, 'Execution', await loaders.load(executionById, id));

@Resolver()
export class RollbacksResolver {
  @Query(() => RollbackPreview, {
    nullable: true,
    description:
      'Preview of `rollbackEnvironment` with this input: images, workflows and tasks, and every refusal. Writes nothing. Ignores `planToken` and `idempotencyKey`. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async rollbackPreview(
    @Arg('input', () => RollbackEnvironmentInput, { description: 'Input for `rollbackEnvironment`.' })
    input: RollbackEnvironmentInput,
    @Ctx() { app, actor }: Context,
  ) {
    const plan = await previewRollback(app, actor, input);
    return shown(plan);
  }

  @Mutation(() => RollbackEnvironmentPayload, {
    description:
      'Brings services of an environment back to earlier images. Finds the workflow executions that deployed them, and runs their workflows again, with the same revisions, variables and images, as a new run whose first attempt has the kind ROLLBACK. ' +
      'A workflow that has tasks of type `rollback` runs those instead. The run can be watched, aborted and resumed like any other. Requires ROLLBACK_WORKFLOW and READ of executions for the environment. ' +
      'Idempotent with an `idempotencyKey`. Example: `rollbackEnvironment(input: {environmentId: "…", services: ["web"]}) { execution { id } }`. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NOTHING_TO_ROLL_BACK, REVISION_GONE, ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, PLAN_STALE, IDEMPOTENCY_CONFLICT.',
  })
  async rollbackEnvironment(
    @Arg('input', () => RollbackEnvironmentInput, { description: 'Input of `rollbackEnvironment`.' })
    input: RollbackEnvironmentInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), execution: await rollbackEnvironment(app, actor, input) };
  }

  @Query(() => RestoreEnvironmentsPreview, {
    nullable: true,
    description:
      'Preview of `restoreEnvironments` with this input: images, services that can’t be brought back, workflows in order, and every refusal. Writes nothing. Ignores `planToken` and `idempotencyKey`. Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT.',
  })
  async restoreEnvironmentsPreview(
    @Arg('input', () => RestoreEnvironmentsInput, { description: 'Input for `restoreEnvironments`.' })
    input: RestoreEnvironmentsInput,
    @Ctx() { app, actor }: Context,
  ) {
    return shownEnvironments(await previewEnvironments(app, actor, input));
  }

  @Mutation(() => RestoreEnvironmentsPayload, {
    description:
      'Brings environments of an application back to the images that they had at an earlier time, as one new run. Its stages follow `dependsOn` of the services: a service comes after the services that it depends on, and independent services run in parallel. ' +
      'Each element repeats the workflow execution that deployed the image, as in `rollbackEnvironment`. The first attempt has the kind ROLLBACK, and the run can be resumed like any other. Does not restore variables. ' +
      'Requires ROLLBACK_WORKFLOW and READ of executions for each environment. Idempotent with an `idempotencyKey`. ' +
      'Example: `restoreEnvironments(input: {applicationIds: ["…"], time: "2026-03-01T12:30:00Z"}) { execution { id } }`. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NOTHING_TO_ROLL_BACK, PARTLY_GONE, SEVERAL_APPLICATIONS, ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, PLAN_STALE, IDEMPOTENCY_CONFLICT.',
  })
  async restoreEnvironments(
    @Arg('input', () => RestoreEnvironmentsInput, { description: 'Input of `restoreEnvironments`.' })
    input: RestoreEnvironmentsInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), execution: await restoreEnvironments(app, actor, input) };
  }
}

const shownPlaces = ({ places }: StartablePlan) =>
  places.map((place) => ({ ...place, from: place.now, newer: place.unsettled }));

const shown = ({ environment, kept, steps, ...plan }: RollbackPlan) => ({
  ...{ environment, kept, steps: steps.map(shownStep) },
  ...{ ...previewed(plan), services: shownPlaces(plan) },
});

const shownEnvironments = ({ time, environments, applications, left, stages, ...plan }: EnvironmentsPlan) => ({
  ...{ time, environments, applications, left, stages: stages.map((steps) => ({ steps: steps.map(shownStep) })) },
  ...{ ...previewed(plan), services: shownPlaces(plan) },
});

const shownStep = ({ places, attempt, ...step }: RollbackStep) => ({
  ...step,
  executionId: attempt.executionId,
  services: places.map(({ service }) => service),
});

@Resolver(() => PreviewedRollbackService)
export class PreviewedRollbackServiceResolver {
  @FieldResolver(() => Environment)
  environment(@Root() { environmentId }: PlannedPlace, @Ctx() { loaders }: Context) {
    return loaders.load(environments.byId, environmentId);
  }

  @FieldResolver(() => Service, { nullable: true })
  service(@Root() { serviceId }: PlannedPlace, @Ctx() context: Context) {
    return serviceOf(serviceId, context);
  }
}

@Resolver(() => LeftOutService)
export class LeftOutServiceResolver {
  @FieldResolver(() => Environment)
  environment(@Root() { environmentId }: LeftPlace, @Ctx() { loaders }: Context) {
    return loaders.load(environments.byId, environmentId);
  }
}

@Resolver(() => RollbackStepType)
export class RollbackStepResolver {
  @FieldResolver(() => Environment)
  environment(@Root() { environmentId }: RollbackStep, @Ctx() { loaders }: Context) {
    return loaders.load(environments.byId, environmentId);
  }
}

@Resolver(() => RolledBackService)
export class RolledBackServiceResolver {
  @FieldResolver(() => Environment, { nullable: true })
  async environment(@Root() { environmentId }: RolledBack, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));
  }

  @FieldResolver(() => Service, { nullable: true })
  service(@Root() { serviceId }: RolledBack, @Ctx() context: Context) {
    return serviceOf(serviceId, context);
  }

  @FieldResolver(() => Deployment, { nullable: true })
  async from(@Root() { fromId }: RolledBack, @Ctx() { loaders }: Context) {
    return fromId === null ? null : ((await loaders.load(deploymentById, fromId)) ?? null);
  }

  @FieldResolver(() => Deployment, { nullable: true })
  async to(@Root() { toId }: RolledBack, @Ctx() { loaders }: Context) {
    return (await loaders.load(deploymentById, toId)) ?? null;
  }
}

@Resolver(() => Rollback)
export class RollbackFieldsResolver {
  @FieldResolver(() => Environment, { nullable: true })
  async environment(@Root() { environmentId }: RollbackRow, @Ctx() { loaders, actor }: Context) {
    if (environmentId === null) return null;
    return visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));
  }

  @FieldResolver(() => PipelineExecution, { nullable: true })
  async failedExecution(@Root() { failedRunId }: RollbackRow, @Ctx() context: Context) {
    return failedRunId === null ? null : executionOf(failedRunId, context);
  }
}

@Resolver(() => ExecutionInterface)
export class ExecutionRollbacksResolver {
  @FieldResolver(() => Rollback, {
    nullable: true,
    description: 'Origin of the run, if it rolls an environment back. Null for any other execution.',
  })
  async rollback(@Root() { id, runId }: Execution, @Ctx() { loaders }: Context) {
    return id === runId ? ((await loaders.load(rollbackOfRun, id)) ?? null) : null;
  }

  @FieldResolver(() => [PipelineExecution], {
    description: 'Rollbacks that failed stages of the run have started, because of `on_failure: rollback`.',
  })
  async rolledBackBy(@Root() { id }: Execution, @Ctx() context: Context) {
    const rows = (await context.loaders.load(rollbacksOfFailedRun, id)) ?? [];
    const seen = await Promise.all(rows.map(({ runId }) => executionOf(runId, context)));
    return seen.filter((one) => one !== null);
  }
}
