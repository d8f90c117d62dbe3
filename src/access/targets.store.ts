import type { Db } from '../kernel/database/database';
import {
  executionTargets,
  isTemplate,
  pipelineTargets,
  type SqlTargets,
  type Target,
  workflowTargets,
} from './subjects';

/**
 * Environments that objects are aimed at, for decisions about rows. Uses the same SQL as the conditions of lists, so
 * that the two can’t differ. IDs without an object are absent from the result; an object without environments has none.
 */
export type Targets = ReadonlyMap<string, readonly Target[]>;

export const findExecutionTargets = (db: Db, ids: readonly string[]): Promise<Targets> =>
  findTargets(db, 'execution', executionTargets, ids);

export const findPipelineTargets = (db: Db, ids: readonly string[]): Promise<Targets> =>
  findTargets(db, 'pipeline', pipelineTargets, ids);

export const findWorkflowTargets = (db: Db, ids: readonly string[]): Promise<Targets> =>
  findTargets(db, 'workflow', workflowTargets, ids);

/** Environments by ID, with type and name: those that a definition or a start names. */
export async function findEnvironmentTargets(db: Db, ids: readonly string[]): Promise<Target[]> {
  return db.rows('SELECT id, type, name FROM environment WHERE id = ANY ($1::uuid[]) ORDER BY name, id', [ids]);
}

/** SQL of the environments that a row is aimed at, as a JSON array. */
export const environmentsOf = (targets: SqlTargets, row: string): string => `coalesce((
  SELECT json_agg(json_build_object('id', found.id, 'type', found.type, 'name', found.name) ORDER BY found.name, found.id)
  FROM (SELECT DISTINCT target.id, target.type, target.name FROM ${targets.from} WHERE ${targets.where(row)}) found), '[]')`;

async function findTargets(db: Db, table: string, targets: SqlTargets, ids: readonly string[]): Promise<Targets> {
  const rows = await db.rows<{ id: string; environments: Target[] }>(
    `SELECT o.id, ${environmentsOf(targets, 'o')} AS environments FROM ${table} o WHERE ${isOneOf('o.id', ids)}`,
    keysOf(ids),
  );
  return new Map(rows.map((row) => [row.id, row.environments]));
}

/** Those workflows whose environment the pipeline or the start gives. */
export async function findTemplateWorkflows(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.rows<{ id: string }>(
    `SELECT w.id FROM workflow w WHERE ${isOneOf('w.id', ids)} AND ${isTemplate('w')}`,
    keysOf(ids),
  );
  return new Set(rows.map((row) => row.id));
}

/** A condition on one key has a plan that PostgreSQL keeps; one on a list of one key is planned each time. */
const isOneOf = (id: string, ids: readonly string[]) =>
  ids.length === 1 ? `${id} = $1::uuid` : `${id} = ANY ($1::uuid[])`;
const keysOf = (ids: readonly string[]): unknown[] => (ids.length === 1 ? [...ids] : [ids]);
