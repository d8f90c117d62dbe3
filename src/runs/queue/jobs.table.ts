import { openStatusesOf, statusesOf } from '../../engine/machine';
import { column, oneOf, references, table } from '../../kernel/database/table';
import type { Job, JobLease, JobLog, LabelMatch, LabelSet, LogChunk, ReadyJob, RequirementClass } from './job';

export const jobTable = table<Job>('job', {
  columns: {
    id: column.id,
    taskExecutionId: column.uuid,
    executionId: column.uuid,
    runId: column.uuid,
    attempt: column.integer,
    status: column.text,
    requirementClassId: column.integer,
    timeoutMs: column.integer,
    graceMs: column.integer,
    agentId: column.uuidOrNull,
    claimHash: column.textOrNull,
    exitCode: column.integerOrNull,
    signal: column.textOrNull,
    reasonCode: column.textOrNull,
    reason: column.textOrNull,
    queuedAt: column.time,
    startedAt: column.timeOrNull,
    endedAt: column.timeOrNull,
  },
  foreignKeys: [references('task_execution', 'taskExecutionId')],
  indices: [{ name: 'job_of_task', columns: ['taskExecutionId', 'attempt'], unique: true }],
  checks: [
    { name: 'job_status', expression: oneOf('status', statusesOf('job')) },
    { name: 'job_ended', expression: `(ended_at IS NULL) = (${oneOf('status', openStatusesOf('job'))})` },
  ],
});

export const readyJobTable = table<ReadyJob>('ready_job', {
  columns: {
    requirementClassId: { ...column.integer, primary: true },
    rank: { ...column.bigint, primary: true, generated: 'increment' },
    jobId: column.uuid,
  },
  uniques: [{ name: 'ready_job_job', columns: ['jobId'] }],
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
  },
  // A canceled job is final within a second after its grace period, so due ends are read often.
  indices: [{ name: 'job_lease_kill', columns: ['killAt'], where: 'kill_at IS NOT NULL' }],
});

export const logChunkTable = table<LogChunk>('log_chunk', {
  columns: {
    jobId: { ...column.uuid, primary: true },
    start: { ...column.bigint, primary: true },
    length: column.integer,
    data: column.bytes,
    frames: column.json,
  },
});

export const jobLogTable = table<JobLog>('job_log', {
  columns: {
    jobId: column.id,
    bytes: column.bigint,
    truncated: column.boolean,
  },
});
