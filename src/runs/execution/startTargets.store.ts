import { isTemplate, pipelineTargets, type Target, workflowTargets } from '../../access/subjects';
import { environmentsOf } from '../../access/targets.store';
import { type Db, sqlState } from '../../kernel/database/database';
import type { Catalog } from '../../engine/startPlan';

/** A pipeline or workflow that can be started. */
export interface Startable {
  readonly id: string;
  readonly name: string;
  readonly currentRevisionId: string;
}

interface StartTarget {
  readonly applicationId: string;
  readonly entityId: string;
  readonly executionType: 'PIPELINE' | 'WORKFLOW';
}

const startable = (table: string, more = '') =>
  `SELECT o.id, o.name, o.current_revision_id AS "currentRevisionId"${more} FROM ${table} o
   WHERE o.id = $1 AND o.application_id = $2 AND o.deleted_at IS NULL`;

export async function findStartable(db: Db, target: StartTarget): Promise<Startable | undefined> {
  const table = target.executionType === 'PIPELINE' ? 'pipeline' : 'workflow';
  return (await db.rows<Startable>(startable(table), [target.entityId, target.applicationId]))[0];
}

/** The same with the facts that decide its rights. One statement, because every start runs it. */
export async function findAimed(db: Db, target: StartTarget): Promise<Aimed | undefined> {
  const sql = target.executionType === 'PIPELINE' ? aimedPipeline : aimedWorkflow;
  return (await db.rows<Aimed>(sql, [target.entityId, target.applicationId]))[0];
}

interface Aimed extends Startable {
  readonly aims: readonly Target[];
  /** True if the pipeline or the start gives its environment. */
  readonly template: boolean;
}

const aimedPipeline = startable('pipeline', `, ${environmentsOf(pipelineTargets, 'o')} AS aims, false AS template`);
const aimedWorkflow = startable(
  'workflow',
  `, ${environmentsOf(workflowTargets, 'o')} AS aims, coalesce(${isTemplate('o')}, false) AS template`,
);

type CatalogRow = { kind: keyof Catalog; currentRevisionId: string } & Catalog['environments'][number];

/** Names that an application's definitions may refer to. One statement, because every start runs it. */
export async function findCatalog(db: Db, applicationId: string): Promise<Catalog> {
  const rows = await db.rows<CatalogRow>(
    `SELECT 'environments' AS kind, id, name, type, NULL::uuid AS "currentRevisionId" FROM environment WHERE application_id = $1 AND deleted_at IS NULL
     UNION ALL SELECT 'services', id, name, NULL, NULL::uuid FROM service WHERE application_id = $1 AND deleted_at IS NULL
     UNION ALL SELECT 'workflows', id, name, NULL, current_revision_id FROM workflow WHERE application_id = $1 AND deleted_at IS NULL`,
    [applicationId],
  );
  const of = (kind: keyof Catalog) => rows.filter((row) => row.kind === kind);
  return { environments: of('environments'), services: of('services'), workflows: of('workflows') };
}

/**
 * Prevents the deletion of an application while part of it starts. If it is already deleted, the statement fails, and
 * the transaction with it (isGone), so that a start need not wait for the answer.
 */
export async function holdApplication(db: Db, applicationId: string): Promise<void> {
  await db.rows('SELECT hold_application($1)', [applicationId]);
}

export const isGone = (error: unknown): boolean => sqlState(error) === 'P0002';
