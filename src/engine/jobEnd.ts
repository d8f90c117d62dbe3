import type { JobEnding } from './changes';
import { afterSuccess, isAfterSuccess, type TaskEnd } from './taskEnd';

/**
 * Request of the server to a job at its end. An abort, an expiry, and a failure with `on_task_failure: cancel` cancel
 * it. A pause requests nothing of running jobs, and the agent enforces time limits.
 */
export type Asked = 'NOTHING' | 'CANCEL';

/** Report of the end: from the agent, or none until a timeout. */
export type Heard =
  | 'SUCCESS'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'CANCELLED'
  | 'AGENT_STOPPED'
  | `${'LEASE' | 'KILL' | 'TIME'}_OVER`;

export interface Outcome {
  /** QUEUED: an offer that nobody has started; the same job is claimed again. */
  readonly job: JobEnding['status'] | 'QUEUED';
  /** LOST: ends by `on_lost`. QUEUED: nothing has happened, and it gets another job. */
  readonly task: 'SUCCESS' | 'FAILED' | 'ABORTED' | 'LOST' | 'QUEUED';
}

const success: Outcome = { job: 'SUCCESS', task: 'SUCCESS' };
const failure: Outcome = { job: 'FAILED', task: 'FAILED' };
const canceled: Outcome = { job: 'ABORTED', task: 'ABORTED' };
const lost: Outcome = { job: 'LOST', task: 'LOST' };
const again: Outcome = { job: 'LOST', task: 'QUEUED' };
const offer: Outcome = { job: 'QUEUED', task: 'QUEUED' };
/** Its agent should have reported the end of its time and did not, so the outcome of the command is unknown. */
const overdue: Outcome = { job: 'FAILED', task: 'LOST' };

/**
 * Every end of a job. The first outcome is for a command that began, or may have; the second for one that did not. Only
 * a reported success is a success, and only a failure that an agent reports, or `on_lost`, runs a command again.
 */
export const jobOutcomes: Readonly<Record<Asked, Readonly<Record<Heard, readonly [Outcome, Outcome]>>>> = {
  NOTHING: {
    SUCCESS: [success, failure],
    FAILED: [failure, failure],
    TIMED_OUT: [failure, failure],
    CANCELLED: [lost, again],
    AGENT_STOPPED: [lost, again],
    LEASE_OVER: [lost, offer],
    KILL_OVER: [lost, offer],
    TIME_OVER: [overdue, offer],
  },
  CANCEL: {
    // It was faster than the request.
    SUCCESS: [success, canceled],
    FAILED: [canceled, canceled],
    TIMED_OUT: [canceled, canceled],
    CANCELLED: [canceled, canceled],
    AGENT_STOPPED: [canceled, canceled],
    LEASE_OVER: [canceled, canceled],
    KILL_OVER: [canceled, canceled],
    TIME_OVER: [canceled, canceled],
  },
};

export interface EndedJob {
  readonly asked: Asked;
  readonly heard: Heard;
  /** False only if it is certain that the command did not begin. */
  readonly began: boolean;
}

export const jobOutcome = ({ asked, heard, began }: EndedJob): Outcome => jobOutcomes[asked][heard][began ? 0 : 1];

/** End of a job, with what is known of its command. */
export interface KnownEnd extends EndedJob {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Code of a failure that the agent names. */
  readonly code: string | null;
  readonly message: string | null;
}

export type JobAndTaskEnd = Pick<JobEnding, 'status' | 'reasonCode' | 'reason' | 'exitCode'> & {
  readonly task: Omit<TaskEnd, 'taskId'>;
};

/** The ends of a job that an agent has started, and of its task. */
export function endOf(end: KnownEnd): JobAndTaskEnd {
  const { job, task } = jobOutcome(end);
  if (job === 'QUEUED') throw new Error('an offer goes back to the queue as it is');
  const { exitCode } = end;
  const why = { ...(job === 'LOST' ? lossOf(end) : reasonOf(end, job)), exitCode };
  const status = task === 'LOST' || task === 'QUEUED' ? 'FAILED' : task;
  const isLost = task === 'LOST' ? 'BEGUN' : task === 'QUEUED' ? 'NOT_BEGUN' : undefined;
  return { status: job, ...why, task: { status, ...why, lost: isLost } };
}

type Why = Pick<JobEnding, 'reasonCode' | 'reason'>;

function lossOf({ heard, began, exitCode, signal, message }: KnownEnd): Why {
  const what =
    heard === 'AGENT_STOPPED'
      ? 'its agent gave it up'
      : heard === 'CANCELLED'
        ? 'its agent canceled it without being asked'
        : 'its agent was lost';
  const when = began ? 'while its command ran' : 'before its command started';
  const ended =
    signal !== null ? `, which ${signal} ended` : exitCode !== null ? `, which ended with exit code ${exitCode}` : '';
  const said = message === null ? '' : ` (${message})`;
  return { reasonCode: 'AGENT_LOST', reason: `${what} ${when}${began ? ended : ''}${said}` };
}

function reasonOf(end: KnownEnd, job: Exclude<Outcome['job'], 'LOST' | 'QUEUED'>): Why {
  const { heard, began, exitCode, signal, code, message } = end;
  if (job === 'SUCCESS') return { reasonCode: null, reason: null };
  if (job === 'ABORTED') {
    const silent = heard === 'LEASE_OVER' || heard === 'KILL_OVER' || heard === 'TIME_OVER';
    const text = silent ? 'canceled; its agent did not report its end in time' : (message ?? 'canceled while it ran');
    return { reasonCode: 'CANCELLED', reason: text };
  }
  if (heard === 'TIME_OVER') {
    return { reasonCode: 'TIMED_OUT', reason: 'ran longer than its timeout, and its agent did not end it' };
  }
  if (heard === 'SUCCESS' && !began) {
    return { reasonCode: 'AGENT_ERROR', reason: 'its agent reported the success of a command that it did not start' };
  }
  if (code !== null) {
    const why = message ?? code;
    return { reasonCode: code, reason: isAfterSuccess({ reasonCode: code, exitCode }) ? afterSuccess(why) : why };
  }
  if (signal !== null) return { reasonCode: 'SIGNAL', reason: `ended by ${signal}` };
  return { reasonCode: 'EXIT_CODE', reason: `exit code ${exitCode}` };
}
