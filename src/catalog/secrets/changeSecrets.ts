import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { Db } from '../../kernel/database/database';
import { notFound, Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { lockApplication, lockPart } from '../applications/applications.store';
import { environments } from '../environments/environments';
import { checkSecret, warningsFor } from './secretInput';
import type { SecretEntry, SecretPlace, SecretToChange, SetSecret } from './secrets';
import { deleteSecretRow, findSecret, putSecret } from './secrets.store';

/** Creates a secret, or replaces its value. Jobs that are claimed afterwards get the new value. */
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
    const { applicationId } = place;
    auditDetail(db, { kind: 'secret', id: row.id, name, applicationId, before: withoutValue(before), after: secret });
    return { secret, warnings: warningsFor(value) };
  });
}

/**
 * Deletes a secret with its value. Tasks that name it fail from then on, unless the application has a secret of this
 * name.
 */
export async function deleteSecret(app: App, actor: Actor, input: SecretToChange): Promise<void> {
  await app.database.transaction(async (db) => {
    const place = await lockPlace(db, actor, input);
    const secret = await findSecret(db, place, input.name);
    if (secret === undefined) {
      const where = place.environmentId === null ? 'application' : 'environment';
      const message = `This ${where} has no secret named "${input.name.slice(0, 120)}".`;
      throw new Refusal('NOT_FOUND', message, { kind: 'secret', name: input.name });
    }
    await deleteSecretRow(db, secret.id);
    const { id, name, applicationId } = secret;
    auditDetail(db, { kind: 'secret', id, name, applicationId, before: withoutValue(secret) });
  });
}

/** Locks the application, or the application of the environment, once the actor may change its secrets. */
async function lockPlace(
  db: Db,
  actor: Actor,
  { applicationId, environmentId = null }: SecretToChange,
): Promise<SecretPlace> {
  if (environmentId === null) {
    actor.access.require('UPDATE', 'Application', await lockApplication(db, applicationId));
    return { applicationId, environmentId };
  }
  const { part } = await lockPart(db, environments, environmentId);
  actor.access.require('UPDATE', 'Environment', part);
  if (part.applicationId !== applicationId) throw notFound('environment', environmentId);
  return { applicationId, environmentId };
}

/** The secret without its encrypted value, because records of the audit trail are never removed. */
function withoutValue(secret: (SecretEntry & { readonly sealed?: Buffer }) | undefined): SecretEntry | undefined {
  if (secret === undefined) return undefined;
  const { sealed: _, ...entry } = secret;
  return entry;
}
