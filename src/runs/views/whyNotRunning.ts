import type { Approval, ApprovalVote } from '../../engine/approval';
import { groupsOfVoters, requirementsOf } from '../../engine/approvalVotes';
import { OFFLINE_AFTER_MS } from '../../contract/labels';
import { isFinal } from '../../contract/statuses';
import {
  type AskedApproval,
  type DelayedBeginning,
  type WaitingJob,
  type WaitingTask,
  type WhyNotRunning,
  whyElementWaits,
  whyExecutionWaits,
  whyTaskWaits,
} from '../../engine/whyNotRunning';
import { waitsForApproval } from '../../engine/execution';
import { type BatchLoad, byKey, found, groupBy, type Loaders } from '../../kernel/loaders';
import type { App } from '../app';
import { findApprovalsOfTasks, findVotes } from '../approvals/approvals.store';
import {
  approvalsOfStage,
  attemptKey,
  executionById,
  stageById,
  stagesOfAttempt,
  votesOfApproval,
} from '../execution/executions.loaders';
import { findBoundLabels } from './boundLabels';
import { findDelayed, findWaitingJobs, findWaitingKinds, findWaitingTasks, type TaskKind } from './whyNotRunning.store';

const waitingKinds: BatchLoad<TaskKind[], App> = async (app, ids) =>
  groupBy(await findWaitingKinds(app.database, ids), (row) => row.executionId);

const asked = (approval: Approval, votes: readonly ApprovalVote[]): AskedApproval => ({
  ...approval,
  requirements: requirementsOf(approval, groupsOfVoters(votes)),
});

const waitingTask: BatchLoad<Omit<WaitingTask, 'alike'>, App> = async (app, ids) => {
  const tasks = await findWaitingTasks(app.database, ids);
  const jobIds = tasks.flatMap(({ jobId }) => jobId ?? []);
  const now = app.clock.now();
  const onlineSince = new Date(now.getTime() - OFFLINE_AFTER_MS);
  const bound = jobIds.length === 0 ? new Map<string, readonly string[]>() : await findBoundLabels(app, jobIds);
  const jobs = jobIds.length === 0 ? [] : await findWaitingJobs(app.database, jobIds, bound, onlineSince, now);
  const byId = new Map<string, WaitingJob>(jobs.map(({ jobId, ...job }) => [jobId, job]));
  const asking = tasks.filter(waitsForApproval).map(({ id }) => id);
  const approvals = asking.length === 0 ? [] : await findApprovalsOfTasks(app.database, asking);
  const votes =
    approvals.length === 0
      ? []
      : await findVotes(
          app.database,
          approvals.map(({ id }) => id),
        );
  const approvalOf = new Map(
    approvals.map((one) => [
      one.taskExecutionId,
      asked(
        one,
        votes.filter(({ approvalId }) => approvalId === one.id),
      ),
    ]),
  );
  return new Map(
    tasks.map((task) => {
      const job = byId.get(task.jobId ?? '') ?? null;
      return [task.id, { ...task, job, approval: approvalOf.get(task.id) ?? null }];
    }),
  );
};

/** What keeps the job of a task from running; null if an agent has it. Shares its read with `whyTask`. */
export const waitingJobOf = async (loaders: Loaders<App>, taskId: string): Promise<WaitingJob | null> =>
  (await loaders.load(waitingTask, taskId))?.job ?? null;

const delayedBeginning: BatchLoad<DelayedBeginning, App> = async (app, ids) =>
  byKey(await findDelayed(app.database, ids), (row) => row.id);

/** Why a task has not started; null if it has. */
export async function whyTask(
  loaders: Loaders<App>,
  { id, executionId }: { readonly id: string; readonly executionId: string },
  alike = 1,
): Promise<WhyNotRunning | null> {
  const [task, execution] = await Promise.all([
    loaders.load(waitingTask, id),
    loaders.load(executionById, executionId),
  ]);
  return whyTaskWaits(found(execution), { ...found(task), alike });
}

/** Why the parts of a workflow execution that could run do not. */
async function whyWorkflow(loaders: Loaders<App>, id: string): Promise<WhyNotRunning[]> {
  const kinds = (await loaders.load(waitingKinds, id)) ?? [];
  const reasons = await Promise.all(
    kinds.map(({ taskId, alike }) => whyTask(loaders, { id: taskId, executionId: id }, alike)),
  );
  return reasons.filter((reason) => reason !== null);
}

/** Why an element of a stage does not run, or why parts of its workflow do not. */
export async function whyElement(loaders: Loaders<App>, stageExecutionId: string): Promise<WhyNotRunning[]> {
  const stage = found(await loaders.load(stageById, stageExecutionId));
  if (isFinal(stage.status)) return [];
  const execution = found(await loaders.load(executionById, stage.executionId));
  const [approvals, delayed, stages] = await Promise.all([
    stage.kind === 'APPROVAL' || stage.reasonCode === 'APPROVAL_CHANGED'
      ? loaders.load(approvalsOfStage, stage.id)
      : undefined,
    loaders.load(delayedBeginning, stage.id),
    loaders.load(stagesOfAttempt, attemptKey({ executionId: execution.id, attempt: execution.attempt })),
  ]);
  const earlier = stages?.find(({ stageIndex, status }) => stageIndex < stage.stageIndex && !isFinal(status));
  const approval = approvals?.at(-1);
  const votes = (approval?.status === 'WAITING' ? await loaders.load(votesOfApproval, approval.id) : undefined) ?? [];
  const reason = whyElementWaits({
    execution,
    stage,
    earlierStage: earlier?.stageName ?? null,
    approval: approval ? asked(approval, votes) : null,
    delayed: delayed ?? null,
  });
  if (reason !== null) return [reason];
  if (stage.workflowExecutionId === null) return [];
  const ofTasks = await whyWorkflow(loaders, stage.workflowExecutionId);
  return ofTasks.map((one) => ({ ...one, stageExecutionId: stage.id }));
}

/** Why an execution does not proceed, or why parts of it that could run do not. */
export async function whyExecution(loaders: Loaders<App>, id: string): Promise<WhyNotRunning[]> {
  const execution = found(await loaders.load(executionById, id));
  if (isFinal(execution.status)) return [];
  const reason = whyExecutionWaits(execution, (await loaders.load(delayedBeginning, id)) ?? null);
  if (reason !== null) return [reason];
  if (execution.kind === 'WORKFLOW') return whyWorkflow(loaders, id);
  const stages =
    (await loaders.load(stagesOfAttempt, attemptKey({ executionId: execution.id, attempt: execution.attempt }))) ?? [];
  const current = stages.find(({ status }) => !isFinal(status))?.stageIndex;
  const open = stages.filter(({ stageIndex, status }) => stageIndex === current && !isFinal(status));
  return (await Promise.all(open.map((stage) => whyElement(loaders, stage.id)))).flat();
}
