import pc from 'picocolors';
import type { Client } from '../client/client';
import {
  JobLogDocument,
  RunProgressedDocument,
  type RunProgressFragment,
  type StageProgressFragment,
  type TaskProgressFragment,
} from '../client/generated';
import type { Place } from './place';

const color: Readonly<Record<string, (text: string) => string>> = {
  SUCCESS: pc.green,
  RUNNING: pc.cyan,
  WAITING: pc.yellow,
  PAUSED: pc.yellow,
  FAILED: pc.red,
  ERROR: pc.red,
  ABORTED: pc.red,
  EXPIRED: pc.red,
  REJECTED: pc.red,
  SKIPPED: pc.dim,
  QUEUED: pc.dim,
};
const sign: Readonly<Record<string, string>> = { SUCCESS: '✓', RUNNING: '▸', WAITING: '…', SKIPPED: '–', QUEUED: '·' };

const status = (text: string): string => (color[text] ?? pc.red)(`${sign[text] ?? '✗'} ${text.padEnd(8)}`);
const duration = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '' : pc.dim(`${(ms / 1000).toFixed(1)} s`);

/** Prints each change of a run once, on its own line. */
class RunReport {
  private readonly shown = new Map<string, string>();

  constructor(private readonly print: (line: string) => void) {}

  show(run: RunProgressFragment): void {
    if (run.__typename === 'WorkflowExecution') this.showTasks(run.tasks);
    else for (const stage of run.pipelineStageExecutions) this.showStage(stage);
  }

  private showStage(stage: StageProgressFragment): void {
    const workflow = workflowOf(stage);
    const place = `${stage.pipelineStageName} › ${stage.pipelineStepName}`;
    const begun = stage.status !== 'QUEUED';
    const ended = begun && stage.status !== 'RUNNING' && stage.status !== 'WAITING';
    if (begun && !ended) {
      const line = `${status(stage.status)} ${pc.bold(place)} ${pc.dim(stage.reason ?? '')}`;
      this.once(stage.pipelineStageElementId, stage.status, line.trimEnd());
    }
    this.showTasks(workflow?.tasks ?? []);
    if (!ended) return;
    const why = stage.status === 'SUCCESS' || stage.reason === null ? '' : pc.dim(stage.reason);
    const time = duration(workflow?.durationMs);
    this.once(
      stage.pipelineStageElementId,
      stage.status,
      `${status(stage.status)} ${pc.bold(place)} ${time} ${why}`.trimEnd(),
    );
  }

  private showTasks(tasks: readonly TaskProgressFragment[]): void {
    for (const task of tasks) {
      if (task.status === 'QUEUED') continue;
      const agent = task.jobs.at(-1)?.agent?.name;
      const on = task.status === 'RUNNING' && agent ? pc.dim(`on ${agent}`) : '';
      const why = task.reused ? pc.dim('kept') : task.status === 'SUCCESS' ? '' : pc.dim(task.reason ?? '');
      const time = task.status === 'RUNNING' || task.reused ? '' : duration(task.durationMs);
      this.once(
        task.id,
        task.status,
        `    ${status(task.status)} ${task.name.padEnd(16)} ${on}${time} ${why}`.trimEnd(),
      );
    }
  }

  private once(key: string, value: string, line: string): void {
    if (this.shown.get(key) === value) return;
    this.shown.set(key, value);
    this.print(line);
  }
}

const workflowOf = (stage: StageProgressFragment) =>
  stage.__typename === 'WorkflowStageExecution' ? stage.workflowExecution : null;

/** Reports a run until it is final, and returns its final state. */
export async function follow(
  client: Client,
  id: string,
  print: Place['print'],
  onUpdate: (run: RunProgressFragment) => Promise<void> = async () => undefined,
): Promise<RunProgressFragment> {
  const report = new RunReport(print);
  let last: RunProgressFragment | undefined;
  for await (const { executionUpdated } of client.stream(RunProgressedDocument, { id })) {
    report.show(executionUpdated);
    last = executionUpdated;
    await onUpdate(executionUpdated);
  }
  if (last === undefined) throw new Error('the subscription ended before its first result');
  return last;
}

/** Logs of the failed tasks, by name. */
export async function failedLogs(client: Client, run: RunProgressFragment): Promise<{ name: string; text: string }[]> {
  const tasks =
    run.__typename === 'WorkflowExecution'
      ? run.tasks
      : run.pipelineStageExecutions.flatMap((stage) => workflowOf(stage)?.tasks ?? []);
  const logs: { name: string; text: string }[] = [];
  for (const { name, status, jobs } of tasks) {
    const job = status === 'FAILED' ? jobs.at(-1) : undefined;
    if (job === undefined) continue;
    const { jobLog } = await client.ask(JobLogDocument, { jobId: job.id });
    logs.push({ name, text: jobLog.frames.map((frame) => frame.text).join('') });
  }
  return logs;
}
