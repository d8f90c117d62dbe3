import type { Db } from '../../kernel/database/database';
import { type Picked, pickedColumns, wholeRow } from '../../kernel/database/picked';
import { columnsOf } from '../../kernel/database/table';
import { remembered } from '../../kernel/remembered';
import type { AttemptRef, StageExecution } from '../../engine/execution';
import { stageExecutionTable } from './executions.table';
import { askedAttempts, newestOf, SHOWN_STAGES } from './lineage';

export const wholeStage = wholeRow(stageExecutionTable);
const stage = columnsOf(stageExecutionTable, 'stage');
/** Columns from the plan of the attempt that shows an element; all other columns are from the attempt that ran it. */
const PLACED: readonly string[] = ['stageIndex', 'elementIndex', 'elementId', 'stageName'];

/** Elements that an execution shows: those of its newest attempt. */
export const findCurrentStages = (db: Db, executionIds: readonly string[]): Promise<StageExecution[]> =>
  findShownStages(db, newestOf(executionIds));

type ShownStage = StageExecution & { readonly shownIn: number };

/**
 * Elements that these attempts show, each with the attempt that shows it and its place in that attempt's plan. A first
 * attempt ran everything that it shows, where its plan says, so its rows need no look-up one by one.
 */
export async function findShownStages(
  db: Db,
  refs: readonly AttemptRef[],
  picked: Picked<StageExecution> = wholeStage,
): Promise<ShownStage[]> {
  const first = refs.filter(({ attempt }) => attempt === 1).map(({ executionId }) => executionId);
  const later = refs.filter(({ attempt }) => attempt !== 1);
  const found = await Promise.all([
    ...(first.length > 0 ? [db.rows<ShownStage>(stagesOfFirst(picked), [first])] : []),
    ...(later.length > 0 ? [db.rows<ShownStage>(shownStages(picked), askedAttempts(later))] : []),
  ]);
  return found.flat();
}

const stagesOfFirst = remembered(
  (picked: Picked<StageExecution>) =>
    `SELECT ${pickedColumns(picked, () => 'stage')}, stage.attempt AS "shownIn" FROM stage_execution stage
     WHERE stage.execution_id = ANY ($1::uuid[]) AND stage.attempt = 1
     ORDER BY stage.execution_id, stage.stage_index, stage.element_index`,
);

const shownStages = remembered(
  (picked: Picked<StageExecution>) =>
    `SELECT ${pickedColumns(picked, (of) => (PLACED.includes(of) ? 'place' : 'stage'))}, shown.attempt AS "shownIn"
     FROM ${SHOWN_STAGES} ORDER BY shown.execution_id, shown.attempt, place.stage_index, place.element_index`,
);

export function findStages(
  db: Db,
  ids: readonly string[],
  picked: Picked<StageExecution> = wholeStage,
): Promise<StageExecution[]> {
  return db.rows(stagesById(picked), [ids]);
}

const stagesById = remembered(
  (picked: Picked<StageExecution>) =>
    `SELECT ${pickedColumns(picked, () => 'stage')} FROM stage_execution stage WHERE id = ANY ($1::uuid[])`,
);

/** Elements that have waited for a person past their time limit. */
export function findDueStages(db: Db, now: Date, limit: number): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE waits_until IS NOT NULL AND waits_until < $1 ORDER BY waits_until LIMIT $2`,
    [now, limit],
  );
}
