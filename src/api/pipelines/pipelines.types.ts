import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { DefinitionInput } from '../definitions/definitions.types';
import { IdFilter } from '../graphql/filters.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

@ObjectType({
  simpleResolvers: true,
  description: 'An ordered list of stages. The elements of a stage, workflows and approvals, run side by side.',
})
export class Pipeline {
  @Field(() => ID, { description: 'Stays the same when the pipeline is renamed.' })
  id!: string;

  @Field(() => String, { description: 'Unique among the pipelines of the application.' })
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

export const PipelineConnection = ConnectionType(Pipeline);

@InputType({ description: 'Restricts a list of pipelines. All that is given must match.' })
export class PipelineFilter {
  @Field(() => IdFilter, { nullable: true, description: 'By the id of the application.' })
  application?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the pipeline.' })
  pipeline?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the name of the pipeline; LIKE finds parts of names.' })
  name?: IdFilter | null;
}

@InputType({ description: 'A new pipeline.' })
export class CreatePipelineInput extends MutationInput {
  @Field(() => ID, { description: 'The application that it belongs to.' })
  applicationId!: string;

  @Field(() => String, {
    description:
      'Unique in the application: 1 to 100 letters, digits, spaces, dots, underscores or hyphens, beginning with a letter or digit.',
  })
  name!: string;

  @Field(() => DefinitionInput, { description: 'What it does: a document of the kind Pipeline.' })
  definition!: DefinitionInput;
}

@InputType({ description: 'Changes of a pipeline. What is left out stays as it is.' })
export class UpdatePipelineInput extends MutationInput {
  @Field(() => ID, { description: 'The pipeline to change.' })
  pipelineId!: string;

  @Field(() => String, { nullable: true, description: 'A new name. Null: the name stays.' })
  name?: string | null;

  @Field(() => DefinitionInput, {
    nullable: true,
    description: 'The whole definition from now on: a document of the kind Pipeline. Null: it stays.',
  })
  definition?: DefinitionInput | null;
}

@InputType({ description: 'A pipeline to delete.' })
export class DeletePipelineInput extends MutationInput {
  @Field(() => ID, { description: 'The pipeline to delete.' })
  pipelineId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The created pipeline.' })
export class CreatePipelinePayload extends MutationPayload {
  @Field(() => Pipeline, { description: 'As it was created.' })
  pipeline!: Pipeline;
}

@ObjectType({ simpleResolvers: true, description: 'The changed pipeline.' })
export class UpdatePipelinePayload extends MutationPayload {
  @Field(() => Pipeline, { description: 'As it stands now.' })
  pipeline!: Pipeline;
}

@ObjectType({ simpleResolvers: true, description: 'The pipeline is deleted.' })
export class DeletePipelinePayload extends MutationPayload {}
