import type { Access, Principal } from '../../access/access';
import type { Actor } from '../../access/actor';
import { apiKeyPrincipal, findApiKeyPrincipal, findUserPrincipal, userPrincipal } from '../../access/principals.store';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import type { EventSubscription } from './eventSubscriptions';

/**
 * Owner of a subscription with its current rights. Null if it is deleted, revoked or expired. `known` is its access of
 * before: without a change of rights, it stays.
 */
export async function ownerNow(
  app: App,
  { ownerKind, ownerId }: EventSubscription,
  known: Actor | undefined,
): Promise<Actor | null> {
  try {
    if (known !== undefined && known.id === ownerId) {
      const access = await app.abilities.renew(known.access);
      return access === known.access ? known : actorOf(access);
    }
    const principal = await principalOf(app, ownerKind, ownerId);
    // Checks the expiry, too.
    return principal === null ? null : actorOf(await app.abilities.renew(await app.abilities.accessOf(principal)));
  } catch (error) {
    if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') return null;
    throw error;
  }
}

async function principalOf(app: App, kind: EventSubscription['ownerKind'], id: string): Promise<Principal | null> {
  if (kind === 'USER') {
    const user = await findUserPrincipal(app.database, id);
    return user === undefined ? null : userPrincipal(user);
  }
  const key = await findApiKeyPrincipal(app.database, id);
  return key === undefined || key.revokedAt !== null ? null : apiKeyPrincipal(key);
}

function actorOf(access: Access): Actor {
  const { principal } = access;
  if (principal === null) throw new Error('an owner has no principal');
  const { kind, id, name, personId } = principal;
  return { kind, id, name, personId, administrator: access.administrator, access };
}
