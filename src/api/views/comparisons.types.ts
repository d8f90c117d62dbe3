import { Field, Float, Int, ObjectType } from 'type-graphql';
import { ExecutionInterface, ExecutionStatusEnum } from '../executions/executions.types';

@ObjectType({
  simpleResolvers: true,
  description:
    'Value of two executions or environments. Only values that differ are listed, unless `includeEqual` is given.',
})
export class ComparedValue {
  @Field(() => String, {
    description:
      'Name of the value. For a definition, its path, such as `tasks.build.run`, ' +
      '`stages.Staging.elements.web.workflow`, or for the workflows of a pipeline `workflows.deploy.tasks.unpack.run`. ' +
      'For a stage’s workflow, the name with its place: `Staging › web › VERSION`.',
  })
  name!: string;

  @Field(() => Boolean, { description: 'True if the whole values differ, or if only one side has it.' })
  different!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Value in `a`, at most 2,000 characters. Null if there is none.',
  })
  a!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Value in `b`, at most 2,000 characters. Null if there is none.',
  })
  b!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of a stage or task in one of the executions.' })
export class ResultOfOne {
  @Field(() => ExecutionStatusEnum, { description: 'Status.' })
  status!: string;

  @Field(() => String, { nullable: true, description: 'Code of the failure. Null unless it failed.' })
  reasonCode!: string | null;

  @Field(() => Int, { nullable: true, description: 'Exit code of a task.' })
  exitCode!: number | null;

  @Field(() => Int, { description: 'Attempt in which it ran: an earlier one if it was kept.' })
  attempt!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Time from start to end, in milliseconds. Null if either is missing.',
  })
  durationMs!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Stage element or task, matched by name in both executions.' })
export class ComparedResult {
  @Field(() => String, {
    nullable: true,
    description:
      'Name of the stage; for a task, stage and element, such as `Staging › web`. Null in a standalone workflow.',
  })
  stage!: string | null;

  @Field(() => String, { description: 'Name of the element or task.' })
  name!: string;

  @Field(() => Boolean, {
    description: 'True if the status, reason or exit code differ, or if only one execution has it.',
  })
  different!: boolean;

  @Field(() => ResultOfOne, { nullable: true, description: 'Result in `a`. Null if nothing there has this name.' })
  a!: ResultOfOne | null;

  @Field(() => ResultOfOne, { nullable: true, description: 'Result in `b`. Null if nothing there has this name.' })
  b!: ResultOfOne | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Differences between two executions, or two attempts of one. Each list has at most 500 entries. Parts that the ' +
    'caller may not see are not compared.',
})
export class ExecutionComparison {
  @Field(() => ExecutionInterface, { description: 'First execution, with its `durationMs`.' })
  a!: object;

  @Field(() => ExecutionInterface, { description: 'Second execution.' })
  b!: object;

  @Field(() => [ComparedValue], {
    nullable: true,
    description:
      'Differences between the revisions that they ran, by path; for pipelines also between those of their workflows. ' +
      'Null if the caller may not see the definitions.',
  })
  definition!: ComparedValue[] | null;

  @Field(() => [ComparedValue], {
    description: 'Differences between the values given at the start, by name, and `environment`.',
  })
  inputs!: ComparedValue[];

  @Field(() => [ComparedValue], { description: 'Images that differ, by service name.' })
  images!: ComparedValue[];

  @Field(() => [ComparedValue], { description: 'Variables set by tasks that differ, by name.' })
  variables!: ComparedValue[];

  @Field(() => [ComparedResult], { description: 'Stage elements; those with different results come first.' })
  stages!: ComparedResult[];

  @Field(() => [ComparedResult], { description: 'Tasks; those with different results come first.' })
  tasks!: ComparedResult[];

  @Field(() => Int, { description: 'Number of entries omitted from the lists. 0 if everything is listed.' })
  omitted!: number;
}
