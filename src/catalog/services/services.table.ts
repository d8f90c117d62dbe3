import { column, references, table } from '../../kernel/database/table';
import type { Service } from './service';

export const serviceTable = table<Service>('service', {
  columns: {
    id: column.id,
    applicationId: column.uuid,
    name: column.text,
    description: column.textOrNull,
    createdAt: column.time,
    createdBy: column.textOrNull,
    updatedAt: column.time,
    deletedAt: column.timeOrNull,
  },
  foreignKeys: [references('application', 'applicationId')],
  indices: [{ name: 'service_name', columns: ['applicationId', 'name'], unique: true, where: 'deleted_at IS NULL' }],
});
