import type { Client } from '../client/client';
import {
  FollowJobLogDocument,
  JobLogDocument,
  type JobLogQueryVariables,
  LoggedTasksDocument,
  type LogPageFragment,
} from '../client/generated';

/** Part of a log. */
export type LogSelection = Omit<JobLogQueryVariables, 'jobId' | 'timestamps'>;

/** Passes on a part of what a job has written so far, page by page. */
export async function readLog(
  api: Client,
  jobId: string,
  selection: LogSelection,
  timestamps: boolean,
  write: (page: LogPageFragment) => void,
): Promise<void> {
  for (let part = selection; ; ) {
    const { jobLog } = await api.ask(JobLogDocument, { jobId, timestamps, ...part });
    write(jobLog);
    if (!jobLog.more) return;
    part = { afterOffset: jobLog.nextOffset, beforeOffset: jobLog.endOffset };
  }
}

/** Passes on the whole output of a job as it is written, each byte once, until the job has ended. */
export async function followLog(
  api: Client,
  jobId: string,
  timestamps: boolean,
  signal: AbortSignal,
  write: (page: LogPageFragment) => void,
): Promise<void> {
  let afterOffset = 0;
  for await (const { jobLog } of api.follow(FollowJobLogDocument, () => ({ jobId, afterOffset, timestamps }), signal)) {
    write(jobLog);
    afterOffset = jobLog.nextOffset;
  }
}

const TAIL_BYTES = 8_192;
const TAIL_LINES = 10;

/** Last lines of the newest try of a task. */
export async function lastLines(api: Client, workflowExecutionId: string, task: string): Promise<string[]> {
  const { execution } = await api.ask(LoggedTasksDocument, { id: workflowExecutionId });
  const tasks = execution.__typename === 'WorkflowExecution' ? [...execution.tasks, ...execution.finallyTasks] : [];
  return lastLinesOf(api, tasks.find(({ name }) => name === task)?.jobs);
}

export async function lastLinesOf(
  api: Client,
  jobs: readonly { readonly id: string; readonly log: { readonly bytes: number } }[] = [],
): Promise<string[]> {
  const job = jobs.at(-1);
  if (job === undefined) return [];
  const afterOffset = Math.max(0, job.log.bytes - TAIL_BYTES);
  const { jobLog } = await api.ask(JobLogDocument, { jobId: job.id, afterOffset, timestamps: false });
  const lines = jobLog.frames
    .map(({ text }) => text)
    .join('')
    .split('\n');
  return lines.filter((line, n) => line !== '' || n < lines.length - 1).slice(-TAIL_LINES);
}
