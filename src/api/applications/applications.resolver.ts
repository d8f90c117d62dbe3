import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { environmentsOfApplication } from '../../catalog/environments/environments.queries';
import { EnvironmentConnection } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { pipelinesOfApplication } from '../../catalog/pipelines/pipelines.queries';
import { PipelineConnection } from '../pipelines/pipelines.types';
import { servicesOfApplication } from '../../catalog/services/services.queries';
import { ServiceConnection } from '../services/services.types';
import { workflowsOfApplication } from '../../catalog/workflows/workflows.queries';
import { WorkflowConnection } from '../workflows/workflows.types';
import type { Application as ApplicationRow } from '../../catalog/applications/application';
import {
  listApplications,
  readApplication,
  readApplicationByName,
} from '../../catalog/applications/applications.queries';
import {
  Application,
  ApplicationConnection,
  ApplicationFilter,
  CreateApplicationInput,
  CreateApplicationPayload,
  DeleteApplicationInput,
  DeleteApplicationPayload,
  UpdateApplicationInput,
  UpdateApplicationPayload,
} from './applications.types';
import { createApplication } from '../../catalog/applications/createApplication';
import { deleteApplication } from '../../catalog/applications/deleteApplication';
import { updateApplication } from '../../catalog/applications/updateApplication';

@Resolver(() => Application)
export class ApplicationsResolver {
  @Query(() => Application, { nullable: true, description: 'An application by its id. Errors: NOT_FOUND.' })
  application(
    @Arg('applicationId', () => ID, { description: 'The id of the application.' }) applicationId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<ApplicationRow> {
    return readApplication(app, actor, applicationId);
  }

  @Query(() => Application, { nullable: true, description: 'An application by its name. Errors: NOT_FOUND.' })
  applicationByName(
    @Arg('name', () => String, { description: 'The name of the application.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<ApplicationRow> {
    return readApplicationByName(app, actor, name);
  }

  @Query(() => ApplicationConnection, {
    description: 'Applications in the order of their names. Errors: INVALID_INPUT.',
  })
  applications(
    @Arg('filters', () => [ApplicationFilter], { nullable: true, description: 'All of them must match.' })
    filters: ApplicationFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listApplications(app, actor, filters ?? [], page);
  }

  @FieldResolver(() => EnvironmentConnection, {
    description: 'Its environments in the order of their names. Errors: INVALID_INPUT.',
  })
  environments(
    @Root() { id }: ApplicationRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    return environmentsOfApplication(loaders, actor, id, page);
  }

  @FieldResolver(() => ServiceConnection, {
    description: 'Its services in the order of their names. Errors: INVALID_INPUT.',
  })
  services(
    @Root() { id }: ApplicationRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    return servicesOfApplication(loaders, actor, id, page);
  }

  @FieldResolver(() => WorkflowConnection, {
    description: 'Its workflows in the order of their names. Errors: INVALID_INPUT.',
  })
  workflows(
    @Root() { id }: ApplicationRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    return workflowsOfApplication(loaders, actor, id, page);
  }

  @FieldResolver(() => PipelineConnection, {
    description: 'Its pipelines in the order of their names. Errors: INVALID_INPUT.',
  })
  pipelines(
    @Root() { id }: ApplicationRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    return pipelinesOfApplication(loaders, actor, id, page);
  }

  @Mutation(() => CreateApplicationPayload, {
    description: 'Creates an application without any parts. Errors: FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async createApplication(
    @Arg('input', () => CreateApplicationInput, { description: 'The new application.' }) input: CreateApplicationInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), application: await createApplication(app, actor, input) };
  }

  @Mutation(() => UpdateApplicationPayload, {
    description: 'Renames or describes an application. Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async updateApplication(
    @Arg('input', () => UpdateApplicationInput, { description: 'The changes.' }) input: UpdateApplicationInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), application: await updateApplication(app, actor, input) };
  }

  @Mutation(() => DeleteApplicationPayload, {
    description:
      'Deletes an application with all of its parts. Its executions stay readable. ' +
      'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists executions that are not final; only those that the caller may see).',
  })
  async deleteApplication(
    @Arg('input', () => DeleteApplicationInput, { description: 'What to delete.' }) input: DeleteApplicationInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteApplication(app, actor, input);
    return echo(input);
  }
}
