import type { Actor } from '../../access/actor';
import { broken } from '../../access/permissionInput';
import type { Transaction } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import { readNameAndDescription } from '../../kernel/naming';
import type { App } from '../app';
import { decodePlace, type Place, placeBefore } from '../events/eventLog';
import { findLogBounds } from '../events/eventLog.store';
import { refreshPending, skipPending } from './deliveries.store';
import {
  type EventSubscription,
  type NewSubscription,
  type SubscriptionChanges,
  subscriptions,
} from './eventSubscriptions';
import { retryPeriod } from './retryPeriod';
import {
  readFilter,
  readSigningSecret,
  readTemplate,
  readTokenSecret,
  readUrl,
  refuse,
  usesToken,
} from './subscriptionInput';
import { requireManager, requireSubscription } from './subscriptions.queries';
import { findWithState, insertState, lockState, noteHealth, setPlace, setSealed } from './subscriptions.store';
import { newSigningSecret, openTarget, sealTarget, shownAddress } from './target';

const DAY_SECONDS = 86_400;
const MOST_SECONDS = 30 * DAY_SECONDS;

/**
 * The actor becomes the owner: deliveries contain only what it may read at that time. A subscription ends with its
 * owner, so a key that a CI job has for an hour can't be one.
 */
function ownedBy({ kind, id, name, access }: Actor) {
  if (access.principal?.trustRuleId != null) {
    const message = `${name} is the key of a CI job, and the subscription would stop when it expires. Use a user or an API key of its own.`;
    throw invalidInput([{ field: 'owner', value: name, rule: 'SHORT_LIVED_OWNER', message }]);
  }
  return { ownerKind: kind === 'USER' ? ('USER' as const) : ('API_KEY' as const), ownerId: id, ownerName: name };
}

const isOn = { enabled: true, offCode: null, offReason: null, offAt: null } as const;

/** Position from which a new subscription delivers. */
async function firstPlace(app: App, after: string | null): Promise<Place> {
  const bounds = await findLogBounds(app.database);
  if (after === null) return placeBefore(bounds.horizon);
  return requirePlace(app, 'after', after);
}

/** Position that a cursor of this database names. */
export async function requirePlace(app: App, field: string, cursor: string): Promise<Place> {
  const { database, place } = decodePlace(cursor);
  if (database === (await app.feeds.identity())) return place;
  throw refusal(broken(field, cursor, 'CURSOR', 'the cursor belongs to another database.'));
}

const refusal = (error: InputError) => new Refusal('INVALID_INPUT', error.message, { errors: [error] });

/** Creates a subscription. Returns the secret if the server created it: nobody can read it later. */
export async function createSubscription(
  app: App,
  actor: Actor,
  input: NewSubscription,
): Promise<{ readonly subscription: EventSubscription; readonly secret: string | null }> {
  const { applicationId = null, format: wanted, filter = null, repository = null, commit = null } = input;
  const format = wanted ?? 'CLOUDEVENTS';
  const tokenSecret = input.tokenSecret ?? null;
  await requireManager(app.database, actor, applicationId, usesToken(format));
  const errors: InputError[] = [];
  const url = readUrl(app, format, input.url, errors);
  const { name = url?.host ?? 'webhook' } = readNameAndDescription({ name: input.name });
  checkTexts({ format, applicationId, repository, commit, tokenSecret }, errors);
  if (input.secret != null) {
    if (format === 'CLOUDEVENTS') readSigningSecret(input.secret, errors);
    else errors.push(broken('secret', null, 'FORMAT', 'only CLOUDEVENTS is signed.'));
  }
  const read = await readFilter(app.database, actor, filter ?? {}, applicationId, errors);
  refuse(errors);
  if (url === undefined) throw new Error('an invalid URL was not refused');
  const made = format === 'CLOUDEVENTS' && input.secret == null ? newSigningSecret() : null;
  const secret = made ?? input.secret ?? null;
  const now = app.clock.now();
  const subscription: EventSubscription = {
    ...{ id: newId(), name, applicationId, format, address: shownAddress(url, format), filter: read },
    ...{ repository, commit, tokenSecret, ...isOn, ...ownedBy(actor) },
    ...{ createdAt: now, createdBy: actor.id, updatedAt: now, deletedAt: null },
  };
  const secrets = secret === null ? [] : [{ value: secret, until: null }];
  const sealed = await sealTarget(app.secretKeys, subscription, 1, { url: url.href, secrets });
  const place = await firstPlace(app, input.after ?? null);
  await app.database.transaction(async (db) => {
    await subscriptions.insert(db, [subscription]);
    await insertState(db, { subscriptionId: subscription.id, ...sealed, ...place });
    db.wake(topic.subscriptions);
  });
  return { subscription, secret: made };
}

type Texts = Pick<EventSubscription, 'format' | 'applicationId' | 'repository' | 'commit' | 'tokenSecret'>;

function checkTexts({ format, applicationId, repository, commit, tokenSecret }: Texts, errors: InputError[]): void {
  const isHost = format === 'GITHUB' || format === 'GITLAB';
  if (isHost && applicationId === null)
    errors.push(
      broken('applicationId', null, 'REQUIRED', `${format} needs an application, whose secret has the token.`),
    );
  readTokenSecret(format, tokenSecret, errors);
  for (const [field, value] of Object.entries({ repository, commit })) {
    if (value !== null && !isHost) errors.push(broken(field, value, 'FORMAT', 'only GITHUB and GITLAB use it.'));
    readTemplate(field, value, errors);
  }
  if (commit !== null && repository === null)
    errors.push(broken('repository', null, 'REQUIRED', 'a commit needs the repository that it is in.'));
}

