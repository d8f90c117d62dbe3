import type { Api } from './api';
import { PLACE } from './run';

/** What a command wrote, as the API gives it. */
export interface Page {
  readonly frames: readonly { readonly stream: string; readonly text: string; readonly at: string }[];
  readonly nextOffset: number;
  readonly final: boolean;
}

const PAGE = 'frames { stream text at } nextOffset final';
const ONE_PAGE = `query ($id: ID!, $after: Float) { page: jobLog(jobId: $id, afterOffset: $after) { ${PAGE} } }`;
const LIVE = `subscription ($id: ID!, $after: Float) { page: jobLog(jobId: $id, afterOffset: $after) { ${PAGE} } }`;

export interface LoggedTask {
  readonly name: string;
  readonly jobs: readonly { readonly id: string; readonly log: { readonly bytes: number } }[];
}

export interface LoggedRun {
  readonly id: string;
  readonly status: string;
  readonly tasks?: readonly LoggedTask[];
  /** Failure handlers, of a workflow that is asked for by itself: of all stages at once they would cost too much. */
  readonly forensicExecutions?: readonly LoggedTask[];
  readonly pipelineStageExecutions?: readonly {
    readonly pipelineStepName: string;
    readonly workflowExecution?: { readonly id: string; readonly tasks: readonly LoggedTask[] } | null;
  }[];
}

const TASK = '{ name jobs { id log { bytes } } }';
const TASKS = `tasks ${TASK}`;
export const LOGGED = `query ($id: ID!) { execution(executionId: $id) { id status ... on WorkflowExecution { ${TASKS} forensicExecutions ${TASK} }
  ... on PipelineExecution { pipelineStageExecutions { pipelineStepName ... on WorkflowStageExecution { workflowExecution { id ${TASKS} } } } } } }`;

/** Restore tasks belong to no stage that is shown; an extension has none. */
export const RESTORES = `query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { operations { kind tasks { name jobs { id log { bytes } } ${PLACE} } } } } }`;

/** All that there is so far, page by page. */
export async function readLog(api: Api, jobId: string, write: (page: Page) => void): Promise<void> {
  for (let after = 0; ; ) {
    const { page } = await api.ask<{ page: Page }>(ONE_PAGE, { id: jobId, after });
    write(page);
    if (page.final || page.frames.length === 0) return;
    after = page.nextOffset;
  }
}

/** What there is and what comes, each byte once, until the job has ended. */
export async function followLog(
  api: Api,
  jobId: string,
  signal: AbortSignal,
  write: (page: Page) => void,
): Promise<void> {
  let after = 0;
  for await (const { page } of api.follow<{ page: Page }>(LIVE, () => ({ id: jobId, after }), signal)) {
    write(page);
    after = page.nextOffset;
  }
}

const TAIL_BYTES = 8_192;
const TAIL_LINES = 10;

/** The end of what the newest try of a task has written. */
export async function lastLines(api: Api, workflowExecutionId: string, task: string): Promise<string[]> {
  const { execution } = await api.ask<{ execution: LoggedRun }>(LOGGED, { id: workflowExecutionId });
  return lastLinesOf(
    api,
    execution.tasks?.find(({ name }) => name === task),
  );
}

export async function lastLinesOf(api: Api, task: Pick<LoggedTask, 'jobs'> | undefined): Promise<string[]> {
  const job = task?.jobs.at(-1);
  if (job === undefined) return [];
  const after = Math.max(0, job.log.bytes - TAIL_BYTES);
  const { page } = await api.ask<{ page: Page }>(ONE_PAGE, { id: job.id, after });
  const lines = page.frames
    .map(({ text }) => text)
    .join('')
    .split('\n');
  return lines.filter((line, n) => line !== '' || n < lines.length - 1).slice(-TAIL_LINES);
}
