import { topic } from '../../kernel/database/wakeups';
import { requeueJobs, withholdJobs } from '../queue/jobs.store';
import { advancePipeline } from './advancePipeline';
import { moveExecution, moveStage } from './changeStatus';
import { dispatchTasks } from './dispatchTasks';
import { isFinal } from '../../contract/statuses';
import { type Execution, type Pause, unheldStatus } from '../../engine/execution';
import { findMembers } from './executions.store';
import type { RunTransaction } from './runTransaction';
import { showWaiting } from './showWaiting';
import { findStages } from './stages.store';
import { findUnstartedTasks } from './tasks.store';

/** Jobs move between the queue and offers, never outside of both: each turn finds most of what the one before has missed. */
const TURNS = 20;

/** A person holds a run: its status says so, what no agent has started leaves the queue, and what runs is finished. */
export async function holdRun(db: RunTransaction, root: Execution, pause: Pause): Promise<void> {
  const members = await activeMembers(db, root);
  await moveExecution(db, root, 'PAUSED', undefined, pause);
  for (const member of members) {
    await moveExecution(db, member, 'PAUSED', undefined, pause);
    await showOnStage(db, member, 'PAUSED');
  }
  let jobIds = await unstartedJobs(db, [root, ...members]);
  for (let turn = 0; jobIds.length > 0; turn++) {
    if (turn === TURNS) throw new Error(`jobs of run ${root.id} are neither queued nor offered: ${jobIds.join(', ')}`);
    const withheld = new Set(await withholdJobs(db, jobIds));
    jobIds = jobIds.filter((id) => !withheld.has(id));
  }
}

/** Nobody holds it any more: what was withheld is claimable again, and what has become ready meanwhile too. */
export async function releaseRun(db: RunTransaction, root: Execution): Promise<void> {
  const members = (await activeMembers(db, root)).filter((member) => member.pause !== null);
  await moveExecution(db, root, unheldStatus(root));
  for (const member of members) {
    const { status } = await moveExecution(db, member, unheldStatus(member));
    await showOnStage(db, member, status === 'RUNNING' ? 'RUNNING' : 'QUEUED');
  }
  const workflows = [root, ...members].filter((one) => one.kind === 'WORKFLOW');
  await requeueJobs(db, await unstartedJobs(db, workflows));
  await dispatchTasks(
    db,
    workflows.map((one) => one.id),
  );
  await showWaiting(
    db,
    workflows.map((one) => one.id),
  );
  db.wake(topic.queue);
  if (root.kind === 'PIPELINE') await advancePipeline(db, root.id);
}

const activeMembers = async (db: RunTransaction, root: Execution): Promise<Execution[]> =>
  root.kind === 'WORKFLOW' ? [] : (await findMembers(db, [root.id])).filter((member) => !isFinal(member.status));

async function showOnStage(db: RunTransaction, member: Execution, status: 'PAUSED' | 'QUEUED' | 'RUNNING') {
  const [stage] = await findStages(db, [member.parentStageExecutionId ?? '']);
  if (stage !== undefined && stage.status !== status) await moveStage(db, member.runId, stage, status);
}

async function unstartedJobs(db: RunTransaction, executions: readonly Execution[]): Promise<string[]> {
  const tasks = await findUnstartedTasks(
    db,
    executions.map((one) => one.id),
  );
  return tasks.flatMap((task) => task.jobId ?? []);
}
