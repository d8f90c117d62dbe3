import { untilInterrupted } from './events';
import { Followed } from './failure';
import { type LoggedTask, lastLinesOf } from './jobLog';
import { requireAllowed } from './resume';
import { findRun } from './runs';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed, timeOfDay, type Ui, words } from './ui';

export interface RestoreOptions {
  readonly yes?: boolean;
  readonly confirmConflicts?: boolean;
  readonly debug?: boolean;
  readonly dryRun?: boolean;
  readonly follow: boolean;
}

interface Change {
  readonly now: string | null;
  readonly restored: string | null;
}

interface Element {
  readonly stageName: string;
  readonly stepName: string;
}

interface Preview {
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  readonly run: { readonly id: string; readonly status: string };
  readonly restorePoint: {
    readonly id: string;
    readonly attempt: number;
    readonly createdAt: string;
    readonly createdBy: { readonly name: string };
  } | null;
  readonly configuration: string | null;
  readonly images: readonly (Change & { readonly environment: string; readonly service: string })[];
  readonly inputs: readonly (Change & { readonly name: string })[];
  readonly variables: readonly (Change & Element & { readonly name: string })[];
  readonly stages: readonly (Element & {
    readonly status: string | null;
    readonly attempt: number | null;
    readonly restoredStatus: string | null;
    readonly restoredAttempt: number | null;
  })[];
  readonly tasks: readonly (Element & {
    readonly step: number;
    readonly name: string;
    readonly environment: string | null;
  })[];
  readonly environmentConflicts: readonly (Change & {
    readonly environment: string;
    readonly service: string;
    readonly runId: string;
    readonly deployedAt: string;
  })[];
  readonly planToken: string | null;
}

const PREVIEW = `query ($run: ID!) { restorePreview(runId: $run) {
  allowed refusals { code message } run { id status } restorePoint { id attempt createdAt createdBy { name } } configuration
  images { environment service now restored } inputs { name now restored } variables { stageName stepName name now restored }
  stages { stageName stepName status attempt restoredStatus restoredAttempt } tasks { step stageName stepName name environment labels }
  environmentConflicts { environment service now restored runId deployedAt } planToken } }`;

interface Operation {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly tasks: readonly (LoggedTask & { readonly status: string })[];
}

const OPERATION =
  'id kind status startedAt endedAt error { code message } tasks { name status reason jobs { id log { bytes } } }';

/** `slipway restore`: shows the configuration that comes back and what that changes, asks, restores exactly that, and follows its log. */
export async function restoreRun(session: Session, named: string, options: RestoreOptions): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const { restorePreview: plan } = await api.ask<{ restorePreview: Preview }>(PREVIEW, { run: run.id });
  requireAllowed(run, plan);
  sayPlan(ui, plan);
  if (options.dryRun) return ui.answer(plan);
  let confirmEnvironmentConflicts = options.confirmConflicts ?? false;
  if (!options.yes) {
    if (plan.environmentConflicts.length > 0 && !confirmEnvironmentConflicts) {
      await refuseUnlessConfirmed(ui, 'Other runs have deployed there since. Overrule them?');
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
  };
  const { restoreRun: begun } = await api.ask<{ restoreRun: { operation: Operation } }>(
    `mutation ($input: RestoreRunInput!) { restoreRun(input: $input) { operation { ${OPERATION} } } }`,
    { input },
  );
  if (!options.follow) {
    ui.say(`${ui.status('RESTORING').trimEnd()} ${run.id}, operation ${begun.operation.id}`);
    return ui.answer({ operation: begun.operation });
  }
  await followLog(session, run.id, begun.operation.id);
  const { operation, execution } = await api.ask<{ operation: Operation; execution: { id: string; status: string } }>(
    `query ($operation: ID!, $run: ID!) { operation(operationId: $operation) { ${OPERATION} } execution(executionId: $run) { id status attempt } }`,
    { operation: begun.operation.id, run: run.id },
  );
  ui.answer({ operation, execution });
  if (operation.error === null)
    return ui.say(`${ui.status(execution.status).trimEnd()} restored ${ui.paint.dim(run.id)}`);
  const { code, message } = operation.error;
  ui.say(`${ui.paint.red(code)}: ${message}`);
  const failed = operation.tasks.find(({ status }) => status === 'FAILED');
  const lines = await lastLinesOf(api, failed);
  if (failed !== undefined && lines.length > 0) {
    ui.say(ui.paint.dim(`The last lines of ${failed.name} (slipway logs ${run.id} restore/${failed.name}):`));
    ui.say(...lines.map((line) => `  ${line}`));
  }
  ui.say(`  The run is ${execution.status}, as before. It can be tried again.`);
  throw new Followed(code, message);
}

function sayPlan(ui: Ui, plan: Preview): void {
  const { paint } = ui;
  const { restorePoint: point, configuration } = plan;
  if (point !== null) {
    const made = `it was extended on ${moment(point.createdAt)} by ${point.createdBy.name}`;
    ui.say(`Restore of ${plan.run.id}, which is ${plan.run.status}, to its attempt ${point.attempt}: ${made}.`);
  }
  if (configuration !== null) {
    ui.say('', paint.bold('The configuration that comes back'));
    ui.say(
      ...configuration
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    );
  }
  // The same on both sides: another deployment was begun there, and failed.
  const change = ({ now, restored }: Change) =>
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
  ui.say('', paint.bold('What is reverted'));
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

const placeOf = ({ stageName, stepName }: Element): string => `${stageName} › ${stepName}`;

interface LogPage {
  readonly lines: readonly { readonly at: string; readonly level: string; readonly message: string }[];
  readonly nextAfter: number;
}

/** Each line of the operation’s log once, until the operation has ended; over lost connections and restarts of the server. */
async function followLog({ api, ui }: Session, run: string, operation: string): Promise<void> {
  const { paint } = ui;
  const colours: Readonly<Record<string, (text: string) => string>> = { DEBUG: paint.dim, ERROR: paint.red };
  let after = 0;
  await ui.beginProgress();
  ui.progress('RESTORING');
  try {
    await untilInterrupted(run, async ({ signal }) => {
      const pages = api.follow<{ operationLog: LogPage }>(
        `subscription ($operation: ID!, $after: Int) { operationLog(operationId: $operation, after: $after) {
          lines { at level message } nextAfter } }`,
        () => ({ operation, after }),
        signal,
      );
      for await (const { operationLog } of pages) {
        for (const { at, level, message } of operationLog.lines)
          ui.say(`${paint.dim(timeOfDay(at))}  ${(colours[level] ?? String)(`${level.padEnd(5)} ${message}`)}`);
        after = operationLog.nextAfter;
      }
    });
  } finally {
    ui.endProgress();
  }
}
