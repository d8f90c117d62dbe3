import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import type { Execution } from '../../engine/execution';
import { availableRestores } from '../../runs/restores/availableRestores';
import { availableActions } from '../../runs/views/availableActions';
import type { Context } from '../graphql/context';
import { AvailableAction } from './availableActions.types';
import { ExecutionInterface } from './executions.types';

@Resolver(() => ExecutionInterface)
export class AvailableActionsResolver {
  @FieldResolver(() => [AvailableAction], {
    description: 'Actions that the caller can take now, by the rules that enforce them.',
  })
  async availableActions(@Root() execution: Execution, @Ctx() { app, actor, loaders }: Context) {
    const seen = await visible(actor.access, loaders, 'Execution', execution);
    if (seen === null) return [];
    return [...(await availableActions(app, actor, execution)), ...(await availableRestores(app, actor, execution))];
  }
}
