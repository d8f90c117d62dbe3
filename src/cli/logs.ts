import type { Client } from '../client/client';
import {
  type LoggedTaskFragment,
  LoggedFinallyTasksDocument,
  LoggedRestoresDocument,
  LoggedTasksDocument,
  type LoggedTasksQuery,
} from '../client/generated';
import { onEachEvent, untilInterrupted } from './events';
import { exit, Failure } from './failure';
import { followLog, readLog } from './jobLog';
import { downloadLog, type PartOptions, searchRun, selectionOf } from './logParts';
import { LogWriter } from './logWriter';
import { isOver } from './run';
import { findRun } from './runs';
import type { Session } from './session';
import { Steps } from './steps';

export interface LogsOptions extends PartOptions {
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  readonly download?: string;
  readonly search?: string;
  readonly ignoreCase?: boolean;
  readonly context?: number;
}

/**
 * `slipway logs`: prints the newest try of each task or of one, including those of a restore. With `-f` it follows
 * them, and all tasks that start later.
 */
export async function showLogs(
  session: Session,
  named: string | undefined,
  task: string | undefined,
  options: LogsOptions,
): Promise<void> {
  const { api } = session;
  const { follow = false, timestamps = false, search, download } = options;
  const selection = selectionOf(options);
  const run = await findRun(session, named);
  if (search !== undefined) return searchRun(session, run.id, task, { ...options, search });
  const { execution } = await api.ask(LoggedTasksDocument, { id: run.id });
  const all = [
    ...tasksOf(execution),
    ...(execution.__typename === 'PipelineExecution' ? await finallyTasksOf(api, run.id) : []),
    ...(task === undefined ? [] : await restoreTasks(api, run.id)),
  ];
  const isMeant = (step: string | null, name: string) =>
    task === undefined ||
    [name, label(step, name), label(step?.replace(/^restore\/.*/, 'restore') ?? null, name)].includes(task);
  const tasks = all.filter(({ step, name }) => isMeant(step, name));
  const jobs = tasks.flatMap(({ step, name, jobs }) =>
    jobs.slice(-1).map(({ id }) => ({ id, label: label(step, name) })),
  );
  const writer = new LogWriter(session, task === undefined || jobs.length > 1, timestamps);
  if (tasks.length === 0 && task !== undefined && (!follow || isOver(run.status))) throw noSuchTask(all, task);
  if (download !== undefined) return downloadLog(session, jobs, download);
  if (!follow) {
    for (const { id, label } of jobs) {
      await readLog(api, id, selection, timestamps, (page) => writer.write(id, label, page));
      writer.end(id, label);
    }
    return;
  }
  await untilInterrupted(null, async (stop) => {
    const followed = new Map<string, Promise<void>>();
    const begin = (id: string, label: string) => {
      if (followed.has(id)) return;
      const done = followLog(api, id, timestamps, stop.signal, (page) => writer.write(id, label, page));
      // An error in one log ends all of them; it is thrown where the signal is read.
      followed.set(
        id,
        done.catch((error: unknown) => stop.abort(error)),
      );
    };
    for (const { id, label } of jobs) begin(id, label);
    const steps = new Steps();
    for (const { executionId, step } of tasksOf(execution)) if (step !== null) steps.learn(executionId, step);
    await onEachEvent(api, run.id, { after: String(run.lastSequence), signal: stop.signal }, ({ event }) => {
      for (const { type, executionId, data } of event === null ? [] : steps.inOrder(event)) {
        const [name, step] = [String(data.name), steps.of(executionId)];
        if (type === 'JOB_STARTED' && isMeant(step, name)) begin(String(data.jobId), label(step, name));
      }
    });
    await Promise.all(followed.values());
    stop.signal.throwIfAborted();
    if (followed.size === 0 && task !== undefined) throw noSuchTask(all, task);
  });
}

/** Several workflows of a pipeline may have tasks with the same name. */
const label = (step: string | null, name: string): string => (step === null ? name : `${step}/${name}`);

interface NamedTask extends LoggedTaskFragment {
  readonly step: string | null;
  readonly executionId: string;
}

function tasksOf(run: NonNullable<LoggedTasksQuery['execution']>): NamedTask[] {
  if (run.__typename === 'WorkflowExecution')
    return [...run.tasks, ...run.finallyTasks, ...run.forensicExecutions].map((task) => ({
      ...task,
      step: null,
      executionId: run.id,
    }));
  return run.pipelineStageExecutions.flatMap((stage) => {
    const { workflowExecution = null } = stage.__typename === 'WorkflowStageExecution' ? stage : {};
    if (workflowExecution === null) return [];
    const { id: executionId, tasks } = workflowExecution;
    return tasks.map((task) => ({ ...task, step: stage.pipelineStepName, executionId }));
  });
}

/** The tasks of `finally` of a pipeline's workflows. */
async function finallyTasksOf(api: Client, id: string): Promise<NamedTask[]> {
  const { execution } = await api.ask(LoggedFinallyTasksDocument, { id });
  const stages = execution.__typename === 'PipelineExecution' ? execution.pipelineStageExecutions : [];
  return stages.flatMap((stage) => {
    const { workflowExecution = null } = stage.__typename === 'WorkflowStageExecution' ? stage : {};
    if (workflowExecution === null) return [];
    const { id: executionId, finallyTasks } = workflowExecution;
    return finallyTasks.map((task) => ({ ...task, step: stage.pipelineStepName, executionId }));
  });
}

/** The tasks of the newest restore. */
async function restoreTasks(api: Client, id: string): Promise<NamedTask[]> {
  const { execution } = await api.ask(LoggedRestoresDocument, { id });
  const operations = execution.__typename === 'PipelineExecution' ? execution.operations : [];
  const newest = operations.find(({ kind }) => kind === 'RESTORE');
  return (newest?.tasks ?? []).map((task) => {
    const step = task.stageExecution?.pipelineStepName;
    return { ...task, step: step === undefined ? 'restore' : `restore/${step}`, executionId: '' };
  });
}

function noSuchTask(tasks: readonly NamedTask[], task: string): Failure {
  const names = tasks.map(({ step, name }) => label(step, name));
  const advice = names.length > 0 && names.length < 100 ? [`Tasks of the run: ${names.join(', ')}.`] : [];
  return new Failure(exit.refused, 'NOT_FOUND', `The run has no task "${task}".`, {}, advice);
}
