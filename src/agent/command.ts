import { type ChildProcess, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClaimedJob } from '../contract/agentProtocol';
import type { StopSignal } from '../contract/stopSignals';
import { endProcesses, escapedProcesses } from './escapedProcesses';
import type { JobLog } from './jobLog';
import type { Pipe } from './pipes';
import { isErrno } from '../kernel/errno';
import { isGroupLeft, isSessionLeft, signalSession } from './sessions';
import type { StopRequest } from './stopRequest';
import { GUARD, GUARD_REFUSES, MERGING_GUARD } from './watchdog';
import type { JobFolder, Workplace } from './workplace';

/** Longest time that leftover processes may hold the pipes, and that a `tee` may take to write its remaining output. */
const PATIENCE_MS = 500;
/** Longest time that leftover processes get between SIGTERM and SIGKILL. */
const LEFTOVER_GRACE_MS = 2000;
/** A longer timer would fire immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface CommandOptions {
  readonly jobId: string;
  /** Program and arguments. */
  readonly argv: readonly string[];
  readonly env: Record<string, string>;
  /** Current directory of the command. */
  readonly directory: string;
  readonly folder: JobFolder;
  readonly workplace: Workplace;
  readonly output: JobLog;
  /** Merged: both outputs go to one pipe, and the log contains them as standard output. */
  readonly streams: ClaimedJob['streams'];
  /** Standard input; without it, the command has none. */
  readonly input?: string | undefined;
  /** Receives standard output as it is read. */
  readonly watch?: ((chunk: Buffer) => void) | undefined;
  /** Receives standard error, or both outputs if they are merged. */
  readonly watchErrors?: ((chunk: Buffer) => void) | undefined;
  readonly graceMs: number;
  readonly stopSignal: StopSignal;
  /** Aborts with a StopRequest: `stopSignal`, then SIGKILL after its grace period. */
  readonly stop: AbortSignal;
  /** Aborts when the claim has ended: SIGKILL. */
  readonly gone: AbortSignal;
  /** Aborts `gone` if the lease has expired. */
  confirmLease(): void;
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** The command could not be run. */
export class CommandFailure extends Error {}

/**
 * Runs a command until everything that it started in its session has ended. The end of the first process is the result.
 * The pipes end later if a background process holds them, so the result waits for them for a limited time only. The
 * session ends last, and processes that left it but still belong to the job: nothing outlives the job.
 */
export async function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const { stop, gone, output, folder } = options;
  const pipes = await openPipes(options);
  options.confirmLease();
  if (stop.aborted || gone.aborted) {
    for (const pipe of pipes) abandon(pipe);
    throw stop.aborted ? stop.reason : gone.reason;
  }
  const { child, streams } = start(options, pipes);
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', (error) => reject(new CommandFailure(`could not start /bin/sh: ${error.message}`)));
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const session = child.pid;
  if (session === undefined) {
    for (const stream of streams) stream.destroy();
    return ended;
  }
  const startedAt = performance.now();
  const read = new Reading(streams, output);
  if (options.watch !== undefined) streams[0]?.on('data', options.watch);
  if (options.watchErrors !== undefined) streams.at(-1)?.on('data', options.watchErrors);
  const stopping = stopOnRequest(session, options);
  try {
    const end = await ended;
    if (stopping.deadline !== undefined) await endSession(session, read, stopping.deadline);
    else await endLeftovers(session, read, options.graceMs);
    await endEscaped(session, options, performance.now() - startedAt);
    if (!read.isOver) await read.settle(PATIENCE_MS);
    if (end.exitCode === GUARD_REFUSES) await checkGuard(folder);
    return end;
  } finally {
    stopping.over();
    read.close();
    await folder.forgetSession();
  }
}

async function openPipes({ workplace, streams }: CommandOptions): Promise<readonly (Pipe | undefined)[]> {
  const opened: (Pipe | undefined)[] = [];
  try {
    opened.push(await workplace.pipes.take());
    if (streams === 'separate') opened.push(await workplace.pipes.take());
  } catch (error) {
    for (const pipe of opened) abandon(pipe);
    throw new CommandFailure(`could not open a pipe: ${error instanceof Error ? error.message : error}`);
  }
  return opened;
}

function abandon(pipe: Pipe | undefined): void {
  pipe?.closeWriter();
  pipe?.reader.destroy();
}

