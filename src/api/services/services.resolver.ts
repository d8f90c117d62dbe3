import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applicationById } from '../../catalog/applications/applications.loaders';
import { Application } from '../applications/applications.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { createService } from '../../catalog/services/createService';
import { deleteService } from '../../catalog/services/deleteService';
import type { Service as ServiceRow } from '../../catalog/services/service';
import { listServices, readService } from '../../catalog/services/services.queries';
import {
  CreateServiceInput,
  CreateServicePayload,
  DeleteServiceInput,
  DeleteServicePayload,
  Service,
  ServiceConnection,
  ServiceFilter,
  UpdateServiceInput,
  UpdateServicePayload,
} from './services.types';
import { updateService } from '../../catalog/services/updateService';

@Resolver(() => Service)
export class ServicesResolver {
  @Query(() => Service, { nullable: true, description: 'A service by its id. Errors: NOT_FOUND.' })
  service(
    @Arg('serviceId', () => ID, { description: 'The id of the service.' }) serviceId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<ServiceRow> {
    return readService(app, actor, serviceId);
  }

  @Query(() => ServiceConnection, {
    description: 'Services of all applications in the order of their names. Errors: INVALID_INPUT.',
  })
  services(
    @Arg('filters', () => [ServiceFilter], { nullable: true, description: 'All of them must match.' })
    filters: ServiceFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listServices(app, actor, filters ?? [], page);
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'The application that it belongs to; null for a caller who may not see it.',
  })
  async application(@Root() { applicationId }: ServiceRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Application', await loaders.load(applicationById, applicationId));
  }

  @Mutation(() => CreateServicePayload, {
    description: 'Creates a service. Errors: NOT_FOUND (the application), FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async createService(
    @Arg('input', () => CreateServiceInput, { description: 'The new service.' }) input: CreateServiceInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), service: await createService(app, actor, input) };
  }

  @Mutation(() => UpdateServicePayload, {
    description:
      'Changes a service. A new name is also written into the workflows and pipelines that refer to it, as new revisions. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async updateService(
    @Arg('input', () => UpdateServiceInput, { description: 'The changes.' }) input: UpdateServiceInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), service: await updateService(app, actor, input) };
  }

  @Mutation(() => DeleteServicePayload, {
    description:
      'Deletes a service. Where it was deployed stays readable. ' +
      'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists workflows and pipelines that refer to it; only those that the caller may see).',
  })
  async deleteService(
    @Arg('input', () => DeleteServiceInput, { description: 'What to delete.' }) input: DeleteServiceInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteService(app, actor, input);
    return echo(input);
  }
}
