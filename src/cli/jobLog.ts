import type { Client } from '../client/client';
import { FollowJobLogDocument, JobLogDocument, LoggedTasksDocument, type LogPageFragment } from '../client/generated';

/** Passes on everything that a job has written so far, page by page. */
export async function readLog(api: Client, jobId: string, write: (page: LogPageFragment) => void): Promise<void> {
  for (let afterOffset = 0; ; ) {
    const { jobLog } = await api.ask(JobLogDocument, { jobId, afterOffset });
    write(jobLog);
    if (jobLog.final || jobLog.frames.length === 0) return;
    afterOffset = jobLog.nextOffset;
  }
}

/** Passes on the whole output of a job as it is written, each byte once, until the job has ended. */
export async function followLog(
  api: Client,
  jobId: string,
  signal: AbortSignal,
  write: (page: LogPageFragment) => void,
): Promise<void> {
  let afterOffset = 0;
  for await (const { jobLog } of api.follow(FollowJobLogDocument, () => ({ jobId, afterOffset }), signal)) {
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
  const { jobLog } = await api.ask(JobLogDocument, { jobId: job.id, afterOffset });
  const lines = jobLog.frames
    .map(({ text }) => text)
    .join('')
    .split('\n');
  return lines.filter((line, n) => line !== '' || n < lines.length - 1).slice(-TAIL_LINES);
}
