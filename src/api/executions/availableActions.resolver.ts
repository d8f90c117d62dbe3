import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import type { Execution } from '../../engine/execution';
import { field, orNull } from '../../kernel/fields';
import { availableRestores } from '../../runs/restores/availableRestores';
import { availableActions } from '../../runs/views/availableActions';
import type { Context } from '../graphql/context';
import { objectType } from '../graphql/described.types';
import { ExecutionInterface } from './executions.types';

const AvailableAction = objectType(
  'AvailableAction',
  'Action on an execution, and whether the caller may take it now.',
  {
    action: field.text(
      '`pause`, `continue`, `abort`, `resume`, `rerun`, `approve`, `reassign`, `intervene`, `extend`, `restore`, `cancelRestore`, `moveSlotWaiter`, `withdrawSlotWaiter` or `overrideFreeze`.',
    ),
    allowed: field.boolean('True if the action would be accepted now.'),
    code: orNull(field.text('Error code that the action would fail with. Null if it is allowed.')),
    message: orNull(field.text('Message of that error.')),
  },
);

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
