import { createHash } from 'node:crypto';
import type { Trigger } from '../../catalog/triggers/triggers';
import { decideImage, decideWebhook, type Delivered, type FiringDecision } from '../../engine/firing';
import { imageRef, type PushedImage, pushedImages, sourceFacts, withoutTag } from '../../engine/pushedImages';
import { topic } from '../../kernel/database/wakeups';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import type { App } from '../app';
import { findImagesOf, findSameFiring, insertFiring } from './firings.store';
import type { Firing } from './firings.table';
import type { HookDesk, KnownHook } from './hookDesk';
import { maskPayload, maskText } from './maskPayload';
import { newFiring } from './newFiring';
import { noteFired } from './noteFired';
import { deliveryKeyOf, headerOf, isSignedBy, namesOf, type Signed, signsBodyOnly } from './signatures';
import { dockerHubCallback } from './tellDockerHub';

/** Outcome of a delivery. */
export interface Received {
  /** First firing; null if the delivery is about nothing that can fire, such as the deletion of an image. */
  readonly id: string | null;
  readonly ids: readonly string[];
  readonly status: Firing['status'] | null;
  /** True if the same delivery has arrived before. */
  readonly duplicate: boolean;
}

/** Refuses a delivery that none of the secrets has signed. */
export function requireSignature({ sender, secrets, signed }: KnownHook, delivery: Signed): void {
  if (signed && secrets.length === 0) {
    throw new Refusal('UNAUTHENTICATED', 'The trigger has no secret that can be read, so no delivery can be verified.');
  }
  if (isSignedBy(sender, secrets, delivery)) return;
  throw new Refusal('UNAUTHENTICATED', 'The signature of the delivery is not valid, or too old.');
}

/** Stores a verified delivery and what it starts. It is durable when this resolves. */
export async function receiveDelivery(
  app: App,
  desk: HookDesk,
  hook: KnownHook,
  signed: Signed,
  contentType: string,
): Promise<Received> {
  const delivered = readDelivery(hook, signed, contentType);
  const received = await store(app, hook, await firingsOf(app, hook, signed, delivered));
  if (received !== null) return received;
  // The trigger has changed since it was read.
  desk.forget(hook.path);
  const now = await desk.find(hook.path);
  const again = now && (await store(app, now, await firingsOf(app, now, signed, delivered)));
  if (!again) throw notFound('webhook', 'of this address');
  return again;
}

/** Headers that expressions see: none with credentials. */
const shownHeader =
  /^(x-(github|gitlab|gitea|event|hook|request|attempt)[\w-]*|user-agent|content-type|webhook-(id|timestamp))$/;
const hiddenHeader = /token|signature|secret|auth/;

function readDelivery({ sender }: KnownHook, signed: Signed, contentType: string): Delivered {
  const written = signed.body.toString('utf8');
  // GitHub sends forms, too, if it is asked to.
  const text = /^application\/x-www-form-urlencoded/i.test(contentType)
    ? (new URLSearchParams(written).get('payload') ?? '')
    : written;
  const headers = Object.entries(signed.headers).flatMap(([name]): [string, string][] => {
    const value = headerOf(signed, name);
    return value !== null && shownHeader.test(name) && !hiddenHeader.test(name) ? [[name, value]] : [];
  });
  const { event, delivery } = namesOf(sender, signed);
  return { ...{ event, delivery, text }, headers: Object.fromEntries(headers), payload: parse(text) };
}

function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `The payload is not valid JSON: ${(error as Error).message}.`;
    throw invalidInput([{ field: 'body', value: null, rule: 'JSON', message }]);
  }
}

