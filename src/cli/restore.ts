import type { Given } from '../client/requests';
import {
  CancelRestoreDocument,
  OperationLogDocument,
  RestorePreviewDocument,
  type RestorePreviewQuery,
  RestoreResultDocument,
  RestoreRunDocument,
} from '../client/generated';
import { untilInterrupted } from './events';
import { Followed } from './failure';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { lastLinesOf } from './jobLog';
import { requireAllowed } from './resume';
import { findRun, type SeenOptions, seenVersion } from './runs';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed, timeOfDay, type Ui, words } from './ui';

export interface RestoreOptions extends SeenOptions, UnfreezingOptions {
  readonly yes?: boolean;
  readonly confirmConflicts?: boolean;
  readonly debug?: boolean;
  readonly dryRun?: boolean;
  readonly follow: boolean;
}

type Plan = Given<RestorePreviewQuery>['restorePreview'];

/**
 * `slipway restore`: shows the configuration to restore and its changes, asks, restores exactly that, and follows the
 * log.
 */
export async function restoreRun(session: Session, named: string, options: RestoreOptions): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const { restorePreview: plan } = await api.ask(RestorePreviewDocument, {
    runId: run.id,
    overrideFreeze: overrideOf(options),
  });
  requireAllowed(run, plan);
  sayPlan(ui, plan);
  if (options.dryRun) return ui.answer(plan);
  let confirmEnvironmentConflicts = options.confirmConflicts ?? false;
  if (!options.yes) {
    if (plan.environmentConflicts.length > 0 && !confirmEnvironmentConflicts) {
      await refuseUnlessConfirmed(ui, 'Runs that started later have deployed there. Override them?', false);
      confirmEnvironmentConflicts = true;
    }
    await refuseUnlessConfirmed(ui, 'Restore?');
  }
  const input = {
    runId: run.id,
    restorePointId: plan.restorePoint?.id,
    planToken: plan.planToken,
    debug: options.debug ?? false,
    confirmEnvironmentConflicts,
    overrideFreeze: overrideOf(options),
    expectedVersion: seenVersion(run, options),
  };
  const begun = (await api.change(RestoreRunDocument, { input })).restoreRun.operation;
  if (!options.follow) {
    ui.say(`${ui.status('RESTORING').trimEnd()} ${run.id}, operation ${begun.id}`);
    return ui.answer({ operation: begun });
  }
  await followLog(session, run.id, begun.id);
  const { operation, execution } = await api.ask(RestoreResultDocument, { operationId: begun.id, runId: run.id });
  ui.answer({ operation, execution });
  if (operation.error === null)
    return ui.say(`${ui.status(execution.status).trimEnd()} restored ${ui.paint.dim(run.id)}`);
  const { code, message } = operation.error;
  ui.say(`${ui.paint.red(code)}: ${message}`);
  const failed = operation.tasks.find(({ status }) => status === 'FAILED');
  const lines = await lastLinesOf(api, failed?.jobs);
  if (failed !== undefined && lines.length > 0) {
    ui.say(ui.paint.dim(`The last lines of ${failed.name} (slipway logs ${run.id} restore/${failed.name}):`));
    ui.say(...lines.map((line) => `  ${line}`));
  }
  ui.say(`  The run is ${execution.status}, as before. The restore can be retried.`);
  throw new Followed(code, message);
}

