import { column, oneOf, table } from '../../kernel/database/table';
import { type JobLog, type LogChunk, logLosses, logPhases } from './jobLog';

/** Smaller logs stay in the database. */
export const MOVED_BYTES = 65_536;

export const logChunkTable = table<LogChunk>('log_chunk', {
  columns: {
    jobId: { ...column.uuid, primary: true },
    start: { ...column.bigint, primary: true },
    length: column.integer,
    line: column.bigint,
    lines: column.integer,
    at: column.time,
    marked: column.boolean,
    data: column.bytesOrNull,
    frames: column.jsonOrNull,
    place: column.bigintOrNull,
    packed: column.integerOrNull,
  },
});

export const jobLogTable = table<JobLog>('job_log', {
  columns: {
    jobId: column.id,
    bytes: column.bigint,
    lines: column.bigint,
    phase: { ...column.text, default: 'OPEN' },
    loss: column.textOrNull,
    written: column.bigintOrNull,
    sha256: column.textOrNull,
    endedAt: column.timeOrNull,
    storedBytes: { ...column.bigint, default: 0 },
    file: column.textOrNull,
    deletedAt: column.timeOrNull,
    busyUntil: column.timeOrNull,
  },
  // Appends change no indexed column, so they stay on their page.
  indices: [
    { name: 'job_log_phase', columns: ['phase', 'endedAt'], where: `phase <> 'OPEN'` },
    { name: 'job_log_movable', columns: ['endedAt'], where: `phase = 'SEALED' AND stored_bytes >= ${MOVED_BYTES}` },
    { name: 'job_log_file', columns: ['file'], where: 'file IS NOT NULL' },
  ],
  checks: [
    { name: 'job_log_phase_check', expression: oneOf('phase', logPhases) },
    { name: 'job_log_loss_check', expression: `loss IS NULL OR ${oneOf('loss', logLosses)}` },
  ],
});
