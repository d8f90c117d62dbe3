import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SearchLogsDocument, type SearchLogsQuery } from '../client/generated';
import { systemClock } from '../kernel/clock';
import { exit, Failure, usage } from './failure';
import type { LogSelection } from './jobLog';
import type { Session } from './session';

/** Options that choose a part of each log. */
export interface PartOptions {
  readonly tail?: number;
  /** `FROM`, or `FROM-TO`. */
  readonly lines?: string;
  readonly since?: string;
  readonly until?: string;
}

export function selectionOf({ tail, lines, since, until }: PartOptions): LogSelection {
  if ([tail, lines, since].filter((one) => one !== undefined).length > 1) {
    throw usage('Give only one of --tail, --lines and --since.');
  }
  return {
    ...(tail !== undefined && { lastLines: tail }),
    ...(lines !== undefined && linesOf(lines)),
    ...(since !== undefined && { since: timeOf('--since', since) }),
    ...(until !== undefined && { until: timeOf('--until', until) }),
  };
}

function linesOf(given: string): LogSelection {
  const [, from, dash, to] = /^([1-9]\d{0,14})(-)?([1-9]\d{0,14})?$/.exec(given) ?? [];
  const [first, last] = [Number(from), to === undefined ? null : Number(to)];
  if (from === undefined || (last !== null && last < first)) {
    throw usage(`--lines takes a number or a range such as 100-200 or 100-, not "${given}".`);
  }
  if (dash === undefined) return { fromLine: first, lines: 1 };
  return { fromLine: first, ...(last !== null && { lines: last - first + 1 }) };
}

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time, or how long ago. */
function timeOf(option: string, given: string): string {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(given) ?? [];
  const time =
    unit === undefined
      ? Date.parse(given)
      : systemClock.now().getTime() - Number(count) * units[unit as keyof typeof units];
  if (Number.isNaN(time)) throw usage(`${option} takes a time, or an age such as 10m, not "${given}".`);
  return new Date(time).toISOString();
}

export interface SearchOptions {
  readonly search: string;
  readonly ignoreCase?: boolean;
  readonly context?: number;
}

/** Prints the lines of a run that contain a text, as grep does. */
export async function searchRun(
  { api, ui }: Session,
  id: string,
  label: string | undefined,
  { search: text, ignoreCase = false, context = 0 }: SearchOptions,
): Promise<void> {
  const task = label?.slice(label.lastIndexOf('/') + 1) ?? null;
  for (let after: string | null = null; ; ) {
    const { jobLogSearch }: SearchLogsQuery = await api.ask(SearchLogsDocument, {
      id,
      text,
      ignoreCase,
      task,
      context,
      after,
    });
    for (const match of jobLogSearch.matches) {
      if (ui.json) {
        ui.answerLine(match);
        continue;
      }
      const line = (number: number, sign: string, content: string) =>
        ui.print(`${ui.paint.dim(`${match.task}${sign}${number}${sign}`)} ${content}`);
      for (const [n, one] of match.before.entries()) line(match.line - match.before.length + n, '-', one);
      line(match.line, ':', match.text);
      for (const [n, one] of match.after.entries()) line(match.line + n + 1, '-', one);
      if (context > 0) ui.print('--');
    }
    if (!jobLogSearch.more) return;
    after = jobLogSearch.endCursor;
  }
}

/** Writes the exact bytes of one log to a file, or with `-` to standard output. */
export async function downloadLog(
  { api, ui }: Session,
  jobs: readonly { readonly id: string; readonly label: string }[],
  file: string,
): Promise<void> {
  const [job] = jobs;
  if (job === undefined) throw new Failure(exit.refused, 'NOT_FOUND', 'The task has no log.');
  if (jobs.length > 1) throw usage('--download takes the log of one task.', 'Name the task after the run.');
  const response = await api.download(`/jobs/${job.id}/log`);
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as never);
  const output = file === '-' ? ui.terminal.stdout : createWriteStream(file);
  await pipeline(body, output, { end: file !== '-' });
}
