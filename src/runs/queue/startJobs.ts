import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { type Claim, findClaimedRuns, startLeases } from './jobs.store';
import { advancePipeline } from '../execution/advancePipeline';
import { moveExecution, moveStage } from '../execution/changeStatus';
import { findExecutions } from '../execution/executions.store';
import { besideType } from '../execution/runBesideGraph';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { findStages } from '../execution/stages.store';
import { startTasks } from '../execution/tasks.store';

/**
 * Agents say that the commands of these jobs are about to run. Answers the ids of those that may: a claim that is over, or whose job is being cancelled,
 * is not among them, and must not run. All of them in one transaction.
 */
export async function startJobs(app: App, claims: readonly Claim[]): Promise<Set<string>> {
  const runs = await findClaimedRuns(app.database, claims);
  if (runs.length === 0) return new Set();
  return inRuns(
    app,
    runs.map((run) => run.runId),
    systemActor,
    async (db) => {
      const leaseUntil = new Date(db.now.getTime() + app.config.SLIPWAY_LEASE_SECONDS * 1000);
      const jobs = await startLeases(db, claims, leaseUntil, db.now);
      const fresh = jobs.filter((job) => job.first);
      const tasks = new Map(
        (
          await startTasks(
            db,
            fresh.map((job) => job.taskExecutionId),
            db.now,
          )
        ).map((task) => [task.id, task]),
      );
      for (const job of fresh) {
        const task = tasks.get(job.taskExecutionId);
        if (task === undefined) continue;
        const run = { runId: job.runId, executionId: job.executionId };
        const { jobId, taskExecutionId, attempt, agentId } = job;
        db.event(run, 'JOB_STARTED', { jobId, taskExecutionId, name: task.name, attempt, agentId });
        db.event(run, 'TASK_STATUS', {
          taskExecutionId,
          name: task.name,
          from: 'QUEUED',
          to: 'RUNNING',
          reasonCode: null,
          reason: null,
          jobId,
          exitCode: null,
          try: task.tries,
          ...besideType(task),
        });
      }
      const ofGraph = [...tasks.values()].filter((task) => task.type === 'normal');
      await showRunning(db, [...new Set(ofGraph.map((task) => task.executionId))]);
      return new Set(jobs.map((job) => job.jobId));
    },
  );
}

/** The first task of a workflow runs: so does the workflow, its stage, and its pipeline. */
async function showRunning(db: RunTransaction, executionIds: readonly string[]): Promise<void> {
  const queued = (await findExecutions(db, executionIds)).filter(
    ({ status }) => status === 'QUEUED' || status === 'RESUMING' || status === 'WAITING',
  );
  for (const execution of queued) await moveExecution(db, execution, 'RUNNING');
  const stageIds = queued.flatMap((execution) => execution.parentStageExecutionId ?? []);
  const stages = (await findStages(db, stageIds)).filter(({ status }) => status === 'QUEUED' || status === 'WAITING');
  const runs = new Map(queued.map((execution) => [execution.parentStageExecutionId, execution.runId]));
  for (const stage of stages) await moveStage(db, runs.get(stage.id) ?? stage.executionId, stage, 'RUNNING');
  for (const pipelineId of new Set(stages.map((stage) => stage.executionId))) await advancePipeline(db, pipelineId);
}
