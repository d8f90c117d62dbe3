import type { App } from './app';
import { secretMatches } from '../kernel/ids';
import { notValid } from './abilities';
import type { Access, Principal } from './access';
import type { Actor } from './actor';
import { prefixOf } from './apiKeyInput';
import { noteUse } from './apiKeys.store';
import { isJwt } from './tokenVerifier';
import { apiKeyPrincipal, findApiKeyPrincipalByPrefix } from './principals.store';
import { isSessionKey, sessionPrincipal } from './sessions';
import { signIn } from './signIn';

const USE_PERIOD_MS = 60_000;

/**
 * Caller of a key or token, and its rights, at most a second old. Every credential that does not count gets the same
 * error.
 */
export async function authenticate(app: App, credential: string): Promise<Actor> {
  return actorOf(await app.knownCallers.accessOf(credential, () => readAccess(app, credential)));
}

async function readAccess(app: App, credential: string): Promise<Access> {
  if (app.identityProvider !== null && isJwt(credential)) {
    return app.abilities.accessOf(await signIn(app, await app.identityProvider.verify(credential)));
  }
  if (isSessionKey(credential)) return app.abilities.accessOf(await sessionPrincipal(app, credential));
  const row = await findApiKeyPrincipalByPrefix(app.database, prefixOf(credential));
  const now = app.clock.now();
  const counts = row !== undefined && secretMatches(credential, row.secretHash) && row.revokedAt === null;
  if (!counts || (row.expiresAt !== null && row.expiresAt <= now)) throw notValid();
  if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() > USE_PERIOD_MS) {
    await noteUse(app.database, row.id, now);
  }
  return app.abilities.accessOf(apiKeyPrincipal(row));
}

/** The same caller as it is now, or as of a read: for anything that lives longer than a request. */
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
