import { labelList } from '../agents/agent';
import { topic } from '../database/wakeups';
import { newId } from '../ids';
import { insertJobs } from '../jobs/jobs.store';
import { addToCounts, assignJobs, findReadyTasks } from './executions.store';
import type { RunTransaction } from './runTransaction';

/**
 * Makes a job for each task whose dependencies are done, as far as the workflow's `maxParallel` goes. Reads only what is ready, so the cost
 * does not depend on how large the workflows are.
 */
export async function dispatchTasks(db: RunTransaction, executionIds: readonly string[]): Promise<void> {
  const ready = await findReadyTasks(db, executionIds);
  if (ready.length === 0) return;
  const { workflowRevisions, requirementClasses } = db.app;
  await workflowRevisions.getAll(
    db,
    ready.map((task) => task.revisionId),
  );
  const jobs = [];
  const counts = new Map<string, { open: number; busy: number }>();
  for (const task of ready) {
    const { definition } = await workflowRevisions.get(db, task.revisionId);
    const taskDefinition = definition.tasks[task.name];
    if (taskDefinition === undefined) throw new Error(`revision ${task.revisionId} has no task ${task.name}`);
    const job = { id: newId(), taskExecutionId: task.id, attempt: task.tries + 1 };
    jobs.push({
      ...job,
      executionId: task.executionId,
      runId: task.runId,
      requirementClassId: await requirementClasses.idOf(db, labelList(taskDefinition.labels)),
      timeoutMs: taskDefinition.timeoutSeconds * 1000,
      graceMs: taskDefinition.graceSeconds * 1000,
    });
    const { id: jobId, taskExecutionId, attempt } = job;
    db.event(task, 'JOB_QUEUED', { jobId, taskExecutionId, name: task.name, attempt });
    counts.set(task.executionId, { open: 0, busy: (counts.get(task.executionId)?.busy ?? 0) + 1 });
  }
  await insertJobs(db, jobs, db.now);
  await assignJobs(db, jobs);
  await addToCounts(db, counts);
  db.wake(topic.queue);
}
