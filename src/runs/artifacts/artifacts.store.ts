import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { Artifact, ArtifactDeletion, ArtifactHold, ArtifactPin } from './artifact';
import { artifactTable } from './artifacts.table';

const artifact = columnsOf(artifactTable, 'artifact');

/** Sizes are bigint, which the driver returns as text. */
export const readArtifacts = (rows: readonly Artifact[]): Artifact[] =>
  rows.map((row) => ({ ...row, size: Number(row.size) }));

export async function insertArtifact(db: Db, row: Artifact): Promise<void> {
  await insertRows(db, artifactTable, [row]);
}

export async function findArtifact(db: Db, id: string): Promise<Artifact | undefined> {
  return readArtifacts(await db.rows<Artifact>(`SELECT ${artifact} FROM artifact WHERE id = $1`, [id]))[0];
}

export async function findArtifactByName(db: Db, jobId: string, name: string): Promise<Artifact | undefined> {
  return readArtifacts(
    await db.rows<Artifact>(`SELECT ${artifact} FROM artifact WHERE job_id = $1 AND name = $2`, [jobId, name]),
  )[0];
}

export async function findArtifactsOfTasks(db: Db, taskExecutionIds: readonly string[]): Promise<Artifact[]> {
  return readArtifacts(
    await db.rows<Artifact>(
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

/** Definition, task and place of a job. */
export async function findJobPlace(db: Db, jobId: string): Promise<JobPlace | undefined> {
  const [row] = await db.rows<JobPlace>(
    `SELECT coalesce(detached.revision_id, execution.revision_id) AS "revisionId", task.name AS task, task.type,
       execution.application_id AS "applicationId", CASE WHEN detached.task_id IS NULL THEN execution.environment_id ELSE detached.environment_id END AS "environmentId"
     FROM job JOIN task_execution task ON task.id = job.task_execution_id JOIN execution ON execution.id = job.execution_id
     LEFT JOIN detached_task detached ON detached.task_id = task.id WHERE job.id = $1`,
    [jobId],
  );
  return row;
}

interface JobPlace {
  readonly revisionId: string;
  readonly task: string;
  readonly type: string;
  readonly applicationId: string;
  readonly environmentId: string | null;
}

/** Rows of the history of the same place as `own`. */
const history = (name: string, statuses: string): string =>
  `deployment ${name} WHERE ${name}.environment_id = own.environment_id AND ${name}.service_id = own.service_id
     AND ${name}.status IN ('SUCCEEDED', 'REMOVED') AND ${name}.status IN (${statuses})`;

/**
 * A place has an image, and a rollback would bring back the newest other one. The run that made either of them is the
 * newest that deployed it; a rollback or a restore repeats the work of an earlier run.
 */
const IS_DEPLOYED = `EXISTS (SELECT FROM deployment own
    CROSS JOIN LATERAL (SELECT image FROM ${history('one', `'SUCCEEDED', 'REMOVED'`)} ORDER BY end_number DESC LIMIT 1) now
    WHERE own.run_id = artifact.run_id AND own.status = 'SUCCEEDED'
      AND own.image IN (now.image, (
        SELECT image FROM ${history('earlier', `'SUCCEEDED'`)} AND image <> now.image ORDER BY end_number DESC LIMIT 1))
      AND NOT EXISTS (
        SELECT FROM ${history('later', `'SUCCEEDED'`)} AND later.end_number > own.end_number
          AND later.image = own.image AND later.operation_id IS NULL
          AND NOT EXISTS (SELECT FROM rollback WHERE rollback.run_id = later.run_id)))`;

/** Conditions on `artifact` under which nothing deletes it. */
const holds: Readonly<Record<ArtifactHold, string>> = {
  PERSON: 'artifact.pin IS NOT NULL',
  RUN: 'EXISTS (SELECT FROM execution run WHERE run.id = artifact.run_id AND run.ended_at IS NULL)',
  APPROVAL: `EXISTS (SELECT FROM execution part JOIN approval ON approval.execution_id = part.id
    WHERE part.run_id = artifact.run_id AND approval.status = 'WAITING')`,
  DEPLOYMENT: IS_DEPLOYED,
  // Only the newest point of a run can be used, and only once.
  RESTORE_POINT: `EXISTS (SELECT FROM restore_point point WHERE point.run_id = artifact.run_id
    AND NOT EXISTS (SELECT FROM restore_point newer WHERE newer.run_id = point.run_id AND newer.attempt > point.attempt)
    AND NOT EXISTS (SELECT FROM operation WHERE restore_point_id = point.id AND kind = 'RESTORE' AND status = 'SUCCESS'))`,
};
const IS_HELD = `(${Object.values(holds).join(' OR ')})`;

export function findHolds(db: Db, ids: readonly string[]): Promise<{ id: string; hold: ArtifactHold }[]> {
  const each = Object.entries(holds).map(
    ([hold, condition]) =>
      `SELECT artifact.id, '${hold}' AS hold FROM artifact WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL AND ${condition}`,
  );
  return db.rows(each.join(' UNION ALL '), [ids]);
}

/** Pins an artifact that has not been deleted, or removes its pin. False if it was deleted. */
export async function writePin(db: Db, id: string, pin: ArtifactPin | null): Promise<boolean> {
  return (await db.write('UPDATE artifact SET pin = $2 WHERE id = $1 AND deleted_at IS NULL', [id, pin])) > 0;
}

/** Deletes those of these artifacts that nothing holds. Returns them as they were. */
export async function deleteArtifacts(
  db: Db,
  ids: readonly string[],
  deletion: ArtifactDeletion,
  now: Date,
): Promise<Artifact[]> {
  return readArtifacts(
    await db.rows<Artifact>(
      `WITH chosen AS (SELECT ${artifact} FROM artifact WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL FOR UPDATE),
       gone AS (
         UPDATE artifact SET deleted_at = $2, deletion = $3 FROM chosen
         WHERE artifact.id = chosen.id AND artifact.deleted_at IS NULL AND NOT ${IS_HELD} RETURNING artifact.id
       )
       SELECT chosen.* FROM chosen JOIN gone ON gone.id = chosen.id`,
      [ids, now, deletion],
    ),
  );
}

interface Place {
  readonly createdAt: Date;
  readonly id: string;
}

/** Artifact that is looked at by the retention. */
export interface KeptArtifact extends Place {
  readonly size: number;
  readonly isHeld: boolean;
  /** Number of newer runs of the same pipeline or workflow that have artifacts, up to the limit that was given. */
  readonly newerRuns: number;
}

/**
 * Artifacts with content after a place, oldest first. `runs`: how far to count newer runs; null: not at all. A run
 * whose artifacts were all deleted does not count.
 */
export async function findKept(db: Db, after: Place, runs: number | null, limit: number): Promise<KeptArtifact[]> {
  const newerRuns =
    runs === null
      ? '0'
      : `(SELECT count(*)::int FROM (
          SELECT FROM execution run JOIN execution newer ON newer.entity_id = run.entity_id
            AND (newer.created_at, newer.id) > (run.created_at, run.id) AND newer.id = newer.run_id
          WHERE run.id = artifact.run_id AND EXISTS (SELECT FROM artifact own WHERE own.run_id = newer.id AND own.deleted_at IS NULL)
          LIMIT ${Math.trunc(runs)}) few)`;
  const rows = await db.rows<KeptArtifact>(
    `SELECT artifact.id, artifact.created_at AS "createdAt", artifact.size, ${IS_HELD} AS "isHeld", ${newerRuns} AS "newerRuns"
     FROM artifact WHERE deleted_at IS NULL AND (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3`,
    [after.createdAt, after.id, limit],
  );
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

/** Bytes of all content that artifacts refer to, each content once. */
export async function sumOfContent(db: Db): Promise<number> {
  const [row] = await db.rows<{ bytes: string | null }>(
    `SELECT sum(size) AS bytes FROM (SELECT DISTINCT ON (sha256) size FROM artifact WHERE deleted_at IS NULL) content`,
  );
  return Number(row?.bytes ?? 0);
}
