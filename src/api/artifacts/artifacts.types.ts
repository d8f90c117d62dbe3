import { Field, Float, ID, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'A file that a job left behind.' })
export class Artifact {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'Its path in the working folder of the job.' })
  name!: string;

  @Field(() => Float, { description: 'Its size in bytes.' })
  size!: number;

  @Field(() => String, { description: 'SHA-256 of its bytes, in hex. Checked by the agent and by the server.' })
  sha256!: string;

  @Field(() => Date, { description: 'When it was stored.' })
  createdAt!: Date;
}
