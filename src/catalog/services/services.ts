import { field, guarded, listOf, optional, type ShapeOf } from '../../kernel/fields';
import { newPart, partChanges, partFields } from '../resourceFields';
import { ConfiguredRows, partTable } from '../resources.store';
import { readDependencies, refuseDependents, withDependencies } from './serviceDependencies';

const REFERENCE =
  'A service of the same application by its name, or one of another application as `application/service`.';

/** A deployable unit. An environment holds one image of it at a time. */
export const serviceFields = {
  ...partFields('service', 'Time of the last change of its name, description or dependencies.'),
  dependsOn: listOf(
    field.text(`Services that it depends on: \`restoreEnvironments\` brings them back before it. ${REFERENCE}`),
  ),
};
export type Service = ShapeOf<typeof serviceFields>;

const dependsOn = (description: string) =>
  optional(listOf(guarded('CHECKED', field.text(`${description} ${REFERENCE} At most 100, without cycles.`))));

export const newService = { ...newPart('service'), dependsOn: dependsOn('Services that it depends on.') };
export const serviceChanges = {
  ...partChanges,
  dependsOn: dependsOn('Complete list of the services that it depends on, replacing the previous one. Null keeps it.'),
};

interface OwnInput {
  readonly dependsOn?: readonly string[] | null;
}

export const services = new ConfiguredRows<Service, OwnInput>('Service', partTable('service', serviceFields), {
  read: ({ dependsOn: given }) => (given ? { dependsOn: readDependencies(given) } : {}),
  defaults: { dependsOn: [] },
  complete: withDependencies,
  beforeDelete: (db, row, { actor, application }) => refuseDependents(db, actor.access, application, row),
});
