import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import type { SubjectRows } from '../../access/subjects';
import { findExecutionTargets } from '../../access/targets.store';
import type { Execution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { isId } from '../../kernel/ids';
import { notFound } from '../../kernel/errors';
import { findExecutions } from '../execution/executions.store';
import { findPlacedJobs, type PlacedJob } from './queueOrder.store';

/** A job that the caller may see, with the execution that it belongs to. */
export interface SeenJob extends PlacedJob {
  readonly execution: Execution;
  readonly subject: SubjectRows['Execution'];
}

/** These jobs, in the given order. NOT_FOUND for one that does not exist or that the caller may not see. */
export async function readPlacedJobs(db: Db, actor: Actor, ids: readonly string[]): Promise<SeenJob[]> {
  const found = await findSeenJobs(db, actor, ids);
  return ids.map((id) => {
    const job = found.get(id);
    if (job === undefined) throw notFound('job', id);
    return job;
  });
}

/** Those of these jobs that the caller may see. */
export async function findSeenJobs(
  db: Db,
  { access }: Actor,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SeenJob>> {
  const jobs = await findPlacedJobs(db, ids.filter(isId));
  const executionIds = [...new Set(jobs.map(({ executionId }) => executionId))];
  const [executions, targets] = await Promise.all([
    findExecutions(db, executionIds),
    findExecutionTargets(db, executionIds),
  ]);
  const byId = new Map(executions.map((one) => [one.id, one]));
  const seen = jobs.flatMap((job): [string, SeenJob][] => {
    const execution = byId.get(job.executionId);
    if (execution === undefined) return [];
    const subject = { ...execution, environments: targets.get(execution.id) ?? [] };
    return access.can('READ', 'Execution', subject) ? [[job.jobId, { ...job, execution, subject }]] : [];
  });
  return new Map(seen);
}

/** Agents serve all applications, so only those who manage agents decide that others wait longer. */
export const requireAhead = (access: Access): void => access.requireAccount('MANAGE_DELEGATES');
