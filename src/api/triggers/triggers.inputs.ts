import type { Trigger } from '../../catalog/triggers/triggers';
import { field, listOf, optional, type ShapeOf } from '../../kernel/fields';
import { ServiceInput, VariableInputType } from '../executions/executions.inputs';
import { ExecutionTypeEnum } from '../executions/executions.types';
import { graphqlField, guarded } from '../../kernel/fields';
import { inputType } from '../graphql/described.types';
import { conditionType, imageRegistry, missedTick, webhookSource } from './triggers.types';

const EXPRESSIONS = '`$` followed by an expression in double braces is replaced by the value of the expression.';

export const TriggerActionInput = inputType(
  'TriggerActionInput',
  'Pipeline or workflow that a trigger starts, and its inputs.',
  {
    entityId: field.uuid('Pipeline or workflow.'),
    executionType: graphqlField<'PIPELINE' | 'WORKFLOW'>(() => ExecutionTypeEnum, 'Kind of `entityId`.'),
    variables: optional(
      listOf(graphqlField<VariableInputType>(() => VariableInputType, `Values of variables. ${EXPRESSIONS}`)),
    ),
    serviceInputs: optional(
      listOf(graphqlField<ServiceInput>(() => ServiceInput, `Images of services. ${EXPRESSIONS}`)),
    ),
    continueWithDefaultValues: optional(
      field.boolean(
        'For older clients. `runtime_inputs.on_timeout` of the pipeline decides instead, so true is refused.',
      ),
    ),
  },
);

const statuses = optional(listOf(field.text('Statuses that fire. Defaults to SUCCESS.')));
const secrets = {
  webhookSecret: optional(
    field.text('Name or ID of a secret of the application that signs deliveries. Defaults to a generated one.'),
  ),
};
const PipelineConditionInput = inputType('PipelineConditionInput', 'End of an execution of a pipeline.', {
  pipelineId: field.uuid('Pipeline.'),
  statuses,
});
const WorkflowConditionInput = inputType('WorkflowConditionInput', 'End of a standalone execution of a workflow.', {
  workflowId: field.uuid('Workflow.'),
  statuses,
});
const ScheduleConditionInput = inputType('ScheduleConditionInput', 'Schedule.', {
  cronExpression: field.text(
    'Five parts: minute, hour, day, month, day of the week. Six or seven parts begin with seconds, as in Quartz.',
  ),
  timeZone: optional(field.text('IANA time zone, such as `Europe/Berlin`. Defaults to UTC.')),
  missed: optional(
    field.oneOf(missedTick, 'Effect of scheduled times that pass while no server runs. Defaults to RUN_ONCE.'),
  ),
});
const WebhookConditionInput = inputType('WebhookConditionInput', 'Webhook.', {
  webhookSourceType: field.oneOf(webhookSource, 'Sender.'),
  branchRegex: optional(field.text('Regular expression (RE2) that the whole name of the branch matches.')),
  events: optional(listOf(field.text('Events that fire, such as `push` or `pull_request:opened`. Defaults to all.'))),
  ...secrets,
});
const ArtifactConditionInput = inputType('ArtifactConditionInput', 'New image in a registry.', {
  registry: field.oneOf(imageRegistry, 'Registry that sends the webhook.'),
  repository: optional(
    field.text('Repository of images without a tag. Defaults to those of the images of the service.'),
  ),
  serviceName: optional(field.text('Service that gets the image.')),
  tagRegex: optional(field.text('Regular expression (RE2) that the whole tag matches.')),
  ...secrets,
});
export const TriggerConditionInput = inputType(
  'TriggerConditionInput',
  'Event that fires a trigger. Give the input of its type.',
  {
    conditionType: field.oneOf(conditionType, 'Kind of the condition.'),
    pipelineConditionInput: optional(field.object(() => PipelineConditionInput, 'For ON_PIPELINE_COMPLETION.')),
    workflowConditionInput: optional(field.object(() => WorkflowConditionInput, 'For ON_WORKFLOW_COMPLETION.')),
    scheduleConditionInput: optional(field.object(() => ScheduleConditionInput, 'For ON_SCHEDULE.')),
    webhookConditionInput: optional(field.object(() => WebhookConditionInput, 'For ON_WEBHOOK.')),
    artifactConditionInput: optional(field.object(() => ArtifactConditionInput, 'For ON_NEW_ARTIFACT.')),
  },
);

const TriggerRetryInput = inputType('TriggerRetryInput', 'Retries of starts that were refused.', {
  on: optional(
    listOf(
      field.text(
        'Codes of errors: ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, FORBIDDEN, NOT_STARTABLE. Defaults to the first two.',
      ),
    ),
  ),
  forSeconds: optional(field.integer('Seconds for which the start is retried. Defaults to a day.')),
  everySeconds: optional(field.integer('Seconds between two tries. Defaults to 300.')),
});

export const triggerInput = {
  applicationId: field.uuid('Application.'),
  name: field.text('Name, unique in the application.'),
  description: optional(field.text('Description.')),
  action: field.object(() => TriggerActionInput, 'Pipeline or workflow that it starts, and its inputs.'),
  condition: field.object(() => TriggerConditionInput, 'Event that fires it.'),
  enabled: optional(
    field.boolean('False to turn it off. If omitted, a new trigger is on, and an existing one stays as it is.'),
  ),
  filter: optional(
    field.text(
      'Condition on the event, such as `payload.ref == "refs/heads/main"`. If omitted, it stays; null removes it.',
    ),
  ),
  environments: optional(
    listOf(field.text('Names of the environments that it may deploy to. If omitted, they stay; null allows all.')),
  ),
  retry: optional(
    field.object(() => TriggerRetryInput, 'Retries of refused starts. If omitted, it stays; null removes it.'),
  ),
  notes: optional(field.text('Note of its executions. If omitted, it stays; null removes it.')),
};
export type TriggerInput = ShapeOf<typeof triggerInput>;
export type ConditionInput = InstanceType<typeof TriggerConditionInput>;
export type ActionInput = InstanceType<typeof TriggerActionInput>;
export type Keep = Pick<Trigger, 'definition'> | null;

const sample = {
  payload: optional(guarded({ maxLength: 1_048_576 }, field.text('Payload of a webhook, as JSON.'))),
  event: optional(field.text('Name of the webhook’s event, such as `push`.')),
  headers: optional(
    listOf(
      graphqlField<{ name: string; value: string }>(
        () => SampleHeader,
        'Headers of the webhook, for expressions that read them.',
      ),
    ),
  ),
  executionId: optional(field.uuid('Execution that ended. Defaults to the newest one that fires the trigger.')),
  at: optional(field.time('Time of the schedule. Defaults to the next one.')),
};
const SampleHeader = inputType('SampleHeader', 'Header of a sample webhook.', {
  name: field.text('Name.'),
  value: field.text('Value.'),
});
export const sampleInput = { triggerId: field.uuid('Trigger.'), ...sample };
