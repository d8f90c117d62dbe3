import { Field, Float, ID, ObjectType, registerEnumType } from 'type-graphql';

export enum ArtifactTypeEnum {
  FILE = 'FILE',
  LINK = 'LINK',
  FOLDER = 'FOLDER',
}
registerEnumType(ArtifactTypeEnum, {
  name: 'ArtifactType',
  description: 'Type of an artifact.',
  valuesConfig: {
    FILE: { description: 'File.' },
    LINK: { description: 'Symbolic link. Its content is its target, relative to the folder of the link.' },
    FOLDER: { description: 'Empty folder. Other folders are implied by the files in them.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'File, link or empty folder that a job uploaded.' })
export class Artifact {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Path in the working directory of the job.' })
  name!: string;

  @Field(() => ArtifactTypeEnum, { description: 'Type of the artifact.' })
  type!: string;

  @Field(() => String, { description: 'Permission bits in octal, such as `755` for an executable file.' })
  mode!: string;

  @Field(() => Float, { description: 'Size in bytes.' })
  size!: number;

  @Field(() => String, { description: 'SHA-256 of the content, in hex. Checked by the agent and by the server.' })
  sha256!: string;

  @Field(() => Date, { description: 'Time at which the file was stored.' })
  createdAt!: Date;
}