function start(options: CommandOptions, pipes: readonly (Pipe | undefined)[]) {
  const [stdout, stderr] = pipes;
  const isMerged = options.streams === 'merged';
  const guard = isMerged ? MERGING_GUARD : GUARD;
  let child: ChildProcess;
  try {
    child = spawn('/bin/sh', ['-c', guard, 'slipway-job', options.folder.pidFile, ...options.argv], {
      cwd: options.directory,
      env: options.env,
      detached: true,
      stdio: [
        options.input === undefined ? 'ignore' : 'pipe',
        stdout?.writer ?? 'pipe',
        isMerged ? 'ignore' : (stderr?.writer ?? 'pipe'),
      ],
    });
  } catch (error) {
    for (const pipe of pipes) pipe?.reader.destroy();
    const tooLong = isErrno(error, 'E2BIG') ? 'the command and its variables are too long for this system: ' : '';
    throw new CommandFailure(`${tooLong}${error instanceof Error ? error.message : error}`);
  } finally {
    for (const pipe of pipes) pipe?.closeWriter();
  }
  // A program that ends early closes its input; its exit code shows the reason.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  const streams = [stdout?.reader ?? child.stdout, stderr?.reader ?? child.stderr].filter((stream) => stream !== null);
  return { child, streams };
}

/** Readers of a command's one or two streams. */
class Reading {
  private open: number;
  private readonly closed: Promise<void>;

  constructor(
    private readonly streams: readonly Readable[],
    private readonly output: JobLog,
  ) {
    this.open = streams.length;
    this.closed = new Promise((resolve) => {
      for (const stream of streams) {
        stream.once('close', () => {
          this.open--;
          if (this.open === 0) resolve();
        });
      }
    });
    const [stdout, stderr] = streams;
    if (stdout !== undefined) output.read(stdout, 'stdout');
    if (stderr !== undefined) output.read(stderr, 'stderr');
  }

  get isOver(): boolean {
    return this.open === 0;
  }

  /** Waits for the streams to end. Excludes time in which reading is suspended because the log can't be delivered. */
  async settle(patienceMs: number): Promise<void> {
    const step = 20;
    for (let waited = 0; !this.isOver && waited < patienceMs; waited += this.output.isPaused ? 0 : step) {
      await Promise.race([this.closed, delay(step)]);
    }
  }

  close(): void {
    for (const stream of this.streams) stream.destroy();
  }
}

/** Called when the command has ended on its own: ends its leftover processes. */
async function endLeftovers(session: number, read: Reading, graceMs: number): Promise<void> {
  if (!read.isOver) await read.settle(PATIENCE_MS);
  // Nearly always true, at the cost of one system call. Searching the whole session costs hundreds.
  if (read.isOver && !isGroupLeft(session)) return;
  if (!isSessionLeft(session)) return;
  signalSession(session, 'SIGTERM');
  await endSession(session, read, performance.now() + Math.min(graceMs, LEFTOVER_GRACE_MS));
}

/** Every process was asked to end. Kills those that still run at the deadline, then reads their last output. */
async function endSession(session: number, read: Reading, deadline: number): Promise<void> {
  for (let step = 10; isSessionLeft(session); step = Math.min(200, step * 1.5)) {
    if (performance.now() < deadline) {
      await delay(step);
      continue;
    }
    signalSession(session, 'SIGKILL');
    break;
  }
  await read.settle(PATIENCE_MS);
}

/**
 * Daemons start a session, so that nothing ends with their parent. What still has the job's id in its environment did not
 * ask to outlive the job.
 */
async function endEscaped(session: number, { jobId, output, graceMs }: CommandOptions, ranMs: number): Promise<void> {
  const escaped = escapedProcesses(jobId, session, ranMs);
  if (escaped.length === 0) return;
  const names = escaped.slice(0, 5).map(({ pid, name }) => `${name} (${pid})`);
  const more = escaped.length > 5 ? ` and ${escaped.length - 5} more` : '';
  output.note(
    `ended processes that the command left running: ${names.join(', ')}${more}. ` +
      'To keep a process running after its job, start it without SLIPWAY_JOB_ID in its environment.',
  );
  await endProcesses(escaped, Math.min(graceMs, LEFTOVER_GRACE_MS));
}

interface Stopping {
  /** Time of the kill. Undefined until it is requested. */
  deadline: number | undefined;
  over(): void;
}

function stopOnRequest(session: number, { stop, gone, stopSignal }: CommandOptions): Stopping {
  let timer: NodeJS.Timeout | undefined;
  const kill = () => {
    stopping.deadline = performance.now();
    signalSession(session, 'SIGKILL');
  };
  const ask = () => {
    const { graceMs }: StopRequest = stop.reason;
    stopping.deadline = performance.now() + graceMs;
    signalSession(session, stopSignal);
    timer = setTimeout(kill, Math.min(graceMs, LONGEST_TIMER_MS));
  };
  const stopping: Stopping = {
    deadline: undefined,
    over: () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', ask);
      gone.removeEventListener('abort', kill);
    },
  };
  stop.addEventListener('abort', ask, { once: true });
  gone.addEventListener('abort', kill, { once: true });
  return stopping;
}

/** A command may exit with 125, too; then its process id was written. */
async function checkGuard(folder: JobFolder): Promise<void> {
  try {
    await access(folder.pidFile);
  } catch (error) {
    throw new CommandFailure(
      `could not write to the working directory: ${error instanceof Error ? error.message : error}`,
    );
  }
}
