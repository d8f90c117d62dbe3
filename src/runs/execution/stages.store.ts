import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { AttemptRef, RuntimeAnswers, StageExecution } from '../../engine/execution';
import { attemptElementTable, stageExecutionTable } from './executions.table';
import { askedAttempts, newestOf, SHOWN_ATTEMPTS } from './lineage';

const stage = columnsOf(stageExecutionTable, 'stage');
/** Later columns of the same name win. */
const place = columnsOf(attemptElementTable, 'place', ['stageIndex', 'elementIndex', 'elementId', 'stageName']);

export async function insertStages(db: Db, stages: readonly StageExecution[]): Promise<void> {
  await insertRows(db, stageExecutionTable, stages);
}

/** Writes the plan of an attempt: all of its elements, those that it runs and those that it keeps, where they stand in it. */
export async function insertElements(
  db: Db,
  { executionId, attempt }: { readonly executionId: string; readonly attempt: number },
  stages: readonly StageExecution[],
): Promise<void> {
  await insertRows(
    db,
    attemptElementTable,
    stages.map(({ id, stageIndex, elementIndex, elementId, stageName }) => {
      return { executionId, attempt, stageIndex, elementIndex, elementId, stageName, stageExecutionId: id };
    }),
  );
}

/** The elements that an execution shows: those of its newest attempt. */
export const findCurrentStages = (db: Db, executionIds: readonly string[]): Promise<StageExecution[]> =>
  findShownStages(db, newestOf(executionIds));

/** The elements that these attempts show, each with the attempt that shows it, where they stand in its plan. */
export function findShownStages(
  db: Db,
  refs: readonly AttemptRef[],
): Promise<(StageExecution & { readonly shownIn: number })[]> {
  return db.rows(
    `SELECT ${stage}, ${place}, shown.attempt AS "shownIn" FROM ${SHOWN_ATTEMPTS}
     JOIN attempt_element place ON place.execution_id = shown.execution_id AND place.attempt = shown.attempt
     JOIN stage_execution stage ON stage.id = place.stage_execution_id
     ORDER BY shown.execution_id, shown.attempt, place.stage_index, place.element_index`,
    askedAttempts(refs),
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
       workflow_execution_id = coalesce($6, CASE WHEN NOT $11 THEN workflow_execution_id END),
       workflow_attempt = CASE WHEN $6::uuid IS NOT NULL THEN 1 WHEN NOT $11 THEN workflow_attempt END, goes_on = CASE WHEN NOT $11 THEN goes_on END, started_at = coalesce(started_at, $7), ended_at = $8,
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

/** A workflow execution continues, with its next attempt, under the stage's new row. */
export async function adoptMember(db: Db, executionId: string, stageExecutionId: string): Promise<void> {
  await db.write(
    `WITH member AS (
       UPDATE execution SET parent_stage_execution_id = $2 WHERE id = $1 RETURNING id, attempt
     )
     UPDATE stage_execution SET workflow_execution_id = member.id, workflow_attempt = member.attempt + 1
     FROM member WHERE stage_execution.id = $2`,
    [executionId, stageExecutionId],
  );
}
