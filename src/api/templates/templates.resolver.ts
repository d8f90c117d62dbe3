import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { revisionsOf } from '../../catalog/definitions/revisionPages';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import {
  deleteTemplate,
  listTemplates,
  readTemplateByName,
  requireTemplate,
  seenTemplate,
  type TemplateFilter as Filter,
  usersOfTemplate,
} from '../../catalog/templates/templates.queries';
import { type Template as TemplateRow, templateRevisionById, templates } from '../../catalog/templates/templates';
import { field, optional } from '../../kernel/fields';
import { found } from '../../kernel/loaders';
import type { Page, PageArguments as PageInput } from '../../kernel/paging';
import { Application } from '../applications/application.types';
import { filterById } from '../applications/partResolver';
import { DefinitionFormat, RevisionConnection, RevisionType } from '../definitions/definitions.types';
import type { Context } from '../graphql/context';
import { Input, inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { GuardArgs } from '../graphql/guardInputs';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { templateDocument } from './templateDocument';
import { Template, TemplateConnection, TemplateParameter, TemplateUse } from './templates.types';

const TemplateFilter = inputType('TemplateFilter', 'Filter of a list of templates. All given fields must match.', {
  template: filterById('Filters by the ID of the template.'),
  name: filterById('Filters by name. LIKE matches parts of names.'),
  application: filterById('Filters by the ID of the application that a template belongs to.'),
  isOfAccount: optional(field.boolean('True for templates of the account only; false for those of applications.')),
});

const DeleteTemplateInput = mutationInput('DeleteTemplateInput', 'Template to delete.', {
  templateId: field.uuid('Template to delete.'),
});
const DeleteTemplatePayload = mutationPayload(
  'DeleteTemplatePayload',
  'Result of `deleteTemplate`: the template is deleted.',
  {},
);

const revisions = revisionsOf(templates);
const currentOf = async ({ loaders }: Context, { currentRevisionId }: TemplateRow) =>
  found(await loaders.load(templateRevisionById, currentRevisionId));

@Resolver(() => Template)
export class TemplatesResolver {
  @Query(() => Template, { nullable: true, description: 'Template by its ID. Errors: NOT_FOUND.' })
  template(
    @Arg('templateId', () => ID, { description: 'ID of the template.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return requireTemplate(app.database, actor, id);
  }

  @GuardArgs({ templateName: 'LOOKUP' })
  @Query(() => Template, {
    nullable: true,
    description:
      'Template that a name refers to in an application: that of the application if there is one, else that of the account. Errors: NOT_FOUND.',
  })
  templateByName(
    @Arg('templateName', () => String, { description: 'Name of the template.' }) name: string,
    @Arg('applicationId', () => ID, {
      nullable: true,
      description: 'ID of the application. Without it, only templates of the account are found.',
    })
    applicationId: string | null,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return readTemplateByName(app, actor, name, applicationId ?? null);
  }

  @Query(() => TemplateConnection, {
    description:
      'Templates of the account, and of applications that the caller may see, sorted by name. `applyDefinitions` creates and changes them. Errors: INVALID_INPUT.',
  })
  templates(
    @Arg('filters', () => [TemplateFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: Filter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listTemplates(app, actor, filters ?? [], page);
  }

  @Mutation(() => DeleteTemplatePayload, {
    description:
      'Deletes a template. Revisions that include its contents stay as they are. Requires MANAGE_TEMPLATES for a template of the account, UPDATE on the application for one of an application. ' +
      'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists the definitions that extend it and that the caller may see).',
  })
  async deleteTemplate(
    @Input(DeleteTemplateInput) input: InstanceType<typeof DeleteTemplateInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteTemplate(app, actor, input.templateId);
    return echo(input);
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description:
      'Application that it belongs to. Null for a template of the account, which every application can extend.',
  })
  async application(@Root() { applicationId }: TemplateRow, @Ctx() { loaders, actor }: Context) {
    if (applicationId === null) return null;
    return visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, applicationId));
  }

  @FieldResolver(() => [TemplateParameter], { description: 'Parameters, in the order of its document.' })
  async parameters(@Root() row: TemplateRow, @Ctx() context: Context) {
    return (await currentOf(context, row)).definition.parameters;
  }

  @FieldResolver(() => Template, { nullable: true, description: 'Template that it extends.' })
  async base(@Root() row: TemplateRow, @Ctx() context: Context) {
    const { base } = (await currentOf(context, row)).definition;
    return base && ((await context.loaders.load(seenTemplate(context.actor.access), base.id)) ?? null);
  }

  @FieldResolver(() => RevisionType, { description: 'Current revision.' })
  revision(@Root() row: TemplateRow, @Ctx() context: Context): Promise<object> {
    return currentOf(context, row);
  }

  @FieldResolver(() => RevisionConnection, {
    description: 'Revisions, newest first. `extends: NAME@NUMBER` names one. Errors: INVALID_INPUT.',
  })
  revisions(
    @Root() { id }: TemplateRow,
    @Args(() => PageArguments) page: PageInput,
    @Ctx() { loaders }: Context,
  ): Promise<Page<object>> {
    return revisions(loaders, id, page);
  }

  @FieldResolver(() => String, { description: 'Current definition as a document that can be applied again.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: 'Format of the document.' })
    format: DefinitionSource['format'],
    @Root() row: TemplateRow,
    @Ctx() context: Context,
  ): Promise<string> {
    return templateDocument(context.loaders, row.id, (await currentOf(context, row)).definition, format);
  }

  @FieldResolver(() => [TemplateUse], {
    description:
      'Workflows, pipelines and templates whose current definitions extend it, directly or through other templates, and which the caller may see. Those that name a revision do not follow changes.',
  })
  async users(@Root() row: TemplateRow, @Ctx() context: Context) {
    const { number } = await currentOf(context, row);
    const users = (await context.loaders.load(usersOfTemplate(context.actor.access), row.id)) ?? [];
    return users.map(({ kind, id, name, application, extended, base }) => {
      const use = extended?.uses.find((one) => one.id === row.id);
      const revision = use?.revision ?? base?.revision ?? number;
      const pinned = use?.pinned ?? revision < number;
      return { kind, id, name, application, revision, pinned, outdated: revision < number };
    });
  }
}
