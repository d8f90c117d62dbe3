import { Field, Float, ID, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'File that a job uploaded.' })
export class Artifact {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Path in the working directory of the job.' })
  name!: string;

  @Field(() => Float, { description: 'Size in bytes.' })
  size!: number;

  @Field(() => String, { description: 'SHA-256 of the content, in hex. Checked by the agent and by the server.' })
  sha256!: string;

  @Field(() => Date, { description: 'Time at which the file was stored.' })
  createdAt!: Date;
}