async function firingsOf(app: App, hook: KnownHook, signed: Signed, delivered: Delivered): Promise<Firing[]> {
  const { trigger, sender, secrets } = hook;
  const { event, delivery, payload } = delivered;
  const now = app.clock.now();
  const masked = maskPayload(payload, secrets);
  const bodyHash = signsBodyOnly(sender, secrets, signed)
    ? createHash('sha256').update(signed.body).digest('hex')
    : null;
  const common = {
    event: event === null ? null : maskText(event, secrets),
    delivery: delivery === null ? null : maskText(delivery, secrets),
    payload: masked,
  };
  const callback = sender === 'DOCKER_HUB' ? dockerHubCallback(payload) : null;
  const facts = callback === null ? null : { callback };
  const decided = await decideDelivery(app, trigger, delivered, now);
  return decided.map(({ decision, kind, mark }) => {
    const dedupeKey = [deliveryKeyOf(sender, signed) ?? '', mark ?? ''].join(' ').trim() || newId();
    const body = bodyHash === null ? null : `${bodyHash} ${mark ?? ''}`.trim();
    return newFiring(trigger, { ...common, kind, dedupeKey, bodyHash: body, facts }, decision, now, secrets);
  });
}

interface Decided {
  readonly decision: FiringDecision;
  readonly kind: 'WEBHOOK' | 'IMAGE';
  /** Distinguishes the images of one delivery. */
  readonly mark: string | null;
}

/** Decides about a delivery: once for a webhook, and for each image that a registry announces. */
export async function decideDelivery(
  app: App,
  trigger: Trigger,
  delivered: Delivered,
  now: Date,
): Promise<readonly Decided[]> {
  const { id, name, applicationId, definition } = trigger;
  const common = { trigger: { id, name }, time: now };
  const wanted = definition.on.image;
  if (wanted === null) {
    const decision = storable(decideWebhook(definition, common, delivered, sourceFacts(delivered.payload)));
    return [{ decision, kind: 'WEBHOOK', mark: null }];
  }
  const images = pushedImages(delivered.payload);
  const learned = wanted.repository === null && wanted.service !== null && images.length > 0;
  const known = learned ? await findImagesOf(app.database, applicationId, wanted.service ?? '') : [];
  const repositories = [...new Set(known.map(withoutTag))];
  return images.map((image) => ({
    decision: storable(decideImage(definition, common, delivered, image, repositories)),
    kind: 'IMAGE' as const,
    mark: markOf(image),
  }));
}

/** The sender chooses the texts, so they may be too long for a key, or impossible to store. */
function markOf(image: PushedImage): string {
  const mark = image.id ?? `${imageRef(image)} ${image.digest ?? ''}`.trim();
  return mark.length <= 200 && isStorable(mark) ? mark : createHash('sha256').update(mark).digest('hex');
}

/** A payload can put characters into inputs that can't be stored. */
function storable(decision: FiringDecision): FiringDecision {
  if (decision.is !== 'START') return decision;
  const { variables, images, notes } = decision.inputs;
  const texts = { ...variables, ...images, notes: notes ?? '' };
  const bad = Object.entries(texts).find(([, text]) => !isStorable(text));
  if (bad === undefined) return decision;
  const reason = `The value of "${bad[0]}" has a character that can’t be stored.`;
  return { is: 'FAILED', code: 'CONDITION_ERROR', reason };
}

/** Null if the trigger has changed. */
async function store(app: App, { trigger }: KnownHook, firings: readonly Firing[]): Promise<Received | null> {
  if (firings.length === 0) return { id: null, ids: [], status: null, duplicate: false };
  const stored = await app.database.transaction(async (db) => {
    const rows: { firing: Firing; isNew: boolean }[] = [];
    for (const firing of firings) {
      const isNew = await insertFiring(db, firing);
      const row = isNew ? firing : await findSameFiring(db, firing);
      if (row === undefined) return null;
      rows.push({ firing: row, isNew });
    }
    db.wake(topic.triggers);
    return rows;
  });
  if (stored === null) return null;
  for (const { firing, isNew } of stored) if (isNew) noteFired(app, firing);
  const [first] = stored;
  app.log.debug({ triggerId: trigger.id, firings: stored.length }, 'webhook received');
  return {
    id: first?.firing.id ?? null,
    ids: stored.map(({ firing }) => firing.id),
    status: first?.firing.status ?? null,
    duplicate: stored.every(({ isNew }) => !isNew),
  };
}
