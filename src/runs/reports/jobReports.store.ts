import type { JobReport } from '../../contract/jobReport';
import type { Db } from '../../kernel/database/database';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { JobReportRow } from './jobReports.table';

/** A repeat replaces the report. */
export async function writeReport(
  db: Db,
  { jobId, executionId, runId, report, createdAt }: JobReportRow,
): Promise<void> {
  await db.write(
    `INSERT INTO job_report (job_id, execution_id, run_id, report, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (job_id) DO UPDATE SET report = excluded.report`,
    [jobId, executionId, runId, JSON.stringify(report), createdAt],
  );
}

/** Report of a task, for its execution and for its run. */
export interface TaskReportRow {
  readonly asked: string;
  readonly task: string;
  readonly report: JobReport;
}

/** More are not returned for one execution, because each may have 200 KB. */
const MOST_REPORTS = 200;

/** Of the newest job of each task that has one. */
export const reportsOfExecution: BatchLoad<TaskReportRow[]> = async (app, ids) =>
  groupBy(
    await app.database.rows<TaskReportRow>(
      `SELECT asked, task, report FROM (
         SELECT *, row_number() OVER (PARTITION BY asked ORDER BY created_at, task) AS place FROM (
           SELECT DISTINCT ON (asked, job.task_execution_id) asked, task.name AS task, one.report, one.created_at
           FROM unnest($1::uuid[]) asked
           JOIN job_report one ON one.run_id = asked OR one.execution_id = asked
           JOIN job ON job.id = one.job_id JOIN task_execution task ON task.id = job.task_execution_id
           ORDER BY asked, job.task_execution_id, one.created_at DESC) newest) placed
       WHERE place <= ${MOST_REPORTS} ORDER BY place`,
      [ids],
    ),
    ({ asked }) => asked,
  );

/** Of the newest job of each task that has one. */
export const reportOfTask: BatchLoad<JobReport> = async (app, ids) => {
  const rows = await app.database.rows<{ task: string; report: JobReport }>(
    `SELECT DISTINCT ON (job.task_execution_id) job.task_execution_id AS task, one.report
     FROM job JOIN job_report one ON one.job_id = job.id
     WHERE job.task_execution_id = ANY ($1::uuid[]) ORDER BY job.task_execution_id, one.created_at DESC`,
    [ids],
  );
  return new Map(rows.map(({ task, report }) => [task, report]));
};
