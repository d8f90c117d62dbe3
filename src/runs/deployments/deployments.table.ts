import { column, oneOf, references, table, tableOf } from '../../kernel/database/table';
import { field, type ShapeOf } from '../../kernel/fields';
import { deploymentStatuses, type RecordedDeployment } from '../../engine/deployment';

/** Append-only history: a trigger allows no update of a row except the end of its deployment. */
export const deploymentTable = table<RecordedDeployment>('deployment', {
  columns: {
    id: column.id,
    number: { ...column.bigint, generated: 'increment' },
    environmentId: column.uuid,
    serviceId: column.uuid,
    image: column.text,
    status: column.text,
    executionId: column.uuid,
    attempt: column.integer,
    runId: column.uuid,
    taskExecutionId: column.uuidOrNull,
    task: column.textOrNull,
    operationId: column.uuidOrNull,
    cause: column.json,
    startedAt: column.time,
    endedAt: column.timeOrNull,
    endNumber: { ...column.bigint, nullable: true },
  },
  foreignKeys: [
    references('environment', 'environmentId'),
    references('service', 'serviceId'),
    references('execution', 'executionId'),
    references('execution', 'runId'),
    references('task_execution', 'taskExecutionId'),
    references('operation', 'operationId'),
  ],
  indices: [
    // History of an environment, and of a service in it, newest first.
    { name: 'deployment_environment', columns: ['environmentId', 'number'], unique: true },
    { name: 'deployment_place', columns: ['environmentId', 'serviceId', 'number'], unique: true },
    // The last entry for a service is its current deployment in the environment.
    {
      name: 'deployment_newest',
      columns: ['environmentId', 'serviceId', 'endNumber'],
      unique: true,
      where: `status IN ('SUCCEEDED', 'REMOVED')`,
    },
    // Unsuccessful ends that are newer than the current deployment are at the end of this index.
    {
      name: 'deployment_unsuccessful',
      columns: ['environmentId', 'serviceId', 'endNumber'],
      unique: true,
      where: `status IN ('FAILED', 'UNKNOWN')`,
    },
    // Handwritten, because it has a hash of the image.
    { name: 'deployment_image', columns: ['serviceId', 'number'], synchronize: false },
    // The same two by time, for the state at any moment.
    {
      name: 'deployment_newest_at',
      columns: ['environmentId', 'serviceId', 'endedAt', 'endNumber'],
      where: `status IN ('SUCCEEDED', 'REMOVED')`,
    },
    {
      name: 'deployment_unsuccessful_at',
      columns: ['environmentId', 'serviceId', 'endedAt', 'endNumber'],
      where: `status IN ('FAILED', 'UNKNOWN')`,
    },
    { name: 'deployment_in_progress', columns: ['environmentId', 'serviceId'], where: `status = 'IN_PROGRESS'` },
    { name: 'deployment_end', columns: ['endNumber'], unique: true, where: 'end_number IS NOT NULL' },
    { name: 'deployment_run', columns: ['runId', 'number'] },
    { name: 'deployment_execution', columns: ['executionId', 'number'] },
    // A task has one command at a time, and a workflow as a whole deploys a service once per attempt.
    {
      name: 'deployment_of_task',
      columns: ['taskExecutionId', 'serviceId'],
      unique: true,
      where: `status = 'IN_PROGRESS' AND task_execution_id IS NOT NULL`,
    },
    {
      name: 'deployment_of_workflow',
      columns: ['executionId', 'attempt', 'serviceId'],
      unique: true,
      where: 'task_execution_id IS NULL AND operation_id IS NULL',
    },
  ],
  checks: [
    { name: 'deployment_status', expression: oneOf('status', deploymentStatuses) },
    { name: 'deployment_ended', expression: `(status = 'IN_PROGRESS') = (ended_at IS NULL)` },
    {
      name: 'deployment_end_number',
      expression: '(ended_at IS NULL) = (end_number IS NULL) AND (end_number IS NULL OR end_number > number)',
    },
    { name: 'deployment_task', expression: '(task IS NULL) = (task_execution_id IS NULL)' },
    {
      name: 'deployment_restored',
      expression: `operation_id IS NULL AND status <> 'REMOVED'
        OR operation_id IS NOT NULL AND task_execution_id IS NULL AND status IN ('SUCCEEDED', 'REMOVED', 'UNKNOWN')`,
    },
  ],
});

/**
 * The first deployment of each image of a service to each environment: what a service has ever had, without its whole
 * history. Hashes stand for texts that may be longer than an index entry.
 */
const deployedImageFields = {
  deploymentId: { ...field.uuid(), column: { ...column.uuid, primary: true } },
  number: field.bigint(),
  serviceId: field.uuid(),
  environmentId: field.uuid(),
  image: field.text(),
  imageHash: field.text(),
  repository: field.text(),
  repositoryHash: field.text(),
  deployedAt: field.time(),
};
export type DeployedImage = ShapeOf<typeof deployedImageFields>;

export const deployedImageTable = tableOf('deployed_image', deployedImageFields, {
  foreignKeys: [
    references('deployment', 'deploymentId'),
    references('service', 'serviceId'),
    references('environment', 'environmentId'),
  ],
  indices: [
    { name: 'deployed_image_place', columns: ['environmentId', 'serviceId', 'imageHash'], unique: true },
    { name: 'deployed_image_image', columns: ['serviceId', 'imageHash', 'number'] },
    { name: 'deployed_image_newest', columns: ['serviceId', 'repositoryHash', 'deployedAt', 'number'] },
  ],
});
