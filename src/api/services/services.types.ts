import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { IdFilter } from '../graphql/filters.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

@ObjectType({
  simpleResolvers: true,
  description: 'A thing that gets deployed. At a time, an environment holds one image of it.',
})
export class Service {
  @Field(() => ID, { description: 'Stays the same when the service is renamed.' })
  id!: string;

  @Field(() => String, { description: 'Unique among the services of the application.' })
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

export const ServiceConnection = ConnectionType(Service);

@InputType({ description: 'Restricts a list of services. All that is given must match.' })
export class ServiceFilter {
  @Field(() => IdFilter, { nullable: true, description: 'By the id of the application.' })
  application?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the service.' })
  service?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the name of the service; LIKE finds parts of names.' })
  name?: IdFilter | null;
}

@InputType({ description: 'A new service.' })
export class CreateServiceInput extends MutationInput {
  @Field(() => ID, { description: 'The application that it belongs to.' })
  applicationId!: string;

  @Field(() => String, {
    description:
      'Unique in the application: 1 to 100 letters, digits, spaces, dots, underscores or hyphens, beginning with a letter or digit.',
  })
  name!: string;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null;
}

@InputType({ description: 'Changes of a service. What is left out stays as it is.' })
export class UpdateServiceInput extends MutationInput {
  @Field(() => ID, { description: 'The service to change.' })
  serviceId!: string;

  @Field(() => String, { nullable: true, description: 'A new name, also for what refers to it. Null: the name stays.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A new description, at most 2,000 characters. Null takes it away.',
  })
  description?: string | null;
}

@InputType({ description: 'A service to delete.' })
export class DeleteServiceInput extends MutationInput {
  @Field(() => ID, { description: 'The service to delete.' })
  serviceId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The created service.' })
export class CreateServicePayload extends MutationPayload {
  @Field(() => Service, { description: 'As it was created.' })
  service!: Service;
}

@ObjectType({ simpleResolvers: true, description: 'The changed service.' })
export class UpdateServicePayload extends MutationPayload {
  @Field(() => Service, { description: 'As it stands now.' })
  service!: Service;
}

@ObjectType({ simpleResolvers: true, description: 'The service is deleted.' })
export class DeleteServicePayload extends MutationPayload {}
