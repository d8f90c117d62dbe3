import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { AttemptRef, StageExecution } from '../../engine/execution';
import { attemptElementTable, stageExecutionTable } from './executions.table';
import { askedAttempts, newestOf, SHOWN_STAGES } from './lineage';

const stage = columnsOf(stageExecutionTable, 'stage');
/** Later columns of the same name win. */
const place = columnsOf(attemptElementTable, 'place', ['stageIndex', 'elementIndex', 'elementId', 'stageName']);

/** The elements that an execution shows: those of its newest attempt. */
export const findCurrentStages = (db: Db, executionIds: readonly string[]): Promise<StageExecution[]> =>
  findShownStages(db, newestOf(executionIds));

/** The elements that these attempts show, each with the attempt that shows it, where they stand in its plan. */
export function findShownStages(
  db: Db,
  refs: readonly AttemptRef[],
): Promise<(StageExecution & { readonly shownIn: number })[]> {
  return db.rows(
    `SELECT ${stage}, ${place}, shown.attempt AS "shownIn" FROM ${SHOWN_STAGES}
     ORDER BY shown.execution_id, shown.attempt, place.stage_index, place.element_index`,
    askedAttempts(refs),
  );
}

export function findStages(db: Db, ids: readonly string[]): Promise<StageExecution[]> {
  return db.rows(`SELECT ${stage} FROM stage_execution stage WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** Elements whose time to wait for a person is over. */
export function findDueStages(db: Db, now: Date, limit: number): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE waits_until IS NOT NULL AND waits_until < $1 ORDER BY waits_until LIMIT $2`,
    [now, limit],
  );
}
