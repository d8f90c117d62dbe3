import type { App } from './app';
import { derivedId, hashSecret, newId, secretMatches } from '../kernel/ids';
import { notValid } from './abilities';
import type { Access, Principal } from './access';
import type { Actor } from './actor';
import { hasLastingAdministrator } from './administrators.store';
import { newApiKeyValue } from './apiKeyInput';
import { insertApiKey, revokeApiKeys, setApiKeyGroups } from './apiKeys.store';
import { noteUse, saveConfiguredKey } from './apiKeys.store';
import { ensureBuiltInGroups } from './builtInGroups';
import { changeRights } from './changeRights';
import { isJwt } from './identityProvider';
import { apiKeyPrincipal, findApiKeyPrincipal, findApiKeyPrincipalByPrefix } from './principals.store';
import { signIn } from './signIn';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';

/** The key that the configuration gives has this row, whatever its value is at the moment. */
const CONFIGURED_KEY = derivedId('6ba7b812-9dad-11d1-80b4-00c04fd430c8', 'slipway', 'SLIPWAY_ADMIN_KEY');
const USE_PERIOD_MS = 60_000;

/**
 * The part of a key that may be seen and finds its row. Keys that Slipway makes carry it; a key that somebody chose is found by the beginning
 * of its hash.
 */
const prefixOf = (key: string): string => /^swk_([A-Za-z0-9]{12})_/.exec(key)?.[1] ?? hashSecret(key).slice(0, 24);

/** Who a key or token belongs to, and what it may do at this moment. Whatever does not count is answered with the same words. */
export async function authenticate(app: App, credential: string): Promise<Actor> {
  if (app.identityProvider !== null && isJwt(credential)) {
    return actorOf(await app.abilities.accessOf(await signIn(app, await app.identityProvider.verify(credential))));
  }
  const row = await findApiKeyPrincipalByPrefix(app.database, prefixOf(credential));
  const now = app.clock.now();
  const counts = row !== undefined && secretMatches(credential, row.secretHash) && row.revokedAt === null;
  if (!counts || (row.expiresAt !== null && row.expiresAt <= now)) throw notValid();
  if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() > USE_PERIOD_MS) {
    await noteUse(app.database, row.id, now);
  }
  return actorOf(await app.abilities.accessOf(apiKeyPrincipal(row)));
}

/** The same caller as it is now, or was since something was read: for whatever lives longer than a request. */
export async function renewActor(app: App, actor: Actor, since?: number): Promise<Actor> {
  const access = await app.abilities.renew(actor.access, since);
  return access === actor.access ? actor : actorOf(access);
}

function actorOf(access: Access): Actor {
  const { kind, id, name, personId }: Principal = access.principal ?? missing();
  return { kind, id, name, personId, administrator: access.administrator, access };
}

function missing(): never {
  throw new Error('an authenticated caller has no principal');
}

/** Makes sure that somebody can administer the server. Answers the new key when one had to be made: it can be told only now. */
export async function ensureAdministratorKey(app: App): Promise<string | null> {
  await ensureBuiltInGroups(app);
  const configured = app.config.SLIPWAY_ADMIN_KEY;
  if (configured !== undefined) {
    await ensureConfiguredKey(app, configured);
    return null;
  }
  const known = await findApiKeyPrincipal(app.database, CONFIGURED_KEY);
  const revoke = known !== undefined && known.revokedAt === null;
  if (!revoke && (await hasLastingAdministrator(app.database))) return null;
  return changeRights(app, async (db) => {
    const now = app.clock.now();
    await revokeApiKeys(db, [CONFIGURED_KEY], now);
    // Servers that start together follow one another here, and print one key.
    if (await hasLastingAdministrator(db)) return null;
    const { value, prefix, secretHash } = newApiKeyValue();
    const key = {
      id: newId(),
      name: 'administrator',
      prefix,
      ownerId: null,
      groupIds: [ACCOUNT_ADMINISTRATOR],
      applicationIds: null,
    };
    const times = { createdAt: now, createdBy: null, expiresAt: null, lastUsedAt: null, revokedAt: null };
    await insertApiKey(db, { ...key, ...times }, secretHash);
    return value;
  });
}

async function ensureConfiguredKey(app: App, value: string): Promise<void> {
  const secretHash = hashSecret(value);
  const row = { id: CONFIGURED_KEY, name: 'administrator (SLIPWAY_ADMIN_KEY)', prefix: prefixOf(value), secretHash };
  const known = await findApiKeyPrincipal(app.database, CONFIGURED_KEY);
  const same =
    known?.secretHash === secretHash && known.revokedAt === null && known.groupIds.includes(ACCOUNT_ADMINISTRATOR);
  if (same) return;
  await changeRights(app, async (db) => {
    await saveConfiguredKey(db, row, app.clock.now());
    await setApiKeyGroups(db, CONFIGURED_KEY, [ACCOUNT_ADMINISTRATOR]);
  });
}
