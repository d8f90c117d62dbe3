import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum JobStatusEnum {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  SUCCESS = 'SUCCESS',
  FAILED = 'FAILED',
  ABORTED = 'ABORTED',
  LOST = 'LOST',
}
registerEnumType(JobStatusEnum, {
  name: 'JobStatus',
  description: 'Where a job stands.',
  valuesConfig: {
    QUEUED: { description: 'Waits for an agent that has every required label.' },
    RUNNING: { description: 'An agent runs it and holds a lease on it.' },
    SUCCESS: { description: 'Exit code 0.' },
    FAILED: { description: 'Any other end; see `reasonCode`.' },
    ABORTED: { description: 'Cancelled, before or while it ran.' },
    LOST: { description: 'Its agent was not heard of in time. The task is tried again once, by default.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'One attempt of one task: what an agent claims. Immutable once it ended.',
})
export class Job {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => Int, { description: 'Which try of its task it is, from 1.' })
  attempt!: number;

  @Field(() => JobStatusEnum, { description: 'Where it stands.' })
  status!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'The exit code of the command, when it ended by itself; 128 plus the number of a signal that it ended by.',
  })
  exitCode!: number | null;

  @Field(() => String, { nullable: true, description: 'The signal that ended the command, such as `SIGTERM`.' })
  signal!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it did not succeed: `EXIT_CODE`, `SIGNAL`, `TIMED_OUT`, `CANCELLED`, `LOST`, `NOT_STARTED`, `AGENT_ERROR`, `INPUT_MISSING`, `OUTPUT_MISSING`, `UPLOAD_FAILED`, `BAD_OUTPUT`, `VARIABLE_CONFLICT`, `SECRET_IN_OUTPUT`, `SECRET_MISSING`, `SECRET_UNREADABLE`.',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  reason!: string | null;

  @Field(() => Date, { description: 'When it became claimable.' })
  queuedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When an agent started it.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  endedAt!: Date | null;
}

@ObjectType('JobLogState', { simpleResolvers: true, description: 'Where the log of a job stands.' })
export class JobLogState {
  @Field(() => Float, { description: 'Bytes stored so far.' })
  bytes!: number;

  @Field(() => Boolean, { description: 'Nothing more will come.' })
  sealed!: boolean;

  @Field(() => Boolean, {
    description: 'Some of it is missing: the agent could not deliver it, or it was longer than the limit.',
  })
  truncated!: boolean;
}

export enum LogStream {
  stdout = 'stdout',
  stderr = 'stderr',
}
registerEnumType(LogStream, {
  name: 'LogStream',
  description: 'Where a command wrote.',
  valuesConfig: { stdout: { description: 'Standard output.' }, stderr: { description: 'Standard error.' } },
});

@ObjectType({ simpleResolvers: true, description: 'What a command wrote to one stream at about one time.' })
export class LogFrame {
  @Field(() => LogStream, { description: 'Standard output or standard error.' })
  stream!: string;

  @Field(() => Date, { description: 'When the agent read it, by the agent’s clock.' })
  at!: Date;

  @Field(() => String, { description: 'The text. Bytes that are not UTF-8 were replaced by U+FFFD.' })
  text!: string;
}

@ObjectType('JobLogPage', {
  simpleResolvers: true,
  description:
    'A stretch of a job’s log. The frames of all pages, in order, are what the command wrote, each byte once.',
})
export class JobLogPage {
  @Field(() => Float, { description: 'Bytes of the log before this page.' })
  offset!: number;

  @Field(() => [LogFrame], { description: 'In the order in which the command wrote, over both streams.' })
  frames!: LogFrame[];

  @Field(() => Float, { description: 'Where the next page begins: give it as `afterOffset`.' })
  nextOffset!: number;

  @Field(() => Boolean, { description: 'Nothing comes after this page, now or later.' })
  final!: boolean;

  @Field(() => Boolean, { description: 'Some of the log is missing.' })
  truncated!: boolean;
}
