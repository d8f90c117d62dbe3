import { column, oneOf, references, table } from '../../kernel/database/table';
import { type Deployment, deploymentStatuses, type Environment, environmentTypes } from './environment';

export const environmentTable = table<Environment>('environment', {
  columns: {
    id: column.id,
    applicationId: column.uuid,
    name: column.text,
    type: column.text,
    description: column.textOrNull,
    variables: column.json,
    createdAt: column.time,
    createdBy: column.textOrNull,
    updatedAt: column.time,
    deletedAt: column.timeOrNull,
  },
  foreignKeys: [references('application', 'applicationId')],
  indices: [
    { name: 'environment_name', columns: ['applicationId', 'name'], unique: true, where: 'deleted_at IS NULL' },
  ],
  checks: [{ name: 'environment_type', expression: oneOf('type', environmentTypes) }],
});

export const deploymentTable = table<Deployment>('deployment', {
  columns: {
    id: column.id,
    number: { ...column.bigint, generated: 'increment' },
    environmentId: column.uuid,
    serviceId: column.uuid,
    image: column.textOrNull,
    status: column.text,
    executionId: column.uuid,
    runId: column.uuid,
    deployedAt: column.time,
  },
  foreignKeys: [
    references('environment', 'environmentId'),
    references('service', 'serviceId'),
    references('execution', 'executionId'),
  ],
  indices: [
    { name: 'deployment_number', columns: ['number'], unique: true },
    // Its last entry is what an environment has of a service.
    {
      name: 'deployment_newest',
      columns: ['environmentId', 'serviceId', 'number'],
      unique: true,
      where: `status = 'SUCCEEDED'`,
    },
    { name: 'deployment_run', columns: ['runId'] },
  ],
  checks: [{ name: 'deployment_status', expression: oneOf('status', deploymentStatuses) }],
});
