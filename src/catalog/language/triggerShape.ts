import { namePattern, nameRule } from '../../kernel/naming';
import { cronProblem } from './cron';
import { patternProblem } from './conditionOperators';
import {
  filled,
  flag,
  list,
  mapOf,
  mapped,
  object,
  oneOf,
  optional,
  required,
  ruled,
  type Shape,
  short,
  type TextRule,
  text,
  type ValueOf,
  valueText,
} from './shape';
import { snakeCase } from './sourceTree';
import { DAY, duration, name, settableKey, variableName } from './values';

/** Keys of a Trigger, in addition to the head that all documents have. */

export const webhookProviders = ['GITHUB', 'GITLAB', 'BITBUCKET', 'STANDARD', 'CUSTOM'] as const;
export type WebhookProvider = (typeof webhookProviders)[number];
export const imageRegistries = ['DOCKER_HUB', 'GITHUB', 'GITLAB', 'HARBOR', 'OCI', 'STANDARD'] as const;
export type ImageRegistry = (typeof imageRegistries)[number];
export const missedTicks = ['RUN_ONCE', 'SKIP'] as const;
/** Statuses that end an execution. */
export const endStatuses = ['SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED'] as const;
/** Errors of a start that may go away. */
export const retriedCodes = ['ENVIRONMENT_FROZEN', 'CONCURRENCY_LIMIT', 'FORBIDDEN', 'NOT_STARTABLE'] as const;

const pattern: Shape<string> = ruled(text, {
  json: { minLength: 1, maxLength: 200 },
  problem(value) {
    const problem = value.length > 200 ? 'it has more than 200 characters' : patternProblem(value);
    return problem === undefined ? undefined : ['BAD_VALUE', `"${short(value)}" is not a valid pattern: ${problem}.`];
  },
});

const secrets = optional(
  list(variableName),
  [],
  'Secrets of the application that sign the deliveries; any of them is accepted, so that a new one can replace another. Defaults to the secret that Slipway generates: slipway triggers rotate.',
);

const webhook = object({
  provider: required(
    oneOf(webhookProviders),
    'Sender of the webhook, which decides how deliveries are signed. For CUSTOM, only the secret path protects the webhook, unless `secrets` are given.',
  ),
  events: optional(
    list(
      ruled(text, {
        json: { pattern: '^[A-Za-z0-9_:. -]{1,100}$' },
        problem: (value) =>
          /^[A-Za-z0-9_:. -]{1,100}$/.test(value)
            ? undefined
            : ['BAD_VALUE', `"${short(value)}" is not the name of an event.`],
      }),
    ),
    [],
    'Events that fire, as the provider names them, such as push, or pull_request:opened with an action. Defaults to all.',
  ),
  branches: optional(
    pattern,
    null,
    'Regular expression (RE2) that the whole name of the branch matches. Defaults to all.',
  ),
  secrets,
});

const schedule = mapped(
  object({
    cron: required(
      text,
      'Five parts: minute, hour, day of the month, month, day of the week. Six or seven parts begin with seconds, as in Quartz.',
    ),
    timeZone: optional(text, 'UTC', 'IANA time zone of the times of day, such as Europe/Berlin.'),
    missed: optional(
      oneOf(missedTicks),
      'RUN_ONCE',
      'Effect of scheduled times that pass while no server runs. RUN_ONCE starts one execution for all of them, SKIP none.',
    ),
  }),
  (value, node, place) => {
    const problem = node.type === 'map' && value.cron !== '' ? cronProblem(value, new Date(0)) : undefined;
    if (problem !== undefined) place.report('BAD_VALUE', [...place.path, snakeCase(problem.field)], problem.message);
    return value;
  },
);

const target = {
  pipeline: optional(name, null, 'Pipeline of the application. Give this or `workflow`.'),
  workflow: optional(name, null, 'Workflow of the application.'),
};

const oneTarget = <T extends { readonly pipeline: string | null; readonly workflow: string | null }>(
  shape: Shape<T>,
): Shape<T> =>
  mapped(shape, (value, node, place) => {
    if (node.type === 'map' && (value.pipeline === null) === (value.workflow === null)) {
      place.report('TRIGGER_KIND', place.path, 'Give either "pipeline" or "workflow".', node.at);
    }
    return value;
  });

const execution = oneTarget(
  object({
    ...target,
    statuses: optional(
      filled(list(oneOf(endStatuses)), 'An empty list would match nothing. Leave it out for SUCCESS.'),
      ['SUCCESS'],
      'Statuses that fire. Each attempt of an execution that ends with one of them fires once.',
    ),
  }),
);

