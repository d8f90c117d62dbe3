import { ArgsType, Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { logLosses } from '../../runs/logs/jobLog';
import { Job } from './jobs.types';

export const LogLossEnum = Object.fromEntries(logLosses.map((loss) => [loss, loss]));
registerEnumType(LogLossEnum, {
  name: 'LogLoss',
  description: 'Reason why output of a command is missing from its log.',
  valuesConfig: {
    LIMIT: {
      description: 'The log reached `SLIPWAY_MAX_LOG_BYTES`. The command continued; later output was not stored.',
    },
    UNDELIVERED: { description: 'The agent could not deliver the rest of the output.' },
    AGENT_LOST: { description: 'The agent did not report the end of the job, so the last output may be missing.' },
    DAMAGED: { description: 'The stored bytes differ from those that the agent read.' },
  },
});

export enum LogStream {
  stdout = 'stdout',
  stderr = 'stderr',
  slipway = 'slipway',
}
registerEnumType(LogStream, {
  name: 'LogStream',
  description: 'Output stream of a command.',
  valuesConfig: {
    stdout: { description: 'Standard output; of a task with merged streams also standard error.' },
    stderr: { description: 'Standard error of a task with separate streams.' },
    slipway: {
      description:
        'Remark of the server that output is missing at this place, such as "[slipway] The log has reached its limit of 1 GiB."',
    },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'Group of lines, which a command prints as `::group::title` … `::endgroup::`.',
})
export class LogGroup {
  @Field(() => String, { description: 'Title.' })
  title!: string;

  @Field(() => Int, { description: 'Number of groups around it.' })
  depth!: number;

  @Field(() => Float, { description: 'Number of the line `::group::`.' })
  firstLine!: number;

  @Field(() => Float, { nullable: true, description: 'Number of the line `::endgroup::`. Null if the group is open.' })
  lastLine!: number | null;

  @Field(() => Float, { description: 'Offset of the first line. Pass it as `afterOffset`.' })
  offset!: number;

  @Field(() => Date, { description: 'Time of the first line.' })
  startedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time of the last line. Null if the group is open.' })
  endedAt!: Date | null;
}

@ObjectType('JobLogState', { simpleResolvers: true, description: 'State of a job’s log.' })
export class JobLogState {
  @Field(() => Float, { description: 'Bytes stored so far.' })
  bytes!: number;

  @Field(() => Float, { description: 'Number of line ends stored so far.' })
  lines!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Bytes that the command wrote, after masking, including those that are missing. Null until the agent reports the end.',
  })
  writtenBytes!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Bytes that the log takes in the store. Null until it is compressed, a few seconds after the end of the job.',
  })
  storedBytes!: number | null;

  @Field(() => Boolean, { description: 'True if nothing more will be added.' })
  sealed!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of the bytes in hexadecimal, the same at the agent and in the store. Null until the log is sealed, and if output is missing.',
  })
  sha256!: string | null;

  @Field(() => Boolean, { description: 'True if part of the log is missing; see `loss`.' })
  truncated!: boolean;

  @Field(() => LogLossEnum, {
    nullable: true,
    description: 'Reason why part of the log is missing. Null if it is complete.',
  })
  loss!: string | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the retention (`SLIPWAY_LOG_RETENTION_DAYS`) deletes the log. Null while the job runs.',
  })
  expiresAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the retention deleted the log. `bytes`, `lines` and `sha256` remain.',
  })
  deletedAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'Text that a command wrote to one stream at about one time.' })
export class LogFrame {
  @Field(() => LogStream, { description: 'Standard output, standard error, or a remark of the server.' })
  stream!: string;

  @Field(() => Date, {
    description: 'Time at which the agent read it, by the agent’s clock, corrected to the server’s.',
  })
  at!: Date;

  @Field(() => String, { description: 'Text. Bytes that are not UTF-8 are replaced with U+FFFD.' })
  text!: string;

  @Field(() => String, { description: 'The exact bytes in Base64.' })
  base64!: string;
}

@ObjectType('JobLogLine', { simpleResolvers: true, description: 'Line of a log, or the part of it that is on a page.' })
export class JobLogLine {
  @Field(() => Float, { description: 'Number of the line, from 1.' })
  number!: number;

  @Field(() => Float, { description: 'Offset of its first byte.' })
  offset!: number;

  @Field(() => Date, {
    description: 'Time at which the agent read its beginning, by the agent’s clock, corrected to the server’s.',
  })
  at!: Date;

  @Field(() => LogStream, { description: 'Stream of its beginning.' })
  stream!: string;

