import { systemActor } from '../../access/actor';
import { environments } from '../../catalog/environments/environments';
import type { RecordedDeployment } from '../../engine/deployment';
import type { RollbackRequest } from '../../engine/rollback';
import { Refusal } from '../../kernel/errors';
import { groupBy } from '../../kernel/loaders';
import type { App } from '../app';
import { startRollback } from '../commands/rollbackEnvironment';
import { findStanding } from '../deployments/deployments.store';
import { byPlace, keyOf } from '../deployments/places';
import { inRuns } from '../execution/inRuns';
import { findShownStages } from '../execution/stages.store';
import { endRequest, findBefore, findFirstOf, findOpenRequests } from './rollbacks.store';

const BATCH = 20;

/**
 * Carries out the rollbacks that failed stages asked for. Any server may do it, also after a crash: the idempotency key
 * of a rollback is its request, so each is started once.
 */
export async function carryOutRollbacks(app: App): Promise<void> {
  for (const request of await findOpenRequests(app.database, BATCH)) {
    const results = await startRollbacks(app, request);
    await inRuns(app, [request.runId], systemActor, async (db) => {
      // Another server may have been faster.
      if (!(await endRequest(db, request.id, db.now))) return;
      const on = { runId: request.runId, executionId: request.runId };
      for (const result of results) db.event(on, 'ROLLED_BACK', result);
    });
  }
}

interface RolledBackEnvironment {
  environmentId: string;
  rollbackRunId: string | null;
  reasonCode: string | null;
  reason: string | null;
}

/** One rollback for each environment that the stage deployed to. */
async function startRollbacks(app: App, request: RollbackRequest): Promise<RolledBackEnvironment[]> {
  const { database: db } = app;
  const { runId, attempt, stageIndex } = request;
  const stages = (await findShownStages(db, [{ executionId: runId, attempt }])).filter(
    (stage) => stage.stageIndex === stageIndex,
  );
  const deployed = await findFirstOf(
    db,
    stages.flatMap(({ workflowExecutionId: executionId, workflowAttempt }) =>
      executionId === null || workflowAttempt === null ? [] : [{ executionId, attempt: workflowAttempt }],
    ),
  );
  const before = byPlace(await findBefore(db, deployed));
  const rows = await environments.findWithDeleted(db, [...new Set(deployed.map((one) => one.environmentId))]);
  const results: RolledBackEnvironment[] = [];
  for (const [environmentId, places] of groupBy(deployed, (one) => one.environmentId)) {
    const environment = rows.find(({ id, deletedAt }) => id === environmentId && deletedAt === null);
    if (environment === undefined) continue;
    const standing = await findStanding(db, 'environmentId', [environmentId]);
    const moved = standing.find(
      (row) => row.runId !== runId && places.some((one) => keyOf(one) === keyOf(row) && row.number > one.number),
    );
    const targets = places.flatMap((place): RecordedDeployment[] => {
      const row = before.get(keyOf(place));
      return row?.status === 'SUCCEEDED' && row.image !== place.image ? [row] : [];
    });
    const start = async () => {
      if (moved !== undefined) throw new Refusal('ENVIRONMENT_MOVED_ON', `Run ${moved.runId} has deployed since.`);
      if (targets.length === 0) throw new Refusal('NOTHING_TO_ROLL_BACK', 'There is no earlier image to return to.');
      const services = targets.map(({ serviceId }) => serviceId);
      const question = { environment, services, to: { failedRunId: runId, deployments: targets }, overrule: false };
      const stage = stages[0]?.stageName ?? '';
      const reason = `Stage "${stage}" of run ${runId} failed.`;
      const key = { reason, idempotencyKey: `rollback ${request.id} ${environmentId}` };
      return startRollback(app, systemActor, question, key);
    };
    try {
      const { id: rollbackRunId } = await start();
      results.push({ environmentId, rollbackRunId, reasonCode: null, reason: null });
    } catch (error) {
      // A plan that went stale is made again at the next turn.
      if (!(error instanceof Refusal) || error.code === 'PLAN_STALE') throw error;
      results.push({ environmentId, rollbackRunId: null, reasonCode: error.code, reason: error.message });
    }
  }
  return results;
}
