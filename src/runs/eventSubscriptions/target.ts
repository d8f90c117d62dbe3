import { randomBytes } from 'node:crypto';
import type { SecretKeys } from '../../catalog/secrets/secretKeys';
import type { EventSubscription, SubscriptionFormat, SubscriptionState } from './eventSubscriptions';

/** Secret that signs, until a time if another one has replaced it. */
export interface SigningSecret {
  readonly value: string;
  readonly until: string | null;
}

/** The part of a subscription that nobody may read. It is stored encrypted. */
export interface Target {
  readonly url: string;
  /** Newest first. Empty unless the format is signed. */
  readonly secrets: readonly SigningSecret[];
}

type Sealed = Pick<SubscriptionState, 'keyId' | 'sealed' | 'sealedVersion'>;

/** Place of the value, as encryption binds it to its row. */
const placeOf = (subscription: Pick<EventSubscription, 'id' | 'applicationId'>, version: number) => ({
  id: subscription.id,
  applicationId: subscription.applicationId ?? subscription.id,
  environmentId: null,
  name: 'event subscription',
  version,
});

export async function sealTarget(
  keys: SecretKeys,
  subscription: Pick<EventSubscription, 'id' | 'applicationId'>,
  sealedVersion: number,
  target: Target,
): Promise<Sealed> {
  const sealed = await keys.seal(placeOf(subscription, sealedVersion), JSON.stringify(target));
  return { ...sealed, sealedVersion };
}

export async function openTarget(
  keys: SecretKeys,
  subscription: Pick<EventSubscription, 'id' | 'applicationId'>,
  { keyId, sealed, sealedVersion }: Sealed,
): Promise<Target> {
  return JSON.parse(await keys.open({ ...placeOf(subscription, sealedVersion), keyId, sealed })) as Target;
}

/** Secrets that count at a time, newest first. */
export const secretsAt = ({ secrets }: Target, now: Date): string[] =>
  secrets.filter(({ until }) => until === null || new Date(until) > now).map(({ value }) => value);

export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** The URL as people may see it. Receivers keep their credentials in the query, Slack and Teams in the path. */
export function shownAddress(url: URL, format: SubscriptionFormat): string {
  if (format === 'SLACK' || format === 'TEAMS') return `${url.origin}/…`;
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
