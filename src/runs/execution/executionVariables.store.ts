import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { ExecutionVariable } from '../../engine/execution';
import { executionVariableTable } from './executions.table';

const variable = columnsOf(executionVariableTable, 'variable');

/** What tasks of these executions have set, as it counts now. */
export function findVariables(db: Db, executionIds: readonly string[]): Promise<ExecutionVariable[]> {
  return db.rows(
    `SELECT ${variable} FROM execution_variable variable WHERE execution_id = ANY ($1::uuid[]) AND current
     ORDER BY execution_id, name`,
    [executionIds],
  );
}

/** Who may not be overruled: names that a start gave, and names that tasks have set. */
export function findOwners(
  db: Db,
  executionIds: readonly string[],
): Promise<{ executionId: string; name: string; owner: string | null }[]> {
  return db.rows(
    `SELECT execution_id AS "executionId", name, set_by AS owner FROM execution_variable
     WHERE execution_id = ANY ($1::uuid[]) AND current
     UNION ALL
     SELECT id, jsonb_object_keys(variables), NULL FROM execution WHERE id = ANY ($1::uuid[])`,
    [executionIds],
  );
}

/** The names that have a value in each execution: from its environment, its start, and its tasks. */
export async function findKnownNames(
  db: Db,
  executionIds: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> {
  const rows = await db.rows<{ id: string; names: string[] }>(
    `SELECT execution.id, ARRAY(
       SELECT jsonb_object_keys(execution.variables)
       UNION SELECT jsonb_object_keys(environment.variables)
       UNION SELECT name FROM execution_variable WHERE execution_id = execution.id AND current
     ) AS names
     FROM execution LEFT JOIN environment ON environment.id = execution.environment_id
     WHERE execution.id = ANY ($1::uuid[])`,
    [executionIds],
  );
  return new Map(rows.map(({ id, names }) => [id, new Set(names)]));
}

/** The names of secrets that tasks of each execution can have: of its environment, and of its application. */
export async function findSecretNames(
  db: Db,
  executionIds: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> {
  const rows = await db.rows<{ id: string; names: string[] }>(
    `SELECT execution.id, ARRAY(
       SELECT name FROM secret WHERE application_id = execution.application_id
         AND (environment_id IS NULL OR environment_id = execution.environment_id)
     ) AS names
     FROM execution WHERE id = ANY ($1::uuid[])`,
    [executionIds],
  );
  return new Map(rows.map(({ id, names }) => [id, new Set(names)]));
}

export async function insertVariables(db: Db, variables: readonly ExecutionVariable[]): Promise<void> {
  await db.write(
    `INSERT INTO execution_variable (execution_id, name, task_execution_id, type, value, set_by, set_at, current)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::boolean[])`,
    [
      variables.map((one) => one.executionId),
      variables.map((one) => one.name),
      variables.map((one) => one.taskExecutionId),
      variables.map((one) => one.type),
      variables.map((one) => one.value),
      variables.map((one) => one.setBy),
      variables.map((one) => one.setAt),
      variables.map((one) => one.current),
    ],
  );
}

/** Tasks that run again set their variables again; until then nobody has. What kept tasks have set stays. */
export async function retireVariables(db: Db, taskExecutionIds: readonly string[]): Promise<void> {
  await db.write(
    'UPDATE execution_variable SET current = false WHERE task_execution_id = ANY ($1::uuid[]) AND current',
    [taskExecutionIds],
  );
}
