import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import type { Environment as EnvironmentRow } from '../../catalog/environments/environments';
import { workflows } from '../../catalog/workflows/workflows';
import type { RecordedDeployment } from '../../engine/deployment';
import type { ObservedService, Observer as ObserverRow } from '../../engine/observation';
import { observeEnvironment } from '../../runs/commands/observeEnvironment';
import { executionById } from '../../runs/execution/executions.loaders';
import { observedInEnvironment, observersOfEnvironment } from '../../runs/observations/observations.loaders';
import { Deployment } from '../deployments/deployments.types';
import { Environment } from '../environments/environments.types';
import { WorkflowExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { Workflow } from '../workflows/workflows.types';
import { ObservedImage, ObserveEnvironmentInput, ObserveEnvironmentPayload, Observer } from './observations.types';

const executionOf = async (id: string | null, { loaders, actor }: Context) =>
  id === null ? null : visible(actor.access, loaders, 'Execution', await loaders.load(executionById, id));

@Resolver(() => Observer)
export class ObservationsResolver {
  @Mutation(() => ObserveEnvironmentPayload, {
    description:
      'Observes an environment now: each workflow with `observe` reports what is actually running, one after another. Returns immediately; `environment { observers { lastAt lastOutcome } }` shows the results. ' +
      'Never deploys anything; needs no slot and ignores freezes. Requires EXECUTE_WORKFLOW of executions for the environment. Repeating it requests another observation. ' +
      'Example: `observeEnvironment(input: {environmentId: "…"}) { environment { observers { nextAt } } }`. Errors: NOT_FOUND, FORBIDDEN, NOT_OBSERVABLE (no workflow observes the environment, or a deployment to it is in progress).',
  })
  async observeEnvironment(
    @Arg('input', () => ObserveEnvironmentInput, { description: 'Input of `observeEnvironment`.' })
    input: ObserveEnvironmentInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), environment: await observeEnvironment(app, actor, input) };
  }

  @FieldResolver(() => Workflow, { nullable: true })
  async workflow(@Root() { workflowId }: ObserverRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Workflow', await loaders.load(workflows.byId, workflowId));
  }

  @FieldResolver(() => WorkflowExecution, { nullable: true })
  lastExecution(@Root() { lastExecutionId }: ObserverRow, @Ctx() context: Context) {
    return executionOf(lastExecutionId, context);
  }
}

@Resolver(() => Environment)
export class EnvironmentObserversResolver {
  @FieldResolver(() => [Observer], {
    description: 'Workflows that observe what is actually running in the environment, sorted by name.',
  })
  async observers(@Root() { id }: EnvironmentRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(observersOfEnvironment, id)) ?? [];
  }
}

/** Observation of the service since this deployment; undefined: none. */
async function observationOf(
  { id, environmentId, serviceId }: RecordedDeployment,
  { loaders }: Context,
): Promise<ObservedService | undefined> {
  const rows = (await loaders.load(observedInEnvironment, environmentId)) ?? [];
  return rows.find((one) => one.serviceId === serviceId && one.deploymentId === id);
}

@Resolver(() => Deployment)
export class DeploymentObservationResolver {
  @FieldResolver(() => ObservedImage, {
    nullable: true,
    description:
      'Newest observation of the service since this deployment. Null if there is none, or if it belongs to a newer deployment.',
  })
  async observed(@Root() row: RecordedDeployment, @Ctx() context: Context) {
    return (await observationOf(row, context)) ?? null;
  }

  @FieldResolver(() => Boolean, {
    description: 'True if `observed` is a different image than the one that was deployed.',
  })
  async drifted(@Root() row: RecordedDeployment, @Ctx() context: Context) {
    return (await observationOf(row, context))?.drifted === true;
  }
}

@Resolver(() => ObservedImage)
export class ObservedImageResolver {
  @FieldResolver(() => Date)
  at(@Root() { observedAt }: ObservedService): Date {
    return observedAt;
  }

  @FieldResolver(() => WorkflowExecution, { nullable: true })
  execution(@Root() { executionId }: ObservedService, @Ctx() context: Context) {
    return executionOf(executionId, context);
  }
}
