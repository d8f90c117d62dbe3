import { constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClaimedJob } from '../contract/agentProtocol';
import { type JobReport, reportLimits } from '../contract/jobReport';
import type { Log } from '../kernel/log';
import { TestResults } from './junit';
import { findOutputs } from './outputs';
import type { JobClient } from './protocolClient';
import type { Mask } from './secretMask';
import { isErrno } from '../kernel/errno';
import type { JobFolder } from './workplace';

/** Test runners write one file for each module at most. */
const MOST_FILES = 1000;
const MOST_ENTRIES = 10_000;
const READ_MS = 20_000;
const SEND_MS = 30_000;
/** Bytes of a summary that are masked before it is cut, so that no secret is cut in two. */
const MOST_RAW = reportLimits.summary + 65_536;

interface Sender {
  readonly client: JobClient;
  readonly log: Log;
  readonly folder: JobFolder;
  readonly mask: Mask | undefined;
}

/**
 * Sends what a command reported, with any outcome. A report that can’t be read or sent changes nothing. `limit` aborts
 * when the job has to be over.
 */
export async function sendReport(
  { jobId, task, reports }: ClaimedJob,
  { client, log, folder, mask }: Sender,
  limit: AbortSignal,
): Promise<void> {
  const { summaryFile, reportFolder, work } = folder;
  const within = (ms: number) => AbortSignal.any([limit, AbortSignal.timeout(ms)]);
  try {
    const sources = { summaryFile, folder: reportFolder, work, junit: reports?.junit ?? [] };
    const report = await readReport(sources, mask, within(READ_MS));
    if (report !== null) await client.sendReport(report, within(SEND_MS));
  } catch (error) {
    log.warn({ err: error, jobId }, `could not send the report of ${task}`);
  }
}

interface ReportSources {
  /** `$SLIPWAY_SUMMARY`. */
  readonly summaryFile: string;
  /** `$SLIPWAY_REPORTS`. */
  readonly folder: string;
  /** Working directory, and patterns of JUnit files in it. */
  readonly work: string;
  readonly junit: readonly string[];
}

/**
 * Reads test results and the summary that a command left for people. Null if there are none. Anything that can't be
 * read becomes a warning of the report.
 */
async function readReport(
  { summaryFile, folder, work, junit }: ReportSources,
  mask: Mask | undefined,
  signal: AbortSignal,
): Promise<JobReport | null> {
  const hide = (text: string) => mask?.hide(text) ?? text;
  const warnings: string[] = [];
  const attempt = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) warnings.push(`${what}: ${reasonOf(error)}`);
      return undefined;
    }
  };
  const raw = await attempt('$SLIPWAY_SUMMARY', () => readStart(summaryFile));
  const own = (await attempt('$SLIPWAY_REPORTS', () => xmlFiles(folder))) ?? [];
  const declared = junit.length === 0 ? undefined : await attempt('reports', () => findOutputs(work, junit));
  warnings.push(...(declared?.missing ?? []));
  const files = [
    ...own.map((name) => ({ name, path: join(folder, name) })),
    ...(declared?.files ?? []).flatMap((file) => (file.type === 'FILE' ? [file] : [])),
  ];
  const results = new TestResults(hide);
  for (const [index, { name, path }] of files.entries()) {
    if (index === MOST_FILES || signal.aborted) {
      const why = signal.aborted ? 'reading them took too long' : `the limit is ${MOST_FILES}`;
      warnings.push(`${files.length - index} of ${files.length} reports were not read: ${why}`);
      break;
    }
    await attempt(name, () => results.read(path, signal));
  }
  const summary = raw === undefined || raw.trim() === '' ? null : hide(raw);
  if (summary === null && files.length === 0 && warnings.length === 0) return null;
  return {
    summary: summary?.slice(0, reportLimits.summary) ?? null,
    summaryTruncated: (summary?.length ?? 0) > reportLimits.summary,
    tests: files.length === 0 ? null : results.numbers,
    failed: results.failed,
    warnings: warnings.slice(0, reportLimits.warnings).map((text) => hide(text).slice(0, reportLimits.text)),
  };
}

/** Messages of the system end with a path of the agent. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'syscall' in error ? error.message.replace(/, \w+ '.*$/s, '') : error.message;
};

/** Names of the XML files in a folder and its folders. Links are not followed. */
async function xmlFiles(folder: string): Promise<string[]> {
  if (!(await lstat(folder)).isDirectory()) throw new Error('it is not a folder');
  const names: string[] = [];
  let entries = 0;
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (++entries > MOST_ENTRIES) throw new Error(`it has more than ${MOST_ENTRIES} files`);
    if (entry.isFile() && /\.xml$/i.test(entry.name)) {
      names.push(join(entry.parentPath, entry.name).slice(folder.length + 1));
    }
  }
  return names.sort();
}

async function readStart(path: string): Promise<string> {
  // The command may have left a named pipe, or a link to a file that only the agent may read.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is not a file');
    const buffer = Buffer.alloc(Math.min(stat.size, MOST_RAW));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    await file.close();
  }
}
