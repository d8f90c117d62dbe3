import { auditDetail } from './audit/auditDetail';
import { isId, newId } from '../kernel/ids';
import { type InputError, invalidInput, notFound } from '../kernel/errors';
import { asApiKey, readName, refuseErrors, requireGroups } from './accessInput';
import type { Actor } from './actor';
import { requireAdministratorFor, requireAdministratorLeft } from './administrators';
import { newKeyValue, readExpiry, readNarrowing, requireGiveable, sameRights } from './apiKeyInput';
import type { ApiKey, CreateApiKey, UpdateApiKey } from './apiKeys';
import { findApiKeys, insertApiKey, revokeApiKeys, updateApiKeyRow } from './apiKeys.store';
import type { App } from './app';
import { changeRights } from './changeRights';
import { broken, readIds } from './permissionInput';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';
import { users } from './users';

/**
 * Creates a key. Its value is returned here and never again. It belongs to the person who creates it: actions that one
 * person may not take twice, such as starting a run and approving it, are not possible with two keys. So only an
 * administrator creates keys for others.
 */
export async function createApiKey(
  app: App,
  actor: Actor,
  input: CreateApiKey,
): Promise<{ apiKey: ApiKey; value: string }> {
  const { access } = actor;
  access.requireAccount('MANAGE_API_KEYS');
  const errors: InputError[] = [];
  const name = readName(input.name, 'name', errors);
  const groupIds = readIds(input.userGroupIds, 'userGroupIds', errors);
  const expiresAt = readExpiry(app, access, input.expiresAt ?? null, errors);
  const applicationIds = await readNarrowing(app, access, input.applicationIds ?? null, errors);
  refuseErrors(errors);
  const ownerId = input.ownerId === undefined ? access.personId : input.ownerId;
  if (ownerId !== access.personId) access.requireAdministrator('create a key for somebody else');
  requireGiveable(access, groupIds);
  const { value, prefix, secretHash } = newKeyValue('swk');
  return changeRights(app, async (db) => {
    await requireGroups(db, groupIds, 'userGroupIds');
    if (ownerId !== null && (!isId(ownerId) || (await users.find(db, ownerId)) === undefined)) {
      refuseErrors([broken('ownerId', ownerId, 'UNKNOWN', `there is no user with the id "${ownerId}".`)]);
    }
    const apiKey: ApiKey = {
      id: newId(),
      name,
      prefix,
      ownerId,
      groupIds,
      applicationIds,
      createdAt: app.clock.now(),
      createdBy: actor.id,
      expiresAt,
      lastUsedAt: null,
      revokedAt: null,
      trustRuleId: null,
    };
    await insertApiKey(db, apiKey, secretHash);
    auditDetail(db, { kind: 'apiKey', id: apiKey.id, name, after: apiKey });
    return { apiKey, value };
  });
}

/** Changes the given fields; the value stays. A revoked key can’t be changed. */
export async function updateApiKey(app: App, actor: Actor, input: UpdateApiKey): Promise<ApiKey> {
  const { access } = actor;
  access.requireAccount('MANAGE_API_KEYS', asApiKey(input.id));
  const errors: InputError[] = [];
  const name = typeof input.name === 'string' ? readName(input.name, 'name', errors) : undefined;
  const groupIds = input.userGroupIds ? readIds(input.userGroupIds, 'userGroupIds', errors) : undefined;
  const expiresAt = input.expiresAt === undefined ? undefined : readExpiry(app, access, input.expiresAt, errors);
  const applicationIds =
    input.applicationIds === undefined ? undefined : await readNarrowing(app, access, input.applicationIds, errors);
  refuseErrors(errors);
  return changeRights(app, async (db) => {
    const [before] = isId(input.id) ? await findApiKeys(db, [input.id]) : [];
    if (before === undefined) throw notFound('API key', input.id);
    requireAdministratorFor(access, before.groupIds);
    if (before.revokedAt !== null) {
      throw invalidInput([broken('id', input.id, 'REVOKED', 'the key is revoked; create a new one.')]);
    }
    const after: ApiKey = {
      ...before,
      name: name ?? before.name,
      groupIds: groupIds ?? before.groupIds,
      expiresAt: expiresAt === undefined ? before.expiresAt : expiresAt,
      applicationIds: applicationIds === undefined ? before.applicationIds : applicationIds,
    };
    if (!sameRights(before, after)) {
      requireGiveable(access, after.groupIds);
      await requireGroups(db, after.groupIds, 'userGroupIds');
    }
    await updateApiKeyRow(db, after);
    auditDetail(db, { kind: 'apiKey', id: before.id, name: before.name, before, after });
    if (!sameRights(before, after) && before.groupIds.includes(ACCOUNT_ADMINISTRATOR))
      await requireAdministratorLeft(db);
    return after;
  });
}

/**
 * Revokes a key for good: for the next request to this server, for other servers within a second, and in open streams.
 * Callers may revoke their own keys, for example a lost one, without waiting for somebody with the permission. Revoking
 * again changes nothing.
 */
export async function revokeApiKey(app: App, actor: Actor, input: { readonly id: string }): Promise<ApiKey> {
  const { access } = actor;
  return changeRights(app, async (db) => {
    const [key] = isId(input.id) ? await findApiKeys(db, [input.id]) : [];
    const itself = access.principal?.kind === 'API_KEY' && access.principal.id === key?.id;
    const own = itself || (access.personId !== null && key?.ownerId === access.personId);
    if (!own) access.requireAccount('MANAGE_API_KEYS', asApiKey(input.id));
    if (key === undefined) throw notFound('API key', input.id);
    if (!own) requireAdministratorFor(access, key.groupIds);
    if (key.revokedAt !== null) return key;
    const now = app.clock.now();
    await revokeApiKeys(db, [key.id], now);
    auditDetail(db, { kind: 'apiKey', id: key.id, name: key.name, before: key, after: { ...key, revokedAt: now } });
    if (key.groupIds.includes(ACCOUNT_ADMINISTRATOR)) await requireAdministratorLeft(db);
    return { ...key, revokedAt: now };
  });
}
