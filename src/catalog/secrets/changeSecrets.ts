import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { Db } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { lockApplication, lockPart } from '../applications/applications.store';
import { readAgents } from '../agentBinding';
import { environments } from '../environments/environments';
import { checkSecret, warningsFor } from './secretInput';
import type { Secret, SecretEntry, SecretPlace, SecretToChange, SetSecret } from './secrets';
import { deleteSecretRow, findSecret, putSecret } from './secrets.store';

/**
 * Creates a secret, or replaces its value or the conditions on its agents. Jobs that are claimed afterwards get the new
 * value.
 */
export async function setSecret(
  app: App,
  actor: Actor,
  input: SetSecret,
): Promise<{ readonly secret: SecretEntry; readonly warnings: readonly string[] }> {
  const { name, secretValue: value = null } = input;
  checkSecret(name, value);
  const agents = input.agents == null ? null : readAgents(input.agents);
  return app.database.transaction(async (db) => {
    const place = await lockPlace(db, actor, input);
    const before = await findSecret(db, place, name);
    if (before !== undefined && before.secretType !== 'ENCRYPTED_TEXT' && value !== null) throw isCredential(name);
    const { secretType = 'ENCRYPTED_TEXT', details = null } = before ?? {};
    const bound = { agents: agents ?? before?.agents ?? [], secretType, details };
    const stored = value === null ? before : await sealValue(app, actor, { ...place, name, before, value });
    if (stored === undefined) {
      const message = `There is no secret named ${name} yet, so it needs a value.`;
      throw invalidInput([{ field: 'secretValue', value: null, rule: 'REQUIRED', message }]);
    }
    await putSecret(db, { ...stored, ...bound });
    if (agents !== null) db.wake(topic.queue);
    const { sealed: _, ...secret } = { ...stored, ...bound };
    const { applicationId } = place;
    auditDetail(db, {
      kind: 'secret',
      id: secret.id,
      name,
      applicationId,
      before: withoutValue(before),
      after: secret,
    });
    return { secret, warnings: value === null ? [] : warningsFor(value) };
  });
}

const isCredential = (name: string): Refusal => {
  const message = `The secret ${name} is a credential. Change its parts with updateSecret.`;
  return invalidInput([{ field: 'secretValue', value: null, rule: 'OTHER_TYPE', message }]);
};

interface NewValue extends SecretPlace {
  readonly name: string;
  readonly before: Secret | undefined;
  readonly value: string;
}

export async function sealValue(app: App, actor: Actor, { value, before, ...place }: NewValue) {
  const row = { ...place, id: before?.id ?? newId(), version: (before?.version ?? 0) + 1 };
  const set = { setAt: app.clock.now(), setById: actor.id, setBy: actor.name };
  return { ...row, ...(await app.secretKeys.seal(row, value)), ...set };
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
    db.wake(topic.queue);
    const { id, name, applicationId } = secret;
    auditDetail(db, { kind: 'secret', id, name, applicationId, before: withoutValue(secret) });
  });
}

/** Locks the application, or the application of the environment, once the actor may change its secrets. */
export async function lockPlace(
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
export function withoutValue(
  secret: (SecretEntry & { readonly sealed?: Buffer }) | undefined,
): SecretEntry | undefined {
  if (secret === undefined) return undefined;
  const { sealed: _, ...entry } = secret;
  return entry;
}
