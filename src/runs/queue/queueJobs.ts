import { labelList } from '../../contract/labels';
import { topic } from '../../kernel/database/wakeups';
import { newId } from '../../kernel/ids';
import { insertJobs } from './jobs.store';
import { baseName } from '../../catalog/language/matrix';
import type { TaskDefinition } from '../../catalog/language/workflow';
import type { RunTransaction } from '../execution/runTransaction';
import { assignJobs, type ReadyTask } from '../execution/tasks.store';

/** Makes a job for each of these tasks and puts it into the queue. */
export async function queueJobs(db: RunTransaction, tasks: readonly ReadyTask[]): Promise<void> {
  if (tasks.length === 0) return;
  const jobs = [];
  for (const task of tasks) {
    const definition = await taskDefinition(db, task);
    const job = { id: newId(), taskExecutionId: task.id, attempt: task.tries + 1 };
    jobs.push({
      ...job,
      executionId: task.executionId,
      runId: task.runId,
      requirementClassId: await db.app.requirementClasses.idOf(db, labelList(definition.labels)),
      timeoutMs: definition.timeoutSeconds * 1000,
      graceMs: definition.graceSeconds * 1000,
    });
    const { id: jobId, taskExecutionId, attempt } = job;
    db.event(task, 'JOB_QUEUED', { jobId, taskExecutionId, name: task.name, attempt });
  }
  await insertJobs(db, jobs, db.now);
  await assignJobs(db, jobs);
  db.wake(topic.queue);
}

/** What the revision that a task belongs to says about it. */
export async function taskDefinition(
  db: RunTransaction,
  task: Pick<ReadyTask, 'name' | 'revisionId'>,
): Promise<TaskDefinition> {
  const { definition } = await db.app.workflowRevisions.get(db, task.revisionId);
  const own = definition.tasks[baseName(task.name)];
  if (own === undefined) throw new Error(`revision ${task.revisionId} has no task ${task.name}`);
  return own;
}
