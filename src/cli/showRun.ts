import type { Client } from '../client/client';
import { type PlacedFragment, ReadPlacesDocument, ReadRunDocument } from '../client/generated';
import { formFields, formValues } from './form';
import { sayHistory } from './history';
import { lastLines } from './jobLog';
import {
  actorName,
  approvalOf,
  askedOf,
  asking,
  changeLine,
  failuresThatWait,
  heed,
  inPlace,
  isOver,
  nameOf,
  operationsOf,
  type Run,
  type Stage,
  shortName,
  stagesOf,
  type Task,
  tasksOf,
  workflowOf,
  workflowsOf,
} from './run';
import { findRun } from './runs';
import type { Session } from './session';
import { duration, moment, type Ui, words } from './ui';

/** In workflows with more tasks than this, tasks that succeeded are counted instead of listed. */
const SHOWN_TASKS = 40;

export const readRun = async (api: Client, id: string): Promise<Run> =>
  (await api.ask(ReadRunDocument, { id })).execution;

/** Failed test cases of one task that are listed. */
const SHOWN_CASES = 10;

/** The restore tasks of a run, with their stage elements. */
export async function readPlaces(api: Client, id: string): Promise<PlacedFragment[]> {
  const { execution } = await api.ask(ReadPlacesDocument, { id });
  return execution.__typename === 'PipelineExecution' ? execution.operations.flatMap(({ tasks }) => tasks) : [];
}

/** `slipway run show`: shows the progress of a run, reasons for failures, and the possible next actions. */
export async function showRun({ api, ui }: Session, named: string | undefined, all: boolean): Promise<void> {
  const run = await readRun(api, (await findRun({ api, ui }, named)).id);
  ui.answer(run);
  if (ui.json) return;
  const { paint } = ui;
  ui.say(`${paint.bold(nameOf(run))}  ${ui.status(run.status)} ${paint.dim(run.id)}`);
  const facts: [string, string][] = [
    ['started', `${moment(run.createdAt)}${run.durationMs === null ? '' : `, active for ${duration(run.durationMs)}`}`],
    [
      'images',
      run.serviceImages.map(({ image, service }) => (service === null ? image : `${service.name}=${image}`)).join(', '),
    ],
    ['inputs', run.inputVariables.map(({ name, value }) => `${name}=${value}`).join(', ')],
    ['notes', run.notes ?? ''],
  ];
  for (const [name, value] of facts) if (value !== '') ui.say(`  ${paint.dim(name.padEnd(8))} ${value}`);
  ui.say('');
  for (const stage of stagesOf(run)) sayStage(ui, stage, all);
  if (run.__typename === 'WorkflowExecution') {
    sayTasks(ui, tasksOf(run), all);
    sayOutputs(ui, run.outputs);
  }
  if (run.attempts.length > 1) {
    ui.say('', paint.bold('Attempts'));
    for (const { attempt, kind, status, fromStage, reason, durationMs, revision, revertedBy } of run.attempts) {
      const from = fromStage === null ? '' : ` from ${fromStage}`;
      const undone = revertedBy === null ? '' : 'reverted by a restore';
      const about = [`revision ${revision.number}`, duration(durationMs), reason ?? '', undone]
        .filter(Boolean)
        .join(', ');
      ui.say(
        `  ${attempt}  ${ui.status(status ?? run.status)} ${kind.toLowerCase()}${from} ${paint.dim(`(${about})`)}`,
      );
    }
  }
  sayReports(ui, run);
  sayFacts(ui, run);
  sayRestores(ui, run);
  sayHistory(ui, run);
  sayWaits(ui, run);
  await sayWhy({ api, ui }, run);
  sayNext(ui, run);
}

/** Reasons that the line of the element or the task shows, if it is not the whole run that waits. */
const SHOWN_REASONS = ['APPROVAL', 'INTERVENTION', 'RUNTIME_INPUTS', 'WAITING_FOR_SLOT', 'FROZEN', 'APPROVAL_CHANGED'];

/** Prints why parts of the run that could run do not. */
function sayWaits(ui: Ui, { whyNotRunning }: Run): void {
  const others = whyNotRunning.filter(
    ({ code, stageExecutionId, taskExecutionId }) =>
      !SHOWN_REASONS.includes(code) ||
      // The line of a task doesn’t show whose approval it waits for.
      (code === 'APPROVAL' ? taskExecutionId !== null : stageExecutionId === null && taskExecutionId === null),
  );
  if (others.length > 0) ui.say('', ui.paint.bold('Waits'));
  for (const { message } of others) ui.say(`  ${message}`);
}

