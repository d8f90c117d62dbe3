import { column, oneOf, references, table } from '../../kernel/database/table';
import type { Approval } from '../../engine/approval';
import { openStatusesOf, statusesOf } from '../../engine/machine';

export const approvalTable = table<Approval>('approval', {
  columns: {
    id: column.id,
    stageExecutionId: column.uuid,
    executionId: column.uuid,
    applicationId: column.uuid,
    status: column.text,
    approvers: column.texts,
    disallowInitiator: column.boolean,
    message: column.textOrNull,
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
  foreignKeys: [references('execution', 'executionId'), references('stage_execution', 'stageExecutionId')],
  indices: [
    { name: 'approval_of_execution', columns: ['executionId', 'requestedAt'] },
    { name: 'approval_waiting', columns: ['stageExecutionId'], unique: true, where: `status = 'WAITING'` },
    { name: 'approval_newest', columns: ['requestedAt', 'id'] },
    { name: 'approval_newest_waiting', columns: ['requestedAt', 'id'], where: `status = 'WAITING'` },
    { name: 'approval_expiry', columns: ['expiresAt'], where: `status = 'WAITING'` },
    { name: 'approval_next_step', columns: ['nextStepAt'], where: `status = 'WAITING' AND next_step_at IS NOT NULL` },
  ],
  checks: [
    { name: 'approval_status', expression: oneOf('status', statusesOf('approval')) },
    { name: 'approval_decided', expression: `(decided_at IS NULL) = (${oneOf('status', openStatusesOf('approval'))})` },
  ],
});
