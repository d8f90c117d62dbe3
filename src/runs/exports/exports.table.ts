import { column, table } from '../../kernel/database/table';
import type { ExecutionExport } from './executionExport';

const uuids = { ...column.uuid, array: true } as const;

export const exportTable = table<ExecutionExport>('execution_export', {
  columns: {
    id: column.id,
    status: column.text,
    executionIds: uuids,
    memberIds: uuids,
    requestedBy: column.text,
    createdAt: column.time,
    expiresAt: column.time,
    dueAt: column.timeOrNull,
    tries: column.integer,
    sha256: column.textOrNull,
    size: column.bigintOrNull,
    errorMessage: column.textOrNull,
  },
  checks: [
    { name: 'execution_export_status', expression: `status IN ('QUEUED', 'READY', 'FAILED', 'EXPIRED')` },
    { name: 'execution_export_due', expression: `(due_at IS NOT NULL) = (status = 'QUEUED')` },
    { name: 'execution_export_ready', expression: `(sha256 IS NOT NULL) = (status = 'READY')` },
  ],
  indices: [
    { name: 'execution_export_due_at', columns: ['dueAt'], where: 'due_at IS NOT NULL' },
    { name: 'execution_export_content', columns: ['sha256'], where: 'sha256 IS NOT NULL' },
    { name: 'execution_export_requested', columns: ['requestedBy', 'createdAt'] },
    { name: 'execution_export_expiry', columns: ['expiresAt'] },
  ],
});
