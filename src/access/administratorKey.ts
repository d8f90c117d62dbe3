import { derivedId, hashSecret, newId } from '../kernel/ids';
import type { Transaction } from '../kernel/database/database';
import { hasLastingAdministrator } from './administrators.store';
import { newKeyValue, prefixOf } from './apiKeyInput';
import type { ApiKey } from './apiKeys';
import { insertApiKey, revokeApiKeys, saveConfiguredKey, setApiKeyGroups } from './apiKeys.store';
import { systemActor } from './actor';
import type { App } from './app';
import { audited } from './audit/audited';
import { auditDetail } from './audit/auditDetail';
import { ensureBuiltInGroups } from './builtInGroups';
import { changeRights } from './changeRights';
import { findApiKeyPrincipal } from './principals.store';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';

/** Row of the key from the configuration, for any value of it. */
const CONFIGURED_KEY = derivedId('6ba7b812-9dad-11d1-80b4-00c04fd430c8', 'slipway', 'SLIPWAY_ADMIN_KEY');

/** Creates the built-in groups and the key of SLIPWAY_ADMIN_KEY, before the server accepts requests. */
export async function ensureConfiguredKey(app: App): Promise<void> {
  await ensureBuiltInGroups(app);
  const value = app.config.SLIPWAY_ADMIN_KEY;
  if (value === undefined) return;
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

/**
 * Creates an administrator’s key if nobody can administer the server, and returns its value. Called once the server
 * listens: only a hash of the value is stored, so a start that fails must not have created the key.
 */
export async function createMissingKey(app: App): Promise<string | null> {
  if (app.config.SLIPWAY_ADMIN_KEY !== undefined) return null;
  const known = await findApiKeyPrincipal(app.database, CONFIGURED_KEY);
  const revoke = known !== undefined && known.revokedAt === null;
  if (!revoke && (await hasLastingAdministrator(app.database))) return null;
  return changeRights(app, async (db) => {
    await revokeApiKeys(db, [CONFIGURED_KEY], app.clock.now());
    // Servers that start together take turns here, and print one key.
    if (await hasLastingAdministrator(db)) return null;
    return (await insertKey(app, db, 'administrator')).value;
  });
}

/**
 * Creates another administrator's key for a user who controls the server's machine and database. Other keys stay valid.
 */
export async function createAdministratorKey(app: App, name: string): Promise<string> {
  await ensureBuiltInGroups(app);
  const attempt = { actor: systemActor, address: null, requestId: null, action: 'apiKey.create', input: { name } };
  return audited(app, attempt, () =>
    changeRights(app, async (db) => {
      const { apiKey, value } = await insertKey(app, db, name);
      auditDetail(db, { kind: 'apiKey', id: apiKey.id, name, after: apiKey });
      return value;
    }),
  );
}

async function insertKey(app: App, db: Transaction, name: string): Promise<{ apiKey: ApiKey; value: string }> {
  const { value, prefix, secretHash } = newKeyValue('swk');
  const apiKey: ApiKey = {
    id: newId(),
    name,
    prefix,
    ownerId: null,
    groupIds: [ACCOUNT_ADMINISTRATOR],
    applicationIds: null,
    createdAt: app.clock.now(),
    createdBy: null,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    trustRuleId: null,
  };
  await insertApiKey(db, apiKey, secretHash);
  return { apiKey, value };
}
