import { Arg, Args, Ctx, FieldResolver, Float, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { type InputError, invalidInput } from '../../kernel/errors';
import { logOfJob } from '../../runs/execution/executions.loaders';
import { findLogPlace, startsWithinLine } from '../../runs/logs/findLogPlace';
import type { JobLog } from '../../runs/logs/jobLog';
import { type LogGroup as FoundGroup, findLogGroups } from '../../runs/logs/logGroups';
import { type LogLine, linesOf } from '../../runs/logs/logLines';
import { type LogPage, readLog } from '../../runs/logs/logPages';
import { expiryOf } from '../../runs/logs/logRetention';
import { searchLogs } from '../../runs/logs/searchLogs';
import { watchLog } from '../../runs/logs/watchLog';
import type { Job as JobRow } from '../../runs/queue/job';
import { readJob } from '../../runs/queue/jobs.queries';
import type { Context } from '../graphql/context';
import { JobLogLine, JobLogPage, JobLogSearchPage, JobLogState, LogGroup, LogPart } from './jobLogs.types';
import { Job } from './jobs.types';

const MAX_PAGE_BYTES = 1024 ** 2;
const MAX_LINES = 1_000_000;

@Resolver(() => Job)
export class JobLogsResolver {
  @Query(() => JobLogPage, {
    nullable: true,
    description:
      'Part of a job’s log, page by page: by bytes (`afterOffset`, `beforeOffset`), by lines (`fromLine`, `lines`), the ' +
      'last lines (`lastLines`), or by time (`since`, `until`). Reads about as many bytes as it returns, in a log of any ' +
      'size. While `more` is true, continue with `afterOffset: <nextOffset>, beforeOffset: <endOffset>`. ' +
      'Example: `jobLog(jobId: $id, lastLines: 100) { lines { number at text } }`. `GET /jobs/<id>/log` downloads the ' +
      'whole log. Errors: NOT_FOUND, INVALID_INPUT (`EXCLUSIVE`, `RANGE`).',
  })
  async jobLog(
    @Arg('jobId', () => ID, { description: 'ID of the job.' }) jobId: string,
    @Args(() => LogPart) part: LogPart,
    @Ctx() { app, actor }: Context,
  ): Promise<LogPage> {
    await readJob(app, actor, jobId);
    checkPart(part);
    const place = await findLogPlace(app, jobId, part);
    return readLog(app, jobId, { ...place, maxBytes: part.maxBytes ?? 65_536 });
  }

  @Subscription(() => JobLogPage, {
    description:
      'Log of a job from an offset: first what exists, then what is added, each byte once and in order. Completes when ' +
      'the log is final. After a lost connection, continue with `afterOffset: <nextOffset of the last page>`. Errors: ' +
      'NOT_FOUND, INVALID_INPUT.',
    subscribe: async ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { jobId, afterOffset } = args as { jobId: string; afterOffset?: number | null };
      checkPart({ afterOffset });
      await readJob(app, actor, jobId);
      return watchLog(app, jobId, afterOffset ?? 0, request.signal);
    },
    name: 'jobLog',
  })
  watchJobLog(
    @Arg('jobId', () => ID, { description: 'ID of the job.' }) _jobId: string,
    @Arg('afterOffset', () => Float, { nullable: true, description: 'Bytes to skip. Defaults to 0.' }) _afterOffset:
      | number
      | null,
    @Root() page: LogPage,
  ): LogPage {
    return page;
  }

  @Query(() => JobLogSearchPage, {
    nullable: true,
    description:
      'Lines of the logs of an execution that contain a text: of all its jobs, including those of its stages, as far as the ' +
      'caller may see them. Each page searches at most 32 MiB and returns a cursor to continue from. ' +
      'Example: `jobLogSearch(executionId: $id, text: "error", ignoreCase: true, context: 2) { matches { task line text ' +
      'before after } more endCursor }`. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  jobLogSearch(
    @Arg('executionId', () => ID, { description: 'ID of a pipeline or workflow execution.' }) executionId: string,
    @Arg('text', () => String, { description: 'Text to find within a line, 1 to 1,000 characters.' }) text: string,
    @Arg('ignoreCase', () => Boolean, { nullable: true, description: 'True to ignore case. Defaults to false.' })
    ignoreCase: boolean | null,
    @Arg('task', () => String, { nullable: true, description: 'Name of the tasks to search. Defaults to all.' })
    task: string | null,
    @Arg('jobId', () => ID, {
      nullable: true,
      description: 'ID of the only job to search, of this execution. Defaults to all.',
    })
    jobId: string | null,
    @Arg('context', () => Int, {
      nullable: true,
      description: 'Number of lines before and after each match, from 0 to 10. Defaults to 0.',
    })
    context: number | null,
    @Arg('first', () => Int, {
      nullable: true,
      description: 'Maximum number of matches to return, from 1 to 100. Defaults to 50.',
    })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: '`endCursor` of the previous page.' })
    after: string | null,
    @Ctx() { app, actor, request }: Context,
  ) {
    const range = { context: context ?? 0, first: first ?? 50, after: after ?? null };
    const search = {
      executionId,
      text,
      ignoreCase: ignoreCase ?? false,
      task: task ?? null,
      jobId: jobId ?? null,
      ...range,
    };
    return searchLogs(app, actor, search, request.signal);
  }

  @FieldResolver(() => JobLogState, { description: 'State of the log. `jobLog` has the text.' })
  async log(@Root() job: JobRow, @Ctx() { app, loaders }: Context): Promise<LogState> {
    const log = await loaders.load(logOfJob, job.id);
    const sealed = job.endedAt !== null;
    return {
      jobId: job.id,
      ...{ bytes: log?.bytes ?? 0, lines: log?.lines ?? 0, sealed },
      ...{ writtenBytes: log?.written ?? null, loss: log?.loss ?? null, truncated: (log?.loss ?? null) !== null },
      storedBytes: log?.phase === 'SEALED' || log?.phase === 'MOVED' ? log.storedBytes : null,
      sha256: log !== undefined && sealed && log.loss === null ? log.sha256 : null,
      expiresAt:
        job.endedAt === null || log === undefined || log.deletedAt !== null ? null : expiryOf(app, job.endedAt),
      deletedAt: log?.deletedAt ?? null,
    };
  }
}

