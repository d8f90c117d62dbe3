import type { Given } from '../client/requests';
import {
  AbortExecutionsDocument,
  ApplicationIdDocument,
  CancelJobsDocument,
  MoveJobsDocument,
  PauseQueueDocument,
  PipelineIdDocument,
  QueueDocument,
  type QueuePauseFragment,
  type QueueQuery,
  ResumeQueueDocument,
  SetPriorityDocument,
  WorkflowIdDocument,
} from '../client/generated';
import { exit, Failure, usage } from './failure';
import { findRun } from './runs';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed } from './ui';

export interface QueueOptions {
  readonly application?: string;
  readonly label?: readonly string[];
  readonly waiting?: boolean;
  readonly limit: number;
}

type Queued = Given<QueueQuery>['queue']['nodes'][number];

/** `slipway queue`: shows pauses, and running and waiting jobs in order, with the reason why each waits. */
export async function showQueue({ api, ui }: Session, options: QueueOptions): Promise<void> {
  const { application, label = [], waiting = false, limit } = options;
  const filter = {
    ...(application !== undefined && {
      application: { operator: 'EQUALS' as const, values: [await applicationIdOf(api, application)] },
    }),
    ...(label.length > 0 && { labels: [...label] }),
    ...(waiting && { states: ['WAITING' as const] }),
  };
  const { queue, queuePauses } = await api.ask(QueueDocument, { filters: [filter], first: limit });
  ui.answer({ jobs: queue.nodes, pauses: queuePauses });
  if (ui.json) return;
  for (const pause of queuePauses) ui.say(ui.paint.yellow(`Paused ${pauseText(pause)}`));
  if (queue.nodes.length === 0) return ui.say('No jobs are running or waiting.');
  ui.table(['PLACE', 'JOB', 'TASK', 'WORKFLOW', 'PRIORITY', 'SINCE', 'STARTS ABOUT', 'WHY'], queue.nodes.map(rowOf));
  if (queue.pageInfo.hasNextPage) ui.say('', ui.paint.dim('There are more jobs. --limit shows up to 500.'));
}

export const applicationIdOf = async (api: Session['api'], name: string): Promise<string> =>
  (await api.ask(ApplicationIdDocument, { name })).applicationByName.id;

function rowOf(job: Queued): string[] {
  const { state, position, positionExact, priority, waitingSince, estimate, whyNotRunning, execution } = job;
  const workflow = execution.__typename === 'WorkflowExecution' ? (execution.workflow?.name ?? '') : '';
  return [
    state === 'WAITING' ? (positionExact ? String(position) : '1000+') : state.toLowerCase(),
    job.job.id,
    job.task.name,
    `${execution.application?.name ?? ''}/${workflow}`,
    String(priority),
    moment(waitingSince),
    state !== 'WAITING' ? '' : estimate == null ? 'unknown' : moment(estimate),
    whyNotRunning == null || whyNotRunning.code === 'QUEUE' ? '' : whyNotRunning.message,
  ];
}

function pauseText({ id, labels, by, until, note }: QueuePauseFragment): string {
  const what = labels.length === 0 ? 'all jobs' : `jobs that require ${labels.join(', ')}`;
  const end = until == null ? '' : ` until ${moment(until)}`;
  return `${what} by ${by.name}${end}${note == null ? '' : `: ${note}`} (slipway queue resume ${id})`;
}

export interface PlaceOptions {
  readonly before?: string;
  readonly after?: string;
  readonly top?: boolean;
  readonly bottom?: boolean;
}

/** `slipway queue move`: moves waiting jobs, which keep their order. */
export async function moveQueued(
  { api, ui }: Session,
  jobIds: readonly string[],
  { before, after, top = false, bottom = false }: PlaceOptions,
): Promise<void> {
  const to = top ? ('TOP' as const) : bottom ? ('BOTTOM' as const) : undefined;
  if ([before, after, to].filter((one) => one !== undefined).length !== 1 || (top && bottom)) {
    throw usage('Give exactly one of --top, --bottom, --before JOB and --after JOB.');
  }
  const { moveJobs } = await api.ask(MoveJobsDocument, { input: { jobIds: [...jobIds], before, after, to } });
  ui.say(`Moved ${counted(moveJobs.jobIds.length, 'job')}.`);
  ui.answer(moveJobs);
}

export interface PriorityOptions {
  readonly job?: string;
  readonly run?: string;
  readonly application?: string;
  readonly pipeline?: string;
  readonly workflow?: string;
  readonly weight?: number;
}

