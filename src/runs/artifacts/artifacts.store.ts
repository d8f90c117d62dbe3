import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { AttemptRef } from '../../engine/execution';
import { askedAttempts, isShown, SHOWN_ATTEMPTS } from '../execution/lineage';
import type { JobInput } from '../../contract/agentProtocol';
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

/**
 * The files that `artifacts.from` means: of a task of the same workflow execution, else of a workflow, or its task, of the
 * run. Only results that the newest attempts show count. For each name, the file of the newest successful job.
 */
export async function findInputArtifacts(
  db: Db,
  { executionId, runId }: { readonly executionId: string; readonly runId: string },
  source: string,
): Promise<JobInput[]> {
  const asked = askedAttempts([{ executionId }]);
  const own = await newest(db, SHOWN_ATTEMPTS, 'shown', isNamed('$3'), [...asked, source]);
  return own.length > 0 ? own : findRunArtifacts(db, { executionId: runId }, source);
}

/**
 * The same of the workflows that an attempt of a run shows. They are called as the pipeline's definition in that attempt
 * calls them: a workflow may have another name by now.
 */
export function findRunArtifacts(db: Db, run: AttemptRef, source: string): Promise<JobInput[]> {
  const dot = source.indexOf('.');
  const workflow = dot < 0 ? source : source.slice(0, dot);
  const taskName = dot < 0 ? null : source.slice(dot + 1);
  const members = `${SHOWN_ATTEMPTS}
     JOIN execution_attempt run ON run.execution_id = shown.execution_id AND run.attempt = shown.attempt
     JOIN pipeline_revision revision ON revision.id = run.revision_id
     JOIN attempt_element place ON place.execution_id = run.execution_id AND place.attempt = run.attempt
     JOIN stage_execution stage ON stage.id = place.stage_execution_id
     JOIN execution_attempt member ON member.execution_id = stage.workflow_execution_id AND member.attempt = stage.workflow_attempt`;
  const element = `ARRAY['stages', place.stage_index::text, 'elements', place.element_index::text, 'workflow']`;
  const condition = `revision.definition #>> ${element} = $3 AND ($4::text IS NULL OR ${isNamed('$4')})`;
  return newest(db, members, 'member', condition, [...askedAttempts([run]), workflow, taskName]);
}

/** A task of this name, or every combination of it; the name of one combination is that of a task. */
const isNamed = (parameter: string): string =>
  `(task.name = ${parameter} OR starts_with(task.name, ${parameter} || '['))`;

async function newest(
  db: Db,
  attempts: string,
  attempt: string,
  condition: string,
  parameters: readonly unknown[],
): Promise<JobInput[]> {
  const rows = await db.rows<Omit<JobInput, 'size'> & { size: string }>(
    `SELECT DISTINCT ON (artifact.name) artifact.id AS "artifactId", artifact.name, artifact.type, artifact.mode,
       artifact.size, artifact.sha256
     FROM ${attempts} JOIN task_execution task ON ${isShown('task', attempt)}
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
