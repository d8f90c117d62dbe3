import type { Actor } from '../access/actor';
import type { App } from '../app';
import { environments } from '../environments/environments.store';
import { pipelines } from '../pipelines/pipelines.store';
import { services } from '../services/services.store';
import { workflows } from '../workflows/workflows.store';
import { applications, findActiveExecutions, lockApplication } from './applications.store';
import { refuseIfUsed } from './inUse';

const NAMED_EXECUTIONS = 50;

/** Deletes an application with everything in it. What it did stays readable. */
export async function deleteApplication(
  app: App,
  _actor: Actor,
  input: { readonly applicationId: string },
): Promise<void> {
  await app.database.transaction(async (db) => {
    const application = await lockApplication(db, input.applicationId);
    const active = await findActiveExecutions(db, application.id, NAMED_EXECUTIONS);
    refuseIfUsed(
      'application',
      application.name,
      active.map(({ id, status }) => ({ kind: 'EXECUTION', id, status })),
    );
    const now = app.clock.now();
    for (const parts of [pipelines, workflows, services, environments]) {
      await parts.deleteOfApplication(db, application.id, now);
    }
    await applications.delete(db, application.id, now);
  });
}
