import { ResourceRows } from '../../catalog/resources.store';
import { column, oneOf, references, table, tableOf } from '../../kernel/database/table';
import { field, listOf, named, optional, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';
import { nameRule } from '../../kernel/naming';
import type { Place } from '../events/eventLog';

export const subscriptionFormat = {
  name: 'EventSubscriptionFormat',
  description: 'Format of the requests that deliver events.',
  values: {
    CLOUDEVENTS: 'CloudEvents 1.0 in JSON with CDEvents types, signed as Standard Webhooks specifies.',
    SLACK: 'Messages with blocks, for an incoming webhook of Slack.',
    TEAMS: 'Adaptive cards, for a webhook of a Microsoft Teams workflow.',
    GITHUB: 'Commit statuses and deployments of GitHub.',
    GITLAB: 'Commit statuses and deployments of GitLab.',
  },
} as const;
export type SubscriptionFormat = keyof (typeof subscriptionFormat)['values'];

export const offCode = {
  name: 'EventSubscriptionOffCode',
  description: 'Reason why an event subscription is turned off.',
  values: {
    REQUESTED: 'A caller turned it off.',
    GONE: 'The receiver responded with 410 Gone.',
    FAILING: 'No delivery succeeded for too long.',
    OWNER_GONE: 'The user or API key that it acts for was deleted or revoked, or has expired.',
  },
} as const;
export type OffCode = keyof (typeof offCode)['values'];

const filterTexts = {
  applicationIds: 'Applications. Not possible in a subscription of one application.',
  pipelineIds: 'Pipelines: events of their runs. With `workflowIds`, runs of either match.',
  workflowIds: 'Workflows: events of their executions, standalone and within pipelines.',
  environmentIds:
    'Environments: events about a deployment to one of them, and other events of executions that target one of them.',
  eventTypes:
    'Types of events, such as `EXECUTION_STATUS`. Defaults to all for CLOUDEVENTS, and to those that people care about for the other formats.',
  statuses:
    'Statuses, such as `FAILED`. Omits changes to any other status; events that change no status are not affected.',
};

/** Filter of a subscription. Null or omitted: not restricted. */
export const subscriptionFilterFields = {
  applicationIds: optional(listOf(field.uuid(filterTexts.applicationIds))),
  pipelineIds: optional(listOf(field.uuid(filterTexts.pipelineIds))),
  workflowIds: optional(listOf(field.uuid(filterTexts.workflowIds))),
  environmentIds: optional(listOf(field.uuid(filterTexts.environmentIds))),
  eventTypes: optional(listOf(field.text(filterTexts.eventTypes))),
  statuses: optional(listOf(field.text(filterTexts.statuses))),
};
export type SubscriptionFilter = ShapeOf<typeof subscriptionFilterFields>;

const REPOSITORY =
  'Repository at GitHub or GitLab, such as `acme/shop`; an expression such as `$' +
  '{{ vars.NAME }}` is the value of a variable of the run. Null: those that the run has checked out.';
const COMMIT =
  'Commit, such as `$' +
  '{{ vars.COMMIT }}`: the value of a variable of the run. Requires `repository`. Null: the commits that the run has checked out.';
const TOKEN = 'Name of the secret of the application that holds the token for GitHub or GitLab.';

/** An event subscription. Its secret, position and lease are in `SubscriptionState`. */
export const subscriptionFields = {
  id: field.id('ID.'),
  name: field.text('Display name. Need not be unique.'),
  /** Null for a subscription of the account. */
  applicationId: orNull(field.uuid()),
  format: field.oneOf(subscriptionFormat, 'Format of its requests.'),
  /** The address as people may see it. */
  address: named(
    'url',
    field.text(
      'URL of the receiver without its query. For Slack and Teams, only the origin, because the rest is secret.',
    ),
  ),
  filter: { ...field.json<SubscriptionFilter>() },
  repository: orNull(field.text(REPOSITORY)),
  commit: orNull(field.text(COMMIT)),
  tokenSecret: orNull(field.text(TOKEN)),
  enabled: field.boolean('True if events are delivered.'),
  offCode: orNull(field.oneOf(offCode, 'Reason why it is turned off. Null if it is enabled.')),
  offReason: orNull(field.text('Explanation of `offCode`.')),
  offAt: orNull(field.time('Time at which it was turned off.')),
  ownerKind: field.text<'USER' | 'API_KEY'>(),
  ownerId: field.key(
    'ID of the user or API key that it acts for, which is the last one that changed it. It delivers only what the owner may read at the time of the delivery.',
  ),
  ownerName: field.text('Name of that user or API key.'),
  createdAt: field.time('Time of creation.'),
  createdBy: named('createdById', orNull(field.key('ID of the user or API key that created it.'))),
  updatedAt: field.time('Time of the last change.'),
  deletedAt: orNull(field.time()),
};
export type EventSubscription = ShapeOf<typeof subscriptionFields>;

class SubscriptionRows extends ResourceRows<EventSubscription> {
  protected override readonly kind = 'eventSubscription';

  protected override applicationOf(row: EventSubscription): string | null {
    return row.applicationId;
  }
}

export const subscriptions = new SubscriptionRows(
  tableOf('event_subscription', subscriptionFields, {
    foreignKeys: [references('application', 'applicationId')],
    indices: [{ name: 'event_subscription_name', columns: ['name', 'id'], where: 'deleted_at IS NULL' }],
    checks: [
      { name: 'event_subscription_format', expression: oneOf('format', valuesOf(subscriptionFormat)) },
      { name: 'event_subscription_off', expression: 'enabled = (off_code IS NULL) AND enabled = (off_at IS NULL)' },
    ],
  }),
  'eventSubscriptions',
);

/** A range of the log that is delivered again. */
export interface Replay {
  /** Position up to which it has been read. */
  readonly after: Place;
  readonly until: Place;
  readonly from: string | null;
  readonly to: string | null;
  /** True to leave out what was delivered. */
  readonly failedOnly: boolean;
}

/**
 * Working state. Its row is the lock of the subscription's deliveries: every transaction that adds or changes them
 * takes it first.
 */
export interface SubscriptionState {
  readonly subscriptionId: string;
  /** Encrypted `Target`. */
  readonly keyId: string;
  readonly sealed: Buffer;
  readonly sealedVersion: number;
  /** Position in the log up to which deliveries exist. */
  readonly transactionId: number;
  readonly runId: string;
  readonly sequence: number;
  readonly replay: Replay | null;
  /** Server that reads the log and delivers, until its lease ends. */
  readonly leasedBy: string | null;
  readonly leasedUntil: Date | null;
  /** Time of the first failure since the last success. */
  readonly failingSince: Date | null;
  /** The receiver asked for no requests before this time. */
  readonly heldUntil: Date | null;
}

export const subscriptionStateTable = table<SubscriptionState>('event_subscription_state', {
  columns: {
    subscriptionId: { ...column.uuid, primary: true },
    keyId: column.text,
    sealed: column.bytes,
    sealedVersion: column.integer,
    transactionId: column.bigint,
    runId: column.uuid,
    sequence: column.integer,
    replay: column.jsonOrNull,
    leasedBy: column.uuidOrNull,
    leasedUntil: column.timeOrNull,
    failingSince: column.timeOrNull,
    heldUntil: column.timeOrNull,
  },
  foreignKeys: [references('event_subscription', 'subscriptionId')],
});

const common = {
  name: optional(field.text(`Name: ${nameRule}. Defaults to the host of the URL.`)),
  repository: optional(field.text(REPOSITORY)),
  commit: optional(field.text(COMMIT)),
  tokenSecret: optional(field.text(TOKEN)),
};

/** Input fields of a new subscription, except its filter. */
export const newSubscription = {
  ...common,
  applicationId: optional(
    field.uuid(
      'Application whose events it delivers. Required for GITHUB and GITLAB. If omitted, the subscription belongs to the account.',
    ),
  ),
  format: optional(field.oneOf(subscriptionFormat, 'Format of its requests. Defaults to CLOUDEVENTS.')),
  url: optional(
    field.text(
      'URL of the receiver: http or https, at a public address unless the server’s configuration permits others. For GITHUB and GITLAB, the URL of the API, which defaults to the public one.',
    ),
  ),
  secret: optional(
    field.text(
      'Secret that signs the requests: `whsec_` and 24 to 64 bytes in base64. For CLOUDEVENTS only. If omitted, the server creates one.',
    ),
  ),
  after: optional(
    field.text('Cursor of the stream of all executions. Delivers the events after it. Defaults to new events.'),
  ),
};
export type NewSubscription = ShapeOf<typeof newSubscription> & { readonly filter?: SubscriptionFilter | null };

/** Input fields of a change, except the filter. */
export const subscriptionChanges = {
  ...common,
  name: optional(field.text(`New name: ${nameRule}. Omitted: the name stays.`)),
  url: optional(field.text('New URL of the receiver. Omitted: the URL stays.')),
};
export type SubscriptionChanges = ShapeOf<typeof subscriptionChanges> & {
  readonly filter?: SubscriptionFilter | null;
};
