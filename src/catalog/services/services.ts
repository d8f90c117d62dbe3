import type { ShapeOf } from '../../kernel/fields';
import { newPart, partChanges, partFields } from '../resourceFields';
import { ConfiguredRows, partTable } from '../resources.store';

/** A deployable unit. An environment holds one image of it at a time. */
export const serviceFields = partFields('service', 'Time of the last change of its name or description.');
export type Service = ShapeOf<typeof serviceFields>;

export const newService = newPart('service');
export const serviceChanges = partChanges;

export const services = new ConfiguredRows<Service>('Service', partTable('service', serviceFields), {
  read: () => ({}),
});
