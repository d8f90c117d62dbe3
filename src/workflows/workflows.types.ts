import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A directed acyclic graph of tasks, aimed at an environment.' })
export class Workflow {
  @Field(() => ID, { description: 'Given by the server; never changes.' })
  id!: string;

  @Field(() => String, { description: 'Unique within its application.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;
}
