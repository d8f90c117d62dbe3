import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';
import { Refusal } from '../../kernel/errors';
import { type Extended, onPipelineRun, withOperation } from './addImagesToRun';
import { takeForRestore } from '../../engine/beginElement';
import { beginRestoring } from '../../engine/restoreRun';
import { beginStep, describeTask, newOperation, say } from '../restores/operationSteps';
import {
  deployingOfRestore,
  describeConflicts,
  planRestore,
  type RestorePlan,
  refuseRestore,
  requireConfirmed,
  requirePoint,
  restoreToken,
} from '../restores/restorePlan';
import { requireNotFrozen } from '../freezes/frozen';
import { type MayOverrideFreeze, overrideErrors } from '../freezes/overrideFreeze';
import { requireCreator, requireRestore } from '../restores/restoreRights';
import { insertOperation } from '../restores/restores.store';

export interface RestoreRun extends RunCommandInput, MayOverrideFreeze {
  readonly runId: string;
  /** Defaults to the newest restore point of the run. */
  readonly restorePointId?: string | null;
  readonly debug?: boolean | null;
  readonly confirmEnvironmentConflicts?: boolean | null;
  readonly planToken?: string | null;
}

/** Environments that a restore may change. */
const environmentsOf = ({ steps, reversals }: RestorePlan): string[] => [
  ...new Set([
    ...steps
      .flat()
      .flatMap(({ member }) => (Object.keys(member.images).length > 0 ? (member.environmentId ?? []) : [])),
    ...reversals.map(({ environmentId }) => environmentId),
  ]),
];

/**
 * Begins to restore a run to its restore point. Everything is checked before anything changes. Then the run is
 * RESTORING, and its restore tasks run step by step (`advanceRestores.ts`). At the end, one transaction adds an attempt
 * that shows the same results as the restored one.
 */
export async function restoreRun(app: App, actor: Actor, input: RestoreRun): Promise<Extended> {
  const command: RunCommand = {
    ...onPipelineRun('restore', input),
    errors: overrideErrors(input),
    right: (_access, _subject, execution) => requireCreator(actor, execution),
  };
  const answered = await onRun(app, actor, command, async (db, run) => {
    const { status } = run;
    const refusal = refuseRestore(run);
    if (refusal !== null) throw refusal;
    const point = await requirePoint(db, run.id, input.restorePointId ?? null);
    const plan = await planRestore(app, db, run, point);
    await requireRestore(db, actor, run, plan);
    if (input.planToken != null && input.planToken !== restoreToken(run, plan)) {
      throw new Refusal('PLAN_STALE', 'The run or its environments have changed since the preview.');
    }
    await requireNotFrozen(app, db, actor, run, deployingOfRestore(plan), input);
    requireConfirmed(plan, input.confirmEnvironmentConflicts ?? false);
    const operation = newOperation(db, run, {
      ...{ kind: 'RESTORE', status: 'RUNNING', attempt: null, endedAt: null, restorePointId: point.id },
      debug: input.debug ?? false,
      conflictsConfirmed: input.confirmEnvironmentConflicts ?? false,
      deadlineAt: new Date(db.now.getTime() + app.config.SLIPWAY_RESTORE_SECONDS * 1000),
    });
    await insertOperation(db, operation);
    await db.decide((slice) => {
      beginRestoring(slice, run.id);
      takeForRestore(slice, run, operation.id, environmentsOf(plan));
    });
    const on = { runId: run.id, executionId: run.id };
    db.event(on, 'RESTORE_STARTED', { operationId: operation.id, restorePointId: point.id });
    await say(db, operation, [
      ['INFO', `${actor.name} restores the run from ${status} to restore point ${point.id}, attempt ${point.attempt}`],
      ['DEBUG', `deadline ${operation.deadlineAt.toISOString()}`],
      ...describeConflicts(plan).map(
        (one) =>
          [
            'INFO',
            `overrides ${one.service} ${one.deployed} in ${one.environment}, which run ${one.runId} deployed`,
          ] as const,
      ),
      ...plan.steps.flat().map((task) => ['DEBUG', `will run ${describeTask(task, plan.restored)}`] as const),
    ]);
    await beginStep(db, operation, plan);
    return { answerId: operation.id };
  });
  return withOperation(app, answered);
}
