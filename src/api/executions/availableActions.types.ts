import { field, orNull } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';

export const AvailableAction = objectType(
  'AvailableAction',
  'Action on an execution, task, artifact, queued job or agent, and whether the caller may take it now.',
  {
    action: field.text(
      '`pause`, `continue`, `abort`, `resume`, `rerun`, `approve`, `reassign`, `intervene`, `extend`, `restore`, `cancelRestore`, `moveSlotWaiter`, `withdrawSlotWaiter` or `overrideFreeze`; of a task `retry` or `intervene`; of an artifact `pin`, `unpin` or `delete`; of a queued job `move`, `moveAhead`, `setPriority` or `cancel`; of an agent `pause`, `resume`, `drain`, `remove` or `relabel`.',
    ),
    allowed: field.boolean('True if the action would be accepted now.'),
    code: orNull(field.text('Error code that the action would fail with. Null if it is allowed.')),
    message: orNull(field.text('Message of that error.')),
  },
);
