import type { Db } from '../kernel/database/database';
import { OBSERVATIONS_DUE, OBSERVERS_EXIST } from './observations/observations.store';

/** Kinds of work that have become due. */
export interface DueWork {
  readonly leases: boolean;
  readonly retries: boolean;
  readonly restores: boolean;
  /** Rollbacks that failed stages ask for. */
  readonly rollbacks: boolean;
  /** Environments to observe, and observations that have ended. */
  readonly observations: boolean;
  /** True if approvals wait: time and people may decide about them. */
  readonly approvals: boolean;
  /** Reminders and escalations of approvals. */
  readonly approvalSteps: boolean;
  readonly stages: boolean;
  readonly tasks: boolean;
  readonly executions: boolean;
  readonly detached: boolean;
  /** True if elements wait to begin: their slots may be free. */
  readonly beginnings: boolean;
  /** Times of schedules, and firings of triggers. */
  readonly triggers: boolean;
}

/** True if the earliest of these times is over. Reads the first entry of an index, even without statistics. */
const isOver = (time: string, table: string): string => `coalesce((SELECT min(${time}) FROM ${table}) <= $1, false)`;

/**
 * One statement for all timers, so that a turn in which nothing is due, as in nearly all turns, costs nothing else.
 * Each value is the first entry of an index, except expired leases: only slow turns look for those.
 */
export async function findDueWork(db: Db, now: Date, slow: boolean): Promise<DueWork> {
  const [row] = await db.rows<DueWork>(
    `SELECT ${isOver('kill_at', 'job_lease')}
         OR ($2 AND EXISTS (SELECT FROM job_lease WHERE expires_at < $1 OR timeout_at < $1)) AS leases,
       ${isOver('next_try_at', 'task_execution')} AS retries,
       EXISTS (SELECT FROM operation WHERE status = 'RUNNING') AS restores,
       EXISTS (SELECT FROM rollback_request WHERE done_at IS NULL) AS rollbacks,
       ${OBSERVATIONS_DUE} OR ($2 AND (${OBSERVERS_EXIST} OR EXISTS (SELECT FROM observer))) AS observations,
       $2 AND EXISTS (SELECT FROM approval WHERE status = 'WAITING') AS approvals,
       $2 AND ${isOver('next_step_at', `approval WHERE status = 'WAITING'`)} AS "approvalSteps",
       $2 AND ${isOver('waits_until', 'stage_execution')} AS stages,
       $2 AND ${isOver('waits_until', 'task_execution')} AS tasks,
       $2 AND EXISTS (SELECT FROM execution WHERE expires_at < $1 AND ended_at IS NULL) AS executions,
       $2 AND ${isOver('start_by', 'detached_task')} AS detached,
       ${isOver('until', 'begin_wait')} OR ($2 AND EXISTS (SELECT FROM begin_wait)) AS beginnings,
       ${isOver('next_at', 'trigger_firing')} OR ${isOver('next_at', 'start_trigger')} AS triggers`,
    [now, slow],
  );
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}