  @Field(() => String, {
    description: 'Text without its line end. Escape sequences (ANSI) and carriage returns are kept.',
  })
  text!: string;

  @Field(() => Boolean, { description: 'True if the line began before this page.' })
  continued!: boolean;

  @Field(() => Boolean, { description: 'False if the line continues after this page, or has no line end yet.' })
  ended!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Title of the group that begins with the line `::group::title`. Null for other lines.',
  })
  group!: string | null;

  @Field(() => Boolean, { description: 'True for the line `::endgroup::`.' })
  endsGroup!: boolean;
}

@ObjectType('JobLogPage', {
  simpleResolvers: true,
  description:
    'Page of a job’s log. The frames of all pages, in order, are exactly what the command wrote, each byte once. If output ' +
    'is missing, frames of the stream `slipway` say so at that place.',
})
export class JobLogPage {
  @Field(() => Float, { description: 'Number of bytes of the log before this page.' })
  offset!: number;

  @Field(() => Float, { description: 'Number of the line that the first byte of the page belongs to, from 1.' })
  firstLine!: number;

  @Field(() => [LogFrame], {
    description:
      'Output in the order in which the command wrote it: across both streams if they are merged, which is the default, else within each.',
  })
  frames!: LogFrame[];

  @Field(() => Float, { description: 'Offset of the next page. Pass it as `afterOffset`.' })
  nextOffset!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'End of the requested part. Pass it as `beforeOffset` with the next page. Null if it is the end of the log.',
  })
  endOffset!: number | null;

  @Field(() => Boolean, { description: 'True if the requested part continues after this page.' })
  more!: boolean;

  @Field(() => Boolean, { description: 'True if nothing follows this page, now or later.' })
  final!: boolean;

  @Field(() => Boolean, { description: 'True if part of the log is missing.' })
  truncated!: boolean;
}

@ArgsType()
export class LogPart {
  @Field(() => Float, {
    nullable: true,
    description: 'Bytes to skip: `nextOffset` of the previous page. Defaults to 0.',
  })
  afterOffset?: number | null;

  @Field(() => Float, { nullable: true, description: 'Offset at which to stop. Defaults to the end of the log.' })
  beforeOffset?: number | null;

  @Field(() => Float, { nullable: true, description: 'First line to return, from 1. Instead of `afterOffset`.' })
  fromLine?: number | null;

  @Field(() => Float, { nullable: true, description: 'Number of lines to return, at least 1.' })
  lines?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Return only this number of lines at the end, at least 1. Instead of `afterOffset`.',
  })
  lastLines?: number | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Return lines that were read at or after this time, by the agent’s clock, corrected to the server’s. Instead of `afterOffset`.',
  })
  since?: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Return lines that were read before this time, by the agent’s clock, corrected to the server’s.',
  })
  until?: Date | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum number of bytes to return, from 1 to 1,048,576. Defaults to 65,536.',
  })
  maxBytes?: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Line that `jobLogSearch` found.' })
export class JobLogMatch {
  @Field(() => Job, { description: 'Job that wrote the line.' })
  job!: Job;

  @Field(() => ID, { description: 'ID of the task execution.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Name of the task.' })
  task!: string;

  @Field(() => Float, { description: 'Number of the line, from 1.' })
  line!: number;

  @Field(() => Float, { description: 'Offset of the line. Pass it as `afterOffset` of `jobLog`.' })
  offset!: number;

  @Field(() => Date, {
    description: 'Time at which the agent read the line, by the agent’s clock, corrected to the server’s.',
  })
  at!: Date;

  @Field(() => LogStream, { description: 'Stream of the line.' })
  stream!: string;

  @Field(() => String, { description: 'Text of the line; at most 4,096 characters around the match.' })
  text!: string;

  @Field(() => [String], { description: 'Lines before it, up to `context` of them.' })
  before!: string[];

  @Field(() => [String], { description: 'Lines after it, up to `context` of them.' })
  after!: string[];
}

@ObjectType({ simpleResolvers: true, description: 'Page of the result of `jobLogSearch`.' })
export class JobLogSearchPage {
  @Field(() => [JobLogMatch], {
    description: 'Matching lines, ordered by job, then by line. May be empty even if `more` is true.',
  })
  matches!: JobLogMatch[];

  @Field(() => Float, { description: 'Bytes that were searched for this page.' })
  searchedBytes!: number;

  @Field(() => Boolean, { description: 'True if logs remain to be searched. Continue with `after: <endCursor>`.' })
  more!: boolean;

  @Field(() => String, { nullable: true, description: 'Place of the search after this page. Null if nothing remains.' })
  endCursor!: string | null;
}
