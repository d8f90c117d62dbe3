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

/** Rows of the execution of an artifact that its permissions depend on. */
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