const image = object({
  registry: required(
    oneOf(imageRegistries),
    'Registry that sends the webhook. OCI: notifications of the distribution registry.',
  ),
  repository: optional(
    ruled(text, {
      json: { minLength: 1, maxLength: 500 },
      problem: (value) =>
        /^[a-z0-9][a-z0-9._:/-]{0,499}$/.test(value)
          ? undefined
          : ['BAD_VALUE', `"${short(value)}" is not a repository of images, such as ghcr.io/acme/api.`],
    }),
    null,
    'Repository of images that fires, without a tag, such as ghcr.io/acme/api. Defaults to the repositories of the images of `service`.',
  ),
  service: optional(name, null, 'Service that gets the new image.'),
  tags: optional(pattern, null, 'Regular expression (RE2) that the whole tag matches. Defaults to all.'),
  secrets,
});

const on = mapped(
  object({
    webhook: optional(webhook, null, 'A webhook arrives.'),
    schedule: optional(schedule, null, 'A scheduled time is reached.'),
    execution: optional(execution, null, 'Another execution of the application ends.'),
    image: optional(image, null, 'A registry announces a new image.'),
  }),
  (value, node, place) => {
    const given = Object.values(value).filter((one) => one !== null).length;
    if (node.type === 'map' && given !== 1) {
      place.report(
        'TRIGGER_KIND',
        place.path,
        `Expected one of webhook, schedule, execution and image, but found ${given}.`,
        node.at,
      );
    }
    return value;
  },
);

const serviceKey: TextRule = {
  json: { type: 'string', pattern: namePattern.source },
  problem: (key) =>
    namePattern.test(key) ? undefined : ['BAD_NAME', `"${short(key)}" is not a valid name; a name has ${nameRule}.`],
};

const retry = object({
  on: optional(
    filled(list(oneOf(retriedCodes)), 'An empty list would retry nothing. Leave `retry` out.'),
    ['ENVIRONMENT_FROZEN', 'CONCURRENCY_LIMIT'],
    'Errors after which the start is retried.',
  ),
  forSeconds: optional(duration(1, 30 * DAY), DAY, 'Time for which the start is retried.', { key: 'for' }),
  everySeconds: optional(duration(1, DAY), 300, 'Time between two tries.', { key: 'every' }),
});

const expressions = `\${{ EXPRESSION }} is replaced by the value of an expression in the language of conditions, such as \${{ payload.ref }}.`;

export const triggerKeys = {
  enabled: optional(flag, true, 'False to turn it off: nothing fires it.'),
  on: required(on, 'Event that fires it: one of webhook, schedule, execution and image.'),
  condition: optional(text, null, 'Condition on the event; if it is false, nothing starts.', { key: 'if' }),
  start: required(oneTarget(object(target)), 'Pipeline or workflow that it starts.'),
  variables: optional(
    mapOf(settableKey, valueText),
    {},
    `Values of variables of the pipeline or workflow; \`environment\` sets the environment of a workflow that does not define one. ${expressions}`,
  ),
  images: optional(mapOf(serviceKey, text), {}, `Images of services, by service. ${expressions}`),
  environments: optional(
    filled(list(name), 'An empty list would allow nothing. Leave it out to allow all.'),
    null,
    'Environments that its executions may deploy to. Defaults to all that its author may deploy to, which is also the limit.',
  ),
  retry: optional(retry, null, 'Retries a start that was refused for a temporary reason. Defaults to no retries.'),
  notes: optional(text, null, `Note of its executions. ${expressions}`),
};

export type TriggerKeys = Readonly<{ [Key in keyof typeof triggerKeys]: ValueOf<(typeof triggerKeys)[Key]['shape']> }>;
/** A trigger in canonical form: every default is filled in. */
export type TriggerDefinition = TriggerKeys & { readonly description: string | null };
export type TriggerCondition = TriggerKeys['on'];
export type TriggerTarget = TriggerKeys['start'];

/** The key that its condition has. */
export type TriggerKind = keyof TriggerCondition;
export const kindOf = ({ on: condition }: Pick<TriggerDefinition, 'on'>): TriggerKind =>
  (['webhook', 'schedule', 'execution', 'image'] as const).find((kind) => condition[kind] !== null) ?? 'webhook';

/** Its part that receives webhooks; null if it has none. */
export const hookOf = ({ on: { webhook: hook, image: pushed } }: Pick<TriggerDefinition, 'on'>) => {
  if (hook !== null) return { sender: hook.provider, secrets: hook.secrets };
  return pushed === null ? null : { sender: pushed.registry, secrets: pushed.secrets };
};
export type HookSender = WebhookProvider | ImageRegistry;

/** Senders whose deliveries prove nothing but knowledge of the path. */
export const isUnsigned = (sender: HookSender): boolean => sender === 'CUSTOM' || sender === 'DOCKER_HUB';
