import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ConnectionType } from '../graphql/paging.types';

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
  description: 'Status of a job.',
  valuesConfig: {
    QUEUED: { description: 'Waiting for an agent that has every required label.' },
    RUNNING: { description: 'Running on an agent that holds a lease on it.' },
    SUCCESS: { description: 'Ended with exit code 0.' },
    FAILED: { description: 'Ended in any other way; see `reasonCode`.' },
    ABORTED: { description: 'Canceled before or while it ran.' },
    LOST: {
      description:
        'Its agent was lost or stopped, so the outcome of the command is unknown. `on_lost` of the task decides what follows.',
    },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'One attempt of one task, which an agent claims. Immutable once it has ended.',
})
export class Job {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => Int, { description: 'Try of its task, from 1.' })
  attempt!: number;

  @Field(() => JobStatusEnum, { description: 'Current status.' })
  status!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Exit code of the command, if it ended on its own; 128 plus the signal number if a signal ended it.',
  })
  exitCode!: number | null;

  @Field(() => String, { nullable: true, description: 'Signal that ended the command, such as `SIGTERM`.' })
  signal!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Code of the reason, unless the job succeeded: `EXIT_CODE`, `SIGNAL`, `TIMED_OUT`, `CANCELLED`, `AGENT_LOST`, ' +
      '`NOT_STARTED`, `AGENT_ERROR`, `SHELL_NOT_FOUND`, `INPUT_MISSING`, `OUTPUT_MISSING`, `UPLOAD_FAILED`, `BAD_OUTPUT`, ' +
      '`VARIABLE_CONFLICT`, `UNSAFE_VALUE`, `WORKING_DIR_REFUSED`, `SECRET_IN_OUTPUT`, `SECRET_MISSING`, ' +
      '`SECRET_UNREADABLE`, `UNDEFINED_VARIABLE`, `SERVER_ERROR`.',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of `reasonCode`.' })
  reason!: string | null;

  @Field(() => Date, { description: 'Time at which it became claimable.' })
  queuedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which an agent started it.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it ended.' })
  endedAt!: Date | null;
}

@ObjectType('JobLogState', { simpleResolvers: true, description: 'State of a job’s log.' })
export class JobLogState {
  @Field(() => Float, { description: 'Bytes stored so far.' })
  bytes!: number;

  @Field(() => Boolean, { description: 'True if nothing more will be added.' })
  sealed!: boolean;

  @Field(() => Boolean, {
    description:
      'True if part of the log is missing, because the agent could not deliver it or it exceeded the size limit.',
  })
  truncated!: boolean;
}

export enum LogStream {
  stdout = 'stdout',
  stderr = 'stderr',
}
registerEnumType(LogStream, {
  name: 'LogStream',
  description: 'Output stream of a command.',
  valuesConfig: {
    stdout: { description: 'Standard output; of a task with merged streams also standard error.' },
    stderr: { description: 'Standard error of a task with separate streams.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Text that a command wrote to one stream at about one time.' })
export class LogFrame {
  @Field(() => LogStream, { description: 'Standard output or standard error.' })
  stream!: string;

  @Field(() => Date, { description: 'Time at which the agent read it, by the agent’s clock.' })
  at!: Date;

  @Field(() => String, { description: 'Text. Bytes that are not UTF-8 are replaced with U+FFFD.' })
  text!: string;
}

@ObjectType('JobLogPage', {
  simpleResolvers: true,
  description:
    'Page of a job’s log. The frames of all pages, in order, are exactly what the command wrote, each byte once.',
})
export class JobLogPage {
  @Field(() => Float, { description: 'Number of bytes of the log before this page.' })
  offset!: number;

  @Field(() => [LogFrame], {
    description:
      'Output in the order in which the command wrote it: across both streams if they are merged, which is the default, else within each.',
  })
  frames!: LogFrame[];

  @Field(() => Float, { description: 'Offset of the next page. Pass it as `afterOffset`.' })
  nextOffset!: number;

  @Field(() => Boolean, { description: 'True if nothing follows this page, now or later.' })
  final!: boolean;

  @Field(() => Boolean, { description: 'True if part of the log is missing.' })
  truncated!: boolean;
}

export const JobConnection = ConnectionType(Job);
