import { openStatusesOf, statusesOf } from '../../engine/machine';
import { column, oneOf, references, table } from '../../kernel/database/table';
import type { Job, JobLease, LabelMatch, LabelSet, QueuePause, QueueSetting, ReadyJob, RequirementClass } from './job';

export const jobTable = table<Job>('job', {
  columns: {
    id: column.id,
    taskExecutionId: column.uuid,
    executionId: column.uuid,
    runId: column.uuid,
    attempt: column.integer,
    status: column.text,
    requirementClassId: column.integer,
    priority: column.integerOrNull,
    timeoutMs: column.integer,
    graceMs: column.integer,
    agentId: column.uuidOrNull,
    claimHash: column.textOrNull,
    exitCode: column.integerOrNull,
    signal: column.textOrNull,
    reasonCode: column.textOrNull,
    reason: column.textOrNull,
    facts: column.jsonOrNull,
    queuedAt: column.time,
    startedAt: column.timeOrNull,
    endedAt: column.timeOrNull,
  },
  foreignKeys: [references('task_execution', 'taskExecutionId')],
  indices: [
    { name: 'job_of_task', columns: ['taskExecutionId', 'attempt'], unique: true },
    { name: 'job_with_facts', columns: ['runId'], where: 'facts IS NOT NULL' },
  ],
  checks: [
    { name: 'job_status', expression: oneOf('status', statusesOf('job')) },
    { name: 'job_ended', expression: `(ended_at IS NULL) = (${oneOf('status', openStatusesOf('job'))})` },
  ],
});

/** The place is the order of claims. Its index begins with the class, so that a claim reads the head of each class. */
export const readyJobTable = table<ReadyJob>('ready_job', {
  columns: {
    jobId: column.id,
    runId: column.uuid,
    requirementClassId: column.integer,
    precedence: column.integer,
    share: column.bigint,
    rank: { ...column.bigint, generated: 'increment' },
    virtualTime: column.bigint,
    finish: { ...column.bigint, nullable: true },
    queuedAt: column.time,
  },
  indices: [
    { name: 'ready_job_order', columns: ['requirementClassId', 'precedence', 'share', 'rank'] },
    {
      name: 'ready_job_of_run',
      columns: ['runId', 'requirementClassId', 'precedence', 'finish'],
      where: 'finish IS NOT NULL',
    },
  ],
});

export const queuePauseTable = table<QueuePause>('queue_pause', {
  columns: {
    id: column.id,
    labels: column.texts,
    note: column.textOrNull,
    until: column.timeOrNull,
    by: column.json,
    at: column.time,
  },
});

export const queueSettingTable = table<QueueSetting>('queue_setting', {
  columns: { id: column.id, priority: column.integerOrNull, weight: column.integerOrNull },
  checks: [
    { name: 'queue_setting_priority', expression: 'priority BETWEEN -100 AND 100' },
    { name: 'queue_setting_weight', expression: 'weight BETWEEN 1 AND 100' },
  ],
});

export const requirementClassTable = table<RequirementClass>('requirement_class', {
  columns: {
    id: { ...column.integer, primary: true, generated: 'increment' },
    labels: column.texts,
  },
  uniques: [{ name: 'requirement_class_labels', columns: ['labels'] }],
});

export const labelSetTable = table<LabelSet>('label_set', {
  columns: {
    id: { ...column.integer, primary: true, generated: 'increment' },
    labels: column.texts,
  },
  uniques: [{ name: 'label_set_labels', columns: ['labels'] }],
});

export const labelMatchTable = table<LabelMatch>('label_match', {
  columns: {
    labelSetId: { ...column.integer, primary: true },
    requirementClassId: { ...column.integer, primary: true },
  },
  foreignKeys: [references('label_set', 'labelSetId'), references('requirement_class', 'requirementClassId')],
});

export const jobLeaseTable = table<JobLease>('job_lease', {
  columns: {
    jobId: column.id,
    agentId: column.uuid,
    runId: column.uuid,
    tokenHash: column.text,
    started: column.boolean,
    expiresAt: column.time,
    timeoutAt: column.timeOrNull,
    cancelRequestedAt: column.timeOrNull,
    killAt: column.timeOrNull,
    precedence: { ...column.integer, default: 0 },
    share: { ...column.bigint, default: 0 },
    rank: { ...column.bigint, default: 0 },
  },
  // A canceled job is final within a second after its grace period, so due ends are read often.
  indices: [{ name: 'job_lease_kill', columns: ['killAt'], where: 'kill_at IS NOT NULL' }],
});
