import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { IdFilter } from '../graphql/filters.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

@ObjectType({
  simpleResolvers: true,
  description: 'The unit that groups environments, services, workflows and pipelines.',
})
export class Application {
  @Field(() => ID, { description: 'Stays the same when the application is renamed.' })
  id!: string;

  @Field(() => String, { description: 'Unique among the applications.' })
  name!: string;

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

  @Field(() => Date, { description: 'When its name or description last changed.' })
  updatedAt!: Date;
}

export const ApplicationConnection = ConnectionType(Application);

@InputType({ description: 'Restricts a list of applications. All that is given must match.' })
export class ApplicationFilter {
  @Field(() => IdFilter, { nullable: true, description: 'By the id of the application.' })
  application?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the name of the application; LIKE finds parts of names.' })
  name?: IdFilter | null;
}

@InputType({ description: 'A new application.' })
export class CreateApplicationInput extends MutationInput {
  @Field(() => String, {
    description:
      'Unique among the applications: 1 to 100 letters, digits, spaces, dots, underscores or hyphens, beginning with a letter or digit.',
  })
  name!: string;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null;
}

@InputType({ description: 'Changes of an application. What is left out stays as it is.' })
export class UpdateApplicationInput extends MutationInput {
  @Field(() => ID, { description: 'The application to change.' })
  applicationId!: string;

  @Field(() => String, { nullable: true, description: 'A new name. Null: the name stays.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A new description, at most 2,000 characters. Null takes it away.',
  })
  description?: string | null;
}

@InputType({ description: 'An application to delete.' })
export class DeleteApplicationInput extends MutationInput {
  @Field(() => ID, { description: 'The application to delete.' })
  applicationId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The created application.' })
export class CreateApplicationPayload extends MutationPayload {
  @Field(() => Application, { description: 'As it was created.' })
  application!: Application;
}

@ObjectType({ simpleResolvers: true, description: 'The changed application.' })
export class UpdateApplicationPayload extends MutationPayload {
  @Field(() => Application, { description: 'As it stands now.' })
  application!: Application;
}

@ObjectType({ simpleResolvers: true, description: 'The application is deleted.' })
export class DeleteApplicationPayload extends MutationPayload {}
