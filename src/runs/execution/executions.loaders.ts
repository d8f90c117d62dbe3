import type { Agent } from '../../contract/labels';
import { findAgents } from '../agents/agents.store';
import type { Approval, ApprovalVote } from '../../engine/approval';
import { findApprovalsOfStages, findApprovalsOfTasks, findVotes } from '../approvals/approvals.store';
import type { Artifact } from '../artifacts/artifact';
import { findArtifactsOfTasks } from '../artifacts/artifacts.store';
import type { Picked } from '../../kernel/database/picked';
import { type BatchLoad, byKey, groupBy } from '../../kernel/loaders';
import { remembered } from '../../kernel/remembered';
import type { Job } from '../queue/job';
import type { JobLog } from '../logs/jobLog';
import { findLogs } from '../logs/jobLogs.store';
import { findJobs, findJobsOfTasks } from '../queue/jobs.store';
import { findDetachedTasks, findFinallyTasks, findHandled, findHandlers } from './detachedTasks.store';
import type {
  Execution,
  ExecutionAttempt,
  ExecutionVariable,
  StageExecution,
  TaskExecution,
} from '../../engine/execution';
import { findAttempts, findAttemptsAt, findExecutions, findMembers, wholeExecution } from './executions.store';
import { findShownVariables, findVariables } from './executionVariables.store';
import { newestOf } from './lineage';
import { findCurrentStages, findShownStages, findStages, wholeStage } from './stages.store';
import { findShownTasks, findTasks } from './tasks.store';

/** Returns the same batch load for the same choice of columns, so that keys are loaded together. */
type PickingLoad<Row, Value = Row> = (picked: Picked<Row>) => BatchLoad<Value>;

export const executionWith: PickingLoad<Execution> = remembered(
  (picked) => async (app, ids) => byKey(await findExecutions(app.database, ids, picked), (row) => row.id),
);
export const executionById = executionWith(wholeExecution);

export const stagesOfExecution: BatchLoad<StageExecution[]> = async (app, ids) =>
  groupBy(await findCurrentStages(app.database, ids), (row) => row.executionId);

/** Key of an attempt, for the loaders of what it shows. */
export const attemptKey = ({ executionId, attempt }: Pick<ExecutionAttempt, 'executionId' | 'attempt'>): string =>
  `${executionId} ${attempt}`;

export function attemptOfKey(key: string): Pick<ExecutionAttempt, 'executionId' | 'attempt'> {
  const [executionId = '', attempt] = key.split(' ');
  return { executionId, attempt: Number(attempt) };
}

const keyOfShown = ({ executionId, shownIn }: { executionId: string; shownIn: number }) =>
  attemptKey({ executionId, attempt: shownIn });

export const attemptByKey: BatchLoad<ExecutionAttempt> = async (app, keys) =>
  byKey(await findAttemptsAt(app.database, keys.map(attemptOfKey)), attemptKey);

export const stagesOfAttemptWith: PickingLoad<StageExecution, StageExecution[]> = remembered(
  (picked) => async (app, keys) =>
    groupBy(await findShownStages(app.database, keys.map(attemptOfKey), picked), keyOfShown),
);
export const stagesOfAttempt = stagesOfAttemptWith(wholeStage);

export const taskById: BatchLoad<TaskExecution> = async (app, ids) =>
  byKey(await findTasks(app.database, ids), (row) => row.id);

export const tasksOfAttemptWith: PickingLoad<TaskExecution, TaskExecution[]> = remembered(
  (picked) => async (app, keys) =>
    groupBy(await findShownTasks(app.database, keys.map(attemptOfKey), picked), keyOfShown),
);

export const variablesOfAttempt: BatchLoad<ExecutionVariable[]> = async (app, keys) =>
  groupBy(await findShownVariables(app.database, keys.map(attemptOfKey)), keyOfShown);

export const attemptsOfExecution: BatchLoad<ExecutionAttempt[]> = async (app, ids) =>
  groupBy(await findAttempts(app.database, ids), (row) => row.executionId);

export const stageWith: PickingLoad<StageExecution> = remembered(
  (picked) => async (app, ids) => byKey(await findStages(app.database, ids, picked), (row) => row.id),
);
export const stageById = stageWith(wholeStage);

export const membersOfExecutionWith: PickingLoad<Execution, Execution[]> = remembered(
  (picked) => async (app, ids) => groupBy(await findMembers(app.database, ids, picked), (row) => row.runId),
);

export const tasksOfExecutionWith: PickingLoad<TaskExecution, TaskExecution[]> = remembered(
  (picked) => async (app, ids) =>
    groupBy(await findShownTasks(app.database, newestOf(ids), picked), (row) => row.executionId),
);

export const finallyOfAttempt: BatchLoad<TaskExecution[]> = async (app, keys) =>
  groupBy(await findFinallyTasks(app.database, keys.map(attemptOfKey)), keyOfShown);

/** The failure handlers of all attempts. */
export const forensicOfExecution: BatchLoad<TaskExecution[]> = async (app, ids) =>
  groupBy(await findDetachedTasks(app.database, ids, 'forensic'), (row) => row.executionId);

export const handlerOfTask: BatchLoad<TaskExecution> = async (app, ids) =>
  byKey(await findHandlers(app.database, ids), (row) => row.failedTaskId);

/** The failed task that a failure handler handles. */
export const failureOfHandler: BatchLoad<TaskExecution> = async (app, ids) =>
  byKey(await findHandled(app.database, ids), (row) => row.handlerId);

export const variablesOfExecution: BatchLoad<ExecutionVariable[]> = async (app, ids) =>
  groupBy(await findVariables(app.database, ids), (row) => row.executionId);

export const jobById: BatchLoad<Job> = async (app, ids) => byKey(await findJobs(app.database, ids), (job) => job.id);

export const jobsOfTask: BatchLoad<Job[]> = async (app, ids) =>
  groupBy(await findJobsOfTasks(app.database, ids), (row) => row.taskExecutionId);

export const logOfJob: BatchLoad<JobLog> = async (app, ids) =>
  byKey(await findLogs(app.database, ids), (row) => row.jobId);

export const artifactsOfTask: BatchLoad<Artifact[]> = async (app, ids) =>
  groupBy(await findArtifactsOfTasks(app.database, ids), (row) => row.taskExecutionId);

export const approvalsOfStage: BatchLoad<Approval[]> = async (app, ids) =>
  groupBy(await findApprovalsOfStages(app.database, ids), (row) => row.stageExecutionId ?? '');

export const approvalsOfTask: BatchLoad<Approval[]> = async (app, ids) =>
  groupBy(await findApprovalsOfTasks(app.database, ids), (row) => row.taskExecutionId ?? '');

export const votesOfApproval: BatchLoad<ApprovalVote[]> = async (app, ids) =>
  groupBy(await findVotes(app.database, ids), (row) => row.approvalId);

export const agentById: BatchLoad<Agent> = async (app, ids) =>
  byKey(await findAgents(app.database, ids), (row) => row.id);
