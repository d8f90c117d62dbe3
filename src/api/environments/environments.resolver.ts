import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applicationById } from '../../catalog/applications/applications.loaders';
import { Application } from '../applications/applications.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { serviceById } from '../../catalog/services/services.loaders';
import { Service } from '../services/services.types';
import { createEnvironment } from '../../catalog/environments/createEnvironment';
import { deleteEnvironment } from '../../catalog/environments/deleteEnvironment';
import type {
  Deployment as DeploymentRow,
  Environment as EnvironmentRow,
} from '../../catalog/environments/environment';
import { deploymentsOfEnvironment } from '../../catalog/environments/environments.loaders';
import { listEnvironments, readEnvironment } from '../../catalog/environments/environments.queries';
import {
  CreateEnvironmentInput,
  CreateEnvironmentPayload,
  DeleteEnvironmentInput,
  DeleteEnvironmentPayload,
  Deployment,
  Environment,
  EnvironmentConnection,
  EnvironmentFilter,
  EnvironmentVariable,
  UpdateEnvironmentInput,
  UpdateEnvironmentPayload,
} from './environments.types';
import { updateEnvironment } from '../../catalog/environments/updateEnvironment';

@Resolver(() => Environment)
export class EnvironmentsResolver {
  @Query(() => Environment, { nullable: true, description: 'An environment by its id. Errors: NOT_FOUND.' })
  environment(
    @Arg('environmentId', () => ID, { description: 'The id of the environment.' }) environmentId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<EnvironmentRow> {
    return readEnvironment(app, actor, environmentId);
  }

  @Query(() => EnvironmentConnection, {
    description: 'Environments of all applications in the order of their names. Errors: INVALID_INPUT.',
  })
  environments(
    @Arg('filters', () => [EnvironmentFilter], { nullable: true, description: 'All of them must match.' })
    filters: EnvironmentFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listEnvironments(app, actor, filters ?? [], page);
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'The application that it belongs to; null for a caller who may not see it.',
  })
  async application(@Root() { applicationId }: EnvironmentRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Application', await loaders.load(applicationById, applicationId));
  }

  @FieldResolver(() => [EnvironmentVariable], {
    description: 'Given to every task that runs for the environment; in the order of their names.',
  })
  variables(@Root() { variables }: EnvironmentRow): EnvironmentVariable[] {
    const names = Object.keys(variables).sort();
    return names.map((name) => ({ name, value: variables[name] ?? '' }));
  }

  @FieldResolver(() => [Deployment], {
    description:
      'What runs there now: one image for each service that was ever deployed, in the order of the services’ names.',
  })
  async deployments(@Root() { id }: EnvironmentRow, @Ctx() { loaders }: Context): Promise<DeploymentRow[]> {
    return (await loaders.load(deploymentsOfEnvironment, id)) ?? [];
  }

  @Mutation(() => CreateEnvironmentPayload, {
    description: 'Creates an environment. Errors: NOT_FOUND (the application), FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async createEnvironment(
    @Arg('input', () => CreateEnvironmentInput, { description: 'The new environment.' }) input: CreateEnvironmentInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), environment: await createEnvironment(app, actor, input) };
  }

  @Mutation(() => UpdateEnvironmentPayload, {
    description:
      'Changes an environment. A new name is also written into the workflows and pipelines that refer to it, as new revisions. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async updateEnvironment(
    @Arg('input', () => UpdateEnvironmentInput, { description: 'The changes.' }) input: UpdateEnvironmentInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), environment: await updateEnvironment(app, actor, input) };
  }

  @Mutation(() => DeleteEnvironmentPayload, {
    description:
      'Deletes an environment. What was deployed to it stays readable. ' +
      'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists workflows and pipelines that refer to it; only those that the caller may see).',
  })
  async deleteEnvironment(
    @Arg('input', () => DeleteEnvironmentInput, { description: 'What to delete.' }) input: DeleteEnvironmentInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteEnvironment(app, actor, input);
    return echo(input);
  }
}

@Resolver(() => Deployment)
export class DeploymentsResolver {
  @FieldResolver(() => Service, {
    nullable: true,
    description: 'The service that was deployed; null for a caller who may not see it.',
  })
  async service(@Root() { serviceId }: DeploymentRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(serviceById, serviceId));
  }
}