/** Prints test results and summaries. */
function sayReports(ui: Ui, { reports }: Run): void {
  if (reports.length > 0) ui.say('', ui.paint.bold('Reports'));
  for (const { task, report } of reports) {
    const { tests, failed, summary, warnings } = report;
    if (tests !== null) {
      const { failures, errors, skipped } = tests;
      const numbers = `${tests.tests} tests, ${failures} failures, ${errors} errors, ${skipped} skipped`;
      ui.say(`  ${task}  ${numbers} ${ui.paint.dim(duration(tests.durationMs))}`);
    }
    for (const one of failed.slice(0, SHOWN_CASES)) {
      ui.say(`    ✗ ${words(one.suite, one.name)} ${ui.paint.dim(one.message.split('\n', 1)[0] ?? '')}`);
    }
    if (failed.length > SHOWN_CASES) ui.say(ui.paint.dim(`    and ${failed.length - SHOWN_CASES} more`));
    for (const warning of warnings) ui.say(ui.paint.dim(`    ${warning}`));
    if (summary !== null) ui.say(`  ${task}`, ...indented(summary));
  }
}

/** Prints the commits and images of tasks. */
function sayFacts(ui: Ui, { facts: all }: Run): void {
  if (all.length > 0) ui.say('', ui.paint.bold('Sources and images'));
  for (const { task, facts } of all) {
    const { checkout, container, services } = facts;
    const lines = [
      ...(checkout === null ? [] : [`${checkout.commit} ${checkout.ref ?? ''} of ${checkout.url}`.replace('  ', ' ')]),
      ...(container === null ? [] : [`${container.image} (${container.digest})`]),
      ...services.map(({ name, image, digest }) => `${name}: ${image} (${digest})`),
    ];
    for (const line of lines) ui.say(`  ${task}  ${ui.paint.dim(line)}`);
  }
}

/** Includes running and failed restores, which no other part of the run shows. */
function sayRestores(ui: Ui, run: Run): void {
  const restores = operationsOf(run)
    .filter(({ kind }) => kind === 'RESTORE')
    .reverse();
  if (restores.length > 0) ui.say('', ui.paint.bold('Restores'));
  for (const { status, startedAt, actor, tasks, error } of restores) {
    const open = tasks.filter((task) => status === 'RUNNING' && !isOver(task.status));
    const about = open.map((task) =>
      words(inPlace(task), task.status, task.whyNotRunning === null ? '' : `(${task.whyNotRunning.message})`),
    );
    if (error !== null) about.push(`${error.code}: ${error.message}`);
    ui.say(words(`  ${ui.status(status)} ${moment(startedAt)} by ${actorName(actor)}`, ui.paint.dim(about.join(', '))));
  }
}

function sayStage(ui: Ui, stage: Stage, all: boolean): void {
  const { paint } = ui;
  const took =
    stage.startedAt !== null && stage.endedAt !== null
      ? duration(Date.parse(stage.endedAt) - Date.parse(stage.startedAt))
      : '';
  const place = `${stage.pipelineStageName} › ${stage.pipelineStepName}`;
  const environment = stage.__typename === 'WorkflowStageExecution' ? stage.environment : null;
  const where = environment ? paint.dim(`on ${environment.name}`) : '';
  const approval = approvalOf(stage);
  const nobody = approval?.undecidableSince == null ? '' : '; nobody is left who can decide';
  const asked =
    approval?.status === 'WAITING'
      ? paint.yellow(`asks ${askedOf(approval)}, until ${moment(approval.willExpireAt)}${nobody}`)
      : words(approval?.comments ?? '', formValues(approval?.inputs ?? []).join(', '));
  const heeded = approval?.status === 'WAITING' ? heed(approval) : '';
  ui.say(words(ui.status(stage.status), paint.bold(place), where, took, asked, paint.dim(heeded), why(ui, stage)));
  if (approval?.status === 'WAITING' && approval.inputs.length > 0) {
    ui.say(`    ${paint.dim('form')} ${formFields(approval.inputs)}`);
  }
  if (approval?.message) ui.say(...indented(approval.message));
  if (approval?.status === 'WAITING' && approval.changedSince)
    ui.say(
      ...indented(['changed since it was approved or requested:', ...approval.changedSince.map(changeLine)].join('\n')),
    );
  const workflow = workflowOf(stage);
  sayTasks(ui, workflow === null ? [] : tasksOf(workflow), all);
  sayOutputs(ui, workflow?.outputs ?? []);
}

