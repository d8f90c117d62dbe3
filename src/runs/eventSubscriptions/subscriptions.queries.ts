import type { Actor } from '../../access/actor';
import { applications } from '../../catalog/applications/applications';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { notFound } from '../../kernel/errors';
import { allOf, type IdFilter, idCondition } from '../../kernel/filters';
import { isId } from '../../kernel/ids';
import type { BatchLoad } from '../../kernel/loaders';
import { afterCondition, cursorCodec, type Page, type PageArguments, readPage, toPage } from '../../kernel/paging';
import type { App } from '../app';
import { countPending, findDelivery } from './deliveries.store';
import { type DeliveryState, deliveryTable, type EventDelivery } from './eventDeliveries';
import { type EventSubscription, subscriptions } from './eventSubscriptions';

const MANAGE = 'MANAGE_EVENT_SUBSCRIPTIONS';

/** Subscriptions are visible to callers who may manage them, by the account permission or UPDATE on the application. */
function seen({ access }: Actor, parameters: unknown[]): string {
  if (access.canInAccount(MANAGE)) return 'TRUE';
  const updatable = access.condition('UPDATE', 'Application', 'application', parameters);
  return `EXISTS (SELECT FROM application WHERE application.id = row.application_id AND application.deleted_at IS NULL AND ${updatable})`;
}

/**
 * Throws unless the actor may create subscriptions of the account (null) or of an application. One that uses a secret of
 * the application needs UPDATE on it: its URL decides who gets the secret.
 */
export async function requireManager(
  db: Db,
  { access }: Actor,
  applicationId: string | null,
  usesSecret: boolean,
): Promise<void> {
  if (applicationId === null) return access.requireAccount(MANAGE);
  const application = isId(applicationId) ? await applications.find(db, applicationId) : undefined;
  if (application === undefined) throw notFound('application', applicationId);
  const readable = access.can('READ', 'Application', application);
  if (usesSecret || !(readable && access.canInAccount(MANAGE))) access.require('UPDATE', 'Application', application);
}

export const requireSubscription = (db: Db, actor: Actor, id: string): Promise<EventSubscription> =>
  subscriptions.require(db, id, 'event subscription', (parameters) => seen(actor, parameters));

export interface SubscriptionListFilter {
  readonly application?: IdFilter | null;
  readonly subscription?: IdFilter | null;
  readonly name?: IdFilter | null;
  readonly enabled?: boolean | null;
}

export function listSubscriptions(
  app: App,
  actor: Actor,
  filters: readonly SubscriptionListFilter[],
  page: PageArguments,
): Promise<Page<EventSubscription>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ application, subscription, name, enabled }, index) => {
    const at = (field: string) => ({ field: `filters[${index}].${field}`, type: 'uuid' as const });
    return [
      ...(application ? [idCondition('row.application_id', application, parameters, at('application'))] : []),
      ...(subscription ? [idCondition('row.id', subscription, parameters, at('subscription'))] : []),
      ...(name ? [idCondition('row.name', name, parameters, { field: `filters[${index}].name` })] : []),
      ...(enabled == null ? [] : [enabled ? 'row.enabled' : 'NOT row.enabled']),
    ];
  });
  return subscriptions.list(app.database, [...conditions, seen(actor, parameters)], parameters, page);
}

const cursor = cursorCodec('eventDeliveries', 'number', 'id', 'number');
const columns = columnsOf(deliveryTable, 'one');

/** Deliveries of a subscription in the reverse order of the log. */
export async function listDeliveries(
  app: App,
  actor: Actor,
  subscriptionId: string,
  filter: { readonly states: readonly DeliveryState[] | null; readonly runId: string | null },
  page: PageArguments,
): Promise<Page<EventDelivery>> {
  const request = readPage(page, cursor);
  const { id } = await requireSubscription(app.database, actor, subscriptionId);
  const parameters: unknown[] = [id];
  const conditions = ['one.subscription_id = $1'];
  if (filter.states !== null) conditions.push(`one.state = ANY ($${parameters.push(filter.states)})`);
  if (filter.runId !== null)
    conditions.push(isId(filter.runId) ? `one.run_id = $${parameters.push(filter.runId)}` : 'FALSE');
  const counted = [...parameters];
  const key = ['one.transaction_id', 'one.run_id', 'one.sequence'];
  const behind = request.after === undefined ? [] : [afterCondition(key, 'DESC', request.after, parameters)];
  const rows = await app.database.rows<EventDelivery>(
    `SELECT ${columns} FROM event_delivery AS one WHERE ${allOf([...conditions, ...behind])}
     ORDER BY one.transaction_id DESC, one.run_id DESC, one.sequence DESC
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: ({ transactionId, runId, sequence }) => cursor.encode([transactionId, runId, sequence]),
    countTotal: async () => {
      const sql = `SELECT count(*)::int AS count FROM event_delivery AS one WHERE ${allOf(conditions)}`;
      return (await app.database.rows<{ count: number }>(sql, counted))[0]?.count ?? 0;
    },
  });
}

/** A delivery of a subscription that the actor may manage. */
export async function requireDelivery(db: Db, actor: Actor, id: string): Promise<EventDelivery> {
  const delivery = isId(id) ? await findDelivery(db, id) : undefined;
  if (delivery === undefined) throw notFound('delivery', id);
  const parameters: unknown[] = [delivery.subscriptionId];
  const condition = seen(actor, parameters);
  const row = await subscriptions.findWhere(db, `row.id = $1 AND ${condition}`, parameters);
  if (row === undefined) throw notFound('delivery', id);
  return delivery;
}

/** Times at which the keys that own subscriptions expire, by the key's ID. Those that never expire are missing. */
export const expiryOfOwner: BatchLoad<Date> = async (app, ids) => {
  const rows = await app.database.rows<{ id: string; expiresAt: Date }>(
    `SELECT id, expires_at AS "expiresAt" FROM api_key WHERE id = ANY ($1::uuid[]) AND expires_at IS NOT NULL`,
    [ids.filter(isId)],
  );
  return new Map(rows.map(({ id, expiresAt }) => [id, expiresAt]));
};

/** For loaders. */
export const pendingOfSubscription: BatchLoad<number> = (app, ids) => countPending(app.database, ids);

export const stateOfSubscription: BatchLoad<{ failingSince: Date | null; replaying: boolean }> = async (app, ids) => {
  const rows = await app.database.rows<{ id: string; failingSince: Date | null; replaying: boolean }>(
    `SELECT subscription_id AS id, failing_since AS "failingSince", replay IS NOT NULL AS replaying
     FROM event_subscription_state WHERE subscription_id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map(({ id, ...state }) => [id, state]));
};
