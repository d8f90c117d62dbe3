import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { type Environment as EnvironmentRow, environments } from '../../catalog/environments/environments';
import { services } from '../../catalog/services/services';
import { promote } from '../../runs/commands/promote';
import { type Promotion as PromotionRow, planPromotion, promotionsBetween } from '../../runs/promotions/promotePlan';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { previewed } from '../rollbacks/previewed';
import { Service } from '../services/services.types';
import { PromoteInput, PromotePayload, PromotePreview, Promotion } from './promotions.types';

@Resolver()
export class PromotionsResolver {
  @Query(() => PromotePreview, {
    nullable: true,
    description:
      'Preview of `promote` with this input: images, the definition that it would start, and every refusal. Writes nothing. `executionPlan` shows the start in detail. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async promotePreview(
    @Arg('input', () => PromoteInput, { description: 'Input for `promote`.' }) input: PromoteInput,
    @Ctx() { app, actor }: Context,
  ) {
    const plan = await planPromotion(app, actor, input);
    return { ...plan, ...previewed(plan) };
  }

  @Mutation(() => PromotePayload, {
    description:
      'Promotes images from an environment to the next one: starts a pipeline or workflow that deploys to the target with the images that the other environment has. Requires the rights of that start. Idempotent with an `idempotencyKey`. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NOTHING_TO_PROMOTE, ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, NOT_STARTABLE, PLAN_STALE, IDEMPOTENCY_CONFLICT.',
  })
  async promote(
    @Arg('input', () => PromoteInput, { description: 'Input of `promote`.' }) input: PromoteInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), execution: await promote(app, actor, input) };
  }
}

@Resolver(() => Promotion)
export class PromotionFieldsResolver {
  @FieldResolver(() => Service, { nullable: true })
  async service(@Root() { serviceId }: PromotionRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(services.byId, serviceId));
  }
}

@Resolver(() => Environment)
export class EnvironmentPromotionsResolver {
  @FieldResolver(() => Environment, {
    nullable: true,
    description:
      'Environment that this one comes after, as its definition declares. Null if there is none, or if the caller may not see it.',
  })
  async previous(@Root() environment: EnvironmentRow, @Ctx() { loaders, actor }: Context) {
    const row = await before(environment, loaders);
    return visible(actor.access, loaders, 'Environment', row);
  }

  @FieldResolver(() => [Promotion], {
    description:
      'Images that wait in front of the environment: those of the previous environment that are newer. Empty if there is no previous environment, or if the caller may not see it.',
  })
  async waitingPromotions(@Root() environment: EnvironmentRow, @Ctx() { loaders, actor }: Context) {
    const from = await visible(actor.access, loaders, 'Environment', await before(environment, loaders));
    if (from === null) return [];
    return (await promotionsBetween(loaders, from, environment)).filter(({ older }) => !older);
  }
}

const before = async ({ applicationId, after }: EnvironmentRow, loaders: Context['loaders']) =>
  after === null ? undefined : environments.byName(loaders, applicationId, after);