/** Lines of a text for people. */
export const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`);

/** Prints outputs that have a value. A multi-line value shows its first line. */
function sayOutputs(ui: Ui, outputs: readonly { readonly name: string; readonly value: string | null }[]): void {
  for (const { name, value } of outputs) {
    if (value === null) continue;
    const [first = '', ...others] = value.split('\n');
    ui.say(words(`  ${ui.paint.dim('output')} ${name}=${first}`, others.length > 0 ? ui.paint.dim('…') : ''));
  }
}

function sayTasks(ui: Ui, tasks: readonly Task[], all: boolean): void {
  const { paint } = ui;
  const hidden = all || tasks.length <= SHOWN_TASKS ? [] : tasks.filter(({ status }) => status === 'SUCCESS');
  const shown = tasks.filter((task) => !hidden.includes(task));
  const longest = Math.max(0, ...shown.map(({ name }) => name.length));
  for (const task of shown) {
    const about = [
      task.reused ? `kept from attempt ${task.attempt}` : '',
      task.tries > 1 ? `${task.tries} tries` : '',
      task.ignoredFailure ? 'ignored' : '',
    ];
    const took = duration(task.durationMs).padStart(7);
    ui.say(
      words(
        `  ${ui.status(task.status)} ${task.name.padEnd(longest)} ${took}`,
        paint.dim(about.filter(Boolean).join(', ')),
        why(ui, task),
      ),
    );
  }
  if (hidden.length > 0) ui.say(paint.dim(`  and ${hidden.length} tasks that succeeded (--all shows them)`));
}

const why = (ui: Ui, { status, reason, reasonCode }: Pick<Task, 'status' | 'reason' | 'reasonCode'>): string =>
  status === 'SUCCESS' ? '' : ui.paint.dim(reason ?? reasonCode ?? '');

/** Prints the reason why the run failed, and the last lines of the first failed task. */
export async function sayWhy({ api, ui }: Session, run: Run): Promise<void> {
  if (run.failureDetails === null || run.status === 'SUCCESS') return;
  ui.say('', `${ui.paint.red(run.failureCode ?? run.status)}: ${run.failureDetails}`);
  const failed = workflowsOf(run).flatMap(({ id, step, tasks }) =>
    tasks.filter((task) => task.status === 'FAILED' && !task.ignoredFailure).map(({ name }) => ({ id, step, name })),
  );
  const [first] = failed;
  if (first === undefined) return;
  const lines = await lastLines(api, first.id, first.name);
  if (lines.length === 0) return;
  ui.say(ui.paint.dim(`The last lines of ${first.name} (slipway logs ${run.id} ${first.name}):`));
  ui.say(...lines.map((line) => `  ${line}`));
}

/** Prints the commands that the server accepts now. */
export function sayNext(ui: Ui, run: Run): void {
  const { paint } = ui;
  const stages = [...new Set(run.resumability.stages.filter(({ resumable }) => resumable).map(({ name }) => name))];
  const undecidable = stagesOf(run).some((stage) => {
    const approval = approvalOf(stage);
    return approval?.status === 'WAITING' && approval.undecidableSince != null;
  });
  const meaning: Readonly<Record<string, string>> = {
    resume:
      stages.length > 1 ? `continue from what failed; --stage: ${stages.join(', ')}` : 'continue from what failed',
    rerun: 'run everything again, with the same inputs',
    abort: run.failureCode === 'ABORTED' ? 'end its tasks of finally too' : 'end the run',
    approve: 'or reject',
    ...(undecidable && { reassign: 'let other user groups decide: nobody is left who may' }),
    continue: 'let the paused run continue',
    extend: 'add an image, or change inputs',
    restore: 'revert the run to its state before it was extended',
    cancelRestore: 'cancel the restore: the run returns to its previous status',
    moveSlotWaiter: 'move it to the top of the queue that it waits in',
    withdrawSlotWaiter: 'end it before it begins',
    ...(run.whyNotRunning.some(({ code }) => code === 'FROZEN') && { overrideFreeze: 'deploy in spite of the freeze' }),
  };
  const possible = run.availableActions.filter(({ action, allowed }) => allowed && meaning[action] !== undefined);
  const more: Readonly<Record<string, string>> = {
    ...{ extend: ' --image SERVICE=IMAGE', reassign: ' GROUP', cancelRestore: ' --cancel' },
    overrideFreeze: ' --reason TEXT',
  };
  const verbs: Readonly<Record<string, string>> = {
    ...{ cancelRestore: 'restore', overrideFreeze: 'override-freeze' },
    ...{ moveSlotWaiter: 'slots move', withdrawSlotWaiter: 'slots withdraw' },
  };
  const commandOf = (action: string) => `slipway ${verbs[action] ?? action} ${run.id}${more[action] ?? ''}`;
  const lines = possible.map(({ action }): [string, string] => [commandOf(action), meaning[action] ?? '']);
  if (run.availableActions.some(({ action, allowed }) => action === 'intervene' && allowed))
    for (const part of failuresThatWait(run))
      lines.unshift([
        `slipway intervene ${run.id} … --at "${shortName(part, failuresThatWait(run))}"`,
        'retry, ignore, mark-as-success, fail or abort: the failure waits for a decision',
      ]);
  for (const { variables } of asking(run)) {
    const values = variables.map((name) => `--var ${name}=…`).join(' ');
    lines.unshift([`slipway answer ${run.id} ${values}`, 'provide the inputs that the run waits for']);
  }
  if (!isOver(run.status)) lines.unshift([`slipway watch ${run.id}`, 'follow the run']);
  const longest = Math.max(0, ...lines.map(([command]) => command.length));
  if (lines.length > 0) ui.say('', paint.bold('Next'));
  for (const [command, text] of lines) ui.say(`  ${paint.cyan(command.padEnd(longest))}  ${paint.dim(text)}`);
  const denied = run.availableActions.find(({ action, code }) => action === 'resume' && code === 'FORBIDDEN');
  if (denied?.message && run.resumability.resumable) ui.say(paint.dim(`  You may not resume it: ${denied.message}`));
}
