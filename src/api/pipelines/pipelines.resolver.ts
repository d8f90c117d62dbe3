import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applicationById } from '../../catalog/applications/applications.loaders';
import { Application } from '../applications/applications.types';
import { DefinitionFormat, RevisionConnection, RevisionType, VariableType } from '../definitions/definitions.types';
import { revisionsOf } from '../../catalog/definitions/revisionPages';
import { writePipeline } from '../../catalog/language/writeDocument';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { createPipeline } from '../../catalog/pipelines/createPipeline';
import { deletePipeline } from '../../catalog/pipelines/deletePipeline';
import type { Pipeline as PipelineRow } from '../../catalog/language/pipeline';
import { pipelineRevisionById } from '../../catalog/pipelines/pipelines.loaders';
import { listPipelines, readPipeline, readPipelineByName } from '../../catalog/pipelines/pipelines.queries';
import { pipelines } from '../../catalog/pipelines/pipelines.store';
import {
  CreatePipelineInput,
  CreatePipelinePayload,
  DeletePipelineInput,
  DeletePipelinePayload,
  Pipeline,
  PipelineConnection,
  PipelineFilter,
  UpdatePipelineInput,
  UpdatePipelinePayload,
} from './pipelines.types';
import { updatePipeline } from '../../catalog/pipelines/updatePipeline';

const revisions = revisionsOf(pipelines);

const currentRevision = async ({ loaders }: Context, row: PipelineRow) =>
  found(await loaders.load(pipelineRevisionById, row.currentRevisionId));

@Resolver(() => Pipeline)
export class PipelinesResolver {
  @Query(() => Pipeline, { nullable: true, description: 'A pipeline by its id. Errors: NOT_FOUND.' })
  pipeline(
    @Arg('pipelineId', () => ID, { description: 'The id of the pipeline.' }) pipelineId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<PipelineRow> {
    return readPipeline(app, actor, pipelineId);
  }

  @Query(() => Pipeline, { nullable: true, description: 'A pipeline by its application and name. Errors: NOT_FOUND.' })
  pipelineByName(
    @Arg('applicationId', () => ID, { description: 'The id of the application.' }) applicationId: string,
    @Arg('pipelineName', () => String, { description: 'The name of the pipeline.' }) pipelineName: string,
    @Ctx() { app, actor }: Context,
  ): Promise<PipelineRow> {
    return readPipelineByName(app, actor, applicationId, pipelineName);
  }

  @Query(() => PipelineConnection, {
    description: 'Pipelines of all applications in the order of their names. Errors: INVALID_INPUT.',
  })
  pipelines(
    @Arg('filters', () => [PipelineFilter], { nullable: true, description: 'All of them must match.' })
    filters: PipelineFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listPipelines(app, actor, filters ?? [], page);
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'The application that it belongs to; null for a caller who may not see it.',
  })
  async application(@Root() { applicationId }: PipelineRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Application', await loaders.load(applicationById, applicationId));
  }

  @FieldResolver(() => [VariableType], { description: 'What a start must or may give.' })
  async pipelineVariables(@Root() row: PipelineRow, @Ctx() context: Context): Promise<readonly VariableType[]> {
    return (await currentRevision(context, row)).definition.variables;
  }

  @FieldResolver(() => RevisionType, { description: 'The definition that is current: what the next execution gets.' })
  revision(@Root() row: PipelineRow, @Ctx() context: Context) {
    return currentRevision(context, row);
  }

  @FieldResolver(() => RevisionConnection, {
    description: 'All versions of its definition, the newest first. Errors: INVALID_INPUT.',
  })
  revisions(@Root() { id }: PipelineRow, @Args(() => PageArguments) page: PageArguments, @Ctx() { loaders }: Context) {
    return revisions(loaders, id, page);
  }

  @FieldResolver(() => String, { description: 'The current definition as a document that can be applied again.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: DefinitionFormat.YAML, description: 'What to write it in.' })
    format: DefinitionFormat,
    @Root() row: PipelineRow,
    @Ctx() context: Context,
  ): Promise<string> {
    const { definition } = await currentRevision(context, row);
    const application = found(await context.loaders.load(applicationById, row.applicationId));
    return writePipeline({ application: application.name, name: row.name }, definition, format);
  }

  @Mutation(() => CreatePipelinePayload, {
    description:
      'Creates a pipeline from a document, which is checked as by `applyDefinitions`. ' +
      'Errors: NOT_FOUND (the application), FORBIDDEN, INVALID_INPUT, NAME_TAKEN, INVALID_DEFINITION (`errors` lists every error).',
  })
  async createPipeline(
    @Arg('input', () => CreatePipelineInput, { description: 'The new pipeline.' }) input: CreatePipelineInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), pipeline: await createPipeline(app, actor, input) };
  }

  @Mutation(() => UpdatePipelinePayload, {
    description:
      'Changes a pipeline; the definition is checked as by `applyDefinitions`, and becomes a new revision. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN, INVALID_DEFINITION.',
  })
  async updatePipeline(
    @Arg('input', () => UpdatePipelineInput, { description: 'The changes.' }) input: UpdatePipelineInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), pipeline: await updatePipeline(app, actor, input) };
  }

  @Mutation(() => DeletePipelinePayload, {
    description:
      'Deletes a pipeline. Its executions stay readable, and go on if they run. Errors: NOT_FOUND, FORBIDDEN.',
  })
  async deletePipeline(
    @Arg('input', () => DeletePipelineInput, { description: 'What to delete.' }) input: DeletePipelineInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deletePipeline(app, actor, input);
    return echo(input);
  }
}
