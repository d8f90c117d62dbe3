import type { Db } from '../../kernel/database/database';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { HistoryEntry } from './history';

/**
 * Actions of people on executions, oldest first. Attempts, approvals and restores remain when their events are pruned.
 */
export const historyOfExecution: BatchLoad<HistoryEntry[]> = async (app, ids) =>
  groupBy(await findHistory(app.database, ids), (row) => row.executionId);

/** Element and task that asked for an approval. */
const STEP = `concat_ws(' › ', stage.step_name, task.name)`;
const PLACE = `coalesce(stage.attempt, task.attempt), stage.stage_name, ${STEP}`;
const PLACES = `LEFT JOIN stage_execution stage ON stage.id = approval.stage_execution_id
  LEFT JOIN task_execution task ON task.id = approval.task_execution_id`;

function findHistory(db: Db, ids: readonly string[]): Promise<HistoryEntry[]> {
  return db.rows(
    `SELECT * FROM (
       SELECT execution_id AS "executionId", created_at AS at, cause AS actor, attempt, from_stage AS stage,
         NULL AS step, reason AS text,
         CASE kind WHEN 'START' THEN 'STARTED' WHEN 'RESUME' THEN 'RESUMED' WHEN 'EXTEND' THEN 'EXTENDED'
           WHEN 'RESTORE' THEN 'RESTORED' WHEN 'ROLLBACK' THEN 'ROLLED_BACK' WHEN 'OBSERVE' THEN 'STARTED' ELSE kind END AS action
       FROM execution_attempt WHERE execution_id = ANY ($1::uuid[])
       UNION ALL
       SELECT approval.execution_id, decided_at, decided_by, ${PLACE},
         nullif(concat_ws('; ', comments, (SELECT string_agg((field ->> 'name') || '=' || (given ->> (field ->> 'name')), ', ')
           FROM jsonb_array_elements(approval.inputs) AS field WHERE given ? (field ->> 'name'))), ''),
         approval.status
       FROM approval ${PLACES}
       WHERE approval.execution_id = ANY ($1::uuid[]) AND approval.status IN ('APPROVED', 'REJECTED')
       UNION ALL
       SELECT approval.execution_id, vote.voted_at, vote.by, ${PLACE}, vote.comments,
         'VOTED'
       FROM approval ${PLACES}
       JOIN approval_vote vote ON vote.approval_id = approval.id AND vote.voted_at IS DISTINCT FROM approval.decided_at
       WHERE approval.execution_id = ANY ($1::uuid[])
       UNION ALL
       SELECT run_id, ended_at, actor, NULL, NULL, NULL, error_message, 'RESTORE_' || status
       FROM operation WHERE run_id = ANY ($1::uuid[]) AND kind = 'RESTORE' AND status IN ('FAILED', 'CANCELLED')
       UNION ALL
       SELECT event.run_id, at, CASE event.type WHEN 'FREEZE_OVERRIDDEN' THEN data -> 'by' ELSE actor END, NULL,
         coalesce(stage.stage_name, data ->> 'stageName'),
         coalesce(nullif(${STEP}, ''), data ->> 'stepName', data ->> 'name'),
         nullif(concat_ws(': ', data ->> 'action', data ->> 'freeze', (SELECT string_agg(approver.name, ', ')
           FROM jsonb_array_elements_text(data -> 'approvers') AS approver (name)), data ->> 'reason'), ''),
         CASE event.type WHEN 'ABORT_REQUESTED' THEN 'ABORTED' WHEN 'PAUSE_REQUESTED' THEN 'PAUSED'
           WHEN 'CONTINUE_REQUESTED' THEN 'CONTINUED' WHEN 'RUNTIME_INPUTS_GIVEN' THEN 'ANSWERED'
           WHEN 'TASK_RETRIED' THEN 'RETRIED' WHEN 'APPROVAL_REASSIGNED' THEN 'REASSIGNED' ELSE event.type END
       FROM execution_event event LEFT JOIN stage_execution stage
         ON event.type IN ('APPROVAL_REASSIGNED', 'FREEZE_OVERRIDDEN') AND stage.id = (data ->> 'stageExecutionId')::uuid
         LEFT JOIN task_execution task ON event.type = 'APPROVAL_REASSIGNED' AND task.id = (data ->> 'taskExecutionId')::uuid
       WHERE event.run_id = ANY ($1::uuid[]) AND event.type IN ('ABORT_REQUESTED', 'PAUSE_REQUESTED',
         'CONTINUE_REQUESTED', 'RUNTIME_INPUTS_GIVEN', 'INTERVENED', 'TASK_RETRIED', 'APPROVAL_REASSIGNED',
         'FREEZE_OVERRIDDEN')
     ) entry ORDER BY at, attempt`,
    [ids],
  );
}
