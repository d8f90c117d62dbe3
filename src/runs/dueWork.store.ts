import type { Db } from '../kernel/database/database';

/** Kinds of work that have become due. */
export interface DueWork {
  readonly leases: boolean;
  readonly retries: boolean;
  readonly restores: boolean;
  /** Some wait: time and people may decide about them. */
  readonly approvals: boolean;
  readonly stages: boolean;
  readonly tasks: boolean;
  readonly executions: boolean;
  readonly detached: boolean;
}

/**
 * One statement for all timers: a turn in which nothing is due, which is nearly every one, costs nothing else. Each answer
 * is the first entry of an index, except for the leases that ran out: those are looked for at the slow turns only.
 */
export async function findDueWork(db: Db, now: Date, slow: boolean): Promise<DueWork> {
  const [row] = await db.rows<DueWork>(
    `SELECT EXISTS (SELECT FROM job_lease WHERE kill_at < $1)
         OR ($2 AND EXISTS (SELECT FROM job_lease WHERE expires_at < $1 OR timeout_at < $1)) AS leases,
       EXISTS (SELECT FROM task_execution WHERE next_try_at <= $1) AS retries,
       EXISTS (SELECT FROM operation WHERE status = 'RUNNING') AS restores,
       $2 AND EXISTS (SELECT FROM approval WHERE status = 'WAITING') AS approvals,
       $2 AND EXISTS (SELECT FROM stage_execution WHERE waits_until < $1) AS stages,
       $2 AND EXISTS (SELECT FROM task_execution WHERE waits_until < $1) AS tasks,
       $2 AND EXISTS (SELECT FROM execution WHERE expires_at < $1 AND ended_at IS NULL) AS executions,
       $2 AND EXISTS (SELECT FROM detached_task WHERE start_by < $1) AS detached`,
    [now, slow],
  );
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}
