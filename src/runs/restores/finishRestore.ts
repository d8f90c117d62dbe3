import { type RestoredAttempt, restoreAttempts } from '../../engine/restoreRun';
import { freePlace } from '../../engine/moves';
import { newId } from '../../kernel/ids';
import type { Deployment, DeploymentPlace, RecordedDeployment } from '../../engine/deployment';
import { findStanding, insertDeployments, lockEnvironments } from '../deployments/deployments.store';
import { byPlace, keyOf } from '../deployments/places';
import { findAttemptsAt } from '../execution/executions.store';
import { newestOf } from '../execution/lineage';
import type { RunTransaction } from '../execution/runTransaction';
import { say } from './operationSteps';
import type { Operation } from './restore';
import { planRestore, type RestorePlan, type Reversal, requireConfirmed } from './restorePlan';
import { endOperation } from './restores.store';

/**
 * Ends a restore whose tasks have finished. The run, and each workflow execution that continued since, get a next
 * attempt, which shows the same results as the restored one. Nothing that ran in between is changed.
 */
export async function finishRestore(db: RunTransaction, operation: Operation, before: RestorePlan): Promise<void> {
  await lockEnvironments(db, [...new Set(before.reversals.map((one) => one.environmentId))]);
  // Another run may have deployed there while the tasks ran. From now on, none can.
  const plan = await planRestore(db.app, db, before.restored.run, before.point);
  requireConfirmed(plan, operation.conflictsConfirmed);
  const { id: operationId, runId } = operation;
  const { restored } = plan;
  const attempts = await attemptsOf(db, plan, operation);
  const after = await db.decide((run) => {
    restoreAttempts(run, attempts, operation.actor, restored.stages);
    freePlace(run, operationId);
    return run.execution(runId);
  });
  const unsure = await findUnsure(db, plan.reversals);
  const back = plan.reversals.filter((one) => one.now?.id !== one.before?.id || unsure.has(keyOf(one)));
  const deployments = back.flatMap((one): Deployment[] => {
    const { now, before } = one;
    const row = before ?? now ?? unsure.get(keyOf(one));
    if (row === undefined) return [];
    const { environmentId, serviceId, image, executionId, attempt } = row;
    return [
      {
        ...{ id: newId(), environmentId, serviceId, image, executionId, attempt, runId, operationId },
        status: before === null ? 'REMOVED' : 'SUCCEEDED',
        ...{ taskExecutionId: null, task: null, startedAt: db.now, endedAt: db.now },
      },
    ];
  });
  await insertDeployments(
    db,
    deployments.map((one) => ({ ...one, cause: operation.actor })),
  );
  await endOperation(db, operationId, { status: 'SUCCESS', error: null, attempt: after.attempt }, db.now);

  for (const { id: deploymentId, executionId, environmentId, serviceId, image, status } of deployments) {
    // The deployments of other runs are restored by this run.
    const on = { runId, executionId: restored.members.has(executionId) ? executionId : runId };
    db.event(on, 'DEPLOYMENT_STATUS', { deploymentId, environmentId, serviceId, image, status, task: null });
    if (status === 'SUCCEEDED') db.event(on, 'DEPLOYED', { environmentId, serviceId, image });
  }
  const on = { runId, executionId: runId };
  db.event(on, 'RESTORE_ENDED', { operationId, status: 'SUCCESS', reasonCode: null, reason: null });
  await say(db, operation, [
    ...back.map((one) => ['INFO', describe(one, plan, unsure.get(keyOf(one)))] as const),
    ['DEBUG', `${restored.stages.length} stage elements are shown as attempt ${plan.point.attempt} shows them`],
    [
      'INFO',
      `restored: the run is ${restored.attempt.status}, as after attempt ${plan.point.attempt}; the restore point is used up`,
    ],
  ]);
}

/**
 * Executions that don't show the same results as the restored attempt: the run, and those of its workflows that
 * continued since.
 */
async function attemptsOf(
  db: RunTransaction,
  { restored: { attempt, stages, members } }: RestorePlan,
  { startedAt }: Operation,
): Promise<RestoredAttempt[]> {
  const newest = await findAttemptsAt(db, newestOf([...members.keys()]));
  const shows = new Map(newest.map(({ executionId, lineage }) => [executionId, lineage[0]]));
  const back = stages.flatMap(({ id, workflowExecutionId }): RestoredAttempt[] => {
    const member = members.get(workflowExecutionId ?? '');
    return member === undefined || shows.get(member.executionId) === member.lineage[0]
      ? []
      : [{ base: member, parentStageExecutionId: id, startedAt: db.now }];
  });
  return [{ base: attempt, parentStageExecutionId: null, startedAt }, ...back];
}

/** FAILED or UNKNOWN deployments in these places that nothing has settled since: the restore settles them. */
async function findUnsure(db: RunTransaction, places: readonly DeploymentPlace[]) {
  const standing = await findStanding(db, 'environmentId', [...new Set(places.map((one) => one.environmentId))]);
  return byPlace(standing.filter(({ status }) => status === 'FAILED' || status === 'UNKNOWN'));
}

function describe(
  { environmentId, serviceId, now, before }: Reversal,
  { restored }: RestorePlan,
  unsure: RecordedDeployment | undefined,
): string {
  const place = `${restored.environments[environmentId] ?? environmentId}: ${restored.services[serviceId] ?? serviceId}`;
  const was = unsure === undefined ? (now?.image ?? 'not deployed') : `${unsure.status} with ${unsure.image}`;
  return `${place} is ${before?.image ?? 'not deployed'} again, was ${was}`;
}
