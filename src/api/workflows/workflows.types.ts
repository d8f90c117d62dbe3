import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { DefinitionInput } from '../definitions/definitions.types';
import { IdFilter } from '../graphql/filters.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

@ObjectType({ simpleResolvers: true, description: 'A directed acyclic graph of tasks, aimed at an environment.' })
export class Workflow {
  @Field(() => ID, { description: 'Stays the same when the workflow is renamed.' })
  id!: string;

  @Field(() => String, { description: 'Unique among the workflows of the application.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What its definition says about it.' })
  description!: string | null;

  @Field(() => Date, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => ID, {
    name: 'createdById',
    simple: false,
    nullable: true,
    description: 'The id of the user or API key that created it.',
  })
  createdBy!: string | null;

  @Field(() => Date, { description: 'When its name or definition last changed.' })
  updatedAt!: Date;
}

export const WorkflowConnection = ConnectionType(Workflow);

@InputType({ description: 'Restricts a list of workflows. All that is given must match.' })
export class WorkflowFilter {
  @Field(() => IdFilter, { nullable: true, description: 'By the id of the application.' })
  application?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the workflow.' })
  workflow?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the name of the workflow; LIKE finds parts of names.' })
  name?: IdFilter | null;
}

@InputType({ description: 'A new workflow.' })
export class CreateWorkflowInput extends MutationInput {
  @Field(() => ID, { description: 'The application that it belongs to.' })
  applicationId!: string;

  @Field(() => String, {
    description:
      'Unique in the application: 1 to 100 letters, digits, spaces, dots, underscores or hyphens, beginning with a letter or digit.',
  })
  name!: string;

  @Field(() => DefinitionInput, { description: 'What it does: a document of the kind Workflow.' })
  definition!: DefinitionInput;
}

@InputType({ description: 'Changes of a workflow. What is left out stays as it is.' })
export class UpdateWorkflowInput extends MutationInput {
  @Field(() => ID, { description: 'The workflow to change.' })
  workflowId!: string;

  @Field(() => String, { nullable: true, description: 'A new name. Null: the name stays.' })
  name?: string | null;

  @Field(() => DefinitionInput, {
    nullable: true,
    description: 'The whole definition from now on: a document of the kind Workflow. Null: it stays.',
  })
  definition?: DefinitionInput | null;
}

@InputType({ description: 'A workflow to delete.' })
export class DeleteWorkflowInput extends MutationInput {
  @Field(() => ID, { description: 'The workflow to delete.' })
  workflowId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The created workflow.' })
export class CreateWorkflowPayload extends MutationPayload {
  @Field(() => Workflow, { description: 'As it was created.' })
  workflow!: Workflow;
}

@ObjectType({ simpleResolvers: true, description: 'The changed workflow.' })
export class UpdateWorkflowPayload extends MutationPayload {
  @Field(() => Workflow, { description: 'As it stands now.' })
  workflow!: Workflow;
}

@ObjectType({ simpleResolvers: true, description: 'The workflow is deleted.' })
export class DeleteWorkflowPayload extends MutationPayload {}
