import type { ActorRef } from '../access/actor';
import type { Change, Changes } from '../engine/changes';
import type { Execution, StageExecution, TaskExecution } from '../engine/execution';
import type { Transaction } from '../kernel/database/database';
import { insertRows, updateRows } from '../kernel/database/table';
import { topic } from '../kernel/database/wakeups';
import type { App } from './app';
import { approvalTable } from './approvals/approvals.table';
import { decideApprovals } from './approvals/approvals.store';
import { writeDeployments } from './deployments/deployments.store';
import { insertVariables } from './execution/executionVariables.store';
import { noteAttempts, insertAttempts, insertExecutionTargets } from './execution/executions.store';
import {
  attemptElementTable,
  detachedTaskTable,
  executionTable,
  stageExecutionTable,
  taskExecutionTable,
  taskGateTable,
} from './execution/executions.table';
import { setStartBy } from './execution/detachedTasks.store';
import { insertGraph } from './execution/tasks.store';
import { endJobs, insertJobs, requestCancel, requeueJobs, withholdAll } from './queue/jobs.store';

/**
 * A canceled job is final this long after its grace, whatever the agent does. Within the promised second, less the
 * sweeper's period.
 */
const KILL_SLACK_MS = 500;

/** What a change of an execution's standing can touch; the rest changes with its attempt only. */
const executionColumns = [
  'parentStageExecutionId',
  'status',
  'version',
  'failureCode',
  'failureDetails',
  'pause',
  'openTasks',
  'busyTasks',
  'waitingTasks',
  'detachedTasks',
  'finallyTasks',
  'expiresAt',
  'startedAt',
  'attemptStartedAt',
  'endedAt',
  'earlierMs',
] as const;
const attemptColumns = [
  'attempt',
  'revisionId',
  'environmentId',
  'variables',
  'images',
  'mode',
  'maxParallel',
] as const;
const stageColumns = [
  'status',
  'reasonCode',
  'reason',
  'workflowExecutionId',
  'workflowAttempt',
  'goesOn',
  'waitsUntil',
  'answers',
  'variables',
  'failures',
  'ignored',
  'startedAt',
  'endedAt',
] as const;
const taskColumns = [
  'status',
  'waitingOn',
  'jobId',
  'tries',
  'failures',
  'losses',
  'nextTryAt',
  'waitsUntil',
  'passed',
  'reasonCode',
  'reason',
  'exitCode',
  'startedAt',
  'endedAt',
] as const;

/**
 * Sends all that a decision changed, one statement a table, without waiting for answers: they come with that of the
 * COMMIT. Only a pause waits, for jobs that move between queue and offers. Events are written by the transaction.
 */
export async function apply(
  db: Transaction,
  app: App,
  changes: Changes,
  actor: ActorRef,
  now: Date,
): Promise<readonly Promise<unknown>[]> {
  const { jobs, withheld, requeued } = changes;
  // Waits only for sets of labels that this server has not met.
  const classes = await app.requirementClasses.numbersOf(
    db,
    jobs.map(({ labels }) => labels),
  );
  const sent = [
    ...writeExecutions(db, changes),
    ...writeStages(db, changes),
    ...writeTasks(db, changes),
    insertRows(db, approvalTable, changes.approvals),
    updateRows(
      db,
      approvalTable,
      changes.approvers.map((after) => ({ before: null, after })),
      ['approvers', 'undecidableSince'],
    ),
    decideApprovals(db, changes.decided, actor, now),
    ...writeJobs(db, changes, classes, now),
    insertVariables(db, changes.variables),
    writeDeployments(db, [...changes.deployments.values()]),
    // Last, since nothing of an attempt that has ended can be changed.
    noteAttempts(db, movedExecutions(changes)),
  ];
  await withholdAll(db, withheld);
  if (jobs.length > 0 || requeued.length > 0) db.wake(topic.queue);
  const tasks = [...changes.tasks.values()];
  if (tasks.some(({ after }) => after.type === 'restore' && after.endedAt !== null)) db.wake(topic.restores);
  return sent;
}

/** Rows that a decision made, and those that it changed. */
function split<Row>(changes: ReadonlyMap<string, Change<Row>>): {
  readonly made: Row[];
  readonly moved: Change<Row>[];
} {
  const all = [...changes.values()];
  return {
    made: all.filter(({ before }) => before === null).map(({ after }) => after),
    moved: all.filter(({ before }) => before !== null),
  };
}

