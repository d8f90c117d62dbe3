import type { App } from '../app';
import { derivedId, hashSecret, newId, newSecret, secretMatches } from '../ids';
import { Refusal } from '../refusal';
import type { Actor } from './actor';
import { findApiKeyByPrefix, hasAdministratorKey, noteUse, revokeApiKey, saveApiKey } from './apiKeys.store';

/** The key that the configuration gives has this row, whatever its value is at the moment. */
const CONFIGURED_KEY = derivedId('6ba7b812-9dad-11d1-80b4-00c04fd430c8', 'slipway', 'SLIPWAY_ADMIN_KEY');
const USE_PERIOD_MS = 60_000;

/**
 * The part of a key that may be seen and finds its row. Keys that Slipway makes carry it; a key that somebody chose is found by the beginning
 * of its hash.
 */
const prefixOf = (key: string): string => /^swk_([A-Za-z0-9]{12})_/.exec(key)?.[1] ?? hashSecret(key).slice(0, 24);

/** Who a key belongs to. Unknown and revoked keys are answered with the same words. */
export async function authenticate(app: App, key: string): Promise<Actor> {
  const row = await findApiKeyByPrefix(app.database, prefixOf(key));
  const valid = row !== undefined && secretMatches(key, row.secretHash) && row.revokedAt === null;
  if (!valid) throw new Refusal('UNAUTHENTICATED', 'This API key is not valid.');
  const now = app.clock.now();
  if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() > USE_PERIOD_MS) {
    await noteUse(app.database, row.id, now);
  }
  return { kind: 'API_KEY', id: row.id, name: row.name, administrator: row.administrator };
}

/** Makes sure that somebody can administer the server. Answers the new key when one had to be made: it can be told only now. */
export async function ensureAdministratorKey(app: App): Promise<string | null> {
  const configured = app.config.SLIPWAY_ADMIN_KEY;
  const createdAt = app.clock.now();
  const base = { administrator: true, createdAt, lastUsedAt: null, revokedAt: null };
  if (configured !== undefined) {
    const row = { ...base, id: CONFIGURED_KEY, name: 'administrator (SLIPWAY_ADMIN_KEY)' };
    await saveApiKey(app.database, { ...row, prefix: prefixOf(configured), secretHash: hashSecret(configured) });
    return null;
  }
  return app.database.transaction(async (db) => {
    // Servers that start together must not print a key each.
    await db.rows('SELECT pg_advisory_xact_lock($1)', [0x51_1b_3a_8]);
    await revokeApiKey(db, CONFIGURED_KEY, createdAt);
    if (await hasAdministratorKey(db)) return null;
    const key = `swk_${newSecret().replace(/[-_]/g, '').slice(0, 12)}_${newSecret()}`;
    await saveApiKey(db, { ...base, id: newId(), name: 'administrator', prefix: prefixOf(key), secretHash: hashSecret(key) });
    return key;
  });
}
