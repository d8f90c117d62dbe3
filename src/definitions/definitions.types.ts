import { Field, ID, Int, ObjectType } from 'type-graphql';

@ObjectType('Variable', { simpleResolvers: true, description: 'A variable that a pipeline or workflow declares.' })
export class VariableType {
  @Field(() => String, { description: 'Its name: commands see it as an environment variable.' })
  name!: string;

  @Field(() => String, { description: '`string`, `number` or `boolean`.' })
  type!: string;

  @Field(() => Boolean, { description: 'Whether a start must give it, unless it has a default.' })
  required!: boolean;

  @Field(() => String, { nullable: true, description: 'What it is when nothing is given.' })
  defaultValue!: string | null;

  @Field(() => [String], { nullable: true, description: 'The values that it may have; null: any.' })
  allowedValues!: readonly string[] | null;

  @Field(() => Boolean, { description: 'Whether several allowed values may be given, separated by commas.' })
  allowMultipleValues!: boolean;

  @Field(() => Boolean, { description: 'Whether it always has its default.' })
  fixed!: boolean;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;
}

@ObjectType('Revision', {
  simpleResolvers: true,
  description:
    'An immutable version of a workflow or pipeline. An execution pins the revision that it was started with.',
})
export class RevisionType {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => Int, { description: 'From 1, without gaps, within the workflow or pipeline.' })
  number!: number;

  @Field(() => String, {
    description: 'SHA-256 (hex) of the canonical form of the definition: the same meaning has the same hash.',
  })
  contentHash!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;
}
