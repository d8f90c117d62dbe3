import { column, references, table } from '../../kernel/database/table';
import type { Secret } from './secret';

export const secretTable = table<Secret>('secret', {
  columns: {
    id: column.id,
    applicationId: column.uuid,
    environmentId: column.uuidOrNull,
    name: column.text,
    version: column.integer,
    keyId: column.text,
    sealed: column.bytes,
    setAt: column.time,
    setById: column.text,
    setBy: column.text,
  },
  foreignKeys: [references('application', 'applicationId'), references('environment', 'environmentId')],
  indices: [
    {
      name: 'secret_of_application',
      columns: ['applicationId', 'name'],
      unique: true,
      where: 'environment_id IS NULL',
    },
    {
      name: 'secret_of_environment',
      columns: ['environmentId', 'name'],
      unique: true,
      where: 'environment_id IS NOT NULL',
    },
    { name: 'secret_environments', columns: ['applicationId', 'environmentId'] },
  ],
});
