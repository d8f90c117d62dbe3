import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import type { Environment as EnvironmentRow } from '../../catalog/environments/environments';
import { services } from '../../catalog/services/services';
import { compareEnvironments, pastOrNow } from '../../runs/deployments/compareEnvironments';
import {
  freezeAt,
  momentKey,
  type ServiceState as ServiceStateRow,
  servicesAt,
  variablesAt,
} from '../../runs/deployments/environmentStates';
import type { Moment } from '../../runs/deployments/states.store';
import { Environment, EnvironmentVariable } from '../environments/environments.types';
import { namedValues } from '../environments/namedValues';
import type { Context } from '../graphql/context';
import { FreezePeriod } from '../freezes/freezes.types';
import { Service } from '../services/services.types';
import { EnvironmentComparison, EnvironmentState, ServiceState } from './environmentStates.types';

@Resolver(() => Environment)
export class EnvironmentStateResolver {
  @FieldResolver(() => EnvironmentState, {
    nullable: true,
    description:
      'State at a moment: images, runs, actors, newer deployments that had not succeeded, variables, and the freeze. Null if the environment did not exist yet. Example: `stateAt(time: "2026-03-01T12:30:00Z") { services { service { name } deployment { image } } }`.',
  })
  stateAt(
    @Root() { id: environmentId, createdAt }: EnvironmentRow,
    @Arg('time', () => Date, { nullable: true, description: 'Moment. Defaults to now; a time in the future is now.' })
    time: Date | null,
    @Ctx() { app }: Context,
  ): Moment | null {
    const at = pastOrNow(app, time ?? null);
    return at < createdAt ? null : { environmentId, at };
  }

  @Query(() => EnvironmentComparison, {
    nullable: true,
    description:
      'Differences between two environments, or between two moments of one: images, variables and names of secrets. ' +
      'Requires the permission to see both. Errors: NOT_FOUND.',
  })
  compareEnvironments(
    @Arg('a', () => ID, { description: 'ID of the first environment.' }) a: string,
    @Arg('aTime', () => Date, { nullable: true, description: 'Moment of `a`. Defaults to now.' }) aTime: Date | null,
    @Arg('b', () => ID, { description: 'ID of the second environment; may be the same.' }) b: string,
    @Arg('bTime', () => Date, { nullable: true, description: 'Moment of `b`. Defaults to now.' }) bTime: Date | null,
    @Arg('includeEqual', () => Boolean, {
      nullable: true,
      description:
        'True also lists services, variables and secrets that are the same on both sides. Defaults to false.',
    })
    includeEqual: boolean | null,
    @Ctx() { app, actor, loaders }: Context,
  ) {
    return compareEnvironments(
      { app, actor, loaders },
      { environmentId: a, at: aTime ?? null },
      { environmentId: b, at: bTime ?? null },
      includeEqual ?? false,
    );
  }
}

@Resolver(() => EnvironmentState)
export class EnvironmentStateFieldsResolver {
  @FieldResolver(() => [ServiceState])
  async services(@Root() moment: Moment, @Ctx() { loaders }: Context) {
    return (await loaders.load(servicesAt, momentKey(moment))) ?? [];
  }

  @FieldResolver(() => [EnvironmentVariable])
  async variables(@Root() moment: Moment, @Ctx() { loaders }: Context) {
    return namedValues((await loaders.load(variablesAt, momentKey(moment))) ?? {});
  }

  @FieldResolver(() => FreezePeriod, { nullable: true })
  async freeze(@Root() moment: Moment, @Ctx() { loaders }: Context) {
    return (await loaders.load(freezeAt, momentKey(moment))) ?? null;
  }
}

@Resolver(() => ServiceState)
export class ServiceStateResolver {
  @FieldResolver(() => Service, { nullable: true })
  async service(@Root() { serviceId }: ServiceStateRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(services.byId, serviceId));
  }
}
