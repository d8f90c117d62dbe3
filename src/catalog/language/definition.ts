import { field, listOf, named, orNull, type ShapeOf } from '../../kernel/fields';
import { partFields } from '../resourceFields';

export const variableFields = {
  name: field.text('Name of the environment variable that commands see.'),
  type: field.text<'string' | 'number' | 'boolean'>(
    'Type of its values: `string`, `number` or `boolean`. All values are passed as text.',
  ),
  required: field.boolean('True if a start must give it a value.'),
  defaultValue: orNull(field.text('Value when none is given.')),
  allowedValues: orNull(listOf(field.text('Allowed values. Null allows any value.'))),
  allowMultipleValues: field.boolean('True if several allowed values may be given, separated by commas.'),
  fixed: field.boolean('True if it always has its default value.'),
  description: orNull(field.text('Free-text description.')),
};
/** A variable that a workflow or a pipeline declares. */
export type VariableDefinition = ShapeOf<typeof variableFields>;

/** Fields of workflows and pipelines. The definition itself is in their revisions. */
export const definedFields = (kind: string) => ({
  ...partFields(kind, 'Time of the last change of its name or definition.'),
  description: orNull(field.text('Description in its definition.')),
  currentRevisionId: field.uuid(),
});
export type DefinedEntity = ShapeOf<ReturnType<typeof definedFields>>;

export const revisionFields = {
  id: field.id('ID of this revision.'),
  /** Workflow or pipeline of the revision. */
  entityId: field.uuid(),
  number: field.integer('Number within the workflow or pipeline, from 1, without gaps.'),
  contentHash: field.text(
    'SHA-256 of the definition’s canonical JSON: the same for the same meaning, however it is written.',
  ),
  definition: field.json(),
  /** Templates whose contents it has. */
  templateIds: listOf(field.uuid()),
  createdAt: field.time('Time of creation.'),
  createdBy: named('createdById', orNull(field.key('ID of the user or API key that created it.'))),
};

/** An immutable version of a definition. */
export interface Revision<Definition> extends ShapeOf<typeof revisionFields> {
  readonly definition: Definition;
}
