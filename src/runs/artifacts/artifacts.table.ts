import { artifactTypes } from '../../contract/agentProtocol';
import { column, oneOf, references, table } from '../../kernel/database/table';
import type { Artifact } from './artifact';

export const artifactTable = table<Artifact>('artifact', {
  columns: {
    id: column.id,
    applicationId: column.uuid,
    runId: column.uuid,
    executionId: column.uuid,
    taskExecutionId: column.uuid,
    jobId: column.uuid,
    name: column.text,
    type: column.text,
    mode: column.text,
    size: column.bigint,
    sha256: column.text,
    createdAt: column.time,
    pin: column.jsonOrNull,
    deletedAt: column.timeOrNull,
    deletion: column.jsonOrNull,
  },
  foreignKeys: [references('job', 'jobId')],
  checks: [
    { name: 'artifact_type', expression: oneOf('type', artifactTypes) },
    { name: 'artifact_mode', expression: "mode ~ '^[0-7]{3}$'" },
    { name: 'artifact_deletion', expression: '(deleted_at IS NULL) = (deletion IS NULL)' },
    { name: 'artifact_pin', expression: 'pin IS NULL OR deleted_at IS NULL' },
  ],
  uniques: [{ name: 'artifact_name', columns: ['jobId', 'name'] }],
  indices: [
    { name: 'artifact_newest', columns: ['createdAt', 'id'] },
    { name: 'artifact_newest_of_application', columns: ['applicationId', 'createdAt', 'id'] },
    { name: 'artifact_kept', columns: ['createdAt', 'id'], where: 'deleted_at IS NULL' },
    { name: 'artifact_of_run', columns: ['runId', 'createdAt', 'id'] },
    { name: 'artifact_of_task', columns: ['taskExecutionId'] },
    { name: 'artifact_content', columns: ['sha256'], where: 'deleted_at IS NULL' },
  ],
});