function writeExecutions(db: Transaction, changes: Changes): Promise<unknown>[] {
  const { made, moved } = split<Execution>(changes.executions);
  const rows = moved.map(({ after }) => after);
  const begun = new Set(changes.attempts.map((one) => one.executionId));
  const none = { reason: null, fromStage: null, base: null, dropped: null };
  const started = made.map(({ id, cause, createdAt }) => {
    return { ...none, executionId: id, kind: 'START' as const, cause, createdAt };
  });
  return [
    insertRows(db, executionTable, made),
    updateRows(db, executionTable, moved, executionColumns),
    updateRows(
      db,
      executionTable,
      moved.filter(({ after }) => begun.has(after.id)),
      attemptColumns,
    ),
    insertAttempts(db, [...started, ...changes.attempts]),
    ...[...made, ...rows.filter(({ id }) => begun.has(id))].map((row) => writeTargets(db, changes, row)),
  ];
}

/** Executions that began, ended or moved to another status: their newest attempt says so too. */
const movedExecutions = ({ executions }: Changes): string[] =>
  [...executions.values()].flatMap(({ before, after }) => {
    const stands = (before?.status ?? 'QUEUED') === after.status && before?.attemptStartedAt === after.attemptStartedAt;
    return stands || (before === null && after.status === 'QUEUED') ? [] : [after.id];
  });

/** An execution aims at its own environment and services, a run also at those of its elements. */
function writeTargets(db: Transaction, { plans }: Changes, { id, environmentId, images }: Execution): Promise<unknown> {
  const elements = plans.get(id) ?? [];
  return insertExecutionTargets(
    db,
    id,
    [environmentId, ...elements.map((stage) => stage.environmentId)].flatMap((one) => one ?? []),
    [...Object.keys(images), ...elements.flatMap((stage) => Object.keys(stage.images))],
  );
}

function writeStages(db: Transaction, { stages, plans, executions }: Changes): Promise<unknown>[] {
  const { made, moved } = split<StageExecution>(stages);
  const shown = [...plans].flatMap(([executionId, elements]) => {
    const attempt = executions.get(executionId)?.after.attempt ?? 1;
    return elements.map(({ id, stageIndex, elementIndex, elementId, stageName }) => {
      return { executionId, attempt, stageIndex, elementIndex, elementId, stageName, stageExecutionId: id };
    });
  });
  return [
    insertRows(db, stageExecutionTable, made),
    insertRows(db, attemptElementTable, shown),
    updateRows(db, stageExecutionTable, moved, stageColumns),
  ];
}

function writeTasks(db: Transaction, changes: Changes): Promise<unknown>[] {
  const { made, moved } = split<TaskExecution>(changes.tasks);
  const newGates = new Set(changes.graphs.flatMap(({ graph }) => graph.gates.map(({ id }) => id)));
  const gates = [...changes.gates.values()];
  return [
    insertRows(db, taskExecutionTable, made),
    insertRows(
      db,
      taskGateTable,
      gates.filter(({ id }) => newGates.has(id)),
    ),
    insertGraph(db, changes.edges),
    updateRows(db, taskExecutionTable, moved, taskColumns),
    updateRows(
      db,
      taskGateTable,
      gates.filter(({ id }) => !newGates.has(id)).map((after) => ({ before: null, after })),
      ['waitingOn'],
    ),
    insertRows(db, detachedTaskTable, changes.detached),
    setStartBy(db, changes.startBy),
  ];
}

function writeJobs(
  db: Transaction,
  { jobs, ended, canceled, requeued }: Changes,
  classes: readonly number[],
  now: Date,
): Promise<unknown>[] {
  const made = jobs.map(({ labels: _, ...job }, index) => ({ ...job, requirementClassId: classes[index] ?? 0 }));
  return [
    insertJobs(db, made, now),
    endJobs(db, ended, now),
    requestCancel(db, canceled, now, KILL_SLACK_MS).then((holders) =>
      db.wake(...holders.map(({ agentId }) => topic.agent(agentId))),
    ),
    requeueJobs(db, requeued),
  ];
}
