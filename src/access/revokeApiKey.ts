import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId } from '../kernel/ids';
import { notFound } from '../kernel/errors';
import { type AccessActor, asApiKey } from './accessInput';
import { requireAdministratorFor, requireAdministratorLeft } from './administrators';
import { type ApiKeyWithRights, findApiKeysWithRights, revokeApiKeys } from './apiKeyRights.store';
import { changeRights } from './changeRights';
import { ACCOUNT_ADMINISTRATOR } from './userGroup';

/**
 * Ends a key, from the next request on and in open streams; for ever. Everybody may end its own keys, for example one that got lost: this must
 * not wait for somebody with the permission. Ending one that has ended changes nothing.
 */
export async function revokeApiKey(
  app: App,
  actor: AccessActor,
  input: { readonly id: string },
): Promise<ApiKeyWithRights> {
  const { access } = actor;
  return changeRights(app, async (db) => {
    const [key] = isId(input.id) ? await findApiKeysWithRights(db, [input.id]) : [];
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
