import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { environments } from '../../catalog/environments/environments';
import {
  checkFreeze,
  type FreezeFilter as Filter,
  freezeCheck,
  freezesOfEnvironment,
  listFreezes,
  requireFreeze,
} from '../../catalog/freezes/freezes.queries';
import { type Freeze as FreezeRow, freezeChanges, newFreeze } from '../../catalog/freezes/freezes';
import { type Span, spanAfter, spanAt } from '../../catalog/freezes/recurrence';
import { services } from '../../catalog/services/services';
import { field } from '../../kernel/fields';
import { createFreeze, deleteFreeze, updateFreeze } from '../../catalog/freezes/changeFreezes';
import { overrideFreeze } from '../../runs/commands/overrideFreeze';
import { Application } from '../applications/application.types';
import { filterById } from '../applications/partResolver';
import { Environment } from '../environments/environments.types';
import { ExecutionInterface } from '../executions/executions.types';
import { RunCommandInput } from '../executions/runCommand.inputs';
import type { Context } from '../graphql/context';
import { Input, inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { echo, MutationPayload } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { Service } from '../services/services.types';
import { Freeze, FreezeCheck, FreezeConnection, FreezeWindow } from './freezes.types';

const FreezeFilter = inputType('FreezeFilter', 'Filter of a list of freezes. All given fields must match.', {
  freeze: filterById('Filters by the ID of the freeze.'),
  name: filterById('Filters by name. LIKE matches parts of names.'),
  application: filterById('Filters by the ID of an application: freezes that cover one of its environments.'),
  environment: filterById('Filters by the ID of an environment that the freeze covers.'),
});

const freezeId = field.uuid('Freeze to change.');
const CreateFreezeInput = mutationInput('CreateFreezeInput', 'New freeze or deployment window.', newFreeze);
const UpdateFreezeInput = mutationInput(
  'UpdateFreezeInput',
  'Changes of a freeze. Omitted fields keep their values; null removes an end, a recurrence or a restriction.',
  { freezeId, ...freezeChanges },
);
const DeleteFreezeInput = mutationInput('DeleteFreezeInput', 'Freeze to delete.', { freezeId });
const CreateFreezePayload = mutationPayload('CreateFreezePayload', 'Result of `createFreeze`: the new freeze.', {
  freeze: field.object(() => Freeze, 'New freeze.'),
});
const UpdateFreezePayload = mutationPayload('UpdateFreezePayload', 'Result of `updateFreeze`: the changed freeze.', {
  freeze: field.object(() => Freeze, 'Freeze after the change.'),
});
const DeleteFreezePayload = mutationPayload(
  'DeleteFreezePayload',
  'Result of `deleteFreeze`: the freeze is deleted.',
  {},
);

@InputType('OverrideFreezeOfRunInput', { description: 'Input of `overrideFreeze`.' })
class OverrideFreezeOfRunInput extends RunCommandInput {
  @Field(() => ID, { description: 'ID of the execution: of a pipeline, or of a standalone workflow.' })
  executionId!: string;

  @Field(() => String, { description: 'Reason: 1 to 5,000 characters.' })
  reason!: string;
}

@ObjectType('OverrideFreezePayload', { description: 'Result of `overrideFreeze`.' })
class OverrideFreezePayload extends MutationPayload {
  @Field(() => ExecutionInterface, { description: 'Current state of the execution.' })
  execution!: object;
}

const RIGHT = 'FORBIDDEN (the account permission MANAGE_FREEZES)';

@Resolver(() => Freeze)
export class FreezesResolver {
  @Query(() => Freeze, { nullable: true, description: 'Freeze by its ID. Errors: NOT_FOUND.' })
  freeze(
    @Arg('freezeId', () => ID, { description: 'ID of the freeze.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return requireFreeze(app.database, actor, id);
  }

  @Query(() => FreezeConnection, {
    description:
      'Freezes and deployment windows, sorted by name: all with MANAGE_FREEZES, otherwise those that cover an environment that the caller may see. Errors: INVALID_INPUT.',
  })
  freezes(
    @Arg('filters', () => [FreezeFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: Filter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listFreezes(app, actor, filters ?? [], page);
  }

  @Query(() => FreezeCheck, {
    nullable: true,
    description:
      'Result of asking if deployments to an environment wait or are refused at a moment. Changes nothing. Errors: NOT_FOUND.',
  })
  freezeCheck(
    @Arg('environmentId', () => ID, { description: 'ID of the environment.' }) environmentId: string,
    @Arg('at', () => Date, { nullable: true, description: 'Moment. Defaults to now.' }) at: Date | null,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return checkFreeze(app, actor, environmentId, at ?? app.clock.now());
  }

  @Mutation(() => CreateFreezePayload, {
    description: `Creates a freeze or a deployment window. Elements that have begun continue; those that begin later wait or are refused. Errors: ${RIGHT}, INVALID_INPUT, NAME_TAKEN.`,
  })
  async createFreeze(
    @Input(CreateFreezeInput) input: InstanceType<typeof CreateFreezeInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), freeze: await createFreeze(app, actor, input) };
  }

  @Mutation(() => UpdateFreezePayload, {
    description: `Changes a freeze. Elements that wait for it are asked again. Errors: NOT_FOUND, ${RIGHT}, INVALID_INPUT, NAME_TAKEN.`,
  })
  async updateFreeze(
    @Input(UpdateFreezeInput) input: InstanceType<typeof UpdateFreezeInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), freeze: await updateFreeze(app, actor, input.freezeId, input) };
  }

  @Mutation(() => DeleteFreezePayload, {
    description: `Deletes a freeze. Elements that wait for it begin, unless another one holds them back. Errors: NOT_FOUND, ${RIGHT}.`,
  })
  async deleteFreeze(
    @Input(DeleteFreezeInput) input: InstanceType<typeof DeleteFreezeInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteFreeze(app, actor, input.freezeId);
    return echo(input);
  }

  @Mutation(() => OverrideFreezePayload, {
    description:
      'Lets the current attempt of an execution deploy in spite of freezes: elements that wait for the end of one begin, and those reached later do not wait. ' +
      'Requires the permission OVERRIDE_FREEZE for each environment of the execution. The reason is recorded with the attempt and on the audit trail. Example: `overrideFreeze(input: {executionId: "…", reason: "…"}) { execution { status } }`. ' +
      'Errors: NOT_FOUND, FORBIDDEN, NOT_WAITING (it is final), INVALID_INPUT, CONFLICT, IDEMPOTENCY_CONFLICT.',
  })
  async overrideFreeze(
    @Arg('input', () => OverrideFreezeOfRunInput, { description: 'Input of the mutation.' })
    input: OverrideFreezeOfRunInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), execution: await overrideFreeze(app, actor, input) };
  }

  @FieldResolver(() => FreezeWindow, {
    nullable: true,
    description: 'Window of this freeze that contains the present moment. Null if there is none.',
  })
  currentWindow(@Root() freeze: FreezeRow, @Ctx() { app }: Context) {
    return windowOf(spanAt(freeze, app.clock.now().getTime()));
  }

  @FieldResolver(() => FreezeWindow, {
    nullable: true,
    description: 'First window of this freeze that begins after the present moment. Null if there is none.',
  })
  nextWindow(@Root() freeze: FreezeRow, @Ctx() { app }: Context) {
    return windowOf(spanAfter(freeze, app.clock.now().getTime()));
  }

  @FieldResolver(() => [Application], {
    nullable: true,
    description: 'Applications whose environments it covers, as far as the caller may see them. Null: all.',
  })
  applications(@Root() { applicationIds }: FreezeRow, @Ctx() { loaders, actor }: Context) {
    return each(applicationIds, async (id) =>
      visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, id)),
    );
  }

  @FieldResolver(() => [Environment], {
    nullable: true,
    description:
      'Environments that it names, as far as the caller may see them. Null: all, or those of the named types.',
  })
  environments(@Root() { environmentIds }: FreezeRow, @Ctx() { loaders, actor }: Context) {
    return each(environmentIds, async (id) =>
      visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, id)),
    );
  }

  @FieldResolver(() => [Service], {
    description: 'Services that may be deployed in spite of it, as far as the caller may see them.',
  })
  exceptServices(@Root() { exceptServiceIds }: FreezeRow, @Ctx() { loaders, actor }: Context) {
    return each(exceptServiceIds, async (id) =>
      visible(actor.access, loaders, 'Service', await loaders.load(services.byId, id)),
    );
  }
}

const windowOf = (span: Span | null) =>
  span && { from: new Date(span.from), until: span.until === null ? null : new Date(span.until) };

async function each<T>(ids: readonly string[] | null, load: (id: string) => Promise<T | null>): Promise<T[] | null> {
  if (ids === null) return null;
  return (await Promise.all(ids.map(load))).filter((one) => one !== null);
}

@Resolver(() => Environment)
export class EnvironmentFreezeResolver {
  @FieldResolver(() => FreezeCheck, {
    description: 'Freezes of the environment at a moment: the current one, its true end, and the next one.',
  })
  async freeze(
    @Root() { id }: { readonly id: string },
    @Arg('at', () => Date, { nullable: true, description: 'Moment. Defaults to now.' }) at: Date | null,
    @Ctx() { app, loaders }: Context,
  ) {
    return freezeCheck(id, (await loaders.load(freezesOfEnvironment, id)) ?? [], at ?? app.clock.now());
  }
}
