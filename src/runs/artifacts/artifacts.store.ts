import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { Artifact } from './artifact';
import { artifactTable } from './artifacts.table';

const artifact = columnsOf(artifactTable, 'artifact');
type Row = Omit<Artifact, 'size'> & { size: string };
const read = (rows: readonly Row[]): Artifact[] => rows.map((row) => ({ ...row, size: Number(row.size) }));

export async function insertArtifact(db: Db, row: Artifact): Promise<void> {
  await insertRows(db, artifactTable, [row]);
}

export async function findArtifact(db: Db, id: string): Promise<Artifact | undefined> {
  return read(await db.rows<Row>(`SELECT ${artifact} FROM artifact WHERE id = $1`, [id]))[0];
}

export async function findArtifactByName(db: Db, jobId: string, name: string): Promise<Artifact | undefined> {
  return read(await db.rows<Row>(`SELECT ${artifact} FROM artifact WHERE job_id = $1 AND name = $2`, [jobId, name]))[0];
}

export async function findArtifactsOfTasks(db: Db, taskExecutionIds: readonly string[]): Promise<Artifact[]> {
  return read(
    await db.rows<Row>(
      `SELECT ${artifact} FROM artifact WHERE task_execution_id = ANY ($1::uuid[]) ORDER BY created_at, id`,
      [taskExecutionIds],
    ),
  );
}

export interface InputArtifact {
  readonly artifactId: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Files that `artifacts.from` selects: of a task of the same workflow execution, or of the workflow, or its task, in
 * this run. Workflows have the names in the pinned definition of the pipeline; they may have been renamed since. Only
 * results that the run shows count. For each name, the file of the newest successful job.
 */
export async function findInputArtifacts(
  db: Db,
  job: { readonly executionId: string; readonly runId: string },
  source: string,
): Promise<InputArtifact[]> {
  const own = await newest(db, 'execution', `execution.id = $1 AND ${named('$2')}`, [job.executionId, source]);
  if (own.length > 0) return own;
  const dot = source.indexOf('.');
  const workflow = dot < 0 ? source : source.slice(0, dot);
  const taskName = dot < 0 ? null : source.slice(dot + 1);
  const members = `execution
     JOIN execution run ON run.id = execution.run_id
     JOIN pipeline_revision revision ON revision.id = run.revision_id
     JOIN stage_execution stage ON stage.id = execution.parent_stage_execution_id AND stage.current`;
  const element = `ARRAY['stages', stage.stage_index::text, 'elements', stage.element_index::text, 'workflow']`;
  return newest(
    db,
    members,
    `execution.run_id = $1 AND revision.definition #>> ${element} = $2 AND ($3::text IS NULL OR ${named('$3')})`,
    [job.runId, workflow, taskName],
  );
}

/** A task of this name, or every combination of it. The name of one combination is a task's name. */
const named = (parameter: string): string =>
  `(task.name = ${parameter} OR starts_with(task.name, ${parameter} || '['))`;

async function newest(
  db: Db,
  executions: string,
  condition: string,
  parameters: readonly unknown[],
): Promise<InputArtifact[]> {
  const rows = await db.rows<Omit<InputArtifact, 'size'> & { size: string }>(
    `SELECT DISTINCT ON (artifact.name) artifact.id AS "artifactId", artifact.name, artifact.size, artifact.sha256
     FROM ${executions}
     JOIN task_execution task ON task.execution_id = execution.id AND task.current
     JOIN job ON job.task_execution_id = task.id AND job.status = 'SUCCESS'
     JOIN artifact ON artifact.job_id = job.id
     WHERE ${condition}
     ORDER BY artifact.name, job.ended_at DESC`,
    parameters,
  );
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

/** Data about the execution of an artifact that permissions depend on. */
export function findExecutionRows(
  db: Db,
  id: string,
): Promise<
  { id: string; applicationId: string; kind: 'PIPELINE' | 'WORKFLOW'; parentStageExecutionId: string | null }[]
> {
  return db.rows(
    `SELECT id, application_id AS "applicationId", kind, parent_stage_execution_id AS "parentStageExecutionId" FROM execution WHERE id = $1`,
    [id],
  );
}
