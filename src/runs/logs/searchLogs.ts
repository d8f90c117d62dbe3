import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import { type InputError, invalidInput } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import { cursorCodec } from '../../kernel/paging';
import type { App } from '../app';
import { readExecution } from '../execution/executions.queries';
import { findExecutions } from '../execution/executions.store';
import type { Job } from '../queue/job';
import { findLogPlace } from './findLogPlace';
import { findChunks, findSearchedJobs, type LogReader, openChunks, type SearchedJob } from './jobLogs.store';
import { countLines } from './logChunks';
import { linesOf } from './logLines';
import { type LogText, readLog } from './logPages';

export interface LogSearch {
  readonly executionId: string;
  readonly text: string;
  readonly ignoreCase: boolean;
  /** Name of the tasks to search; null for all. */
  readonly task: string | null;
  /** The only job to search; null for all. */
  readonly jobId: string | null;
  /** Number of lines before and after each match. */
  readonly context: number;
  readonly first: number;
  readonly after: string | null;
}

export interface LogMatch {
  readonly job: Job;
  readonly taskExecutionId: string;
  readonly task: string;
  readonly line: number;
  readonly offset: number;
  readonly at: Date;
  readonly stream: LogText['stream'];
  readonly text: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface LogSearchPage {
  readonly matches: readonly LogMatch[];
  readonly searchedBytes: number;
  readonly more: boolean;
  readonly endCursor: string | null;
}

/** Limit of one page. */
const SEARCHED_BYTES = 32 * 1024 ** 2;
/** Bytes in memory at a time. Between two steps, the server does other work. */
const STEP_BYTES = 512 * 1024;
const JOBS_AT_ONCE = 50;
const LONGEST_TEXT = 1000;
const MOST_CONTEXT = 10;
const MOST_MATCHES = 100;
const SHOWN = 4096;
const CONTEXT_BYTES = 64 * 1024;
const LINE_END = 10;

/** Time and id of a job, and the offset in its log from which to continue. */
const cursor = cursorCodec('jobLogSearch', 'time', 'id', 'number');

/**
 * Searches the logs of an execution for lines that contain a text. Each page has a limit of bytes, and a cursor to
 * continue from, so that a search of any size costs the server a bounded amount of work at a time.
 */
export async function searchLogs(
  app: App,
  actor: Actor,
  search: LogSearch,
  until: AbortSignal,
): Promise<LogSearchPage> {
  checkSearch(search);
  const place = search.after === null ? null : cursor.decode(search.after);
  await readExecution(app, actor, search.executionId);
  const matches: LogMatch[] = [];
  let searchedBytes = 0;
  let from = place === null ? null : { queuedAt: place[0], id: place[1] };
  let offset = place?.[2] ?? 0;
  const stopAt = ({ job }: SearchedJob, at: number): LogSearchPage => {
    return { matches, searchedBytes, more: true, endCursor: cursor.encode([job.queuedAt, job.id, at]) };
  };
  for (;;) {
    const jobs = await findSearchedJobs(app.database, search, from, JOBS_AT_ONCE + 1);
    const mayRead = await readable(app, actor, jobs);
    for (const one of jobs.slice(0, JOBS_AT_ONCE)) {
      if (from === null || one.job.id !== from.id) offset = 0;
      while (mayRead.has(one.job.executionId) && offset < one.bytes) {
        if (searchedBytes >= SEARCHED_BYTES || until.aborted) return stopAt(one, offset);
        const step = await searchStep(app, one, offset, search, search.first - matches.length);
        matches.push(...step.matches);
        searchedBytes += Math.max(0, step.next - offset);
        offset = step.next;
        if (matches.length >= search.first) return stopAt(one, offset);
      }
    }
    const next = jobs[JOBS_AT_ONCE];
    if (next === undefined) return { matches, searchedBytes, more: false, endCursor: null };
    from = { queuedAt: next.job.queuedAt, id: next.job.id };
    offset = 0;
  }
}

function checkSearch({ text, task, jobId, context, first }: LogSearch): void {
  const errors: InputError[] = [];
  const range = (field: string, value: number, least: number, most: number) => {
    if (value >= least && value <= most) return;
    errors.push({ field, value, rule: 'RANGE', message: `${field} must be from ${least} to ${most}; it is ${value}.` });
  };
  if (text === '' || text.length > LONGEST_TEXT || text.includes('\n')) {
    const message = `text must be one line of 1 to ${LONGEST_TEXT} characters.`;
    errors.push({ field: 'text', value: text.slice(0, LONGEST_TEXT), rule: 'LENGTH', message });
  }
  if (task !== null && !isStorable(task)) {
    errors.push({
      field: 'task',
      value: null,
      rule: 'CHARACTERS',
      message: 'task has characters that no name can have.',
    });
  }
  if (jobId !== null && !isId(jobId))
    errors.push({ field: 'jobId', value: jobId, rule: 'FORMAT', message: `"${jobId}" is not an ID of a job.` });
  range('context', context, 0, MOST_CONTEXT);
  range('first', first, 1, MOST_MATCHES);
  if (errors.length > 0) throw invalidInput(errors);
}

/** Executions that the caller may see. */
async function readable(app: App, actor: Actor, jobs: readonly SearchedJob[]): Promise<ReadonlySet<string>> {
  const ids = [...new Set(jobs.map(({ job }) => job.executionId))];
  if (actor.access.administrator) return new Set(ids);
  const executions = await findExecutions(app.database, ids);
  const seen = await Promise.all(
    executions.map(async (row) => actor.access.can('READ', 'Execution', await subjectFor(app, 'Execution', row))),
  );
  return new Set(executions.filter((_, index) => seen[index]).map(({ id }) => id));
}

interface Step {
  readonly matches: readonly LogMatch[];
  /** Offset of the next step. */
  readonly next: number;
}

async function searchStep(app: App, one: SearchedJob, offset: number, search: LogSearch, most: number): Promise<Step> {
  const [first, ...rest] = await openChunks(app, await findChunks(app.database, one.job.id, offset, STEP_BYTES));
  if (first === undefined) return { matches: [], next: one.bytes };
  const start = Math.max(offset, first.start);
  const skipped = first.data.subarray(0, start - first.start);
  const data = Buffer.concat([first.data.subarray(start - first.start), ...rest.map((chunk) => chunk.data)]);
  const end = start + data.length;
  // Whole lines. One that is longer than a step is searched in pieces that overlap by the text.
  const lastEnd = end >= one.bytes ? data.length - 1 : data.lastIndexOf(LINE_END);
  const whole = lastEnd === -1 ? data : data.subarray(0, lastEnd + 1);
  const overlap = lastEnd === -1 ? Math.min(Buffer.byteLength(search.text), data.length) - 1 : 0;
  const next = start + whole.length - overlap;
  const wanted = search.ignoreCase ? search.text.toLowerCase() : search.text;
  const contains = (text: string) => (search.ignoreCase ? text.toLowerCase() : text).indexOf(wanted);
  const text = whole.toString('utf8');
  if (contains(text) === -1) return { matches: [], next };
  const matches: LogMatch[] = [];
  let line = first.line + countLines(skipped) + 1;
  for (let at = 0; at < whole.length; line++) {
    const found = whole.indexOf(LINE_END, at);
    const to = found === -1 ? whole.length : found;
    const own = whole.toString('utf8', at, to).replace(/\r$/, '');
    const position = contains(own);
    if (position !== -1) {
      matches.push(await matchOf(app, one, search, { line, offset: start + at, text: excerpt(own, position) }));
      if (matches.length === most) return { matches, next: start + Math.min(whole.length, to + 1) };
    }
    at = to + 1;
  }
  return { matches, next };
}

const excerpt = (text: string, position: number): string => {
  const from = text.length <= SHOWN ? 0 : Math.max(0, position - SHOWN / 2);
  return text.slice(from, from + SHOWN);
};

async function matchOf(
  reader: LogReader,
  { job, task }: SearchedJob,
  { context }: LogSearch,
  { line, offset, text }: { readonly line: number; readonly offset: number; readonly text: string },
): Promise<LogMatch> {
  const linesFrom = async (fromLine: number, lines: number) => {
    if (lines <= 0) return [];
    const place = await findLogPlace(reader, job.id, { fromLine, lines });
    const page = await readLog(reader, job.id, { ...place, maxBytes: CONTEXT_BYTES });
    return linesOf(page, false).map((one) => one.text.slice(0, SHOWN));
  };
  const [before, after, own] = await Promise.all([
    linesFrom(Math.max(1, line - context), Math.min(context, line - 1)),
    linesFrom(line + 1, context),
    readLog(reader, job.id, { offset, maxBytes: 1 }),
  ]);
  const { at = job.queuedAt, stream = 'stdout' as const } = own.frames[0] ?? {};
  return { job, taskExecutionId: job.taskExecutionId, task, line, offset, at, stream, text, before, after };
}
