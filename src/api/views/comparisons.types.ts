import { Field, Float, Int, ObjectType } from 'type-graphql';
import { ExecutionInterface, ExecutionStatusEnum } from '../executions/executions.types';

@ObjectType({
  simpleResolvers: true,
  description: 'Something that two executions have differently, or one of them only.',
})
export class ComparedValue {
  @Field(() => String, {
    description:
      'Of a definition its path, such as `tasks.build.run`, `stages.Staging.elements.web.workflow`, or for the workflows of a pipeline `workflows.deploy.tasks.unpack.run`. Else a name; of a stage’s workflow with the ' +
      'place before it: `Staging › web › VERSION`.',
  })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What `a` has, at most 2,000 characters; null: nothing.' })
  a!: string | null;

  @Field(() => String, { nullable: true, description: 'What `b` has, at most 2,000 characters; null: nothing.' })
  b!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'How a stage or a task went in one of the executions.' })
export class ResultOfOne {
  @Field(() => ExecutionStatusEnum, { description: 'Where it stands, or how it ended.' })
  status!: string;

  @Field(() => String, { nullable: true, description: 'Why it did not succeed.' })
  reasonCode!: string | null;

  @Field(() => Int, { nullable: true, description: 'The exit code of a task.' })
  exitCode!: number | null;

  @Field(() => Int, { description: 'The attempt in which it ran: an earlier one where it was kept.' })
  attempt!: number;

  @Field(() => Float, { nullable: true, description: 'Milliseconds from its start to its end; null without either.' })
  durationMs!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'A stage’s element or a task, by name, in both executions.' })
export class ComparedResult {
  @Field(() => String, {
    nullable: true,
    description:
      'The stage; of a task the stage and its element, such as `Staging › web`. Null in a workflow by itself.',
  })
  stage!: string | null;

  @Field(() => String, { description: 'The name of the element, or of the task.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether status, reason or exit code differ, or only one of the two has it.' })
  different!: boolean;

  @Field(() => ResultOfOne, { nullable: true, description: 'In `a`; null when it has none of this name.' })
  a!: ResultOfOne | null;

  @Field(() => ResultOfOne, { nullable: true, description: 'In `b`; null when it has none of this name.' })
  b!: ResultOfOne | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What is different between two executions, or two attempts of one. Each list has at most 500 entries. What of them the caller may not see is not compared.',
})
export class ExecutionComparison {
  @Field(() => ExecutionInterface, { description: 'The one; `durationMs` is on it.' })
  a!: object;

  @Field(() => ExecutionInterface, { description: 'The other.' })
  b!: object;

  @Field(() => [ComparedValue], {
    nullable: true,
    description:
      'What differs between the revisions that they ran, by path; of pipelines also between those of their workflows. Empty: nothing. Null: you may not see the definitions.',
  })
  definition!: ComparedValue[] | null;

  @Field(() => [ComparedValue], { description: 'What the start gave and differs: values by name, and `environment`.' })
  inputs!: ComparedValue[];

  @Field(() => [ComparedValue], { description: 'Images that differ, by the name of the service.' })
  images!: ComparedValue[];

  @Field(() => [ComparedValue], { description: 'Variables set by tasks that differ, by name.' })
  variables!: ComparedValue[];

  @Field(() => [ComparedResult], { description: 'Elements of stages, those with another result first.' })
  stages!: ComparedResult[];

  @Field(() => [ComparedResult], { description: 'Tasks, those with another result first.' })
  tasks!: ComparedResult[];

  @Field(() => Int, { description: 'How many more entries there are than the lists have. 0: everything is listed.' })
  omitted!: number;
}
