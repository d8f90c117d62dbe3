import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { auditDetail } from '../../access/audit/auditDetail';
import { newId } from '../../kernel/ids';
import { lockPlace, type PlaceInput } from './lockPlace';
import type { SecretEntry } from './secret';
import { checkSecret, warningsFor } from './secretInput';
import { findSecret, putSecret } from './secrets.store';

export interface SetSecret extends PlaceInput {
  readonly name: string;
  readonly secretValue: string;
}

/** Creates a secret, or replaces its value. Jobs that are claimed from then on get the new one. */
export async function setSecret(
  app: App,
  actor: Actor,
  input: SetSecret,
): Promise<{ readonly secret: SecretEntry; readonly warnings: readonly string[] }> {
  const { name, secretValue: value } = input;
  checkSecret(name, value);
  return app.database.transaction(async (db) => {
    const place = await lockPlace(db, actor, input);
    const before = await findSecret(db, place, name);
    const row = { ...place, id: before?.id ?? newId(), name, version: (before?.version ?? 0) + 1 };
    const { keyId, sealed } = await app.secretKeys.seal(row, value);
    const secret = { ...row, keyId, setAt: app.clock.now(), setById: actor.id, setBy: actor.name };
    await putSecret(db, { ...secret, sealed });
    auditDetail(db, {
      kind: 'secret',
      id: row.id,
      name,
      applicationId: place.applicationId,
      before: told(before),
      after: secret,
    });
    return { secret, warnings: warningsFor(value) };
  });
}

/** Without the encrypted value: what is on record stays there. */
export function told(secret: (SecretEntry & { readonly sealed?: Buffer }) | undefined): SecretEntry | undefined {
  if (secret === undefined) return undefined;
  const { sealed: _, ...entry } = secret;
  return entry;
}
