import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applicationById } from '../../catalog/applications/applications.loaders';
import { Application } from '../applications/applications.types';
import { DefinitionFormat, RevisionConnection, RevisionType, VariableType } from '../definitions/definitions.types';
import { revisionsOf } from '../../catalog/definitions/revisionPages';
import { writeWorkflow } from '../../catalog/language/writeDocument';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { createWorkflow } from '../../catalog/workflows/createWorkflow';
import { deleteWorkflow } from '../../catalog/workflows/deleteWorkflow';
import { updateWorkflow } from '../../catalog/workflows/updateWorkflow';
import type { Workflow as WorkflowRow } from '../../catalog/language/workflow';
import { workflowRevisionById } from '../../catalog/workflows/workflows.loaders';
import { listWorkflows, readWorkflow, readWorkflowByName } from '../../catalog/workflows/workflows.queries';
import { workflows } from '../../catalog/workflows/workflows.store';
import {
  CreateWorkflowInput,
  CreateWorkflowPayload,
  DeleteWorkflowInput,
  DeleteWorkflowPayload,
  UpdateWorkflowInput,
  UpdateWorkflowPayload,
  Workflow,
  WorkflowConnection,
  WorkflowFilter,
} from './workflows.types';

const revisions = revisionsOf(workflows);

const currentRevision = async ({ loaders }: Context, row: WorkflowRow) =>
  found(await loaders.load(workflowRevisionById, row.currentRevisionId));

@Resolver(() => Workflow)
export class WorkflowsResolver {
  @Query(() => Workflow, { nullable: true, description: 'A workflow by its id. Errors: NOT_FOUND.' })
  workflow(
    @Arg('workflowId', () => ID, { description: 'The id of the workflow.' }) workflowId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<WorkflowRow> {
    return readWorkflow(app, actor, workflowId);
  }

  @Query(() => Workflow, { nullable: true, description: 'A workflow by its application and name. Errors: NOT_FOUND.' })
  workflowByName(
    @Arg('applicationId', () => ID, { description: 'The id of the application.' }) applicationId: string,
    @Arg('workflowName', () => String, { description: 'The name of the workflow.' }) workflowName: string,
    @Ctx() { app, actor }: Context,
  ): Promise<WorkflowRow> {
    return readWorkflowByName(app, actor, applicationId, workflowName);
  }

  @Query(() => WorkflowConnection, {
    description: 'Workflows of all applications in the order of their names. Errors: INVALID_INPUT.',
  })
  workflows(
    @Arg('filters', () => [WorkflowFilter], { nullable: true, description: 'All of them must match.' })
    filters: WorkflowFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listWorkflows(app, actor, filters ?? [], page);
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'The application that it belongs to; null for a caller who may not see it.',
  })
  async application(@Root() { applicationId }: WorkflowRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Application', await loaders.load(applicationById, applicationId));
  }

  @FieldResolver(() => [VariableType], { description: 'What a start must or may give.' })
  async workflowVariables(@Root() row: WorkflowRow, @Ctx() context: Context): Promise<readonly VariableType[]> {
    return (await currentRevision(context, row)).definition.variables;
  }

  @FieldResolver(() => RevisionType, { description: 'The definition that is current: what the next execution gets.' })
  revision(@Root() row: WorkflowRow, @Ctx() context: Context) {
    return currentRevision(context, row);
  }

  @FieldResolver(() => RevisionConnection, {
    description: 'All versions of its definition, the newest first. Errors: INVALID_INPUT.',
  })
  revisions(@Root() { id }: WorkflowRow, @Args(() => PageArguments) page: PageArguments, @Ctx() { loaders }: Context) {
    return revisions(loaders, id, page);
  }

  @FieldResolver(() => String, { description: 'The current definition as a document that can be applied again.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: DefinitionFormat.YAML, description: 'What to write it in.' })
    format: DefinitionFormat,
    @Root() row: WorkflowRow,
    @Ctx() context: Context,
  ): Promise<string> {
    const { definition } = await currentRevision(context, row);
    const application = found(await context.loaders.load(applicationById, row.applicationId));
    return writeWorkflow({ application: application.name, name: row.name }, definition, format);
  }

  @Mutation(() => CreateWorkflowPayload, {
    description:
      'Creates a workflow from a document, which is checked as by `applyDefinitions`. ' +
      'Errors: NOT_FOUND (the application), FORBIDDEN, INVALID_INPUT, NAME_TAKEN, INVALID_DEFINITION (`errors` lists every error).',
  })
  async createWorkflow(
    @Arg('input', () => CreateWorkflowInput, { description: 'The new workflow.' }) input: CreateWorkflowInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), workflow: await createWorkflow(app, actor, input) };
  }

  @Mutation(() => UpdateWorkflowPayload, {
    description:
      'Changes a workflow; the definition is checked as by `applyDefinitions`, with the new name if there is one, and becomes a new revision. A ' +
      'new name is also written into the pipelines and workflows that refer to it, as new revisions. ' +
      'Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN, INVALID_DEFINITION.',
  })
  async updateWorkflow(
    @Arg('input', () => UpdateWorkflowInput, { description: 'The changes.' }) input: UpdateWorkflowInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), workflow: await updateWorkflow(app, actor, input) };
  }

  @Mutation(() => DeleteWorkflowPayload, {
    description:
      'Deletes a workflow. Its executions stay readable, and go on if they run. ' +
      'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists pipelines that run it and workflows that take files from it; only those that the caller may see).',
  })
  async deleteWorkflow(
    @Arg('input', () => DeleteWorkflowInput, { description: 'What to delete.' }) input: DeleteWorkflowInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteWorkflow(app, actor, input);
    return echo(input);
  }
}
