import type { Resealable } from '../../catalog/secrets/keyRotation';
import { Unreadable } from '../../catalog/secrets/secretKeys';
import { lockStatesOfOtherKeys, setSealed } from './subscriptions.store';
import { openTarget, sealTarget } from './target';

/** URLs and secrets of subscriptions, when the key of secrets is rotated. */
export const resealSubscriptions: Resealable = {
  async reseal(app, db, keyId) {
    const unreadable: string[] = [];
    let resealed = 0;
    for (const { subscription, state } of await lockStatesOfOtherKeys(db, keyId)) {
      try {
        const target = await openTarget(app.secretKeys, subscription, state);
        const sealed = await sealTarget(app.secretKeys, subscription, state.sealedVersion, target);
        await setSealed(db, subscription.id, sealed);
        resealed++;
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        unreadable.push(`event subscription ${subscription.name}`);
      }
    }
    return { resealed, unreadable };
  },
};
