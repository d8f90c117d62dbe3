import { imageRegistries, missedTicks, webhookProviders } from '../../catalog/language/triggerShape';
import { triggerFields, triggerVersionFields } from '../../catalog/triggers/triggers';
import { field, graphqlField, listOf, orNull } from '../../kernel/fields';
import { firingFields } from '../../runs/triggers/firings.table';
import { EventActor } from '../access/actor.types';
import { interfaceType, objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';
import { PlanProblem } from '../views/plan.types';

const senders = {
  GITHUB: 'GitHub: `X-Hub-Signature-256`.',
  GITLAB: 'GitLab: its signing token, or `X-Gitlab-Token`.',
  BITBUCKET: 'Bitbucket: `X-Hub-Signature`.',
  STANDARD: 'Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`.',
  CUSTOM: 'Any sender that knows the address; with secrets, one of the signatures of GitHub and Standard Webhooks.',
  DOCKER_HUB: 'Docker Hub, which signs nothing: the address is secret.',
  HARBOR: 'Harbor: the secret is its auth header.',
  OCI: 'Notifications of the distribution registry: the secret is the `Authorization` header.',
} as const;
const pick = <Key extends keyof typeof senders>(keys: readonly Key[]) =>
  Object.fromEntries(keys.map((key) => [key, senders[key]])) as unknown as Readonly<Record<Key, string>>;

export const webhookSource = {
  name: 'WebhookSource',
  description: 'Sender of a webhook. It decides how deliveries are signed.',
  values: pick(webhookProviders),
};
export const imageRegistry = {
  name: 'ImageRegistry',
  description: 'Registry that announces new images. It decides how deliveries are signed.',
  values: pick(imageRegistries),
};
export const missedTick = {
  name: 'MissedTick',
  description: 'Effect of scheduled times that pass while no server runs.',
  values: { RUN_ONCE: 'One execution for all of them.', SKIP: 'None.' } satisfies Record<
    (typeof missedTicks)[number],
    string
  >,
};
export const conditionType = {
  name: 'ConditionType',
  description: 'Kind of the condition of a trigger.',
  values: {
    ON_PIPELINE_COMPLETION: 'An execution of a pipeline ends: `pipelineConditionInput`.',
    ON_WORKFLOW_COMPLETION: 'A standalone execution of a workflow ends: `workflowConditionInput`.',
    ON_SCHEDULE: 'A scheduled time is reached: `scheduleConditionInput`.',
    ON_WEBHOOK: 'A webhook arrives: `webhookConditionInput`.',
    ON_NEW_ARTIFACT: 'A registry announces an image: `artifactConditionInput`.',
  },
} as const;
const triggerConditionType = {
  name: 'TriggerConditionType',
  description: 'Kind of the condition of a trigger.',
  values: {
    PIPELINE_COMPLETION: 'An execution of a pipeline ends.',
    WORKFLOW_COMPLETION: 'A standalone execution of a workflow ends.',
    SCHEDULED: 'A scheduled time is reached.',
    WEBHOOK: 'A webhook arrives.',
    NEW_ARTIFACT: 'A registry announces an image.',
  },
} as const;
export type TriggerConditionType = keyof (typeof triggerConditionType)['values'];

export const TriggerVariableValue = objectType('TriggerVariableValue', 'Value that a trigger gives a variable.', {
  name: field.text('Name of the variable.'),
  value: field.text('Text. `$` followed by an expression in double braces is replaced by the value of the expression.'),
});
export const TriggerImage = objectType('TriggerImage', 'Image that a trigger gives a service.', {
  service: field.text('Name of the service.'),
  image: field.text('Text. `$` followed by an expression in double braces is replaced by the value of the expression.'),
});
const actionFields = {
  variables: listOf(field.object(() => TriggerVariableValue, 'Values of variables.')),
  images: listOf(field.object(() => TriggerImage, 'Images of services.')),
};
export const TriggerAction = interfaceType(
  'TriggerAction',
  'Pipeline or workflow that a trigger starts, and its inputs.',
  actionFields,
  {
    fallback: 'PipelineAction',
  },
);
export const PipelineAction = objectType(
  'PipelineAction',
  'Start of a pipeline.',
  {
    pipelineId: field.key('ID of the pipeline.'),
    pipelineName: field.text('Name of the pipeline.'),
    continueWithDefaultValues: field.boolean(
      'Always false: `runtime_inputs.on_timeout` of the pipeline decides what happens without inputs.',
    ),
    ...actionFields,
  },
  { interfaces: [TriggerAction] },
);
export const WorkflowAction = objectType(
  'WorkflowAction',
  'Start of a standalone workflow.',
  { workflowId: field.key('ID of the workflow.'), workflowName: field.text('Name of the workflow.'), ...actionFields },
  { interfaces: [TriggerAction] },
);

const conditionFields = {
  triggerConditionType: field.oneOf(triggerConditionType, 'Kind of the condition.'),
};
export const TriggerCondition = interfaceType('TriggerCondition', 'Event that fires a trigger.', conditionFields, {
  fallback: 'OnWebhook',
});
const onCondition = { interfaces: [TriggerCondition] };
const statuses = listOf(field.text('Statuses that fire, such as `SUCCESS`.'));
export const OnPipelineCompletion = objectType(
  'OnPipelineCompletion',
  'An execution of a pipeline ends.',
  {
    ...conditionFields,
    pipelineId: field.key('ID of the pipeline.'),
    pipelineName: field.text('Name of the pipeline.'),
    statuses,
  },
  onCondition,
);
export const OnWorkflowCompletion = objectType(
  'OnWorkflowCompletion',
  'A standalone execution of a workflow ends.',
  {
    ...conditionFields,
    workflowId: field.key('ID of the workflow.'),
    workflowName: field.text('Name of the workflow.'),
    statuses,
  },
  onCondition,
);
export const OnSchedule = objectType(
  'OnSchedule',
  'A scheduled time is reached.',
  {
    ...conditionFields,
    cronExpression: field.text(
      'Five parts: minute, hour, day, month, day of the week. Six or seven parts begin with seconds, as in Quartz.',
    ),
    cronDescription: field.text('Schedule and time zone in words.'),
    timeZone: field.text('IANA time zone.'),
    missed: field.oneOf(missedTick, 'Effect of scheduled times that pass while no server runs.'),
    nextAt: orNull(field.time('Next time. Null if the trigger is turned off.')),
  },
  onCondition,
);
export const WebhookDetails = objectType('WebhoookDetails', 'Request that fires a trigger.', {
  webhookURL: field.text('Address. Keep it secret: for some senders it is the only proof.'),
  method: field.text('HTTP method: `POST`.'),
  header: field.text('Headers that the sender sets.'),
  payload: field.text('Body.'),
  rotatedAt: field.time('Time at which the address or the secret was last replaced.'),
  previousSecretUntil: orNull(field.time('Time until which the previous secret is also accepted.')),
  rejected: field.bigint(
    'Number of deliveries that were refused because of their signature, or because their sender had sent too many such deliveries.',
  ),
  lastRejectedAt: orNull(field.time('Time of the last refused delivery.')),
});
const hookDetails = {
  secrets: listOf(
    field.text('Names of secrets of the application that sign deliveries. Empty: the secret that Slipway generated.'),
  ),
};
export const OnWebhook = objectType(
  'OnWebhook',
  'A webhook arrives.',
  {
    ...conditionFields,
    webhookSource: field.oneOf(webhookSource, 'Sender.'),
    branchRegex: orNull(field.text('Pattern that the whole name of the branch matches. Null: any.')),
    events: listOf(field.text('Events that fire, such as `push` or `pull_request:opened`. Empty: all.')),
    ...hookDetails,
  },
  onCondition,
);
export const OnNewArtifact = objectType(
  'OnNewArtifact',
  'A registry announces an image.',
  {
    ...conditionFields,
    registry: field.oneOf(imageRegistry, 'Registry.'),
    repository: orNull(field.text('Repository of images that fires. Null: those of the images of `service`.')),
    service: orNull(field.text('Service that gets the image.')),
    tagRegex: orNull(field.text('Pattern that the whole tag matches. Null: any.')),
    ...hookDetails,
  },
  onCondition,
);

export const TriggerRetry = objectType('TriggerRetry', 'Retries of starts that were refused.', {
  on: listOf(field.text('Codes of errors after which the start is retried.')),
  forSeconds: field.integer('Seconds for which the start is retried.'),
  everySeconds: field.integer('Seconds between two tries.'),
});
const { nextAt: _next, ...shownFields } = triggerFields;
export const TriggerType = objectType(
  'Trigger',
  'Rule that starts a pipeline or workflow automatically: on a webhook, on a schedule, at the end of another execution, or for a new image. When it fires, it never has more permissions than its author has at that moment.',
  shownFields,
  { isNode: true },
);
export const TriggerConnection = ConnectionType(TriggerType, 'Trigger');

const { definition: _definition, author: _author, ...versionFields } = triggerVersionFields;
export const TriggerVersionType = objectType('TriggerVersion', 'Immutable version of a trigger.', {
  ...versionFields,
  author: graphqlField<EventActor>(() => EventActor, 'Actor that made the version.'),
});
export const TriggerVersionConnection = ConnectionType(TriggerVersionType, 'TriggerVersion');

const { nextAt: _at, author: _of, ...firingShown } = firingFields;
export const TriggerFiring = objectType('TriggerFiring', 'One event at a trigger, and its outcome.', {
  ...firingShown,
  nextTryAt: orNull(field.time('Time of the next try. Null unless it is PENDING.')),
});
export const TriggerFiringConnection = ConnectionType(TriggerFiring, 'TriggerFiring');

export const TriggerTest = objectType('TriggerTest', 'Result that a sample event would have.', {
  starts: field.boolean('True if an execution would start.'),
  reasonCode: orNull(field.text('Code of the reason why nothing would start.')),
  reason: orNull(field.text('Explanation for people.')),
  variables: listOf(field.object(() => TriggerVariableValue, 'Values that the variables would have.')),
  images: listOf(field.object(() => TriggerImage, 'Images that the services would have.')),
  notes: orNull(field.text('Note that the execution would have.')),
  problems: listOf(field.object(() => PlanProblem, 'Everything that would prevent or delay the start.')),
});
