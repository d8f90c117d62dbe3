import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { HookSender } from '../../catalog/language/triggerShape';

/** A delivery before it is trusted. */
export interface Signed {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** True if one of the secrets has signed the delivery. Takes the same time whatever the signature is. */
export function isSignedBy(sender: HookSender, secrets: readonly string[], delivery: Signed): boolean {
  switch (sender) {
    case 'DOCKER_HUB':
      return true;
    case 'CUSTOM':
      // The path alone, unless the trigger names secrets.
      if (secrets.length === 0) return true;
      return headerOf(delivery, 'webhook-signature') !== null
        ? isStandard(secrets, delivery)
        : hasHmac(headerOf(delivery, 'x-hub-signature-256'), secrets, delivery.body);
    case 'GITHUB':
      return hasHmac(headerOf(delivery, 'x-hub-signature-256'), secrets, delivery.body);
    case 'BITBUCKET':
      return hasHmac(headerOf(delivery, 'x-hub-signature'), secrets, delivery.body);
    case 'GITLAB':
      // Its signing token follows Standard Webhooks; the older secret token is sent as it is.
      return headerOf(delivery, 'webhook-signature') !== null
        ? isStandard(secrets, delivery)
        : isToken(headerOf(delivery, 'x-gitlab-token'), secrets);
    case 'STANDARD':
      return isStandard(secrets, delivery);
    case 'HARBOR':
    case 'OCI':
      return isToken(headerOf(delivery, 'authorization')?.replace(/^bearer +/i, '') ?? null, secrets);
  }
}

export function headerOf({ headers }: Pick<Signed, 'headers'>, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** `sha256=` and the HMAC of the body in hexadecimal. */
function hasHmac(signature: string | null, secrets: readonly string[], body: Buffer): boolean {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(signature ?? '') ?? [];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, 'hex');
  return anyOf(secrets, (secret) => timingSafeEqual(given, createHmac('sha256', secret).update(body).digest()));
}

/** Compares digests, which have the same length. */
function isToken(token: string | null, secrets: readonly string[]): boolean {
  if (token === null) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return anyOf(secrets, (secret) => timingSafeEqual(digest(token), digest(secret.replace(/^bearer +/i, ''))));
}

/** Signs the id and the time, too, and refuses times more than five minutes away. */
function isStandard(secrets: readonly string[], delivery: Signed): boolean {
  const headers = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, headerOf(delivery, name) ?? '']),
  );
  const text = delivery.body.toString('utf8');
  return anyOf(secrets, (secret) => {
    try {
      webhookOf(secret).verify(text, headers, { jsonParse: false });
      return true;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return false;
      throw error;
    }
  });
}

/** A secret is base64, with or without whsec_; any other text is used as it is. */
function webhookOf(secret: string): Webhook {
  const base64 = secret.replace(/^whsec_/, '');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length % 4 === 0;
  return isBase64 ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
}

/** Checks all of them, so that the time does not reveal which one matched. */
const anyOf = (secrets: readonly string[], matches: (secret: string) => boolean): boolean =>
  secrets.map(matches).includes(true);

/** Event and ID of a delivery, as each sender names them. */
export function namesOf(sender: HookSender, delivery: Signed): { event: string | null; delivery: string | null } {
  const first = (...names: string[]) => {
    for (const name of names) {
      const value = headerOf(delivery, name);
      if (value !== null && value.length <= 200) return value;
    }
    return null;
  };
  switch (sender) {
    case 'GITHUB':
      return { event: first('x-github-event'), delivery: first('x-github-delivery') };
    case 'GITLAB':
      return {
        event: first('x-gitlab-event'),
        delivery: first('webhook-id', 'idempotency-key', 'x-gitlab-event-uuid'),
      };
    case 'BITBUCKET':
      return { event: first('x-event-key'), delivery: first('x-request-uuid', 'x-request-id') };
    case 'STANDARD':
      return { event: null, delivery: first('webhook-id') };
    default:
      return { event: null, delivery: first('webhook-id', 'idempotency-key', 'x-request-id') };
  }
}

/**
 * What identifies an event among repeated deliveries. Before GitLab 17.4, which sends an Idempotency-Key, events that a
 * webhook causes have the UUID of the event that caused them: only the body distinguishes them.
 */
export function deliveryKeyOf(sender: HookSender, signed: Signed): string | null {
  const { delivery } = namesOf(sender, signed);
  const shared = sender === 'GITLAB' && delivery !== null && delivery === headerOf(signed, 'x-gitlab-event-uuid');
  return shared ? `${delivery} ${createHash('sha256').update(signed.body).digest('hex')}` : delivery;
}

/** True if the signature covers the body only: a copy of it with another ID of the delivery would be valid, too. */
export const signsBodyOnly = (sender: HookSender, secrets: readonly string[], delivery: Signed): boolean =>
  sender === 'GITHUB' ||
  sender === 'BITBUCKET' ||
  (sender === 'CUSTOM' && secrets.length > 0 && headerOf(delivery, 'webhook-signature') === null);
