import { Field, ID, ObjectType } from 'type-graphql';
import { EnvironmentType } from '../graphql/filters.types';

@ObjectType({ description: 'A target of an application.' })
export class Environment {
  @Field(() => ID, { description: 'Given by the server; never changes.' })
  id!: string;

  @Field(() => String, { description: 'Unique within its application.' })
  name!: string;

  @Field(() => EnvironmentType, { description: 'Whether it is a production environment.' })
  type!: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;
}
