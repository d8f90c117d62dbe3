import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'The unit that groups environments, services, workflows and pipelines. Permissions are given per application.',
})
export class Application {
  @Field(() => ID, { description: 'Given by the server; never changes.' })
  id!: string;

  @Field(() => String, { description: 'Unique among applications.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;
}
