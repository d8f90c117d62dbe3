import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { AttemptRef, ExecutionVariable } from '../../engine/execution';
import { executionVariableTable } from './executions.table';
import { askedAttempts, isShown, newestOf, SHOWN_ATTEMPTS } from './lineage';

const variable = columnsOf(executionVariableTable, 'variable');

/**
 * Values that attempts show, as `variable`: those that belong to tasks which the attempts show. OFFSET 0 keeps the
 * order: from the few values to their tasks, never from all tasks of a workflow to their values.
 */
const variablesOf = (shownAttempts: string) => `${shownAttempts}
  CROSS JOIN LATERAL (SELECT * FROM execution_variable WHERE execution_id = shown.execution_id OFFSET 0) variable
  CROSS JOIN LATERAL (SELECT FROM task_execution task WHERE task.id = variable.task_execution_id AND ${isShown('task')} OFFSET 0) task`;
const SHOWN_VARIABLES = variablesOf(SHOWN_ATTEMPTS);

/** The same for the newest attempts of executions: `asked (execution_id)`. */
export const newestVariablesOf = (asked: string): string =>
  variablesOf(`(
  SELECT own.execution_id, own.attempt, own.lineage, own.dropped FROM ${asked}
  JOIN execution newest ON newest.id = asked.execution_id
  JOIN execution_attempt own ON own.execution_id = newest.id AND own.attempt = newest.attempt
) shown`);

/** Values that tasks have set and that the newest attempts of these executions show. */
export const findVariables = (db: Db, executionIds: readonly string[]): Promise<ExecutionVariable[]> =>
  findShownVariables(db, newestOf(executionIds));

/** Values that these attempts show, each with the attempt that shows it: those of the tasks that it shows. */
export function findShownVariables(
  db: Db,
  refs: readonly AttemptRef[],
): Promise<(ExecutionVariable & { readonly shownIn: number })[]> {
  return db.rows(
    `SELECT ${variable}, shown.attempt AS "shownIn" FROM ${SHOWN_VARIABLES}
     ORDER BY shown.execution_id, shown.attempt, variable.name`,
    askedAttempts(refs),
  );
}

/**
 * Names of the secrets that tasks of an environment can use. A place is an application id, a space, and an environment
 * id or nothing.
 */
export async function findSecretNames(db: Db, places: readonly string[]): Promise<Map<string, ReadonlySet<string>>> {
  const split = places.map((place) => place.split(' '));
  const rows = await db.rows<{ place: string; names: string[] }>(
    `SELECT place.key AS place, ARRAY(
       SELECT name FROM secret WHERE application_id = place.application_id
         AND (environment_id IS NULL OR environment_id = place.environment_id)
     ) AS names
     FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS place (key, application_id, environment_id)`,
    [places, split.map(([application]) => application), split.map(([, environment]) => environment || null)],
  );
  return new Map(rows.map(({ place, names }) => [place, new Set(names)]));
}

export async function insertVariables(db: Db, variables: readonly ExecutionVariable[]): Promise<void> {
  if (variables.length === 0) return;
  await db.write(
    `INSERT INTO execution_variable (execution_id, name, task_execution_id, type, value, set_by, set_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])`,
    [
      variables.map((one) => one.executionId),
      variables.map((one) => one.name),
      variables.map((one) => one.taskExecutionId),
      variables.map((one) => one.type),
      variables.map((one) => one.value),
      variables.map((one) => one.setBy),
      variables.map((one) => one.setAt),
    ],
  );
}
