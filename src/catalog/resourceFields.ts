import { field, guarded, named, optional, orNull, type ShapeOf } from '../kernel/fields';
import { MAX_DESCRIPTION, nameRule } from '../kernel/naming';

/** Fields of applications and of their parts. `name` and `updatedAt` are described by each resource. */
export const resourceFields = (kind: string, name: string, updatedAt: string) => ({
  id: field.id(`ID, kept when the ${kind} is renamed.`),
  name: field.text(name),
  description: orNull(field.text('Free-text description.')),
  createdAt: field.time('Time of creation.'),
  createdBy: named('createdById', orNull(field.key('ID of the user or API key that created it.'))),
  updatedAt: field.time(updatedAt),
  /** Deleted rows stay, because past executions and deployments refer to them. */
  deletedAt: orNull(field.time()),
});

/** Fields of the parts of an application. */
export const partFields = (kind: string, updatedAt: string) => ({
  ...resourceFields(kind, `Name, unique among the ${kind}s of the application.`, updatedAt),
  applicationId: field.uuid(),
});

export type ResourceRow = ShapeOf<ReturnType<typeof resourceFields>>;
export type PartRow = ShapeOf<ReturnType<typeof partFields>>;

const atMost = `at most ${MAX_DESCRIPTION.toLocaleString('en-US')} characters`;

/** Input fields of a new resource. `scope` is where its name is unique. */
export const newResource = (scope: string) => ({
  name: guarded('CHECKED', field.text(`Name, unique ${scope}: ${nameRule}.`)),
  description: guarded('CHECKED', optional(field.text(`Free text, ${atMost}.`))),
});

export const newPart = (kind: string) => ({
  applicationId: field.uuid(`Application that the ${kind} belongs to.`),
  ...newResource('in the application'),
});

/** Input fields of a change. */
export const resourceChanges = (newName: string) => ({
  name: guarded('CHECKED', optional(field.text(newName))),
  description: guarded('CHECKED', optional(field.text(`New description, ${atMost}. Null removes it.`))),
});

export const partChanges = resourceChanges(
  'New name, also written into the definitions that refer to it. Null keeps the name.',
);

export type NewResource = ShapeOf<ReturnType<typeof newResource>>;
export type NewPart = ShapeOf<ReturnType<typeof newPart>>;
/** Undefined keeps the current value; null removes a description and keeps anything else. */
export type ResourceChanges = ShapeOf<typeof partChanges>;
