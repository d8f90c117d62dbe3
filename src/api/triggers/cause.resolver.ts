import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { seenTriggerById } from '../../catalog/triggers/triggers.queries';
import { ExecutedByTrigger } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { TriggerType } from './triggers.types';

@Resolver(() => ExecutedByTrigger)
export class ExecutedByTriggerResolver {
  @FieldResolver(() => TriggerType, {
    nullable: true,
    description: 'Trigger. Null if it was deleted, or if the caller may not see it.',
  })
  async trigger(@Root() { triggerId }: ExecutedByTrigger, @Ctx() { actor, loaders }: Context): Promise<object | null> {
    return (await loaders.load(seenTriggerById(actor.access), triggerId)) ?? null;
  }
}
