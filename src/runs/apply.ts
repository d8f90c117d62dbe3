import type { ActorRef } from '../access/actor';
import type { AttemptStart, Change, Changes } from '../engine/changes';
import type { Execution, ExecutionAttempt, StageExecution, TaskExecution } from '../engine/execution';
import type { Transaction } from '../kernel/database/database';
import { insertRows, updateRows } from '../kernel/database/table';
import { topic } from '../kernel/database/wakeups';
import type { App } from './app';
import { approvalTable, approvalVoteTable } from './approvals/approvals.table';
import { decideApprovals, voidVotes } from './approvals/approvals.store';
import { writeDeployments } from './deployments/deployments.store';
import { insertVariables } from './execution/executionVariables.store';
import { noteAttempts, insertAttempts, insertExecutionTargets } from './execution/executions.store';
import {
  attemptElementTable,
  detachedTaskTable,
  executionAttemptTable,
  executionTable,
  stageExecutionTable,
  taskExecutionTable,
  taskGateTable,
} from './execution/executions.table';
import { setStartBy } from './execution/detachedTasks.store';
import { insertGraph } from './execution/tasks.store';
import { observationTable } from './observations/observations.table';
import { rollbackRequestTable, rollbackTable } from './rollbacks/rollbacks.table';
import { moveSlots } from './slots/slots.store';
import { inheritPriorities, requeueJobs } from './queue/enqueue.store';
import { endJobs, insertJobs, requestCancel, withholdAll } from './queue/jobs.store';

/**
 * A canceled job is final this long after its grace period, even if the agent does not respond. The value keeps the end
 * within the promised second, minus the sweeper's period.
 */
const KILL_SLACK_MS = 500;

/** Columns that a status change of an execution can touch; the other columns change only with its attempt. */
const executionColumns = [
  'parentStageExecutionId',
  'status',
  'version',
  'lastSequence',
  'lastExecutionSequence',
  'failureCode',
  'failureDetails',
  'pause',
  'freezeOverride',
  'openTasks',
  'busyTasks',
  'waitingTasks',
  'detachedTasks',
  'finallyTasks',
  'hasPlace',
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
  'continues',
  'waitsUntil',
  'answers',
  'variables',
  'failures',
  'ignored',
  'hasPlace',
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
 * Sends all changes of a decision, one statement per table, without waiting for results: they arrive with the result of
 * the COMMIT. Only a pause waits, for jobs that move between the queue and offers. The transaction writes the events.
 */
export async function apply(
  db: Transaction,
  app: App,
  changes: Changes,
  actor: ActorRef,
  now: Date,
): Promise<readonly Promise<unknown>[]> {
  const { jobs, withheld, requeued } = changes;
  // Waits only for label sets that this server has not seen yet.
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
      [
        ...(['approvers', 'count', 'allOf', 'undecidableSince', 'subject', 'digest', 'changedSince', 'given'] as const),
        ...(['reminders', 'remindedAt', 'escalated', 'nextStepAt'] as const),
      ],
    ),
    voidVotes(db, changes.voided),
    insertRows(db, approvalVoteTable, changes.votes),
    decideApprovals(db, changes.decided, actor, now),
    ...writeJobs(db, changes, classes, now),
    insertVariables(db, changes.variables),
    writeDeployments(db, [...changes.deployments.values()]),
    insertRows(db, rollbackTable, changes.rollbacks),
    insertRows(db, rollbackRequestTable, changes.rollbackRequests),
    insertRows(db, observationTable, changes.observations),
    ...writeSlots(db, changes, now),
    // Last, because nothing in an ended attempt can be changed.
    noteAttempts(db, movedExecutions(changes)),
  ];
  await withholdAll(db, withheld);
  if (jobs.length > 0 || requeued.length > 0) db.wake(topic.queue);
  const tasks = [...changes.tasks.values()];
  if (tasks.some(({ after }) => after.type === 'restore' && after.endedAt !== null)) db.wake(topic.restores);
  if (changes.rollbackRequests.length > 0) db.wake(topic.rollbacks);
  return sent;
}

