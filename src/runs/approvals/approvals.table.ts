import { column, oneOf, references, table } from '../../kernel/database/table';
import { type Approval, type ApprovalVote, approvalActions } from '../../engine/approval';
import { openStatusesOf, statusesOf } from '../../engine/machine';

export const approvalTable = table<Approval>('approval', {
  columns: {
    id: column.id,
    stageExecutionId: column.uuidOrNull,
    taskExecutionId: column.uuidOrNull,
    executionId: column.uuid,
    applicationId: column.uuid,
    status: column.text,
    approvers: column.texts,
    count: column.integer,
    allOf: column.texts,
    disallowInitiator: column.boolean,
    excluded: column.texts,
    message: column.textOrNull,
    subject: column.json,
    digest: column.text,
    renewsId: column.uuidOrNull,
    changedSince: column.jsonOrNull,
    inputs: column.json,
    given: column.jsonOrNull,
    remindAfterSeconds: column.integerOrNull,
    reminders: column.integer,
    remindedAt: column.timeOrNull,
    escalate: column.json,
    escalated: column.integer,
    nextStepAt: column.timeOrNull,
    undecidableSince: column.timeOrNull,
    requestedAt: column.time,
    expiresAt: column.time,
    decidedAt: column.timeOrNull,
    decidedBy: column.jsonOrNull,
    comments: column.textOrNull,
  },
  foreignKeys: [
    references('execution', 'executionId'),
    references('stage_execution', 'stageExecutionId'),
    references('task_execution', 'taskExecutionId'),
  ],
  indices: [
    { name: 'approval_of_execution', columns: ['executionId', 'requestedAt'] },
    {
      name: 'approval_waiting',
      columns: ['stageExecutionId'],
      unique: true,
      where: `status = 'WAITING' AND task_execution_id IS NULL`,
    },
    { name: 'approval_of_task', columns: ['taskExecutionId'], where: 'task_execution_id IS NOT NULL' },
    { name: 'approval_task_waiting', columns: ['taskExecutionId'], unique: true, where: `status = 'WAITING'` },
    { name: 'approval_newest', columns: ['requestedAt', 'id'] },
    { name: 'approval_newest_waiting', columns: ['requestedAt', 'id'], where: `status = 'WAITING'` },
    { name: 'approval_expiry', columns: ['expiresAt'], where: `status = 'WAITING'` },
    { name: 'approval_next_step', columns: ['nextStepAt'], where: `status = 'WAITING' AND next_step_at IS NOT NULL` },
  ],
  checks: [
    { name: 'approval_place', expression: 'stage_execution_id IS NOT NULL OR task_execution_id IS NOT NULL' },
    { name: 'approval_status', expression: oneOf('status', statusesOf('approval')) },
    {
      name: 'approval_count',
      expression: '(count = 0 OR cardinality(approvers) > 0) AND count + cardinality(all_of) > 0',
    },
    { name: 'approval_decided', expression: `(decided_at IS NULL) = (${oneOf('status', openStatusesOf('approval'))})` },
  ],
});

/** A person has at most one vote on an approval that counts. */
export const approvalVoteTable = table<ApprovalVote>('approval_vote', {
  columns: {
    id: column.id,
    approvalId: column.uuid,
    personId: column.text,
    by: column.json,
    action: column.text,
    comments: column.textOrNull,
    groups: column.texts,
    digest: column.text,
    votedAt: column.time,
    counts: column.boolean,
  },
  foreignKeys: [references('approval', 'approvalId')],
  indices: [
    { name: 'approval_vote_of_approval', columns: ['approvalId', 'votedAt'] },
    { name: 'approval_vote_once', columns: ['approvalId', 'personId'], unique: true, where: 'counts' },
  ],
  checks: [{ name: 'approval_vote_action', expression: oneOf('action', approvalActions) }],
});
