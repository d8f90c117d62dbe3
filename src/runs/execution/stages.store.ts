import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { RuntimeAnswers, StageExecution } from '../../engine/execution';
import { stageExecutionTable } from './executions.table';

const stage = columnsOf(stageExecutionTable, 'stage');

export async function insertStages(db: Db, stages: readonly StageExecution[]): Promise<void> {
  await insertRows(db, stageExecutionTable, stages);
}

export function findCurrentStages(db: Db, executionIds: readonly string[]): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE execution_id = ANY ($1::uuid[]) AND current
     ORDER BY execution_id, stage_index, element_index`,
    [executionIds],
  );
}

/** Elements that will run again: their earlier rows stay, but are not the current ones any more. */
export async function retireStages(db: Db, ids: readonly string[]): Promise<void> {
  await db.write('UPDATE stage_execution SET current = false WHERE id = ANY ($1::uuid[])', [ids]);
}

/** Elements that are kept stand where another revision of the definition has them. By way of places that nothing has, since two may change places. */
export async function placeStages(db: Db, stages: readonly StageExecution[]): Promise<void> {
  if (stages.length === 0) return;
  await db.write(
    `UPDATE stage_execution SET stage_index = -1 - p.stage_index, element_index = p.element_index, stage_name = p.stage_name, element_id = p.element_id
     FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::uuid[]) AS p (id, stage_index, element_index, stage_name, element_id)
     WHERE stage_execution.id = p.id`,
    [
      stages.map((stage) => stage.id),
      stages.map((stage) => stage.stageIndex),
      stages.map((stage) => stage.elementIndex),
      stages.map((stage) => stage.stageName),
      stages.map((stage) => stage.elementId),
    ],
  );
  await db.write('UPDATE stage_execution SET stage_index = -1 - stage_index WHERE id = ANY ($1::uuid[])', [
    stages.map((stage) => stage.id),
  ]);
}

/** The elements that an attempt of an execution had of its own. */
export function findStagesOfAttempts(db: Db, executionIds: readonly string[]): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE execution_id = ANY ($1::uuid[]) ORDER BY execution_id, attempt, stage_index, element_index`,
    [executionIds],
  );
}

export function findStages(db: Db, ids: readonly string[]): Promise<StageExecution[]> {
  return db.rows(`SELECT ${stage} FROM stage_execution stage WHERE id = ANY ($1::uuid[])`, [ids]);
}

export interface StageChange {
  readonly id: string;
  readonly from: StageExecution['status'];
  readonly to: StageExecution['status'];
  readonly reasonCode?: string;
  readonly reason?: string;
  readonly workflowExecutionId?: string;
  readonly waitsUntil?: Date;
  readonly answers?: RuntimeAnswers;
  readonly again: boolean;
  readonly ignored: boolean;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}

export async function changeStage(db: Db, change: StageChange): Promise<boolean> {
  const written = await db.write(
    `UPDATE stage_execution SET status = $3, reason_code = coalesce($4, CASE WHEN $3 <> 'SUCCESS' THEN reason_code END),
       reason = coalesce($5, CASE WHEN $3 <> 'SUCCESS' THEN reason END), failures = failures + $11::boolean::int, ignored = $12,
       workflow_execution_id = coalesce($6, CASE WHEN NOT $11 THEN workflow_execution_id END), goes_on = CASE WHEN NOT $11 THEN goes_on END, started_at = coalesce(started_at, $7), ended_at = $8,
       waits_until = $9, answers = coalesce($10, answers), variables = variables || coalesce($10->'values', '{}')
     WHERE id = $1 AND status = $2`,
    [
      change.id,
      change.from,
      change.to,
      change.reasonCode ?? null,
      change.reason ?? null,
      change.workflowExecutionId ?? null,
      change.startedAt ?? null,
      change.endedAt ?? null,
      change.waitsUntil ?? null,
      change.answers ? JSON.stringify(change.answers) : null,
      change.again,
      change.ignored,
    ],
  );
  return written === 1;
}

/** Elements whose time to wait for a person is over. */
export function findDueStages(db: Db, now: Date, limit: number): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE waits_until IS NOT NULL AND waits_until < $1 ORDER BY waits_until LIMIT $2`,
    [now, limit],
  );
}

/** A workflow execution continues under the stage's new row. */
export async function adoptMember(db: Db, executionId: string, stageExecutionId: string): Promise<void> {
  await db.write('UPDATE execution SET parent_stage_execution_id = $2 WHERE id = $1', [executionId, stageExecutionId]);
  await db.write('UPDATE stage_execution SET workflow_execution_id = $2 WHERE id = $1', [
    stageExecutionId,
    executionId,
  ]);
}
