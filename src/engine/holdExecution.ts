import { isFinal } from '../contract/statuses';
import { advancePipeline } from './advancePipeline';
import { dispatchTasks } from './dispatchTasks';
import { type Execution, type Pause, unheldStatus } from './execution';
import { moveExecution, moveStage } from './moves';
import type { RunSlice } from './runSlice';
import { finishWorkflow, unstartedTasks } from './settleTasks';
import { showWaiting } from './showWaiting';

/** Pauses a run: its status shows it, jobs that no agent has started leave the queue, and running tasks finish. */
export function holdRun(run: RunSlice, id: string, pause: Pause): void {
  const members = activeMembers(run, run.execution(id));
  moveExecution(run, id, 'PAUSED', undefined, pause);
  for (const member of members) {
    moveExecution(run, member.id, 'PAUSED', undefined, pause);
    showOnStage(run, member, 'PAUSED');
  }
  run.changes.withheld.push(...unstartedJobs(run, [id, ...members.map((member) => member.id)]));
}

/** The hold has ended: withheld jobs are claimable again, and so are those that have become ready in the meantime. */
export function releaseRun(run: RunSlice, id: string): void {
  const root = run.execution(id);
  const members = activeMembers(run, root).filter((member) => member.pause !== null);
  moveExecution(run, id, unheldStatus(root));
  for (const member of members) {
    const { status } = moveExecution(run, member.id, unheldStatus(member));
    showOnStage(run, member, status === 'RUNNING' ? 'RUNNING' : 'QUEUED');
  }
  const workflows = [root, ...members].filter((one) => one.kind === 'WORKFLOW').map((one) => one.id);
  run.changes.requeued.push(...unstartedJobs(run, workflows));
  dispatchTasks(run, workflows);
  showWaiting(run, workflows);
  for (const workflow of workflows) if (run.execution(workflow).openTasks === 0) finishWorkflow(run, workflow);
  if (root.kind === 'PIPELINE') advancePipeline(run, id);
}

function activeMembers(run: RunSlice, root: Execution): Execution[] {
  if (root.kind === 'WORKFLOW') return [];
  run.require({ kind: 'members', key: root.id }, { kind: 'elements', key: root.id });
  return run.activeMembers(root.id).filter((member) => !isFinal(member.status));
}

function showOnStage(run: RunSlice, member: Execution, status: 'PAUSED' | 'QUEUED' | 'RUNNING'): void {
  const { parentStageExecutionId: stageId, runId } = member;
  const stage = stageId === null ? undefined : run.element(runId, stageId);
  if (stage !== undefined && stage.status !== status) moveStage(run, stage, status);
}

const unstartedJobs = (run: RunSlice, executionIds: readonly string[]): string[] =>
  unstartedTasks(run, executionIds).flatMap((task) => task.jobId ?? []);
