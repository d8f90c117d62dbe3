import { type Actor, actorRef } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { type Environment, environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import { Refusal } from '../../kernel/errors';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { isDeploying, requestObservation, syncObservers } from '../observations/observations.store';

/**
 * Requests an observation of an environment by each workflow that observes it, one after another. If one is running,
 * another one follows.
 */
export async function observeEnvironment(
  app: App,
  actor: Actor,
  input: { readonly environmentId: string },
): Promise<Environment> {
  const environment = await readPart(app, actor, environments, input.environmentId);
  const { id, applicationId, type, name } = environment;
  const target = [{ id, type, name }];
  const subject = { id, applicationId, environments: target, kind: 'WORKFLOW', parentStageExecutionId: null } as const;
  if (!actor.access.can('EXECUTE_WORKFLOW', 'Execution', subject)) {
    const missing = `DEPLOYMENT EXECUTE_WORKFLOW in application ${applicationId} for environment ${name} (${id})`;
    const details = { action: 'EXECUTE_WORKFLOW', permissionType: 'DEPLOYMENT', applicationId, environmentIds: [id] };
    throw new Refusal('FORBIDDEN', `The permission ${missing} is missing.`, { ...details, missing });
  }
  await app.database.transaction(async (db) => {
    const now = app.clock.now();
    await syncObservers(db, now);
    if (await isDeploying(db, id)) {
      const message = `A deployment to the environment "${name}" is in progress, so an observation would be meaningless. Repeat the request after it.`;
      throw new Refusal('NOT_OBSERVABLE', message);
    }
    if ((await requestObservation(db, id, actorRef(actor), now)) === 0) {
      const message = `No workflow observes the environment "${name}". Add "observe" to the workflow that deploys to it.`;
      throw new Refusal('NOT_OBSERVABLE', message);
    }
    auditDetail(db, { kind: 'environment', id, name, applicationId, after: { observation: 'requested' } });
    db.wake(topic.observations);
  });
  return environment;
}
