import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { authorById } from '../../access/access.loaders';
import { applications } from '../../catalog/applications/applications';
import { EventActor } from '../access/actor.types';
import type { Context } from '../graphql/context';
import { GuardArgs } from '../graphql/guardInputs';
import { found } from '../../kernel/loaders';
import { echo } from '../graphql/mutations.types';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import { pipelines } from '../../catalog/pipelines/pipelines';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { workflows } from '../../catalog/workflows/workflows';
import { applyDefinitions } from '../../catalog/definitions/applyDefinitions';
import type { Revision } from '../../catalog/language/definition';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import {
  ApplyDefinitionsInput,
  ApplyDefinitionsPayload,
  DefinitionFormat,
  DefinitionValidation,
  RevisionType,
} from './definitions.types';
import { validateDefinition } from '../../catalog/definitions/validateDefinition';
import type { TemplateRevision } from '../../catalog/templates/templates';
import { templateDocument } from '../templates/templateDocument';
import { writePipeline, writeWorkflow } from '../../catalog/language/writeDocument';

@Resolver(() => RevisionType)
export class DefinitionsResolver {
  @FieldResolver(() => EventActor, {
    nullable: true,
    description: 'User or API key that created it, with its current name. Null if it no longer exists.',
  })
  async author(
    @Root() { createdBy }: { readonly createdBy: string | null },
    @Ctx() { loaders }: Context,
  ): Promise<object | null> {
    return createdBy === null ? null : ((await loaders.load(authorById, createdBy)) ?? null);
  }

  @FieldResolver(() => String, { description: 'Definition as a document that can be applied again.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: 'Format of the document.' })
    format: DefinitionSource['format'],
    @Root()
    { entityId, definition }: Revision<WorkflowDefinition> | Revision<PipelineDefinition> | TemplateRevision,
    @Ctx() { loaders }: Context,
  ): Promise<string> {
    if ('of' in definition) return templateDocument(loaders, entityId, definition, format);
    const isPipeline = 'stages' in definition;
    const row = found(
      await (isPipeline ? loaders.load(pipelines.byId, entityId) : loaders.load(workflows.byId, entityId)),
    );
    const application = found(await loaders.load(applications.byId, row.applicationId));
    const head = { application: application.name, name: row.name };
    return isPipeline ? writePipeline(head, definition, format) : writeWorkflow(head, definition, format);
  }

  @GuardArgs({ source: 'CHECKED' })
  @Query(() => DefinitionValidation, {
    description:
      'Validates documents as `applyDefinitions` would, against the existing resources, without writing anything. Requires no write permission. Problems are returned in the result, not as errors.',
  })
  validateDefinition(
    @Arg('source', () => String, { description: 'One or more documents, in any order.' }) source: string,
    @Arg('format', () => DefinitionFormat, {
      defaultValue: 'YAML',
      description: 'Format of the documents.',
    })
    format: DefinitionSource['format'],
    @Arg('application', () => String, {
      nullable: true,
      description:
        'Default application, by name, for documents that don’t name one. If omitted for TOML, the document is validated on its own.',
    })
    application: string | null,
    @Arg('name', () => String, { nullable: true, description: 'Default name, for a TOML workflow file without one.' })
    name: string | null,
    @Ctx() { app, actor }: Context,
  ) {
    return validateDefinition(app, actor, { source, format, application, name });
  }

  @Mutation(() => ApplyDefinitionsPayload, {
    description:
      'Applies documents: creates resources that do not exist, changes those that differ, and never deletes any. All or nothing: an error in ' +
      'any document prevents all changes. Applying the same documents again changes nothing. ' +
      'A document that creates or changes a resource needs the permission that the mutation for that resource would need. ' +
      'Errors: INVALID_DEFINITION (`errors` lists every error of all documents, each with `path`, `line`, `column`, `rule` and `message`), ' +
      'FORBIDDEN, NAME_TAKEN (by a resource that the caller may not see), CONFLICT (a resource in `unchanged` has changed or was deleted; `id` names it).',
  })
  async applyDefinitions(
    @Arg('input', () => ApplyDefinitionsInput, { description: 'Documents to apply.' }) input: InstanceType<
      typeof ApplyDefinitionsInput
    >,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await applyDefinitions(app, actor, input)) };
  }
}
