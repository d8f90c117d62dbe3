import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId, newId } from '../kernel/ids';
import type { InputError } from '../kernel/errors';
import { type AccessActor, readName, refuseErrors, requireGroups } from './accessInput';
import { newApiKeyValue, readExpiry, readNarrowing, requireGiveable } from './apiKeyInput';
import { type ApiKeyWithRights, insertApiKey } from './apiKeyRights.store';
import { changeRights } from './changeRights';
import { broken, readIds } from './permissionInput';
import { findUser } from './users.store';

export interface CreateApiKey {
  readonly name: string;
  readonly userGroupIds: readonly (string | null)[];
  readonly expiresAt?: Date | null;
  /** Narrows the key to these applications; what its groups allow elsewhere, and in the account, it may not do. */
  readonly applicationIds?: readonly (string | null)[] | null;
  /** For administrators: whose key it is, or null for nobody's. Left out it is the caller's own. */
  readonly ownerId?: string | null;
}

/**
 * Makes a key. Its value is answered here and never again. It belongs to the person who makes it: what that person may not do twice, such
 * as starting a run and approving it, it can't do with two keys. So nobody but an administrator makes keys for others.
 */
export async function createApiKey(
  app: App,
  actor: AccessActor,
  input: CreateApiKey,
): Promise<{ apiKey: ApiKeyWithRights; value: string }> {
  const { access } = actor;
  access.requireAccount('MANAGE_API_KEYS');
  const errors: InputError[] = [];
  const name = readName(input.name, 'name', errors);
  const groupIds = readIds(input.userGroupIds, 'userGroupIds', errors);
  const expiresAt = readExpiry(app, access, input.expiresAt ?? null, errors);
  const applicationIds = await readNarrowing(app, access, input.applicationIds ?? null, errors);
  refuseErrors(errors);
  const ownerId = input.ownerId === undefined ? access.personId : input.ownerId;
  if (ownerId !== access.personId) access.requireAdministrator('make a key for somebody else');
  requireGiveable(access, groupIds);
  const { value, prefix, secretHash } = newApiKeyValue();
  return changeRights(app, async (db) => {
    await requireGroups(db, groupIds, 'userGroupIds');
    if (ownerId !== null && (!isId(ownerId) || (await findUser(db, ownerId)) === undefined)) {
      refuseErrors([broken('ownerId', ownerId, 'UNKNOWN', `there is no user with the id "${ownerId}".`)]);
    }
    const apiKey: ApiKeyWithRights = {
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
    };
    await insertApiKey(db, apiKey, secretHash);
    auditDetail(db, { kind: 'apiKey', id: apiKey.id, name, after: apiKey });
    return { apiKey, value };
  });
}
