import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { Transaction } from '../../kernel/database/database';
import type { App } from '../app';
import { resealHooks } from '../triggers/hookSecrets';
import { Unreadable } from './secretKeys';
import type { Resealed } from './secrets';
import { lockSecretsOfOtherKeys, putSecret } from './secrets.store';

/** Other values that the keys of secrets encrypt. */
export interface Resealable {
  /** Encrypts those that other keys encrypt with the first one. Returns the names of those that can’t be read. */
  reseal(
    app: App,
    db: Transaction,
    keyId: string,
  ): Promise<{ readonly resealed: number; readonly unreadable: readonly string[] }>;
}

/**
 * Encrypts all secrets with the first key, so that older keys can be removed from the configuration. Values and
 * versions stay the same.
 */
export async function resealSecrets(app: App, actor: Actor, others: readonly Resealable[] = []): Promise<Resealed> {
  actor.access.requireAdministrator('encrypt all secrets anew');
  const keyId = await app.secretKeys.currentId();
  return app.database.transaction(async (db) => {
    const unreadable: string[] = [];
    let resealed = 0;
    for (const secret of await lockSecretsOfOtherKeys(db, keyId)) {
      try {
        const value = await app.secretKeys.open(secret);
        await putSecret(db, { ...secret, ...(await app.secretKeys.seal(secret, value)) });
        resealed++;
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        unreadable.push(secret.name);
      }
    }
    for (const other of others) {
      const more = await other.reseal(app, db, keyId);
      resealed += more.resealed;
      unreadable.push(...more.unreadable);
    }
    const hooks = await resealHooks(app, db, keyId);
    resealed += hooks.resealed;
    unreadable.push(...hooks.unreadable);
    auditDetail(db, { kind: 'secretKey', id: keyId, after: { resealed, unreadable: unreadable.length } });
    return { keyId, resealed, unreadable };
  });
}
