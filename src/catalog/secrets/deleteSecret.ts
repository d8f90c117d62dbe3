import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { auditDetail } from '../../access/audit/auditDetail';
import { Refusal } from '../../kernel/errors';
import { lockPlace, type PlaceInput } from './lockPlace';
import { deleteSecretRow, findSecret } from './secrets.store';
import { told } from './setSecret';

/** Takes a secret away for good. Tasks that name it fail from then on, unless the application has one of this name, too. */
export async function deleteSecret(
  app: App,
  actor: Actor,
  input: PlaceInput & { readonly name: string },
): Promise<void> {
  await app.database.transaction(async (db) => {
    const place = await lockPlace(db, actor, input);
    const secret = await findSecret(db, place, input.name);
    if (secret === undefined) {
      const where = place.environmentId === null ? 'application' : 'environment';
      const details = { kind: 'secret', name: input.name };
      throw new Refusal('NOT_FOUND', `There is no secret "${input.name.slice(0, 120)}" of this ${where}.`, details);
    }
    await deleteSecretRow(db, secret.id);
    const { id, name, applicationId } = secret;
    auditDetail(db, { kind: 'secret', id, name, applicationId, before: told(secret) });
  });
}