type LogState = Omit<JobLogState, 'groups'> & Pick<JobLog, 'jobId'>;

@Resolver(() => JobLogState)
export class JobLogStateResolver {
  @FieldResolver(() => String, {
    description:
      'Download URL of the whole log as text: `GET` and `HEAD`, with `Range` and `ETag`. Without `SLIPWAY_PUBLIC_URL`, a ' +
      'path relative to the server’s address. Requires an API key, like this API.',
  })
  downloadUrl(@Root() { jobId }: LogState, @Ctx() { app }: Context): string {
    return `${app.config.SLIPWAY_PUBLIC_URL ?? ''}/jobs/${jobId}/log`;
  }

  @FieldResolver(() => [LogGroup], {
    description: 'The first 1,000 groups of lines, in the order in which they begin.',
  })
  groups(@Root() { jobId }: LogState, @Ctx() { app }: Context): Promise<FoundGroup[]> {
    return findLogGroups(app, jobId);
  }
}

@Resolver(() => JobLogPage)
export class JobLogPageResolver {
  @FieldResolver(() => [JobLogLine], {
    description: 'The same output line by line, with number and time of each line.',
  })
  async lines(@Root() page: LogPage, @Ctx() { app }: Context): Promise<LogLine[]> {
    return linesOf(page, await startsWithinLine(app, page.jobId, page.offset));
  }
}

const beginnings = ['afterOffset', 'fromLine', 'lastLines', 'since'] as const;
const limits = {
  afterOffset: [0, Number.MAX_SAFE_INTEGER],
  beforeOffset: [0, Number.MAX_SAFE_INTEGER],
  fromLine: [1, Number.MAX_SAFE_INTEGER],
  lines: [1, MAX_LINES],
  lastLines: [1, MAX_LINES],
  maxBytes: [1, MAX_PAGE_BYTES],
} as const;

function checkPart(part: LogPart): void {
  const errors: InputError[] = [];
  const given = beginnings.filter((field) => (part[field] ?? null) !== null);
  if (given.length > 1) {
    const message = `Only one of ${beginnings.join(', ')} can be given; there are ${given.join(' and ')}.`;
    errors.push({ field: given[1] ?? '', value: null, rule: 'EXCLUSIVE', message });
  }
  for (const [field, [least, most]] of Object.entries(limits)) {
    const value = part[field as keyof typeof limits];
    if (value === null || value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most))
      continue;
    const upTo = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    errors.push({ field, value, rule: 'RANGE', message: `${field} must be a whole number ${upTo}; it is ${value}.` });
  }
  if (errors.length > 0) throw invalidInput(errors);
}
