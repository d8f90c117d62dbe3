import { Field, ID, Int, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'Image that ran as a container.' })
export class RanImage {
  @Field(() => String, { description: 'Image, as in the definition.' })
  image!: string;

  @Field(() => String, {
    description:
      'Digest of the image that ran: `sha256:…` of its manifest, or of the image if it comes from no registry.',
  })
  digest!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Image of a service that ran alongside a command.' })
export class RanService extends RanImage {
  @Field(() => String, { description: 'Name of the service in the task.' })
  name!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Files of one pattern that changed since the last successful run.' })
export class SourceChange {
  @Field(() => String, { description: 'Pattern of `changed(…)`.' })
  pattern!: string;

  @Field(() => Boolean, { description: 'True if a file that matches was added, changed or removed.' })
  changed!: boolean;

  @Field(() => Int, { description: 'Number of such files.' })
  files!: number;

  @Field(() => String, { nullable: true, description: 'One of them. Null if there is none.' })
  example!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Commit that a job checked out.' })
export class CheckedOutSource {
  @Field(() => String, { description: 'URL of the repository.' })
  url!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Branch, tag or commit in the definition. Null for the default branch.',
  })
  ref!: string | null;

  @Field(() => String, { description: 'Commit. All jobs of a run use the same one for the same URL and `ref`.' })
  commit!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Commit of the last successful run of the same pipeline or workflow on the same environment, if a condition of the workflow uses `changed(…)`. Null if there is none.',
  })
  base!: string | null;

  @Field(() => [SourceChange], {
    nullable: true,
    description:
      'Changes since `base` for each pattern of `changed(…)`. Null if they are not known; then everything counts as changed.',
  })
  changes!: SourceChange[] | null;

  @Field(() => String, { nullable: true, description: 'Reason why `changes` is null.' })
  note!: string | null;
}

@ObjectType('JobFacts', {
  simpleResolvers: true,
  description:
    'Facts about a job that its agent reports at its end: images that ran, and the commit that it checked out.',
})
export class JobFactsType {
  @Field(() => RanImage, {
    nullable: true,
    description: 'Image of its container. Null if the command ran on the agent.',
  })
  container!: RanImage | null;

  @Field(() => [RanService], { description: 'Images of its services.' })
  services!: RanService[];

  @Field(() => CheckedOutSource, {
    nullable: true,
    description: 'Commit that it checked out. Null without a checkout.',
  })
  checkout!: CheckedOutSource | null;
}

@ObjectType('ExecutionFacts', {
  simpleResolvers: true,
  description: 'Images and commit of the newest job of a task.',
})
export class ExecutionFacts {
  @Field(() => ID, { description: 'ID of the job.' })
  jobId!: string;

  @Field(() => ID, { description: 'ID of the workflow execution of the task.' })
  executionId!: string;

  @Field(() => String, { description: 'Name of the task.' })
  task!: string;

  @Field(() => JobFactsType, { description: 'Facts that the agent reported.' })
  facts!: JobFactsType;
}