/** Rows that a decision inserted, and rows that it updated. */
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

const unended = { status: null, failureCode: null, failureDetails: null, startedAt: null, endedAt: null } as const;

function writeExecutions(db: Transaction, changes: Changes): Promise<unknown>[] {
  const { made, moved } = split<Execution>(changes.executions);
  const rows = moved.map(({ after }) => after);
  const begun = new Set(changes.attempts.map((one) => one.executionId));
  const rolledBack = new Set(changes.rollbacks.map(({ runId }) => runId));
  const observing = new Set(changes.observations.map(({ executionId }) => executionId));
  const first: ExecutionAttempt[] = [];
  const later: AttemptStart[] = [...changes.attempts];
  for (const row of made) {
    const kind = observing.has(row.id) ? 'OBSERVE' : rolledBack.has(row.id) ? 'ROLLBACK' : 'START';
    const start = { executionId: row.id, kind, reason: null, fromStage: null, base: null, cause: row.cause } as const;
    const run = changes.executions.get(row.runId)?.after;
    if (run === undefined) later.push({ ...start, dropped: null, createdAt: row.createdAt });
    else first.push({ ...row, ...start, lineage: [row.attempt], dropped: [], runAttempt: run.attempt, ...unended });
  }
  return [
    insertRows(db, executionTable, made),
    updateRows(db, executionTable, moved, executionColumns),
    updateRows(
      db,
      executionTable,
      moved.filter(({ after }) => begun.has(after.id)),
      attemptColumns,
    ),
    insertRows(db, executionAttemptTable, first),
    insertAttempts(db, later),
    ...[...made, ...rows.filter(({ id }) => begun.has(id))].map((row) => writeTargets(db, changes, row)),
  ];
}

/** Executions that began, ended or changed status: their newest attempt records the change too. */
const movedExecutions = ({ executions }: Changes): string[] =>
  [...executions.values()].flatMap(({ before, after }) => {
    const stands = (before?.status ?? 'QUEUED') === after.status && before?.attemptStartedAt === after.attemptStartedAt;
    const overridden = before !== null && before.freezeOverride !== after.freezeOverride;
    if (overridden) return [after.id];
    return stands || (before === null && after.status === 'QUEUED') ? [] : [after.id];
  });

/**
 * The targets of an execution are its environment and services; those of a run also include the targets of its
 * elements.
 */
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
  const graphs = [...changes.graphs.map(({ graph }) => graph), ...changes.innerGraphs];
  const newGates = new Set(graphs.flatMap(({ gates }) => gates.map(({ id }) => id)));
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

/** A waiting element may find its slot free when it is committed, and so may others after the end of a holder. */
function writeSlots(db: Transaction, { slots }: Changes, now: Date): Promise<unknown>[] {
  const { taken, waiting, freed } = slots;
  if (taken.length + waiting.length + freed.length === 0) return [];
  if (waiting.length + freed.length > 0) db.wake(topic.slots);
  return [moveSlots(db, slots, now)];
}

function writeJobs(
  db: Transaction,
  { executions, jobs, ended, canceled, requeued }: Changes,
  classes: readonly number[],
  now: Date,
): Promise<unknown>[] {
  const made = jobs.map(({ labels: _, ...job }, index) => ({
    ...job,
    requirementClassId: classes[index] ?? 0,
    fresh: executions.get(job.runId)?.before === null,
  }));
  return [
    insertJobs(db, made, now),
    inheritPriorities(
      db,
      made.flatMap(({ id, attempt }) => (attempt > 1 ? [id] : [])),
    ),
    endJobs(db, ended, now),
    requestCancel(db, canceled, now, KILL_SLACK_MS).then((holders) =>
      db.wake(...holders.map(({ agentId }) => topic.agent(agentId))),
    ),
    requeueJobs(db, requeued),
  ];
}
