import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { type Environment as EnvironmentRow, environments } from '../../catalog/environments/environments';
import { unknownName } from '../../catalog/parts.queries';
import { type Service as ServiceRow, services } from '../../catalog/services/services';
import type { RecordedDeployment } from '../../engine/deployment';
import type { Execution } from '../../engine/execution';
import { isId } from '../../kernel/ids';
import {
  deploymentsOfRun,
  deploymentsOfWorkflow,
  historyOfEnvironment,
  historyOfPlace,
  serviceIdByName,
  standingOfEnvironment,
  standingOfService,
} from '../../runs/deployments/deployments.queries';
import { willReplace } from '../../runs/deployments/willReplace';
import { executionById } from '../../runs/execution/executions.loaders';
import { EventActor } from '../access/actor.types';
import { Environment } from '../environments/environments.types';
import { ExecutionInterface, WorkflowExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import { ReplacedDeployment } from '../resumes/resumePreview.types';
import { Service } from '../services/services.types';
import { Deployment, DeploymentConnection } from './deployments.types';

const UNSETTLED =
  'that is newer than the deployed image and is IN_PROGRESS, FAILED or UNKNOWN. The machines may then differ ' +
  'from the record.';

@Resolver(() => Environment)
export class EnvironmentDeploymentsResolver {
  @FieldResolver(() => [Deployment], {
    description:
      'Deployments that succeeded last: one for each deployed service, sorted by service name. ' +
      'See `unsettledDeployments` too.',
  })
  async deployments(@Root() { id }: EnvironmentRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(standingOfEnvironment, id))?.current ?? [];
  }

  @FieldResolver(() => [Deployment], {
    description: `For each service, the newest deployment ${UNSETTLED} Services without one are omitted.`,
  })
  async unsettledDeployments(@Root() { id }: EnvironmentRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(standingOfEnvironment, id))?.unsettled ?? [];
  }

  @FieldResolver(() => DeploymentConnection, {
    description: 'All deployments to the environment, newest first. Errors: INVALID_INPUT, NOT_FOUND.',
  })
  async deploymentHistory(
    @Root() { id, applicationId }: EnvironmentRow,
    @Arg('service', () => String, {
      nullable: true,
      description: 'Name or ID of the service. Defaults to all services.',
    })
    service: string | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    if (service == null) return historyOfEnvironment(loaders, id, page);
    const serviceId = isId(service) ? service : await loaders.load(serviceIdByName, `${applicationId}/${service}`);
    const row = serviceId === undefined ? undefined : await loaders.load(services.byId, serviceId);
    const seen = await visible(actor.access, loaders, 'Service', row);
    if (seen === null || seen.applicationId !== applicationId) throw unknownName('service', service);
    return historyOfPlace(loaders, `${id}/${seen.id}`, page);
  }
}

@Resolver(() => Service)
export class ServiceDeploymentsResolver {
  @FieldResolver(() => [Deployment], {
    description:
      'Deployments that succeeded last: one for each environment that has the service and that the caller may see, sorted by environment name. See `unsettledDeployments` too.',
  })
  async deployments(@Root() { id }: ServiceRow, @Ctx() context: Context) {
    return inVisibleEnvironments((await context.loaders.load(standingOfService, id))?.current, context);
  }

  @FieldResolver(() => [Deployment], {
    description: `For each environment that the caller may see, the newest deployment ${UNSETTLED}`,
  })
  async unsettledDeployments(@Root() { id }: ServiceRow, @Ctx() context: Context) {
    return inVisibleEnvironments((await context.loaders.load(standingOfService, id))?.unsettled, context);
  }
}

@Resolver(() => ExecutionInterface)
export class ExecutionDeploymentsResolver {
  @FieldResolver(() => [Deployment], {
    description:
      'All deployments of the execution to environments that the caller may see, in all attempts, restores included, in the order in which they began. For a pipeline, those of its workflow executions.',
  })
  async deployments(@Root() { id, runId }: Execution, @Ctx() context: Context) {
    const load = id === runId ? deploymentsOfRun : deploymentsOfWorkflow;
    return inVisibleEnvironments(await context.loaders.load(load, id), context);
  }

  @FieldResolver(() => [ReplacedDeployment], {
    description:
      'Images of runs that started later, in environments that the caller may see, which the rest of the run would replace: ' +
      'its stages and tasks that have not run. Check it before you approve or continue a run that has waited. Empty ' +
      'for a run that is final.',
  })
  async willReplace(@Root() { runId }: Execution, @Ctx() context: Context) {
    return inVisibleEnvironments(await context.loaders.load(willReplace, runId), context);
  }
}

async function inVisibleEnvironments<Row extends Pick<RecordedDeployment, 'environmentId'>>(
  rows: readonly Row[] | undefined,
  context: Context,
): Promise<Row[]> {
  const seen = await Promise.all(
    (rows ?? []).map(async (row) => ((await environmentOf(row, context)) === null ? [] : [row])),
  );
  return seen.flat();
}

const environmentOf = async (
  { environmentId }: Pick<RecordedDeployment, 'environmentId'>,
  { loaders, actor }: Context,
) => visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));

@Resolver(() => Deployment)
export class DeploymentsResolver {
  @FieldResolver(() => Date, { description: 'The same as `endedAt`, or as `startedAt` while it is IN_PROGRESS.' })
  deployedAt(@Root() { startedAt, endedAt }: RecordedDeployment): Date {
    return endedAt ?? startedAt;
  }

  @FieldResolver(() => EventActor, {
    description: 'User or key that began the attempt that deployed it; for a restore, the one that restored it.',
  })
  actor(@Root() { cause }: RecordedDeployment) {
    return cause;
  }

  @FieldResolver(() => Service, {
    nullable: true,
    description: 'Service that was deployed. Null if the caller may not see it.',
  })
  async service(@Root() { serviceId }: RecordedDeployment, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(services.byId, serviceId));
  }

  @FieldResolver(() => Environment, {
    nullable: true,
    description: 'Environment that it was deployed to. Null if the caller may not see it.',
  })
  environment(@Root() row: RecordedDeployment, @Ctx() context: Context) {
    return environmentOf(row, context);
  }

  @FieldResolver(() => WorkflowExecution, {
    nullable: true,
    description: 'Workflow execution that deployed the image. Null if the caller may not see it.',
  })
  async execution(@Root() { executionId }: RecordedDeployment, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Execution', await loaders.load(executionById, executionId));
  }

  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'Run that deployed it. Null if the caller may not see it.',
  })
  async run(@Root() { runId }: RecordedDeployment, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Execution', await loaders.load(executionById, runId));
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: `For an image that its environment has: the newest deployment of the same service ${UNSETTLED} Null otherwise.`,
  })
  async newer(@Root() { id, environmentId, serviceId, status }: RecordedDeployment, @Ctx() { loaders }: Context) {
    if (status !== 'SUCCEEDED') return null;
    const standing = await loaders.load(standingOfEnvironment, environmentId);
    if (!standing?.current.some((one) => one.id === id)) return null;
    return standing.unsettled.find((one) => one.serviceId === serviceId) ?? null;
  }
}
