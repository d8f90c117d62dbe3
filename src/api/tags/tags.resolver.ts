import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { createTag, deleteTag, updateTag } from '../../catalog/tags/changeTags';
import { newTag, tagChanges, tagEntityType, type Tag as TagRow } from '../../catalog/tags/tags';
import { listTags, readTag, readTagByName, usagesOfTag } from '../../catalog/tags/tags.queries';
import { field, guarded, optional } from '../../kernel/fields';
import { attachTag, detachTag } from '../../runs/tags/attachTags';
import type { Context } from '../graphql/context';
import { Input, mutationInput, mutationPayload } from '../graphql/described.types';
import { GuardArgs } from '../graphql/guardInputs';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import {
  TagDefinition,
  TagDefinitionConnection,
  TagDefinitionFilter,
  TagLink,
  TagUsageConnection,
  TagUsageFilter,
} from './tags.types';

const entity = {
  entityId: field.key('ID of the object.'),
  entityType: field.oneOf(tagEntityType, 'Kind of the object.'),
};
const AttachTagInput = mutationInput('AttachTagInput', 'Tag to attach to an object.', {
  ...entity,
  name: guarded('CHECKED', field.text('Name of the tag. A tag that does not exist is created.')),
  value: guarded('CHECKED', optional(field.text('Value, at most 200 characters on one line. Defaults to none.'))),
});
const AttachTagPayload = mutationPayload('AttachTagPayload', 'Result of `attachTag`.', {
  tagLink: field.object(() => TagLink, 'Tag of the object, with its value.'),
});
const DetachTagInput = mutationInput('DetachTagInput', 'Tag to detach from an object.', {
  ...entity,
  name: field.text('Name of the tag.'),
});
const DetachTagPayload = mutationPayload('DetachTagPayload', 'Result of `detachTag`.', {});
const CreateTagInput = mutationInput('CreateTagInput', 'New tag.', newTag);
const tagId = field.uuid('The tag.');
const UpdateTagInput = mutationInput('UpdateTagInput', 'Changes of a tag. Omitted fields keep their values.', {
  tagId,
  ...tagChanges,
});
const DeleteTagInput = mutationInput('DeleteTagInput', 'Tag to delete.', { tagId });
const TagPayload = mutationPayload('TagPayload', 'Tag after the change.', {
  tag: field.object(() => TagDefinition, 'The tag.'),
});
const DeleteTagPayload = mutationPayload('DeleteTagPayload', 'Result of `deleteTag`.', {});

@Resolver(() => TagDefinition)
export class TagsResolver {
  @Query(() => TagDefinition, {
    nullable: true,
    description:
      'Tag by its ID. Visible to callers with MANAGE_TAGS, and to callers who may see an object that has the tag. Errors: NOT_FOUND.',
  })
  tag(
    @Arg('tagId', () => ID, { description: 'ID of the tag.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<TagRow> {
    return readTag(app, actor, id);
  }

  @GuardArgs({ name: 'LOOKUP' })
  @Query(() => TagDefinition, { nullable: true, description: 'Tag by its name. Errors: NOT_FOUND.' })
  tagByName(
    @Arg('name', () => String, { description: 'Name of the tag.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<TagRow> {
    return readTagByName(app, actor, name);
  }

  @Query(() => TagDefinitionConnection, {
    description:
      'Tags that the caller may see, sorted by name. Example: `tags(limit: 20) { nodes { name usages(limit: 5) { nodes { entityType entityId value } } } }`. Errors: INVALID_INPUT.',
  })
  tags(
    @Arg('filters', () => [TagDefinitionFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: InstanceType<typeof TagDefinitionFilter>[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listTags(app, actor, filters ?? [], page);
  }

  @FieldResolver(() => TagUsageConnection, {
    description: 'Objects that have the tag and that the caller may see, sorted by value. Errors: INVALID_INPUT.',
  })
  usages(
    @Arg('filters', () => [TagUsageFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: InstanceType<typeof TagUsageFilter>[] | null,
    @Root() { id }: TagRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    return usagesOfTag(loaders, actor, id, filters ?? [], page);
  }

  @Mutation(() => AttachTagPayload, {
    description:
      'Attaches a tag to an object, or replaces its value there. An object can have a tag only once. Attaching it again with the same value changes nothing. Requires permission to change the object, or to run the execution. Example: `attachTag(input: {entityId: "…", entityType: SERVICE, name: "team", value: "payments"}) { tagLink { name value } }`. Errors: NOT_FOUND (the object), FORBIDDEN, INVALID_INPUT (rule ONE_OF: the tag does not allow the value).',
  })
  async attachTag(@Input(AttachTagInput) input: InstanceType<typeof AttachTagInput>, @Ctx() { app, actor }: Context) {
    return { ...echo(input), tagLink: await attachTag(app, actor, input) };
  }

  @Mutation(() => DetachTagPayload, {
    description:
      'Detaches a tag from an object. Detaching one that it does not have changes nothing. Errors: NOT_FOUND (the object), FORBIDDEN.',
  })
  async detachTag(@Input(DetachTagInput) input: InstanceType<typeof DetachTagInput>, @Ctx() { app, actor }: Context) {
    await detachTag(app, actor, input);
    return echo(input);
  }

  @Mutation(() => TagPayload, {
    description:
      'Creates a tag, for example to limit its values before it is attached. Requires MANAGE_TAGS. Errors: FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async createTag(@Input(CreateTagInput) input: InstanceType<typeof CreateTagInput>, @Ctx() { app, actor }: Context) {
    return { ...echo(input), tag: await createTag(app, actor, input) };
  }

  @Mutation(() => TagPayload, {
    description:
      'Renames a tag, or changes its allowed values. Objects keep the tag. Requires MANAGE_TAGS. Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN, IN_USE (an object has a value that is not in the new list).',
  })
  async updateTag(@Input(UpdateTagInput) input: InstanceType<typeof UpdateTagInput>, @Ctx() { app, actor }: Context) {
    return { ...echo(input), tag: await updateTag(app, actor, input.tagId, input) };
  }

  @Mutation(() => DeleteTagPayload, {
    description: 'Deletes a tag and detaches it from every object. Requires MANAGE_TAGS. Errors: NOT_FOUND, FORBIDDEN.',
  })
  async deleteTag(@Input(DeleteTagInput) input: InstanceType<typeof DeleteTagInput>, @Ctx() { app, actor }: Context) {
    await deleteTag(app, actor, input.tagId);
    return echo(input);
  }
}
