import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Application as ApplicationRow } from '../../catalog/applications/applications';
import { applicationChanges, newApplication } from '../../catalog/applications/applications';
import {
  listApplications,
  readApplication,
  readApplicationByName,
} from '../../catalog/applications/applications.queries';
import { createApplication, deleteApplication, updateApplication } from '../../catalog/applications/changeApplications';
import { environments } from '../../catalog/environments/environments';
import { partsOfApplication } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import type { PartRow } from '../../catalog/resourceFields';
import type { PartRows } from '../../catalog/resources.store';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import { field } from '../../kernel/fields';
import type { Page } from '../../kernel/paging';
import { EnvironmentConnection } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { GuardArgs } from '../graphql/guardInputs';
import { Input, inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { ConnectionType, PageArguments } from '../graphql/paging.types';
import type { ResolverClass } from '../graphql/schema';
import { PipelineConnection } from '../pipelines/pipelines.types';
import { ServiceConnection } from '../services/services.types';
import { WorkflowConnection } from '../workflows/workflows.types';
import { filterByTag } from '../tags/tags.types';
import { Application } from './application.types';
import { filterById } from './partResolver';

const ApplicationConnection = ConnectionType(Application, 'Application');

const ApplicationFilter = inputType(
  'ApplicationFilter',
  'Filter of a list of applications. All given fields must match.',
  {
    application: filterById('Filters by the ID of the application.'),
    name: filterById('Filters by name. LIKE matches parts of names.'),
    tag: filterByTag,
  },
);

const CreateApplicationInput = mutationInput('CreateApplicationInput', 'New application.', newApplication);
const UpdateApplicationInput = mutationInput(
  'UpdateApplicationInput',
  'Changes of an application. Omitted fields keep their values.',
  { applicationId: field.uuid('Application to change.'), ...applicationChanges },
);
const DeleteApplicationInput = mutationInput('DeleteApplicationInput', 'Application to delete.', {
  applicationId: field.uuid('Application to delete.'),
});
const CreateApplicationPayload = mutationPayload('CreateApplicationPayload', 'Result of `createApplication`.', {
  application: field.object(() => Application, 'New application.'),
});
const UpdateApplicationPayload = mutationPayload('UpdateApplicationPayload', 'Result of `updateApplication`.', {
  application: field.object(() => Application, 'Application after the change.'),
});
const DeleteApplicationPayload = mutationPayload('DeleteApplicationPayload', 'Result of `deleteApplication`.', {});

@Resolver(() => Application)
export class ApplicationsResolver {
  @Query(() => Application, { nullable: true, description: 'Application by its ID. Errors: NOT_FOUND.' })
  application(
    @Arg('applicationId', () => ID, { description: 'ID of the application.' }) applicationId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<ApplicationRow> {
    return readApplication(app, actor, applicationId);
  }

  @GuardArgs({ name: 'LOOKUP' })
  @Query(() => Application, { nullable: true, description: 'Application by its name. Errors: NOT_FOUND.' })
  applicationByName(
    @Arg('name', () => String, { description: 'Name of the application.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<ApplicationRow> {
    return readApplicationByName(app, actor, name);
  }

  @Query(() => ApplicationConnection, {
    description: 'Applications, sorted by name. Errors: INVALID_INPUT.',
  })
  applications(
    @Arg('filters', () => [ApplicationFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: InstanceType<typeof ApplicationFilter>[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listApplications(app, actor, filters ?? [], page);
  }

  @Mutation(() => CreateApplicationPayload, {
    description: 'Creates an empty application. Errors: FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async createApplication(
    @Input(CreateApplicationInput) input: InstanceType<typeof CreateApplicationInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), application: await createApplication(app, actor, input) };
  }

  @Mutation(() => UpdateApplicationPayload, {
    description:
      'Changes the name or description of an application. Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async updateApplication(
    @Input(UpdateApplicationInput) input: InstanceType<typeof UpdateApplicationInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), application: await updateApplication(app, actor, input.applicationId, input) };
  }

  @Mutation(() => DeleteApplicationPayload, {
    description:
      'Deletes an application and everything in it. Its executions stay readable. ' +
      'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists the executions that are not final and that the caller may see).',
  })
  async deleteApplication(
    @Input(DeleteApplicationInput) input: InstanceType<typeof DeleteApplicationInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteApplication(app, actor, input.applicationId);
    return echo(input);
  }
}

/** List of one kind of parts within an application: the field `environments`, and so on. */
function partsResolver<T extends PartRow>(parts: PartRows<T>, Connection: new () => Page<object>): ResolverClass {
  const name = `${parts.table}s`;
  @Resolver(() => Application)
  class PartsResolver {
    @FieldResolver(() => Connection, {
      description: `${parts.type}s of the application, sorted by name. Errors: INVALID_INPUT.`,
    })
    // TypeGraphQL finds the method of a field by its name, so the classes need different ones.
    [name](
      @Root() { id }: ApplicationRow,
      @Args(() => PageArguments) page: PageArguments,
      @Ctx() { loaders, actor }: Context,
    ): Promise<Page<object>> {
      return partsOfApplication(loaders, actor, parts, id, page);
    }
  }
  return PartsResolver;
}

export const partsOfApplicationResolvers = [
  partsResolver(environments, EnvironmentConnection),
  partsResolver(services, ServiceConnection),
  partsResolver(workflows, WorkflowConnection),
  partsResolver(pipelines, PipelineConnection),
];
