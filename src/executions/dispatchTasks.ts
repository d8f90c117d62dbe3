import { labelList } from '../agents/agent';
import { topic } from '../database/wakeups';
import { newId } from '../ids';
import { insertJobs } from '../jobs/jobs.store';
import { baseName, matrixVariables } from '../workflows/taskGraph';
import { addToCounts } from './executions.store';
import { findKnownNames } from './executionVariables.store';
import type { RunTransaction } from './runTransaction';
import { assignJobs, findReadyTasks, type ReadyTask, type TaskEnd } from './tasks.store';

/**
 * Makes a job for each task whose dependencies are done, as far as the workflow's `maxParallel` goes. Reads only what is ready, so the cost
 * does not depend on how large the workflows are.
 */
export async function dispatchTasks(db: RunTransaction, executionIds: readonly string[]): Promise<void> {
  const found = await findReadyTasks(db, executionIds);
  if (found.length === 0) return;
  const { workflowRevisions, requirementClasses } = db.app;
  await workflowRevisions.getAll(
    db,
    found.map((task) => task.revisionId),
  );
  const ready = await withoutUndefined(db, found);
  if (ready.length === 0) return;
  const jobs = [];
  const counts = new Map<string, { open: number; busy: number }>();
  for (const task of ready) {
    const { definition } = await workflowRevisions.get(db, task.revisionId);
    const taskDefinition = definition.tasks[baseName(task.name)];
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

/** A task that needs a variable which nobody has set fails before it starts; the others are answered. */
async function withoutUndefined(db: RunTransaction, tasks: readonly ReadyTask[]): Promise<readonly ReadyTask[]> {
  const needs = new Map<string, readonly string[]>();
  for (const task of tasks) {
    const { definition } = await db.app.workflowRevisions.get(db, task.revisionId);
    const own = definition.tasks[baseName(task.name)];
    const constant = { ...definition.env, ...own?.env, ...matrixVariables(task.name) };
    const needed = own?.requires.filter((name) => !Object.hasOwn(constant, name)) ?? [];
    if (needed.length > 0) needs.set(task.id, needed);
  }
  if (needs.size === 0) return tasks;
  const asking = tasks.filter((task) => needs.has(task.id));
  const known = await findKnownNames(db, [...new Set(asking.map((task) => task.executionId))]);
  const undefinedIn = (task: ReadyTask) =>
    (needs.get(task.id) ?? []).filter((name) => !known.get(task.executionId)?.has(name));
  const ends = asking.flatMap((task): TaskEnd[] => {
    const [first, ...others] = undefinedIn(task);
    if (first === undefined) return [];
    const reason = `it needs ${[first, ...others].join(', ')}, which nobody has set`;
    return [{ taskId: task.id, status: 'FAILED', reasonCode: 'UNDEFINED_VARIABLE', reason, exitCode: null }];
  });
  db.settleLater(ends);
  const failed = new Set(ends.map((end) => end.taskId));
  return tasks.filter((task) => !failed.has(task.id));
}