/** `slipway queue priority`: gives a job, a run, a pipeline, a workflow or an application a priority. */
export async function prioritize(session: Session, given: string, options: PriorityOptions): Promise<void> {
  const { api, ui } = session;
  const priority = given === 'default' ? null : Number(given);
  if (priority !== null && !Number.isInteger(priority)) {
    throw usage('The priority is a whole number from -100 to 100, or "default".');
  }
  const input = { ...(await subjectOf(session, options)), priority, weight: options.weight };
  const { setPriority } = await api.ask(SetPriorityDocument, { input });
  const weight = setPriority.weight === 1 ? '' : ` and weight ${setPriority.weight}`;
  ui.say(`Priority ${setPriority.priority}${weight}; ${counted(setPriority.movedJobs, 'waiting job')} moved.`);
  ui.answer(setPriority);
}

async function subjectOf(session: Session, { job, run, application, pipeline, workflow }: PriorityOptions) {
  if ([job, run, application].filter((one) => one !== undefined).length !== 1) {
    throw usage('Give exactly one of --job JOB, --run RUN and --of APPLICATION.');
  }
  if (job !== undefined) return { jobId: job };
  if (run !== undefined) return { executionId: (await findRun(session, run)).id };
  const { api } = session;
  const applicationId = await applicationIdOf(api, application ?? '');
  if (pipeline !== undefined) {
    return { pipelineId: (await api.ask(PipelineIdDocument, { applicationId, name: pipeline })).pipelineByName.id };
  }
  if (workflow === undefined) return { applicationId };
  return { workflowId: (await api.ask(WorkflowIdDocument, { applicationId, name: workflow })).workflowByName.id };
}

export interface PauseOptions {
  /** Labels. */
  readonly for?: readonly string[];
  readonly note?: string;
  readonly until?: string;
}

/** `slipway queue pause`: holds back jobs with these labels, or all. */
export async function pauseQueued(
  { api, ui }: Session,
  { for: labels = [], note, until }: PauseOptions,
): Promise<void> {
  const input = { labels: [...labels], note, until };
  const { pause } = (await api.ask(PauseQueueDocument, { input })).pauseQueue;
  ui.say(`Paused ${pauseText(pause)}`);
  ui.answer(pause);
}

/** `slipway queue resume`: ends a pause; the only one, if none is named. */
export async function resumeQueued({ api, ui }: Session, named: string | undefined): Promise<void> {
  const pauses = named === undefined ? (await api.ask(QueueDocument, { first: 1 })).queuePauses : [];
  const pauseId = named ?? pauses[0]?.id;
  if (pauseId === undefined) return ui.say('The queue is not paused.');
  if (pauses.length > 1) throw usage(`There are ${pauses.length} pauses: name one, as "slipway queue" lists them.`);
  const { pause } = (await api.ask(ResumeQueueDocument, { input: { pauseId } })).resumeQueue;
  ui.say(`Resumed ${pause.labels.length === 0 ? 'all jobs' : `jobs that require ${pause.labels.join(', ')}`}.`);
  ui.answer(pause);
}

export interface CancelOptions {
  readonly reason?: string;
  readonly yes?: boolean;
}

/** `slipway queue cancel`: cancels jobs, and shows what became of each. */
export async function cancelQueued(
  { api, ui }: Session,
  jobIds: readonly string[],
  { reason, yes = false }: CancelOptions,
): Promise<void> {
  if (!yes)
    await refuseUnlessConfirmed(ui, `Cancel ${counted(jobIds.length, 'job')}? Their tasks fail or are aborted.`, false);
  const { jobs } = (await api.ask(CancelJobsDocument, { input: { jobIds: [...jobIds], reason } })).cancelJobs;
  ui.answer(jobs);
  for (const { jobId, outcome, message } of jobs) ui.say(`${jobId}  ${message ?? outcome.toLowerCase()}`);
  refuseIfAny(jobs);
}

/** `slipway queue abort`: aborts runs, and shows what became of each. */
export async function abortRuns(
  session: Session,
  runs: readonly string[],
  { reason, yes = false }: CancelOptions,
): Promise<void> {
  const { api, ui } = session;
  const executionIds: string[] = [];
  for (const run of runs) executionIds.push((await findRun(session, run)).id);
  if (!yes) await refuseUnlessConfirmed(ui, `Abort ${counted(runs.length, 'run')}?`, false);
  const answer = await api.ask(AbortExecutionsDocument, { input: { executionIds, reason } });
  const { executions } = answer.abortExecutions;
  ui.answer(executions);
  for (const { executionId, message, execution } of executions) {
    ui.say(`${executionId}  ${message ?? execution?.status ?? ''}`);
  }
  refuseIfAny(executions);
}

function refuseIfAny(items: readonly { readonly code?: string | null }[]): void {
  const refused = items.filter(({ code }) => code != null);
  const [first] = refused;
  if (first !== undefined)
    throw new Failure(exit.refused, first.code ?? 'REFUSED', `${refused.length} of ${items.length} were refused.`);
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
