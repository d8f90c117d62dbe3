import type { Actor } from '../../access/actor';
import { notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import type { TaskExecution } from '../../engine/execution';
import { readExecution } from '../execution/executions.queries';
import { findTasks } from '../execution/tasks.store';
import type { Job } from './job';
import { findJobs } from './jobs.store';

/** A job is visible to everybody who may see its execution. */
export async function readJob(app: App, actor: Actor, id: string): Promise<Job> {
  const [job] = isId(id) ? await findJobs(app.database, [id]) : [];
  if (job === undefined) throw notFound('job', id);
  await requireSeen(app, actor, job.executionId, notFound('job', id));
  return job;
}

/** A task is visible to everybody who may see its execution. */
export async function readTask(app: App, actor: Actor, id: string): Promise<TaskExecution> {
  const [task] = isId(id) ? await findTasks(app.database, [id]) : [];
  if (task === undefined) throw notFound('task execution', id);
  await requireSeen(app, actor, task.executionId, notFound('task execution', id));
  return task;
}

async function requireSeen(app: App, actor: Actor, executionId: string, hidden: Refusal): Promise<void> {
  await readExecution(app, actor, executionId).catch((error: unknown) => {
    throw error instanceof Refusal && error.code === 'NOT_FOUND' ? hidden : error;
  });
}
