import { findExecutions } from '../execution/executions.store';
import type { RunTransaction } from '../execution/runTransaction';
import { say } from './operationSteps';
import type { Operation } from './restore';
import { corrupt, planRestore, type RestorePlan, type Reversal } from './restorePlan';
import { requireConfirmed } from '../commands/restoreRun';
import {
  endOperation,
  lockEnvironments,
  markDeployments,
  markReverted,
  replaceDeployments,
  revertExecutions,
  revertStages,
  revertTasks,
  revertVariables,
} from './restores.store';

/**
 * Writes the records back as the restore point has them, and ends the operation: all of it in the caller's transaction. What is not there any more makes it
 * fail as a whole.
 */
export async function revertRun(db: RunTransaction, operation: Operation, before: RestorePlan): Promise<void> {
  await lockEnvironments(db, [...new Set(before.reversals.map((one) => one.environmentId))]);
  // Somebody may have deployed there while the tasks ran; from here on nobody does.
  const plan = await planRestore(db, before.point);
  requireConfirmed(plan, operation.conflictsConfirmed);
  const { id: operationId, runId } = operation;
  const { content } = plan.point;
  const shown = [content.run, ...content.members];
  const ids = shown.map((one) => one.id);
  const statuses = new Map((await findExecutions(db, ids)).map((one) => [one.id, one]));

  const changed = await revertExecutions(db, shown);
  expectAll('stages', await revertStages(db, runId, content.stages), content.stages);
  const members = content.members.map((member) => member.id);
  expectAll('tasks', await revertTasks(db, members, content.tasks), content.tasks);
  expectAll('variables', await revertVariables(db, ids, content.variables), content.variables);
  if (statuses.size < shown.length) throw corrupt('some of its executions are gone');
  const back = plan.reversals.filter(isChange);
  await replaceDeployments(
    db,
    back.flatMap(({ now }) => now?.id ?? []),
    back.flatMap((one) => one.before?.id ?? []),
  );
  await markDeployments(db, runId, content.deployments, operationId);
  await markReverted(db, plan.point, shown, operationId);
  await endOperation(db, operationId, null, db.now);

  for (const one of shown.filter(({ id }) => changed.includes(id))) {
    const was = statuses.get(one.id);
    if (was === undefined || was.status === one.status) continue;
    db.event({ runId, executionId: one.id }, 'EXECUTION_STATUS', {
      from: was.status,
      to: one.status,
      reasonCode: one.failureCode,
      reason: one.failureDetails,
      attempt: was.attempt,
    });
  }
  for (const { environmentId, serviceId, before: deployed } of back) {
    if (deployed === null) continue;
    const { executionId, image } = deployed;
    db.event({ runId, executionId }, 'DEPLOYED', { environmentId, serviceId, image });
  }
  db.event({ runId, executionId: runId }, 'RESTORE_ENDED', {
    operationId,
    status: 'SUCCESS',
    reasonCode: null,
    reason: null,
  });
  await say(db, operation, [
    ...back.map((one) => ['INFO', describe(one, plan)] as const),
    [
      'DEBUG',
      `${content.stages.length} stage elements, ${content.tasks.length} tasks, ${content.variables.length} variables are shown as they were`,
    ],
    [
      'INFO',
      `restored: the run is ${content.run.status}, as after attempt ${plan.point.attempt}; the restore point is used up`,
    ],
  ]);
}

const isChange = ({ now, before }: Reversal): boolean => now?.id !== before?.id;

function describe({ environmentId, serviceId, now, before }: Reversal, { point: { content } }: RestorePlan): string {
  const place = `${content.environments[environmentId] ?? environmentId}: ${content.services[serviceId] ?? serviceId}`;
  return `${place} is ${before?.image ?? 'not deployed'} again, was ${now?.image ?? 'not deployed'}`;
}

function expectAll(what: string, found: number, expected: readonly unknown[]): void {
  if (found !== expected.length) throw corrupt(`${expected.length - found} of its ${what} are gone`);
}
