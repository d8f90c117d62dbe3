import type { JobReport } from '../../contract/jobReport';
import { column, references, table } from '../../kernel/database/table';

/** Report that the agent of a job sent, before the end of the job. */
export interface JobReportRow {
  readonly jobId: string;
  readonly executionId: string;
  readonly runId: string;
  readonly report: JobReport;
  readonly createdAt: Date;
}

export const jobReportTable = table<JobReportRow>('job_report', {
  columns: {
    jobId: { ...column.uuid, primary: true },
    executionId: column.uuid,
    runId: column.uuid,
    report: column.json,
    createdAt: column.time,
  },
  foreignKeys: [references('job', 'jobId')],
  indices: [
    { name: 'job_report_of_execution', columns: ['executionId'] },
    { name: 'job_report_of_run', columns: ['runId'] },
  ],
});