function sayPlan(ui: Ui, plan: Plan): void {
  const { paint } = ui;
  const { restorePoint: point, configuration } = plan;
  if (point !== null) {
    const made = `it was extended on ${moment(point.createdAt)} by ${point.createdBy.name}`;
    ui.say(`Restore of ${plan.run.id}, which is ${plan.run.status}, to its attempt ${point.attempt}: ${made}.`);
  }
  if (configuration !== null) {
    ui.say('', paint.bold('Configuration to restore'));
    ui.say(
      ...configuration
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    );
  }
  // Both sides are equal if another deployment was started there and failed.
  const change = ({ now, restored }: { readonly now: string | null; readonly restored: string | null }) =>
    now === restored ? paint.green(`${restored} again`) : `${now ?? 'nothing'} → ${paint.green(restored ?? 'nothing')}`;
  const result = (status: string | null, attempt: number | null) =>
    words(status ?? 'not there', attempt === null ? '' : `(attempt ${attempt})`);
  const rows = [
    ...plan.images.map((one) => ['image', `${one.environment} ${one.service}`, change(one)]),
    ...plan.inputs.map((one) => ['input', one.name, change(one)]),
    ...plan.variables.map((one) => ['variable', `${placeOf(one)} ${one.name}`, change(one)]),
    ...plan.stages.map((one) => [
      'result',
      placeOf(one),
      `${result(one.status, one.attempt)} → ${paint.green(result(one.restoredStatus, one.restoredAttempt))}`,
    ]),
  ];
  ui.say('', paint.bold('Reverted'));
  if (rows.length > 0) ui.table(['', '', 'now → then'], rows);
  if (plan.tasks.length > 0) ui.say('', paint.bold('Restore tasks'));
  for (const task of plan.tasks)
    ui.say(
      words(
        `  ${task.step}.`,
        `${placeOf(task)} › ${task.name}`,
        task.environment === null ? '' : paint.dim(`on ${task.environment}`),
      ),
    );
  if (plan.environmentConflicts.length > 0)
    ui.say('', paint.yellow(paint.bold('Conflicts: other runs have deployed there since')));
  for (const conflict of plan.environmentConflicts) {
    const by = paint.dim(`by run ${conflict.runId} on ${moment(conflict.deployedAt)}`);
    ui.say(`  ${conflict.environment} ${conflict.service}: ${change(conflict)} ${by}`);
  }
}

const placeOf = ({ stageName, stepName }: { readonly stageName: string; readonly stepName: string }): string =>
  `${stageName} › ${stepName}`;

export interface CancelOptions extends SeenOptions {
  readonly yes?: boolean;
  readonly reason?: string;
  readonly follow: boolean;
}

/**
 * `slipway restore --cancel`: stops the restore tasks, and follows the log until the run is back in its state before
 * the restore.
 */
export async function cancelRestore(session: Session, named: string, options: CancelOptions): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  if (!options.yes) await refuseUnlessConfirmed(ui, 'Cancel the restore?', false);
  const input = { runId: run.id, reason: options.reason, expectedVersion: seenVersion(run, options) };
  const { operation: canceled } = (await api.change(CancelRestoreDocument, { input })).cancelRestore;
  if (!options.follow) {
    ui.say(`The restore of ${run.id} is being canceled.`);
    return ui.answer({ operation: canceled });
  }
  await followLog(session, run.id, canceled.id);
  const { operation, execution } = await api.ask(RestoreResultDocument, { operationId: canceled.id, runId: run.id });
  ui.answer({ operation, execution });
  const { code = operation.status, message = '' } = operation.error ?? {};
  ui.say(`${code}: ${message}`, `  The run is ${execution.status}, as before. The restore can be started again.`);
  if (operation.status !== 'CANCELLED') throw new Followed(code, message);
}

/**
 * Prints each line of the operation's log once until it has ended. Lost connections and restarts of the server don't
 * interrupt it.
 */
async function followLog({ api, ui }: Session, run: string, operationId: string): Promise<void> {
  const { paint } = ui;
  const colors: Readonly<Record<string, (text: string) => string>> = { DEBUG: paint.dim, ERROR: paint.red };
  let after = 0;
  await ui.beginProgress();
  ui.progress('RESTORING');
  try {
    await untilInterrupted(run, async ({ signal }) => {
      const pages = api.follow(OperationLogDocument, () => ({ operationId, after }), signal);
      for await (const { operationLog } of pages) {
        for (const { at, level, message } of operationLog.lines)
          ui.say(`${paint.dim(timeOfDay(at))}  ${(colors[level] ?? String)(`${level.padEnd(5)} ${message}`)}`);
        after = operationLog.nextAfter;
      }
    });
  } finally {
    ui.endProgress();
  }
}
