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
      'Observes an environment now: each workflow with `observe` reports what really runs, one after the other. Returns at once; `environment { observers { lastAt lastOutcome } }` shows the results. ' +
      'Deploys nothing, needs no slot, and no freeze holds it back. Requires EXECUTE_WORKFLOW of executions for the environment. A repeat asks for another observation. ' +
      'Example: `observeEnvironment(input: {environmentId: "…"}) { environment { observers { nextAt } } }`. Errors: NOT_FOUND, FORBIDDEN, NOT_OBSERVABLE.',
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
    description: 'Workflows that observe what really runs in the environment, by name.',
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
      'Newest observation of the service, compared with this deployment. Null if it was not observed since, or if a newer deployment was.',
  })
  async observed(@Root() row: RecordedDeployment, @Ctx() context: Context) {
    return (await observationOf(row, context)) ?? null;
  }

  @FieldResolver(() => Boolean, {
    description: 'True if that observation found another image than the one that was deployed.',
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
