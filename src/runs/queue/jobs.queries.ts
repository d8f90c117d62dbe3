import type { Actor } from '../../access/actor';
import { notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { readExecution } from '../execution/executions.queries';
import type { Job } from './job';
import { findJobs } from './jobs.store';

/** A job is visible to everybody who may see its execution. */
export async function readJob(app: App, actor: Actor, id: string): Promise<Job> {
  const [job] = isId(id) ? await findJobs(app.database, [id]) : [];
  if (job === undefined) throw notFound('job', id);
  await readExecution(app, actor, job.executionId).catch((error: unknown) => {
    throw error instanceof Refusal && error.code === 'NOT_FOUND' ? notFound('job', id) : error;
  });
  return job;
}
