import type { Db } from '../../kernel/database/database';

/** A queued task, and its required labels; no online agent has all of them. */
export interface MissingAgent {
  readonly taskId: string;
  readonly executionId: string;
  readonly runId: string;
  readonly labels: readonly string[];
}

/** Queued jobs that no agent can take, among those of these tasks, and of these executions with their members. */
export function findMissingAgents(
  db: Db,
  taskIds: readonly string[],
  executionIds: readonly string[],
  onlineSince: Date,
): Promise<MissingAgent[]> {
  return db.rows(
    `SELECT task.id AS "taskId", task.execution_id AS "executionId", task.run_id AS "runId", class.labels
     FROM task_execution task JOIN ready_job ready ON ready.job_id = task.job_id
     JOIN requirement_class class ON class.id = ready.requirement_class_id
     WHERE (task.id = ANY ($1::uuid[]) OR task.execution_id IN (
         SELECT id FROM execution WHERE id = ANY ($2::uuid[]) OR run_id = ANY ($2::uuid[])))
       AND task.status = 'QUEUED'
       AND NOT EXISTS (SELECT FROM agent WHERE left_at IS NULL AND last_seen_at >= $3 AND agent.labels @> class.labels)
     ORDER BY task.ordinal`,
    [taskIds, executionIds, onlineSince],
  );
}
