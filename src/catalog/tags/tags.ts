import { NamedRows } from '../../kernel/database/namedRows';
import { column, oneOf, references, tableOf } from '../../kernel/database/table';
import { field, guarded, listOf, named, optional, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';
import { TAG_NAME, TAG_VALUE } from '../language/tagShape';

/** A tag as it exists on the server: its name, and the values that it may have. Objects have it with a value. */
export const tagFields = {
  id: field.id('ID, kept when the tag is renamed.'),
  name: field.text('Name, unique on the server.'),
  allowedValues: orNull(listOf(field.text('Values that objects may have it with. Null allows any value.'))),
  createdAt: field.time('Time at which it was created, or first attached.'),
  createdBy: named('createdById', orNull(field.key('ID of the user or API key that created it.'))),
  updatedAt: field.time('Time of the last change of its name or allowed values.'),
};
export type Tag = ShapeOf<typeof tagFields>;

export const tags = new NamedRows<Tag>(
  tableOf('tag', tagFields, { uniques: [{ name: 'tag_name', columns: ['name'] }] }),
  'tags',
  'TRUE',
);

export const tagEntityType = {
  name: 'TagEntityType',
  description: 'Kind of an object that has tags.',
  values: {
    APPLICATION: 'An application.',
    DEPLOYMENT: 'An execution. It also shows the tags of its pipeline or workflow.',
    ENVIRONMENT: 'An environment.',
    PIPELINE: 'A pipeline.',
    SERVICE: 'A service.',
    TRIGGER: 'A trigger.',
    WORKFLOW: 'A workflow.',
  },
} as const;
export const tagEntityTypes = valuesOf(tagEntityType);
export type TagEntityType = (typeof tagEntityTypes)[number];

const ofKey = () => ({ ...field.uuid(), column: { ...column.uuid, primary: true } });

/** Tag of an object. IDs of objects are unique over all kinds. */
export const tagLinkFields = {
  entityId: ofKey(),
  tagId: ofKey(),
  entityType: field.oneOf(tagEntityType),
  applicationId: field.uuid(),
  /** Empty for a tag without a value. */
  value: field.text(),
  attachedAt: field.time(),
  attachedBy: orNull(field.key()),
};

export const tagLinkTable = tableOf('tag_link', tagLinkFields, {
  foreignKeys: [references('tag', 'tagId', { cascade: true })],
  indices: [{ name: 'tag_link_of_tag', columns: ['tagId', 'value', 'entityId'] }],
  checks: [{ name: 'tag_link_entity_type', expression: oneOf('entity_type', tagEntityTypes) }],
});

/** A tag of an object, as clients see it. */
export const shownTagFields = {
  name: field.text('Name of the tag.'),
  value: field.text('Value of the tag for this object. Empty if it has none.'),
};
export type ShownTag = ShapeOf<typeof shownTagFields>;

const name = (description: string) => guarded('CHECKED', field.text(`${description}: ${TAG_NAME}.`));
const allowedValues = (description: string) =>
  optional(listOf(guarded('CHECKED', field.text(`${description} Each has ${TAG_VALUE}.`))));

export const newTag = {
  name: name('Name, unique on the server'),
  allowedValues: allowedValues('Values that objects may have it with. Null, the default, allows any value.'),
};
export type NewTag = ShapeOf<typeof newTag>;

export const tagChanges = {
  name: optional(name('New name')),
  allowedValues: allowedValues('New list of allowed values. Null allows any value; if omitted, the list stays.'),
};
export type TagChanges = ShapeOf<typeof tagChanges>;
