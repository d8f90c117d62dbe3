import { type Actor, actorRef } from '../../access/actor';
import type { App } from '../app';
import { type Execution } from '../../engine/execution';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';
import type { RunTransaction } from '../execution/runTransaction';
import { newId } from '../../kernel/ids';
import { Refusal } from '../../kernel/errors';
import { type Extended, onPipelineRun, withOperation } from './addImagesToRun';
import { beginStep, describeTask, say } from '../restores/operationSteps';
import type { Operation } from '../restores/restore';
import {
  describeConflicts,
  planRestore,
  type RestorePlan,
  refuseRestore,
  requirePoint,
  restoreToken,
} from '../restores/restorePlan';
import { requireCreator, requireRestore } from '../restores/restoreRights';
import { beginRestoring, insertOperation } from '../restores/restores.store';

export interface RestoreRun extends RunCommandInput {
  readonly runId: string;
  /** By default the newest point of the run. */
  readonly restorePointId?: string | null;
  readonly debug?: boolean | null;
  readonly confirmEnvironmentConflicts?: boolean | null;
  readonly planToken?: string | null;
}

/**
 * Begins to bring a run back to its restore point. Everything is checked before anything changes. Then the run is
 * RESTORING, and its restore tasks run step by step (`advanceRestores.ts`).
 */
export async function restoreRun(app: App, actor: Actor, input: RestoreRun): Promise<Extended> {
  const command: RunCommand = {
    ...onPipelineRun('restore', input),
    right: (_access, _subject, execution) => requireCreator(actor, execution),
  };
  const answered = await onRun(app, actor, command, async (db, run) => {
    const { status, version } = run;
    const refusal = refuseRestore(run);
    if (refusal !== null) throw refusal;
    const plan = await planRestore(db, await requirePoint(db, run.id, input.restorePointId ?? null));
    await requireRestore(db, actor, run, plan);
    if (input.planToken != null && input.planToken !== restoreToken(run, plan)) {
      throw new Refusal('PLAN_STALE', 'The run or its environments have moved on since the preview.');
    }
    requireConfirmed(plan, input.confirmEnvironmentConflicts ?? false);
    const operation = newOperation(db, run, plan, input);
    await insertOperation(db, operation);
    if (!(await beginRestoring(db, run.id, version))) throw new Error(`run ${run.id} changed under its lock`);
    const on = { runId: run.id, executionId: run.id };
    db.event(on, 'EXECUTION_STATUS', {
      from: status,
      to: 'RESTORING',
      reasonCode: null,
      reason: null,
      attempt: run.attempt,
    });
    db.event(on, 'RESTORE_STARTED', { operationId: operation.id, restorePointId: plan.point.id });
    await say(db, operation, [
      [
        'INFO',
        `${actor.name} restores the run from ${status} to restore point ${plan.point.id}, attempt ${plan.point.attempt}`,
      ],
      ['DEBUG', `checksum ${plan.point.checksum} is right; deadline ${operation.deadlineAt.toISOString()}`],
      ...describeConflicts(plan).map(
        (one) =>
          [
            'INFO',
            `overrules ${one.service} ${one.deployed} in ${one.environment}, which run ${one.runId} deployed`,
          ] as const,
      ),
      ...plan.steps.flat().map((task) => ['DEBUG', `will run ${describeTask(task, plan.point.content)}`] as const),
    ]);
    await beginStep(db, operation, plan);
    return { answerId: operation.id };
  });
  return withOperation(app, answered);
}

/** What other runs have deployed since is overruled by those only who know of it. */
export function requireConfirmed(plan: RestorePlan, confirmed: boolean): void {
  const conflicts = describeConflicts(plan);
  if (confirmed || conflicts.length === 0) return;
  const what = conflicts.map((one) => `${one.service} ${one.deployed} in ${one.environment}`).join(', ');
  throw new Refusal(
    'ENVIRONMENT_CONFLICT',
    `Other runs have deployed where this one would be restored: ${what}. Send confirmEnvironmentConflicts to overrule them.`,
    { conflicts },
  );
}

function newOperation(db: RunTransaction, run: Execution, { point }: RestorePlan, input: RestoreRun): Operation {
  const iso = (time: Date | null) => time?.toISOString() ?? null;
  const { status, endedAt, attemptStartedAt, earlierMs } = run;
  return {
    id: newId(),
    runId: run.id,
    kind: 'RESTORE',
    status: 'RUNNING',
    restorePointId: point.id,
    actor: actorRef(db.actor),
    debug: input.debug ?? false,
    conflictsConfirmed: input.confirmEnvironmentConflicts ?? false,
    before: { status, endedAt: iso(endedAt), attemptStartedAt: iso(attemptStartedAt), earlierMs },
    step: 0,
    startedAt: db.now,
    deadlineAt: new Date(db.now.getTime() + db.app.config.SLIPWAY_RESTORE_SECONDS * 1000),
    endedAt: null,
    errorCode: null,
    errorMessage: null,
  };
}
