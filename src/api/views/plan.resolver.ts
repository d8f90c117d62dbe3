import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { environments } from '../../catalog/environments/environments';
import { type Standing, standingOfEnvironment } from '../../runs/deployments/deployments.queries';
import { Deployment } from '../deployments/deployments.types';
import { StartExecutionInput } from '../executions/executions.inputs';
import type { Context } from '../graphql/context';
import { planExecution, type PlannedDeployment as Planned } from '../../runs/views/executionPlan';
import { ExecutionPlan, PlannedDeployment } from './plan.types';

@Resolver()
export class PlanResolver {
  @Query(() => ExecutionPlan, {
    nullable: true,
    description:
      'Plan of `startExecution` with this input: levels, tasks, conditions as far as they can be decided, ' +
      'environments, agents that could run the tasks, and every problem with inputs, permissions, secrets and agents. ' +
      'Requires the permission to see the pipeline or workflow, not to start it. Writes nothing. Checks `notes` and ' +
      '`idempotencyKey`, and otherwise ignores them. Errors: NOT_FOUND.',
  })
  executionPlan(
    @Arg('input', () => StartExecutionInput, { description: 'Input for `startExecution`.' })
    input: StartExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return planExecution(app, actor, input);
  }
}

@Resolver(() => PlannedDeployment)
export class PlannedDeploymentResolver {
  @FieldResolver(() => Deployment, {
    nullable: true,
    description:
      'Deployment that it would replace. Null if there is none, or if the caller may not see the environment.',
  })
  deployed(@Root() planned: Planned, @Ctx() context: Context) {
    return standingAt(planned, 'current', context);
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Newer deployment there that is IN_PROGRESS, FAILED or UNKNOWN, as in `unsettledDeployments`.',
  })
  unsettled(@Root() planned: Planned, @Ctx() context: Context) {
    return standingAt(planned, 'unsettled', context);
  }
}

async function standingAt(
  { environmentId, serviceId }: Planned,
  which: keyof Standing,
  { loaders, actor }: Context,
): Promise<object | null> {
  const row = await loaders.load(environments.byId, environmentId);
  if ((await visible(actor.access, loaders, 'Environment', row)) === null) return null;
  const standing = await loaders.load(standingOfEnvironment, environmentId);
  return standing?.[which].find((one) => one.serviceId === serviceId) ?? null;
}
