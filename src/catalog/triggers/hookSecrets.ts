import { randomBytes } from 'node:crypto';
import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import { Unreadable } from '../secrets/secretKeys';
import { secretsAt } from '../secrets/secrets';
import { findSecretsFor } from '../secrets/secrets.store';
import type { Trigger, TriggerHook } from './triggers';
import { lockHooksOfOtherKeys, sealedAs, updateHook } from './triggers.store';

/** A secret in the form of Standard Webhooks, which GitHub, GitLab and Bitbucket accept as text. */
export const newHookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** Secrets that may sign deliveries now. Those of the application come first; an unreadable one is left out. */
export async function openHookSecrets(
  app: App,
  { applicationId }: Trigger,
  named: readonly string[],
  hook: TriggerHook,
  now: Date,
): Promise<string[]> {
  const place = { applicationId, environmentId: null };
  const found = named.length === 0 ? [] : await findSecretsFor(app.database, [place], named);
  const own = [...secretsAt(found, place).values()].map((secret) => () => app.secretKeys.open(secret));
  const { keyId, sealed, secretVersion, previousKeyId, previousSealed, previousUntil } = hook;
  if (named.length === 0 && keyId !== null && sealed !== null) {
    own.push(() => app.secretKeys.open({ ...sealedAs(hook, applicationId, secretVersion), keyId, sealed }));
  }
  const overlaps = named.length === 0 && previousUntil !== null && previousUntil > now;
  if (overlaps && previousKeyId !== null && previousSealed !== null) {
    const previous = { keyId: previousKeyId, sealed: previousSealed };
    own.push(() => app.secretKeys.open({ ...sealedAs(hook, applicationId, secretVersion - 1), ...previous }));
  }
  const opened: string[] = [];
  for (const open of own) {
    try {
      opened.push(await open());
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      app.log.error({ triggerId: hook.triggerId, reason: error.message }, 'a webhook can’t be verified');
    }
  }
  return opened;
}

/** Encrypts the secrets of all addresses with the current key. */
export async function resealHooks(
  app: App,
  db: Db,
  keyId: string,
): Promise<{ readonly resealed: number; readonly unreadable: readonly string[] }> {
  const unreadable: string[] = [];
  let resealed = 0;
  for (const hook of await lockHooksOfOtherKeys(db, keyId)) {
    const again = async (version: number, key: string | null, sealed: Buffer | null) => {
      if (key === null || sealed === null) return { keyId: null, sealed: null };
      const row = sealedAs(hook, hook.applicationId, version);
      return app.secretKeys.seal(row, await app.secretKeys.open({ ...row, keyId: key, sealed }));
    };
    try {
      const current = await again(hook.secretVersion, hook.keyId, hook.sealed);
      const previous = await again(hook.secretVersion - 1, hook.previousKeyId, hook.previousSealed);
      await updateHook(db, { ...hook, ...current, previousKeyId: previous.keyId, previousSealed: previous.sealed });
      resealed++;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      unreadable.push(`webhook secret of the trigger ${hook.triggerId}`);
    }
  }
  return { resealed, unreadable };
}
