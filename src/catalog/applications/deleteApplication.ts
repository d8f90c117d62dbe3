import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { environments } from '../environments/environments.store';
import { pipelines } from '../pipelines/pipelines.store';
import { deleteSecretsOfApplication } from '../secrets/secrets.store';
import { services } from '../services/services.store';
import { workflows } from '../workflows/workflows.store';
import { applications, countActiveExecutions, findActiveExecutions, lockApplication } from './applications.store';
import { refuseIfUsed } from '../../access/inUse';
import type { RowCondition } from '../namedRows.store';

const NAMED_EXECUTIONS = 50;

/** Deletes an application with everything in it. What it did stays readable. */
export async function deleteApplication(
  app: App,
  actor: Actor,
  input: { readonly applicationId: string },
): Promise<void> {
  await app.database.transaction(async (db) => {
    const application = await lockApplication(db, input.applicationId);
    actor.access.require('DELETE', 'Application', application);
    // Whoever may delete an application need not see what is in it: unseen executions keep it alive all the same, but are not named.
    const seen: RowCondition = (parameters) => actor.access.condition('READ', 'Execution', 'execution', parameters);
    const active = await findActiveExecutions(db, application.id, seen, NAMED_EXECUTIONS);
    const count = active.length < NAMED_EXECUTIONS ? await countActiveExecutions(db, application.id) : active.length;
    refuseIfUsed(
      'application',
      application.name,
      active.map(({ id, status }) => ({ kind: 'EXECUTION', id, status })),
      count - active.length,
    );
    const now = app.clock.now();
    for (const parts of [pipelines, workflows, services, environments]) {
      await parts.deleteOfApplication(db, application.id, now);
    }
    await deleteSecretsOfApplication(db, application.id);
    await applications.delete(db, application.id, now);
  });
}
