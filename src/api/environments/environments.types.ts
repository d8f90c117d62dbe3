import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { EnvironmentType, EnvironmentTypeFilter, IdFilter } from '../graphql/filters.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

@ObjectType({ simpleResolvers: true, description: 'A target of an application: where its services are deployed to.' })
export class Environment {
  @Field(() => ID, { description: 'Stays the same when the environment is renamed.' })
  id!: string;

  @Field(() => String, { description: 'Unique among the environments of the application.' })
  name!: string;

  @Field(() => EnvironmentType, { description: 'Whether customers depend on it.' })
  type!: EnvironmentType;

  @Field(() => String, { nullable: true, description: 'What people wrote about it.' })
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

  @Field(() => Date, { description: 'When anything of it last changed; deployments to it don’t count.' })
  updatedAt!: Date;
}

export const EnvironmentConnection = ConnectionType(Environment);

@ObjectType({ simpleResolvers: true, description: 'A variable that every task gets that runs for the environment.' })
export class EnvironmentVariable {
  @Field(() => String, { description: 'The name of the environment variable that commands see.' })
  name!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'What runs in an environment: the image that the last successful deployment of a service left there.',
})
export class Deployment {
  @Field(() => ID, { description: 'Of this one deployment.' })
  id!: string;

  @Field(() => String, { description: 'The image, as it was given when the execution started.' })
  image!: string;

  @Field(() => ID, { description: 'The workflow execution that deployed it.' })
  executionId!: string;

  @Field(() => Date, { description: 'When that execution succeeded.' })
  deployedAt!: Date;
}

@InputType({ description: 'Restricts a list of environments. All that is given must match.' })
export class EnvironmentFilter {
  @Field(() => IdFilter, { nullable: true, description: 'By the id of the application.' })
  application?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the environment.' })
  environment?: IdFilter | null;

  @Field(() => EnvironmentTypeFilter, { nullable: true, description: 'By the type of the environment.' })
  environmentType?: EnvironmentTypeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the name of the environment; LIKE finds parts of names.' })
  name?: IdFilter | null;
}

@InputType({ description: 'A variable that every task gets that runs for the environment.' })
export class EnvironmentVariableInput {
  @Field(() => String, {
    description:
      'Letters, digits and underscores, not beginning with a digit; none that the system or Slipway uses, like PATH.',
  })
  name!: string;

  @Field(() => String, { description: 'Any text.' })
  value!: string;
}

@InputType({ description: 'A new environment.' })
export class CreateEnvironmentInput extends MutationInput {
  @Field(() => ID, { description: 'The application that it belongs to.' })
  applicationId!: string;

  @Field(() => String, {
    description:
      'Unique in the application: 1 to 100 letters, digits, spaces, dots, underscores or hyphens, beginning with a letter or digit.',
  })
  name!: string;

  @Field(() => EnvironmentType, { description: 'Whether customers depend on it.' })
  type!: EnvironmentType;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null;

  @Field(() => [EnvironmentVariableInput], {
    nullable: true,
    description: 'Given to every task that runs for the environment.',
  })
  variables?: EnvironmentVariableInput[] | null;
}

@InputType({ description: 'Changes of an environment. What is left out stays as it is.' })
export class UpdateEnvironmentInput extends MutationInput {
  @Field(() => ID, { description: 'The environment to change.' })
  environmentId!: string;

  @Field(() => String, { nullable: true, description: 'A new name, also for what refers to it. Null: the name stays.' })
  name?: string | null;

  @Field(() => EnvironmentType, { nullable: true, description: 'A new type. Null: the type stays.' })
  type?: EnvironmentType | null;

  @Field(() => String, {
    nullable: true,
    description: 'A new description, at most 2,000 characters. Null takes it away.',
  })
  description?: string | null;

  @Field(() => [EnvironmentVariableInput], {
    nullable: true,
    description: 'All variables from now on; an empty list takes all away. Null: they stay.',
  })
  variables?: EnvironmentVariableInput[] | null;
}

@InputType({ description: 'An environment to delete.' })
export class DeleteEnvironmentInput extends MutationInput {
  @Field(() => ID, { description: 'The environment to delete.' })
  environmentId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The created environment.' })
export class CreateEnvironmentPayload extends MutationPayload {
  @Field(() => Environment, { description: 'As it was created.' })
  environment!: Environment;
}

@ObjectType({ simpleResolvers: true, description: 'The changed environment.' })
export class UpdateEnvironmentPayload extends MutationPayload {
  @Field(() => Environment, { description: 'As it stands now.' })
  environment!: Environment;
}

@ObjectType({ simpleResolvers: true, description: 'The environment is deleted.' })
export class DeleteEnvironmentPayload extends MutationPayload {}
