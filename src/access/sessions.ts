import { hashSecret, newId, secretMatches } from '../kernel/ids';
import { notValid } from './abilities';
import type { Principal } from './access';
import type { App } from './app';
import { newKeyValue } from './apiKeyInput';
import { audit } from './audit/audited';
import { findSessionPrincipal, userPrincipal } from './principals.store';
import { deleteSession, deleteSessionsBefore, insertSession } from './sessions.store';
import { signIn } from './signIn';
import type { AuthorizationCode, WebSignIn } from './webSignIn';

const HOUR_MS = 3_600_000;
const PREFIX = /^sws_([A-Za-z0-9]{12})_/;

export const isSessionKey = (credential: string): boolean => PREFIX.test(credential);

export interface BegunSession {
  readonly key: string;
  readonly expiresAt: Date;
  readonly user: { readonly id: string; readonly name: string };
}

/** Signs in a person who comes back from the identity provider, and begins a session. */
export async function beginSession(
  app: App,
  provider: WebSignIn,
  given: AuthorizationCode,
  request: { readonly id: string; readonly address: string },
): Promise<BegunSession> {
  const identity = await provider.redeem(given);
  const { id: userId, name } = await signIn(app, identity);
  const { value: key, prefix, secretHash } = newKeyValue('sws');
  const now = app.clock.now();
  const expiresAt = new Date(now.getTime() + app.config.SLIPWAY_SESSION_HOURS * HOUR_MS);
  const session = { id: newId(), userId, prefix, secretHash, createdAt: now, expiresAt };
  await app.database.transaction(async (db) => {
    await insertSession(db, session);
    const actor = { kind: 'USER', id: userId, name } as const;
    const input = { issuer: identity.issuer, subject: identity.subject };
    const attempt = { actor, address: request.address, requestId: request.id, action: 'session.begin', input };
    await audit(app, db, attempt, { kind: 'user', id: userId, name });
  });
  return { key, expiresAt, user: { id: userId, name } };
}

/** Ends a session: its key is refused from the next request on. Ending it again changes nothing. */
export async function endSession(app: App, key: string): Promise<void> {
  const prefix = PREFIX.exec(key)?.[1];
  if (prefix === undefined) return;
  if ((await deleteSession(app.database, prefix, hashSecret(key))) > 0) app.knownCallers.forget();
}

/** User of the key of a session. Throws UNAUTHENTICATED once it has ended. */
export async function sessionPrincipal(app: App, key: string): Promise<Principal> {
  const row = await findSessionPrincipal(app.database, PREFIX.exec(key)?.[1] ?? '');
  if (row === undefined || !secretMatches(key, row.secretHash) || row.endsAt <= app.clock.now()) throw notValid();
  return { ...userPrincipal(row), expiresAt: row.endsAt };
}

export const deleteEndedSessions = (app: App): Promise<number> => deleteSessionsBefore(app.database, app.clock.now());
