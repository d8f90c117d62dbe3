import type { Actor } from '../../access/actor';
import { lockApplication, lockPart } from '../applications/applications.store';
import type { Db } from '../../kernel/database/database';
import { environments } from '../environments/environments';
import { notFound } from '../../kernel/errors';
import type { SecretPlace } from './secret';

export interface PlaceInput {
  readonly applicationId: string;
  readonly environmentId?: string | null | undefined;
}

/** The application, or its environment, for whoever may change it; nobody else changes it until the end of the transaction. */
export async function lockPlace(db: Db, actor: Actor, input: PlaceInput): Promise<SecretPlace> {
  const { applicationId, environmentId = null } = input;
  if (environmentId === null) {
    actor.access.require('UPDATE', 'Application', await lockApplication(db, applicationId));
    return { applicationId, environmentId };
  }
  const { part } = await lockPart(db, environments, environmentId);
  actor.access.require('UPDATE', 'Environment', part);
  if (part.applicationId !== applicationId) throw notFound('environment', environmentId);
  return { applicationId, environmentId };
}
