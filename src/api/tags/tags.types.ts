import { tagEntityType, tagFields, shownTagFields, tagLinkFields } from '../../catalog/tags/tags';
import { field, listOf, optional } from '../../kernel/fields';
import { inputType, objectType } from '../graphql/described.types';
import { IdFilter } from '../graphql/filters.types';
import { ConnectionType } from '../graphql/paging.types';

export const Tag = objectType('Tag', 'Tag of an object.', shownTagFields);

export const TagDefinition = objectType(
  'TagDefinition',
  'Tag as defined on the server. Each object that has it gives it a value, which may be empty.',
  tagFields,
);
export const TagDefinitionConnection = ConnectionType(TagDefinition, 'TagDefinition');

const entityId = field.key('ID of the object.');
const entityType = field.oneOf(tagEntityType, 'Kind of the object.');

export const TagUsage = objectType('TagUsage', 'Object that has a tag.', {
  entityId,
  entityType,
  value: shownTagFields.value,
});
export const TagUsageConnection = ConnectionType(TagUsage, 'TagUsage');

export const TagLink = objectType('TagLink', 'Tag of an object, after it was attached.', {
  appId: { ...tagLinkFields.applicationId, description: 'Application that the object is, or belongs to.' },
  entityId,
  entityType,
  ...shownTagFields,
});

const TagInput = inputType('TagInput', 'Tag to look for.', {
  name: field.text('Name of the tag.'),
  value: optional(field.text('Value of the tag. Null: any value.')),
});

export const TagFilter = inputType(
  'TagFilter',
  'Filter by tags. Matches objects that have at least one of the tags. To match objects that have several tags, use one filter for each. Example: `{tag: {tags: [{name: "team", value: "payments"}]}}`.',
  {
    entityType: optional(
      field.oneOf(
        tagEntityType,
        'Kind of the objects with the tag. Defaults to the objects of the list. Any list can also be filtered by tags of the APPLICATION, and executions by those of everything that they run or deploy.',
      ),
    ),
    tags: listOf(field.object(() => TagInput, 'Tags, of which an object must have at least one.')),
  },
);
export const filterByTag = optional(field.object(() => TagFilter, 'Filters by tags.'));

export const TagDefinitionFilter = inputType('TagDefinitionFilter', 'Filter of a list of tags.', {
  tagName: optional(field.object(() => IdFilter, 'Filters by name. LIKE matches parts of names.')),
});

export const TagUsageFilter = inputType('TagUsageFilter', 'Filter of the objects that have a tag.', {
  entityType: optional(listOf(field.oneOf(tagEntityType, 'Kinds of objects. Defaults to all.'))),
});
