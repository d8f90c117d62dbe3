import { LRUCache } from 'lru-cache';
import type { Execution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import type { ClaimedJobRow } from './claimedJobs.store';
import { type Claim, type Claimed, findClaims } from './jobs.store';

type Standing = Pick<Execution, 'status' | 'openTasks'>;

/**
 * Jobs that this server has given to agents: what never changes of them, and how their executions stood when it last saw
 * them. It says what to lock and to load for a report of an agent, so that a report needs no look at the database before
 * its transaction. Whether the claim still holds is decided by its lease, under the lock.
 */
export class KnownJobs {
  private readonly jobs = new LRUCache<string, Omit<Claimed, keyof Standing>>({ max: 20_000 });
  private readonly standings = new LRUCache<string, Standing>({ max: 10_000 });

  describe(rows: readonly ClaimedJobRow[]): void {
    for (const row of rows) {
      const { jobId, runId, executionId, taskExecutionId, type, revisionId, environmentId, images, standing } = row;
      // A detached task has an environment and images of its own.
      if (type !== 'normal') continue;
      const deploys = environmentId === null ? [] : Object.keys(images);
      const member = executionId !== runId;
      this.jobs.set(jobId, { jobId, runId, executionId, taskExecutionId, type, revisionId, member, deploys });
      this.standings.set(executionId, standing);
    }
  }

  note(executions: readonly Execution[]): void {
    for (const { id, status, openTasks } of executions) this.standings.set(id, { status, openTasks });
  }

  /** Their jobs have ended, or a report about them failed: the next report looks at the database. */
  forget(claims: readonly Claim[]): void {
    for (const { jobId } of claims) this.jobs.delete(jobId);
  }

  /** Those of these claims that exist, or did when this server gave them. Read before the runs are locked. */
  async claimed(db: Db, claims: readonly Claim[]): Promise<Claimed[]> {
    const known: Claimed[] = [];
    const others: Claim[] = [];
    for (const claim of claims) {
      const job = this.jobs.get(claim.jobId);
      const standing = job && this.standings.get(job.executionId);
      if (job !== undefined && standing !== undefined) known.push({ ...job, ...standing });
      else others.push(claim);
    }
    return others.length === 0 ? known : [...known, ...(await findClaims(db, others))];
  }
}