/** Changes a subscription. Its owner is the actor from then on. */
export function updateSubscription(
  app: App,
  actor: Actor,
  id: string,
  changes: SubscriptionChanges,
): Promise<EventSubscription> {
  const { name } = readNameAndDescription({ name: changes.name });
  return changing(app, actor, id, async (db, { subscription, state }) => {
    const errors: InputError[] = [];
    const { format, applicationId } = subscription;
    if (usesToken(format)) await requireManager(db, actor, applicationId, true);
    const url = changes.url == null ? undefined : readUrl(app, format, changes.url, errors);
    const orBefore = <T>(given: T | undefined, before: T): T => (given === undefined ? before : given);
    const texts = {
      repository: orBefore(changes.repository, subscription.repository),
      commit: orBefore(changes.commit, subscription.commit),
      tokenSecret: orBefore(changes.tokenSecret, subscription.tokenSecret),
    };
    checkTexts({ format, applicationId, ...texts }, errors);
    const given = changes.filter;
    const filter =
      given === undefined ? subscription.filter : await readFilter(db, actor, given ?? {}, applicationId, errors);
    refuse(errors);
    if (url !== undefined) {
      const target = await openTarget(app.secretKeys, subscription, state);
      const version = state.sealedVersion + 1;
      await setSealed(db, id, await sealTarget(app.secretKeys, subscription, version, { ...target, url: url.href }));
    }
    return {
      ...{ ...texts, filter, ...ownedBy(actor) },
      ...(name !== undefined && { name }),
      ...(url !== undefined && { address: shownAddress(url, format) }),
    };
  });
}

export async function deleteSubscription(app: App, actor: Actor, id: string): Promise<void> {
  await app.database.transaction(async (db) => {
    await requireSubscription(db, actor, id);
    await lockState(db, id);
    await subscriptions.delete(db, id, app.clock.now());
    await skipPending(db, id, 'The subscription was deleted.', app.clock.now());
    db.wake(topic.subscriptions);
  });
}

/**
 * Replaces the secret that signs. For a time, requests are also signed with the previous one, so that receivers can
 * change theirs without a gap.
 */
export async function rotateSecret(
  app: App,
  actor: Actor,
  id: string,
  {
    secret,
    keepSeconds,
  }: { readonly secret?: string | null | undefined; readonly keepSeconds?: number | null | undefined },
): Promise<{ readonly subscription: EventSubscription; readonly secret: string | null }> {
  const errors: InputError[] = [];
  if (secret != null) readSigningSecret(secret, errors);
  const keep = keepSeconds ?? DAY_SECONDS;
  if (keep < 0 || keep > MOST_SECONDS)
    errors.push(broken('keepPreviousSeconds', keep, 'RANGE', `must be from 0 to ${MOST_SECONDS}.`));
  refuse(errors);
  const made = secret == null ? newSigningSecret() : null;
  const subscription = await changing(app, actor, id, async (db, { subscription: row, state }) => {
    if (row.format !== 'CLOUDEVENTS')
      throw refusal(broken('subscriptionId', id, 'FORMAT', 'only CLOUDEVENTS is signed.'));
    const target = await openTarget(app.secretKeys, row, state);
    const now = app.clock.now();
    const until = new Date(now.getTime() + keep * 1000).toISOString();
    const [current] = target.secrets;
    const previous = current === undefined || keep === 0 ? [] : [{ value: current.value, until }];
    const secrets = [{ value: made ?? secret ?? '', until: null }, ...previous];
    await setSealed(db, id, await sealTarget(app.secretKeys, row, state.sealedVersion + 1, { ...target, secrets }));
    return {};
  });
  return { subscription, secret: made };
}

/**
 * Turns a subscription on. It continues after the last event that it read, or with new events if `skipMissed`. Its
 * owner is the actor from then on.
 */
export async function enableSubscription(
  app: App,
  actor: Actor,
  id: string,
  skipMissed: boolean,
): Promise<EventSubscription> {
  const { horizon } = await findLogBounds(app.database);
  return changing(app, actor, id, async (db) => {
    const now = app.clock.now();
    if (skipMissed) {
      await setPlace(db, id, placeBefore(horizon));
      await skipPending(db, id, 'Skipped when the subscription was turned on again.', now);
    } else await refreshPending(db, id, retryPeriod(app));
    await noteHealth(db, id, null, now);
    return { ...isOn, ...ownedBy(actor) };
  });
}

/** Turns a subscription off. Pending deliveries stay, and are sent after it is turned on again. */
export function disableSubscription(
  app: App,
  actor: Actor,
  id: string,
  reason: string | null,
): Promise<EventSubscription> {
  return changing(app, actor, id, async (_db, { subscription }) =>
    subscription.enabled
      ? { enabled: false, offCode: 'REQUESTED' as const, offReason: reason, offAt: app.clock.now() }
      : {},
  );
}

type Live = NonNullable<Awaited<ReturnType<typeof findWithState>>>;

/** A change of a subscription while nothing is added to its deliveries. */
async function changing(
  app: App,
  actor: Actor,
  id: string,
  change: (db: Transaction, live: Live) => Promise<Partial<EventSubscription>>,
): Promise<EventSubscription> {
  return app.database.transaction(async (db) => {
    await requireSubscription(db, actor, id);
    await lockState(db, id);
    const live = await findWithState(db, id);
    if (live === undefined) throw notFound('event subscription', id);
    const changes = { ...(await change(db, live)), updatedAt: app.clock.now() };
    await subscriptions.update(db, id, changes);
    db.wake(topic.subscriptions);
    return { ...live.subscription, ...changes };
  });
}
