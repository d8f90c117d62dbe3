import { tableOf } from '../../kernel/database/table';
import type { ShapeOf } from '../../kernel/fields';
import { newResource, resourceChanges, resourceFields } from '../resourceFields';
import { ResourceRows } from '../resources.store';

/** The unit that groups environments, services, workflows and pipelines. Permissions are granted per application. */
export const applicationFields = resourceFields(
  'application',
  'Name, unique among the applications.',
  'Time of the last change of its name or description.',
);
export type Application = ShapeOf<typeof applicationFields>;

export const newApplication = newResource('among the applications');
export const applicationChanges = resourceChanges('New name. Null keeps the name.');

export const applications = new ResourceRows<Application>(
  tableOf('application', applicationFields, {
    indices: [{ name: 'application_name', columns: ['name'], unique: true, where: 'deleted_at IS NULL' }],
  }),
  'applications',
);
