import type { AttemptRef } from '../../engine/execution';

/**
 * SQL of the attempts that are asked for, as `shown (execution_id, attempt, lineage, dropped)`; its parameters are the
 * first two of the statement.
 */
export const SHOWN_ATTEMPTS = `(
  SELECT own.execution_id, own.attempt, own.lineage, own.dropped
  FROM unnest($1::uuid[], $2::int[]) AS asked (execution_id, attempt)
  JOIN execution newest ON newest.id = asked.execution_id
  JOIN execution_attempt own ON own.execution_id = newest.id AND own.attempt = coalesce(asked.attempt, newest.attempt)
) shown`;

/** The elements of the plans of these attempts: `place`, and `stage` for the row that each shows. */
export const SHOWN_STAGES = `(
  SELECT newest.id AS execution_id, coalesce(asked.attempt, newest.attempt) AS attempt
  FROM unnest($1::uuid[], $2::int[]) AS asked (execution_id, attempt)
  JOIN execution newest ON newest.id = asked.execution_id
) shown
  JOIN attempt_element place ON place.execution_id = shown.execution_id AND place.attempt = shown.attempt
  JOIN stage_execution stage ON stage.id = place.stage_execution_id`;

export const askedAttempts = (refs: readonly AttemptRef[]): [string[], (number | null)[]] => [
  refs.map((ref) => ref.executionId),
  refs.map((ref) => ref.attempt ?? null),
];

export const newestOf = (executionIds: readonly string[]): AttemptRef[] =>
  executionIds.map((executionId) => ({ executionId }));

/**
 * Condition on a row of `task_execution`: an attempt shows it, since no later attempt of its lineage has one of that
 * name. `shown` is anything with the columns of `SHOWN_ATTEMPTS`.
 */
export const isShown = (task: string, shown = 'shown'): string =>
  `${task}.execution_id = ${shown}.execution_id AND ${task}.type = 'normal' AND ${task}.attempt = ANY (${shown}.lineage)
   AND ${task}.name <> ALL (${shown}.dropped) AND (${task}.attempt = ${shown}.lineage[1] OR NOT EXISTS (
     SELECT FROM task_execution newer WHERE newer.execution_id = ${task}.execution_id AND newer.name = ${task}.name
       AND newer.type = 'normal' AND newer.attempt > ${task}.attempt AND newer.attempt = ANY (${shown}.lineage)))`;
