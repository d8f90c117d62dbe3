import { column, oneOf, references, table } from '../../kernel/database/table';
import { type Deployment, type Environment, environmentTypes } from './environment';

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
    environmentId: column.uuid,
    serviceId: column.uuid,
    image: column.text,
    executionId: column.uuid,
    runId: column.uuid,
    deployedAt: column.time,
    current: column.boolean,
    revertedBy: column.uuidOrNull,
  },
  foreignKeys: [
    references('environment', 'environmentId'),
    references('service', 'serviceId'),
    references('execution', 'executionId'),
  ],
  indices: [
    { name: 'deployment_current', columns: ['environmentId', 'serviceId'], unique: true, where: 'current' },
    { name: 'deployment_history', columns: ['environmentId', 'deployedAt', 'id'] },
    { name: 'deployment_run', columns: ['runId'] },
  ],
});
