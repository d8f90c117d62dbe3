import { appendFileSync, writeFileSync } from 'node:fs';
import { AbortExecutionDocument } from '../client/generated';
import type { CliConfig } from '../kernel/config';
import { exit, Failure, Followed, Interrupted, usage } from './failure';
import { followRun } from './follow';
import { askedOf, approvalOf, nameOf, type Run, stagesOf } from './run';
import type { Session } from './session';
import { readRun } from './showRun';
import { failedTasks, markdownOf } from './summary';

export interface WaitOptions {
  readonly wait?: boolean;
  readonly summary?: string;
  readonly outputs?: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly stopAtWaiting?: boolean;
  readonly abortOnCancel?: boolean;
}

/** Why the program stopped following a run that continues. */
class Stopped extends Error {}

/** Exit codes of `--wait` by status. All others end with 1. */
const codes: Readonly<Record<string, number>> = {
  SUCCESS: exit.ok,
  REJECTED: exit.rejected,
  ABORTED: exit.aborted,
  EXPIRED: exit.expired,
  WAITING: exit.waiting,
  PAUSED: exit.waiting,
};

/**
 * Waits for the outcome of a run as a CI job does: without questions, with a summary, annotations and outputs for the
 * CI system, and with an exit code for each outcome.
 */
export async function waitForRun(
  session: Session,
  id: string,
  after: number | null,
  { timeout, stopAtWaiting = false, abortOnCancel = false, summary, outputs }: WaitOptions,
): Promise<void> {
  const { api, ui } = session;
  // Loads the configuration, which other commands and --help do without.
  const { configured } = await import('./session.js');
  const config = configured(ui.terminal.env);
  let run: Run;
  let timedOut = false;
  let timer: NodeJS.Timeout | undefined;
  try {
    run = await followRun(session, id, {
      after,
      onBegin: (stop) => {
        if (timeout === undefined) return;
        timer = setTimeout(() => {
          timedOut = true;
          stop.abort(new Stopped());
        }, timeout * 1000);
      },
      onStatus: (status, stop) => {
        if (stopAtWaiting && codes[status] === exit.waiting) stop.abort(new Stopped());
      },
    });
  } catch (error) {
    if (error instanceof Interrupted && abortOnCancel) await abort(session, id);
    if (!(error instanceof Stopped)) throw error;
    run = await readRun(api, id);
  } finally {
    clearTimeout(timer);
  }
  report(session, run, config, { summary, outputs });
  ui.answer({ execution: run });
  if (timedOut) {
    const advice = [`The run continues. To wait for it again: slipway watch ${id} --wait`];
    throw new Failure(exit.timedOut, 'TIMED_OUT', `The run did not end within ${timeout} s.`, {}, advice);
  }
  const code = codes[run.status] ?? exit.failed;
  if (code === exit.ok) return;
  throw new Followed(run.failureCode ?? run.status, run.failureDetails ?? `The run is ${run.status}.`, code);
}

/** Aborts the run. If it has just ended, the refusal is only printed. */
async function abort({ api, ui }: Session, executionId: string): Promise<void> {
  const { application } = await readRun(api, executionId);
  const input = { applicationId: application?.id ?? '', executionId, reason: 'The CI job was canceled.' };
  await api.change(AbortExecutionDocument, { input }).then(
    () => ui.say('The job was canceled: the run is being aborted.'),
    (error: unknown) => ui.say(`The run could not be aborted: ${error instanceof Error ? error.message : error}`),
  );
}

function report(
  { ui: { terminal } }: Session,
  run: Run,
  config: CliConfig,
  { summary, outputs }: Pick<WaitOptions, 'summary' | 'outputs'>,
): void {
  const inGithub = config.GITHUB_ACTIONS === 'true';
  const text = markdownOf(run);
  if (summary !== undefined) write(summary, text, writeFileSync);
  if (inGithub && config.GITHUB_STEP_SUMMARY !== undefined) write(config.GITHUB_STEP_SUMMARY, text, appendFileSync);
  const facts = { id: run.id, status: run.status, attempt: String(run.attempt), code: run.failureCode ?? '' };
  const variables = Object.entries(facts).map(([name, value]) => [`SLIPWAY_RUN_${name.toUpperCase()}`, value]);
  if (outputs !== undefined) write(outputs, lines(variables), writeFileSync);
  if (!inGithub) return;
  const named = Object.entries(facts).map(([name, value]) => [`run-${name}`, value]);
  if (config.GITHUB_OUTPUT !== undefined) write(config.GITHUB_OUTPUT, lines(named), appendFileSync);
  for (const annotation of annotationsOf(run)) terminal.stderr.write(`${annotation}\n`);
}

const lines = (pairs: readonly (readonly string[])[]): string => pairs.map((pair) => `${pair.join('=')}\n`).join('');

function write(file: string, text: string, how: (file: string, text: string) => void): void {
  try {
    how(file, text);
  } catch (error) {
    throw usage(`${file} can’t be written: ${(error as Error).message}`);
  }
}

/** Workflow commands, which GitHub Actions shows with the job. */
function annotationsOf(run: Run): string[] {
  const name = nameOf(run);
  const failed = failedTasks(run).map(({ place, task }) =>
    annotation('error', `${name}: ${place}`, task.reason ?? `exit code ${task.exitCode}`),
  );
  const waiting = stagesOf(run).flatMap((stage) => {
    const approval = approvalOf(stage);
    if (approval?.status !== 'WAITING') return [];
    return [
      annotation('warning', `${name}: ${stage.pipelineStepName}`, `waits for an approval by ${askedOf(approval)}`),
    ];
  });
  if (failed.length > 0 || run.failureDetails === null) return [...failed, ...waiting];
  return [annotation('error', `${name}: ${run.status}`, run.failureDetails), ...waiting];
}

function annotation(kind: 'error' | 'warning', title: string, message: string): string {
  const data = (text: string) => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (text: string) => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
  return `::${kind} title=${property(title)}::${data(message)}`;
}
