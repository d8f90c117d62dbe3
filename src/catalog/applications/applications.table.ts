import { column, table } from '../../kernel/database/table';
import type { Application } from './application';

export const applicationTable = table<Application>('application', {
  columns: {
    id: column.id,
    name: column.text,
    description: column.textOrNull,
    createdAt: column.time,
    createdBy: column.textOrNull,
    updatedAt: column.time,
    deletedAt: column.timeOrNull,
  },
  indices: [{ name: 'application_name', columns: ['name'], unique: true, where: 'deleted_at IS NULL' }],
});
