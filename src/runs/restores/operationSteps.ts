import { actorRef } from '../../access/actor';
import type { Execution } from '../../engine/execution';
import { newId } from '../../kernel/ids';
import { topic } from '../../kernel/database/wakeups';
import { runDetached } from '../../engine/detachedTasks';
import type { RunTransaction } from '../execution/runTransaction';
import type { Operation, OperationLogLine } from './restore';
import type { RestoredRun } from './restoredRun';
import type { PlannedTask, RestorePlan } from './restorePlan';
import { appendLines, insertOperationTasks, setStep } from './restores.store';

type Line = readonly [level: OperationLogLine['level'], message: string];

/** Appends to the log of an operation; debug lines only if the operation logs them. */
export async function say(db: RunTransaction, { id, debug }: Operation, lines: readonly Line[]): Promise<void> {
  const told = lines.filter(([level]) => debug || level !== 'DEBUG').map(([level, message]) => ({ level, message }));
  await appendLines(db, id, told, db.now);
  db.wake(topic.log(id), topic.restores);
}

/** An operation on a run in its current state. */
export function newOperation(
  db: RunTransaction,
  { id: runId, status, endedAt, attemptStartedAt, earlierMs }: Execution,
  own: Pick<
    Operation,
    'kind' | 'status' | 'attempt' | 'restorePointId' | 'debug' | 'conflictsConfirmed' | 'deadlineAt' | 'endedAt'
  >,
): Operation {
  const iso = (time: Date | null) => time?.toISOString() ?? null;
  return {
    ...own,
    id: newId(),
    runId,
    actor: actorRef(db.actor),
    before: { status, endedAt: iso(endedAt), attemptStartedAt: iso(attemptStartedAt), earlierMs },
    step: 0,
    startedAt: db.now,
    errorCode: null,
    errorMessage: null,
  };
}

/** Starts the tasks of the next step of a restore, each with the inputs that its workflow had at the restore point. */
export async function beginStep(db: RunTransaction, operation: Operation, plan: RestorePlan): Promise<void> {
  const step = plan.steps[operation.step];
  if (step === undefined) return;
  const tasks = step.map(({ member, name }) => ({
    execution: { id: member.executionId, runId: operation.runId, attempt: member.attempt },
    type: 'restore' as const,
    name,
    revisionId: member.revisionId,
    environmentId: member.environmentId,
    variables: { ...member.variables, ...setBefore(plan.restored, member.executionId) },
    images: member.images,
    env: { SLIPWAY_OPERATION_ID: operation.id, SLIPWAY_RESTORE_POINT_ID: plan.point.id },
  }));
  const made = await db.decide((run) => runDetached(run, tasks));
  await insertOperationTasks(
    db,
    made.map((task) => ({ operationId: operation.id, taskExecutionId: task.id, step: operation.step })),
  );
  await setStep(db, operation.id, operation.step + 1);
  await say(db, operation, [
    [
      'INFO',
      `step ${operation.step + 1} of ${plan.steps.length} begins: ${step.map((task) => describeTask(task, plan.restored)).join('; ')}`,
    ],
    ...made.map(
      (task) => ['DEBUG', `${task.name} is task execution ${task.id}; its output is the log of its job`] as const,
    ),
  ]);
}

/** Values that tasks had set when the restore point was created. */
const setBefore = ({ variables }: RestoredRun, executionId: string): Record<string, string> =>
  Object.fromEntries(
    variables.filter((one) => one.executionId === executionId).map(({ name, value }) => [name, value]),
  );

/** For example: "rollback" of deploy-web in production: web:1.0.0. */
export function describeTask({ stage, workflow, name }: PlannedTask, { environments, services }: RestoredRun): string {
  const place = stage.environmentId === null ? '' : ` in ${environments[stage.environmentId] ?? stage.environmentId}`;
  const images = Object.entries(stage.images).map(([id, image]) => `${services[id] ?? id} ${image}`);
  return `"${name}" of ${workflow}${place}${images.length === 0 ? '' : ` (${images.join(', ')})`}`;
}
