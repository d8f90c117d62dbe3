import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ApplicationIdDocument,
  ExecutionExportDocument,
  type ExecutionFilter,
  ExportExecutionsDocument,
  type ExportPartsFragment,
} from '../client/generated';
import { bytes, refusalOf } from './artifacts';
import { exit, Failure, usage } from './failure';
import { findRun } from './runs';
import type { Session } from './session';

export interface ExportOptions {
  readonly application?: string;
  readonly status?: readonly string[];
  readonly after?: string;
  readonly before?: string;
  readonly output?: string;
}

/** `slipway export`: requests an archive, waits until a server has written it, and downloads it. */
export async function exportRuns(session: Session, runs: readonly string[], options: ExportOptions): Promise<void> {
  const { api, ui } = session;
  const filters = await filtersOf(session, runs, options);
  const { exportExecutions: requested } = await api.ask(ExportExecutionsDocument, { input: { filters } });
  await ui.beginProgress();
  try {
    const ready = await waitFor(session, requested);
    const path = options.output ?? `executions-${ready.requestId}.ndjson.gz`;
    ui.progress(`Downloading ${path} …`);
    const size = await download(new URL(ready.downloadLink, api.url).href, path);
    ui.endProgress();
    ui.say(`${path} ${ui.paint.dim(`${ready.totalExecutions} executions, ${bytes(size)}`)}`);
    ui.answer({ ...ready, path, size });
  } finally {
    ui.endProgress();
  }
}

async function filtersOf(
  session: Session,
  runs: readonly string[],
  { application, status, after, before }: ExportOptions,
): Promise<ExecutionFilter[]> {
  const filters: ExecutionFilter[] = [];
  if (runs.length > 0) {
    const ids = await Promise.all(runs.map(async (run) => (await findRun(session, run)).id));
    filters.push({ execution: { operator: 'IN', values: ids } });
  }
  if (application !== undefined) {
    const { id } = (await session.api.ask(ApplicationIdDocument, { name: application })).applicationByName;
    filters.push({ application: { operator: 'EQUALS', values: [id] } });
  }
  if (status !== undefined)
    filters.push({ status: { operator: 'IN', values: status.map((one) => one.toUpperCase()) } });
  if (after !== undefined) filters.push({ creationTime: { operator: 'AFTER', value: timeOf('--after', after) } });
  if (before !== undefined) filters.push({ creationTime: { operator: 'BEFORE', value: timeOf('--before', before) } });
  if (filters.length === 0) throw usage('Name runs, or select some with --application, --status, --after or --before.');
  return filters;
}

function timeOf(option: string, text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw usage(`${option} must be a time such as 2026-03-01T12:30:00Z, not "${text}".`);
  return time.toISOString();
}

const LONGEST_PAUSE_MS = 2_000;

/** The archive stays available, so a person who interrupts this loses nothing. */
async function waitFor({ api, ui }: Session, requested: ExportPartsFragment): Promise<ExportPartsFragment> {
  const { requestId, totalExecutions } = requested;
  let shown = requested;
  for (let waitMs = 100; shown.status === 'QUEUED'; waitMs = Math.min(waitMs * 1.5, LONGEST_PAUSE_MS)) {
    ui.progress(`Writing the archive of ${totalExecutions} executions (${requestId}) …`);
    await pause(waitMs);
    shown = (await api.ask(ExecutionExportDocument, { requestId })).executionExport;
  }
  if (shown.status === 'READY') return shown;
  throw new Failure(exit.failed, `EXPORT_${shown.status}`, shown.errorMessage ?? `The export is ${shown.status}.`);
}

const TRIES = 5;

/** The file appears only when it is complete. */
async function download(url: string, path: string): Promise<number> {
  const part = `${path}.part`;
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(url);
      if (!response.ok || response.body === null) throw await refusalOf(response);
      const file = createWriteStream(part);
      await pipeline(Readable.fromWeb(response.body), file);
      const expected = Number(response.headers.get('content-length'));
      if (file.bytesWritten !== expected) throw new Error(`${file.bytesWritten} of ${expected} bytes were received`);
      await rename(part, path);
      return expected;
    } catch (error) {
      if (error instanceof Failure) throw error;
      const { message, code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOSPC')
        throw usage(`${path} can’t be written: ${message}`);
      if (tries < TRIES) continue;
      await rm(part, { force: true });
      throw new Failure(exit.unreachable, 'UNREACHABLE', `the download was interrupted: ${message}`);
    }
  }
}
