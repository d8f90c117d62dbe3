import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { requireTrigger } from '../../catalog/triggers/triggers.queries';
import { Refusal } from '../../kernel/errors';
import { ExecutedByTrigger } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { TriggerType } from './triggers.types';

@Resolver(() => ExecutedByTrigger)
export class ExecutedByTriggerResolver {
  @FieldResolver(() => TriggerType, {
    nullable: true,
    description: 'Trigger. Null if it was deleted, or if the caller may not see it.',
  })
  async trigger(@Root() { triggerId }: ExecutedByTrigger, @Ctx() { app, actor }: Context): Promise<object | null> {
    try {
      return await requireTrigger(app.database, actor, triggerId);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }
}
