import type { Db } from '../../kernel/database/database';
import type { ExecutionEvent } from '../../engine/execution';

/** Last decision of a person about the failure of a task, or of an element of a stage in one attempt. */
export async function findLastIntervention(
  db: Db,
  runId: string,
  targetId: string,
  type: 'INTERVENED' | 'TASK_RETRIED' = 'INTERVENED',
): Promise<Pick<ExecutionEvent, 'actor' | 'at'> | undefined> {
  const [row] = await db.rows<Pick<ExecutionEvent, 'actor' | 'at'>>(
    `SELECT actor, at FROM execution_event WHERE run_id = $1 AND type = $3
       AND $2 IN (data->>'taskExecutionId', data->>'stageExecutionId') ORDER BY sequence DESC LIMIT 1`,
    [runId, targetId, type],
  );
  return row;
}
