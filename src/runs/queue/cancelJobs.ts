import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { cancelJob } from '../../engine/cancelJob';
import { settleTasks } from '../../engine/settleTasks';
import { textErrors } from '../../engine/textLimits';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { abortRight } from '../commands/abortExecution';
import { inRuns } from '../execution/inRuns';
import { findSeenJobs, type SeenJob } from './queueRights';

export interface CancelJobs {
  readonly jobIds: readonly string[];
  readonly reason?: string | null;
}

/** What became of one job. */
export interface CanceledJob {
  readonly jobId: string;
  /** WITHDRAWN: no agent had started it. REQUESTED: its agent ends it. REFUSED: nothing was changed. */
  readonly outcome: 'WITHDRAWN' | 'REQUESTED' | 'REFUSED';
  readonly refusal: Refusal | null;
}

const MOST = 500;

/** Cancels jobs independently of each other: one that can't be canceled doesn't affect the others. */
export async function cancelJobs(app: App, actor: Actor, input: CancelJobs): Promise<CanceledJob[]> {
  refuseErrors(input);
  const seen = await findSeenJobs(app.database, actor, input.jobIds);
  const outcomes = new Map<string, CanceledJob>();
  const refuse = (jobId: string, refusal: Refusal) => outcomes.set(jobId, { jobId, outcome: 'REFUSED', refusal });
  const runs = new Map<string, SeenJob[]>();
  for (const jobId of new Set(input.jobIds)) {
    const job = seen.get(jobId);
    if (job === undefined) {
      refuse(jobId, notFound('job', jobId));
      continue;
    }
    const { access } = actor;
    const decision = access.explain(abortRight(access, job.subject, job.execution), 'Execution', job.subject);
    if (decision.allowed) runs.set(job.runId, [...(runs.get(job.runId) ?? []), job]);
    else refuse(jobId, new Refusal(decision.code, decision.message, decision.details));
  }
  for (const [runId, jobs] of runs) {
    for (const one of await cancelInRun(app, actor, runId, jobs, input.reason?.trim() || null)) {
      outcomes.set(one.jobId, one);
    }
  }
  return input.jobIds.flatMap((jobId) => outcomes.get(jobId) ?? []);
}

function cancelInRun(app: App, actor: Actor, runId: string, jobs: readonly SeenJob[], reason: string | null) {
  const text = `canceled by ${actor.name}${reason === null ? '' : `: ${reason}`}`;
  return inRuns(app, [runId], actor, async (db) => {
    const canceled = await db.decide((run) => {
      run.require(...jobs.map(({ taskExecutionId }) => ({ kind: 'task' as const, key: taskExecutionId })));
      const found = jobs.map((job) => ({ job, ...cancelJob(run, job, text) }));
      settleTasks(
        run,
        found.flatMap(({ end }) => end ?? []),
      );
      return found.map(({ job, outcome }) => ({ job, outcome }));
    });
    return canceled.map(({ job: { jobId, name, execution, state }, outcome }): CanceledJob => {
      if (outcome === 'ENDED') {
        return { jobId, outcome: 'REFUSED', refusal: new Refusal('NOT_WAITING', 'The job has ended.', { jobId }) };
      }
      const { applicationId } = execution;
      auditDetail(db, { kind: 'job', id: jobId, name, applicationId, before: { state }, after: { outcome, reason } });
      return { jobId, outcome, refusal: null };
    });
  });
}

function refuseErrors({ jobIds, reason }: CancelJobs): void {
  const errors: InputError[] = [...textErrors({ reason: reason ?? null })];
  if (jobIds.length < 1 || jobIds.length > MOST) {
    const message = `"jobIds" must have 1 to ${MOST} ids; it has ${jobIds.length}.`;
    errors.push({ field: 'jobIds', value: jobIds.length, rule: 'RANGE', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
}
