import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { applications } from '../../catalog/applications/applications';
import type { Context } from '../graphql/context';
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
import { writePipeline, writeWorkflow } from '../../catalog/language/writeDocument';

@Resolver(() => RevisionType)
export class DefinitionsResolver {
  @FieldResolver(() => String, { description: 'Definition as a document that can be applied again.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: 'Output format.' })
    format: DefinitionSource['format'],
    @Root() { entityId, definition }: Revision<WorkflowDefinition> | Revision<PipelineDefinition>,
    @Ctx() { loaders }: Context,
  ): Promise<string> {
    const isPipeline = 'stages' in definition;
    const row = found(
      await (isPipeline ? loaders.load(pipelines.byId, entityId) : loaders.load(workflows.byId, entityId)),
    );
    const application = found(await loaders.load(applications.byId, row.applicationId));
    const head = { application: application.name, name: row.name };
    return isPipeline ? writePipeline(head, definition, format) : writeWorkflow(head, definition, format);
  }

  @Query(() => DefinitionValidation, {
    description:
      'Result of validating documents as `applyDefinitions` would, against the existing definitions. Needs no ' +
      'permission to write, and writes nothing. Returns problems instead of failing.',
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
        'Name of the application for documents that name none. For TOML it is optional: without it, nothing outside the ' +
        'document is checked.',
    })
    application: string | null,
    @Ctx() { app, actor }: Context,
  ) {
    return validateDefinition(app, actor, { source, format, application });
  }

  @Mutation(() => ApplyDefinitionsPayload, {
    description:
      'Applies documents: creates what does not exist, changes what differs, and leaves the rest alone. Never deletes ' +
      'anything. All or nothing: with an error in any document nothing is written. Applying the same documents again ' +
      'changes nothing. Each document that creates or changes something needs the permission of the corresponding ' +
      'mutation. Errors: INVALID_DEFINITION (`errors` lists every error of all documents, each with `path`, `line`, ' +
      '`column`, `rule` and `message`), FORBIDDEN, NAME_TAKEN (by something that the caller may not see).',
  })
  async applyDefinitions(
    @Arg('input', () => ApplyDefinitionsInput, { description: 'Documents to apply.' }) input: InstanceType<
      typeof ApplyDefinitionsInput
    >,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), results: await applyDefinitions(app, actor, input) };
  }
}
