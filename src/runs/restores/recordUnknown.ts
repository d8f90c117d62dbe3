import { byPlace } from '../deployments/places';
import { insertDeployments, lockEnvironments } from '../deployments/deployments.store';
import type { Deployment } from '../../engine/deployment';
import { newId } from '../../kernel/ids';
import type { RunTransaction } from '../execution/runTransaction';
import type { Operation } from './restore';
import { findOperationTasks } from './restores.store';

/**
 * A restore failed after some of its tasks had started, so it is unknown which image the machines have. If nothing had
 * started, nothing is recorded.
 */
export async function recordUnknown(db: RunTransaction, { id: operationId, runId, actor }: Operation): Promise<void> {
  const tasks = await findOperationTasks(db, [operationId]);
  const deployments = tasks.flatMap(({ executionId, attempt, environmentId, images, startedAt }): Deployment[] => {
    if (environmentId === null || startedAt === null) return [];
    return Object.entries(images).map(([serviceId, image]) => ({
      ...{ id: newId(), environmentId, serviceId, image, status: 'UNKNOWN', executionId, attempt, runId, operationId },
      ...{ taskExecutionId: null, task: null, startedAt, endedAt: db.now },
    }));
  });
  const unknown = [...byPlace(deployments).values()];
  if (unknown.length === 0) return;
  await lockEnvironments(db, [...new Set(unknown.map((one) => one.environmentId))]);
  await insertDeployments(
    db,
    unknown.map((one) => ({ ...one, cause: actor })),
  );
  for (const { id: deploymentId, executionId, environmentId, serviceId, image, status } of unknown) {
    const on = { runId, executionId };
    db.event(on, 'DEPLOYMENT_STATUS', { deploymentId, environmentId, serviceId, image, status, task: null });
  }
}
