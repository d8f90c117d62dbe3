import type { JobReport } from '../../contract/jobReport';
import type { App } from '../app';
import { requireLease } from '../artifacts/artifactUpload';
import type { Claim } from '../queue/jobs.store';
import { writeReport } from './jobReports.store';

/** Keeps the report of a running job. Its agent sends it before the end, and may repeat it. */
export async function addReport(app: App, claim: Claim, report: JobReport): Promise<void> {
  const { executionId, runId } = await requireLease(app.database, claim);
  await writeReport(app.database, { jobId: claim.jobId, executionId, runId, report, createdAt: app.clock.now() });
}
