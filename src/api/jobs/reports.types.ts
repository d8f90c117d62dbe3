import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum TestFailureKind {
  FAILURE = 'FAILURE',
  ERROR = 'ERROR',
}
registerEnumType(TestFailureKind, {
  name: 'TestFailureKind',
  description: 'Type of failure of a test case.',
  valuesConfig: {
    FAILURE: { description: 'Its assertion did not hold.' },
    ERROR: { description: 'It ended with an unexpected error.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Test case that failed.' })
export class FailedTestCase {
  @Field(() => TestFailureKind, { description: 'Type of failure.' })
  kind!: string;

  @Field(() => String, { description: 'Name of the case.' })
  name!: string;

  @Field(() => String, { description: 'Class or file that contains the case; empty if the report does not name one.' })
  suite!: string;

  @Field(() => String, { description: 'Message, up to 1,000 characters.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Numbers of the tests that a task reported as JUnit XML.' })
export class TestNumbers {
  @Field(() => Int, { description: 'Test cases.' })
  tests!: number;

  @Field(() => Int, { description: 'Cases whose assertions did not hold.' })
  failures!: number;

  @Field(() => Int, { description: 'Cases that ended with an unexpected error.' })
  errors!: number;

  @Field(() => Int, { description: 'Cases that were skipped.' })
  skipped!: number;

  @Field(() => Float, { description: 'Time of all cases together, in milliseconds.' })
  durationMs!: number;
}

@ObjectType({ simpleResolvers: true, description: 'Report of a task for people, without secrets.' })
export class JobReport {
  @Field(() => String, {
    nullable: true,
    description:
      'Markdown that the command wrote to `$SLIPWAY_SUMMARY`, up to 65,536 characters. It comes from the command: render it without HTML. Null if there is none.',
  })
  summary!: string | null;

  @Field(() => Boolean, { description: 'True if the summary was longer, and its end is missing.' })
  summaryTruncated!: boolean;

  @Field(() => TestNumbers, {
    nullable: true,
    description:
      'Numbers of all JUnit XML files in `$SLIPWAY_REPORTS` and in `reports.junit` of the task. Null if there are none.',
  })
  tests!: TestNumbers | null;

  @Field(() => [FailedTestCase], { description: 'First 100 cases that failed, in the order of the reports.' })
  failed!: FailedTestCase[];

  @Field(() => [String], { description: 'Problems with reading the reports. They never fail a task.' })
  warnings!: string[];
}

@ObjectType({ simpleResolvers: true, description: 'Report of one task of an execution.' })
export class TaskReport {
  @Field(() => String, { description: 'Name of the task.' })
  task!: string;

  @Field(() => JobReport, { description: 'Report of its newest job that sent one.' })
  report!: JobReport;
}
