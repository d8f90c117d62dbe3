import { mkdir, readdir, rename, rm, rmdir, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../kernel/clock';
import type { Log } from '../kernel/log';
import { claimFileIn, type KeptClaim, readClaim, writeClaim } from './claimFile';
import { clearLeftovers, nothing, ownFolderName, removeFolder } from './leftovers';
import { PipePool } from './pipes';
import { isErrno } from '../kernel/errno';
import type { ContainerRuntime } from './containers/runtime';
import { containersMark, DEAD, jobsIn, LOST, pidFileIn, spoolFileIn, Watchdog } from './watchdog';

const TOUCH_MS = 60_000;

/** Place where one job runs. */
export interface JobFolder {
  /** Everything of the job; private to the agent. */
  readonly path: string;
  /** Current directory of the command: fresh and empty. */
  readonly work: string;
  readonly spoolFile: string;
  /** Folder of the files below, which a container shares with the agent. */
  readonly io: string;
  /** File in which the start of a container says how far it came. */
  readonly stateFile: string;
  /** File to which a command can write variables for later tasks. */
  readonly outputFile: string;
  /** Folder in which a command can write one file per variable. */
  readonly outputFolder: string;
  /** Folder for JUnit XML, and file for a summary in Markdown. */
  readonly reportFolder: string;
  readonly summaryFile: string;
  /** File for a command whose program reads a file. */
  readonly scriptFile: string;
  readonly pidFile: string;
  /** Called when nothing of the job runs anymore: its process id must not count as a job's then. */
  forgetSession(): Promise<void>;
  remove(): Promise<void>;
}

/** Job of a killed agent: nothing of it runs anymore, and the server may not know. */
export interface LostJob {
  readonly claim: KeptClaim;
  readonly spoolFile: string;
  remove(): Promise<void>;
}

export class WorkplaceUnusable extends Error {}

/**
 * Directory of this agent process, and everything that lives as long as the process:
 *
 *     <SLIPWAY_AGENT_DIR>/<pid>-<place>-<start>/
 *       bin/                   commands for jobs
 *       pipes/                 output of commands
 *       jobs/<n>-<job id>/
 *         work/                current directory of the command
 *         pid                  process id of its session, while anything of it may run
 *         claim                proof for the server that the job is this agent’s, until the server knows its end
 *         spool                output read so far, masked, once it is long or the server is behind
 *         io/
 *           output             what the command wrote to $SLIPWAY_OUTPUT
 *           outputs/           and to $SLIPWAY_OUTPUTS
 *           reports/           what it wrote to $SLIPWAY_REPORTS
 *           summary            and to $SLIPWAY_SUMMARY
 *           command            the command, if its program takes a file
 *       containers             exists once a job has used a container
 *
 * After `kill -9` its name ends with `.dead` while the watchdog works, and with `.lost` afterwards.
 */
export class Workplace {
  private jobs = 0;
  private watchdog: Watchdog | undefined;

  private constructor(
    private readonly folder: string,
    /** URL of the server whose jobs run here. */
    private readonly server: string,
    readonly pipes: PipePool,
    private readonly touching: NodeJS.Timeout,
    private readonly log: Log,
    private readonly clock: Clock,
    /** Directories of this machine in which jobs may work, including all below them; null: every directory. */
    readonly directories: readonly string[] | null,
    /** Undefined if this agent runs no containers. */
    readonly runtime: ContainerRuntime | undefined,
  ) {}

  static async open(
    parent: string,
    server: string,
    clock: Clock,
    log: Log,
    directories: readonly string[] | null,
    runtime?: ContainerRuntime,
  ): Promise<Workplace> {
    const name = await ownFolderName();
    const folder = join(parent, name);
    await mkdir(jobsIn(folder), { recursive: true }).catch((error: Error) => {
      throw new WorkplaceUnusable(`SLIPWAY_AGENT_DIR ${parent} is not usable: ${error.message}`);
    });
    await clearLeftovers(parent, name, clock, log, runtime);
    await writeCommands(join(folder, 'bin'));
    const touch = () => {
      const now = clock.now();
      utimes(folder, now, now).catch((error: unknown) => log.error({ err: error }, 'the agent’s directory is gone'));
    };
    const pipes = await PipePool.open(join(folder, 'pipes'), log);
    return new Workplace(folder, server, pipes, setInterval(touch, TOUCH_MS), log, clock, directories, runtime);
  }

  /** Identifies this agent process among all on this machine, as the label of its containers. */
  get name(): string {
    return basename(this.folder);
  }

  /** Call before the first container: the cleanup after this process then looks for containers. */
  async markContainers(): Promise<void> {
    await writeFile(containersMark(this.folder), this.name);
  }

  /** Directory of commands that jobs can use: first in their PATH. */
  get commands(): string {
    return join(this.folder, 'bin');
  }

  /**
   * Call before the first job. If this process is killed, `graceSeconds` is the time between SIGTERM and SIGKILL, and
   * `keepSeconds` the time for which another one may report its jobs.
   */
  guard(graceSeconds: number, keepSeconds: number): void {
    this.watchdog = new Watchdog(this.folder, graceSeconds, keepSeconds, this.log, this.runtime);
  }

  /**
   * Takes jobs of killed agents, each for one agent only: a rename moves it into this directory, where the next agent
   * finds it again if this one is killed, too. `more` is true while the watchdog of a killed agent still ends jobs.
   */
  async takeLost(): Promise<{ readonly jobs: readonly LostJob[]; readonly more: boolean }> {
    const parent = dirname(this.folder);
    await clearLeftovers(parent, this.name, this.clock, this.log, this.runtime);
    const jobs: LostJob[] = [];
    const names = await readdir(parent);
    for (const name of names.filter((one) => one.endsWith(LOST))) {
      const lost = join(parent, name);
      for (const job of await readdir(jobsIn(lost)).catch(nothing)) {
        const taken = await this.take(join(jobsIn(lost), job));
        if (taken !== undefined) jobs.push(taken);
      }
      // Jobs of another server remain for an agent of that server.
      if ((await readdir(jobsIn(lost)).catch(nothing)).length === 0) await removeFolder(lost, this.log);
    }
    return { jobs, more: names.some((name) => name.endsWith(DEAD)) };
  }

  private async take(from: string): Promise<LostJob | undefined> {
    const claim = await readClaim(from);
    if (claim === undefined) await removeFolder(from, this.log);
    if (claim?.server !== this.server) return undefined;
    const path = this.nextFolder(claim.jobId);
    try {
      await rename(from, path);
    } catch (error) {
      // Another agent was faster, or the claim has become too old.
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    return { claim, spoolFile: spoolFileIn(path), remove: () => removeFolder(path, this.log) };
  }

  /** The id comes from the server and becomes part of a path. */
  private nextFolder(jobId: string): string {
    return join(jobsIn(this.folder), `${++this.jobs}-${jobId.replace(/[^\w-]/g, '_')}`);
  }

  async openJob({ jobId, token, task }: Omit<KeptClaim, 'server'>): Promise<JobFolder> {
    const path = this.nextFolder(jobId);
    const work = join(path, 'work');
    const io = join(path, 'io');
    const outputFolder = join(io, 'outputs');
    const reportFolder = join(io, 'reports');
    await mkdir(work, { recursive: true });
    await mkdir(outputFolder, { recursive: true });
    await Promise.all([mkdir(reportFolder), writeClaim(path, { server: this.server, jobId, token, task })]);
    const pidFile = pidFileIn(path);
    return {
      path,
      work,
      io,
      stateFile: join(io, 'state'),
      pidFile,
      spoolFile: spoolFileIn(path),
      outputFile: join(io, 'output'),
      outputFolder,
      reportFolder,
      summaryFile: join(io, 'summary'),
      scriptFile: join(io, 'command'),
      forgetSession: () => rm(pidFile, { force: true }),
      remove: async () => {
        await rm(claimFileIn(path), { force: true });
        for (const folder of [work, outputFolder, reportFolder, io, path]) {
          if (!(await removeEmpty(folder))) return removeFolder(path, this.log);
        }
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.touching);
    await removeFolder(this.folder, this.log);
    await this.watchdog?.close();
  }
}

/** Many jobs leave nothing behind. Searching their directories would cost several times as much as removing them. */
async function removeEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EACCES', 'EPERM', 'ENOTDIR')) return false;
    throw error;
  }
}

/** `slipway artifact` is part of the agent, which talks to the server anyway; everything else is the command line. */
async function writeCommands(folder: string): Promise<void> {
  const node = quoted(process.execPath);
  const own = quoted(join(__dirname, 'artifactCommand/main.js'));
  const cli = quoted(join(__dirname, '../cli/main.js'));
  const script = `#!/bin/sh\nif [ "$1" = artifact ]; then shift; exec ${node} ${own} "$@"; fi\nexec ${node} ${cli} "$@"\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'slipway'), script, { mode: 0o755 });
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
