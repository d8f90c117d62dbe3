import { field, optional, orNull, withDefault } from '../../kernel/fields';
import { filterById } from '../applications/partResolver';
import { filterByTag } from '../tags/tags.types';
import { inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { sampleInput, triggerInput } from './triggers.inputs';
import { TriggerFiring, TriggerType } from './triggers.types';

/** Filters of lists, and inputs and payloads of mutations of triggers. */

export const TriggerFilter = inputType('TriggerFilter', 'Filter of a list of triggers. All given fields must match.', {
  application: filterById('Filters by the ID of the application.'),
  trigger: filterById('Filters by the ID of the trigger.'),
  name: filterById('Filters by name. LIKE matches parts of names.'),
  starts: filterById('Filters by the ID of the pipeline or workflow that it starts.'),
  tag: filterByTag,
  enabled: optional(field.boolean('True for triggers that are turned on, false for those that are turned off.')),
});
export const TriggerFiringFilter = inputType(
  'TriggerFiringFilter',
  'Filter of a list of firings. All given fields must match.',
  {
    firing: filterById('Filters by the ID of the firing.'),
    status: filterById('Filters by status, such as STARTED.'),
    reasonCode: filterById('Filters by the code of the reason.'),
  },
);

const webhookSecret = orNull(
  field.text('Secret to enter at the sender of the webhooks. It is returned only once. Null if none was generated.'),
);
const trigger = (description: string) => field.object(() => TriggerType, description);
const triggerId = field.uuid('Trigger.');
export const CreateTriggerInput = mutationInput('CreateTriggerInput', 'New trigger.', triggerInput);
export const UpdateTriggerInput = mutationInput('UpdateTriggerInput', 'Complete new state of a trigger.', {
  triggerId,
  ...triggerInput,
});
export const DeleteTriggerInput = mutationInput('DeleteTriggerInput', 'Trigger to delete.', {
  applicationId: field.uuid('Application of the trigger.'),
  triggerId,
});
export const SetTriggerEnabledInput = mutationInput('SetTriggerEnabledInput', 'Trigger to turn on or off.', {
  triggerId,
  enabled: field.boolean('True to turn it on, false to turn it off.'),
});
export const RotateTriggerWebhookInput = mutationInput(
  'RotateTriggerWebhookInput',
  'Webhook whose address or secret is replaced.',
  {
    triggerId,
    path: withDefault(false, field.boolean('True for a new address. The old one stops working immediately.')),
    secret: withDefault(
      false,
      field.boolean(
        'True for a new generated secret. The old one is accepted for `SLIPWAY_HOOK_SECRET_OVERLAP_HOURS`.',
      ),
    ),
  },
);
export const SampleInput = inputType('TestTriggerInput', 'Sample event for a trigger.', sampleInput);
export const FireTriggerInput = mutationInput(
  'FireTriggerInput',
  'Event with which to fire a trigger manually.',
  sampleInput,
);
export const TriggerPayload = mutationPayload('TriggerPayload', 'Result of `createTrigger`: the new trigger.', {
  trigger: trigger('New trigger.'),
  webhookSecret,
});
export const UpdateTriggerPayload = mutationPayload(
  'UpdateTriggerPayload',
  'Result of `updateTrigger`: the changed trigger.',
  {
    trigger: trigger('Trigger after the change.'),
  },
);
export const DeleteTriggerPayload = mutationPayload(
  'DeleteTriggerPayload',
  'Result of `deleteTrigger`: the trigger is deleted.',
  {},
);
export const SetTriggerEnabledPayload = mutationPayload('SetTriggerEnabledPayload', 'Result of `setTriggerEnabled`.', {
  trigger: trigger('Trigger after the change.'),
});
export const RotateTriggerWebhookPayload = mutationPayload(
  'RotateTriggerWebhookPayload',
  'Result of `rotateTriggerWebhook`.',
  {
    trigger: trigger('Trigger with its new address.'),
    webhookSecret,
  },
);
export const FireTriggerPayload = mutationPayload('FireTriggerPayload', 'Result of `fireTrigger`.', {
  firing: field.object(() => TriggerFiring, 'Firing. It is PENDING until its execution has started.'),
});
