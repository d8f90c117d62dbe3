import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { chmod, lstat, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock';
import type { Log } from '../kernel/log';
import { claimFileIn } from './claimFile';
import { endProcesses, escapedProcesses, isOfJob } from './escapedProcesses';
import { absent, isErrno } from '../kernel/errno';
import { sessionMembers, signalSession, statFields } from './sessions';
import { AGENT_LABEL, removeArguments } from './containers/arguments';
import { ask, type ContainerRuntime, lastLineOf } from './containers/runtime';
import { containersMark, DEAD, jobsIn, LOST, pidFileIn, spoolFileIn } from './watchdog';

/**
 * Directories of machines or containers that are not visible from here count as dead after this long without a change.
 */
const FORGOTTEN_MS = 3600_000;
/** Time for which a working watchdog is left alone. */
const WATCHDOG_MS = 60_000;
/** Twice the longest lease: no claim is valid after it. */
const CLAIMS_MS = 7200_000;

const linux = process.platform === 'linux';

/**
 * `<pid>-<place>-<start>` distinguishes an agent process from every past, present and future process with the same id.
 */
export async function ownFolderName(): Promise<string> {
  return `${process.pid}-${place()}-${await startOf(process.pid)}`;
}

/**
 * Removes directories of killed agents, except for claims and logs of their jobs, and ends remaining processes of these.
 * Normally the watchdog does this; they remain only if the watchdog was killed, too, or the machine crashed.
 */
export async function clearLeftovers(
  folder: string,
  own: string,
  clock: Clock,
  log: Log,
  runtime?: ContainerRuntime,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(LOST) && (await ageOf(path, clock)) > CLAIMS_MS) await removeFolder(path, log);
    if (name === own || !(await isDead(path, name, clock))) continue;
    const ended = await endSessions(path);
    if (runtime !== undefined) await removeContainers(path, runtime, log);
    if (await keepClaims(path, log)) await rename(path, `${path.replace(ENDS_DEAD, '')}${LOST}`).catch(absent);
    else await removeFolder(path, log);
    log.info(`cleaned up after a killed agent: ${path}${ended > 0 ? `, ended ${ended} of its jobs` : ''}`);
  }
}

const ENDS_DEAD = /\.dead$/;

/** Time since the directory was renamed. */
async function ageOf(path: string, clock: Clock): Promise<number> {
  const times = await lstat(path).catch(absent);
  return times === undefined ? 0 : clock.now().getTime() - times.ctimeMs;
}

/** Removes everything of the jobs but their claims and logs. False if there is no claim. */
async function keepClaims(folder: string, log: Log): Promise<boolean> {
  let any = false;
  for (const name of await readdir(jobsIn(folder)).catch(nothing)) {
    const job = join(jobsIn(folder), name);
    const claimed = (await lstat(claimFileIn(job)).catch(absent)) !== undefined;
    const kept = claimed ? [claimFileIn(job), spoolFileIn(job)] : [];
    any ||= claimed;
    for (const entry of await readdir(job).catch(nothing)) {
      if (!kept.includes(join(job, entry))) await removeFolder(join(job, entry), log);
    }
  }
  return any;
}

async function isDead(path: string, name: string, clock: Clock): Promise<boolean> {
  const [, pid, itsPlace, start, dead] = /^(\d+)-([\w]+)-(\w+)(\.dead)?$/.exec(name) ?? [];
  if (pid === undefined) return false;
  const times = await lstat(path).catch(absent);
  if (times === undefined) return false;
  const now = clock.now().getTime();
  if (dead === DEAD) return now - times.ctimeMs > WATCHDOG_MS;
  if (itsPlace !== place()) return now - times.mtimeMs > FORGOTTEN_MS;
  return (await startOf(Number(pid))) !== start;
}

/**
 * Ends the sessions of a dead agent's jobs. The process id alone is not proof, because another process may have it by
 * now. A process of that session with the job's id in its environment is.
 */
async function endSessions(folder: string): Promise<number> {
  let ended = 0;
  for (const job of await readdir(jobsIn(folder)).catch(nothing)) {
    const session = Number(await readFile(pidFileIn(join(jobsIn(folder), job)), 'utf8').catch(absent));
    const jobId = job.slice(job.indexOf('-') + 1);
    if (!Number.isInteger(session) || session < 2) continue;
    const isOurs = sessionMembers(session).some(({ pid }) => isOfJob(pid, jobId));
    if (isOurs && signalSession(session, 'SIGKILL')) ended++;
    await endProcesses(escapedProcesses(jobId), 0);
  }
  return ended;
}

/** Removes containers and networks of a dead agent, which belong to no process of this machine’s jobs. */
async function removeContainers(folder: string, runtime: ContainerRuntime, log: Log): Promise<void> {
  const agent = await readFile(containersMark(folder), 'utf8').catch(absent);
  if (agent === undefined) return;
  const filter = `label=${AGENT_LABEL}=${agent}`;
  for (const [list, remove] of [
    [['ps', '--all'], removeArguments(runtime, [])],
    [
      ['network', 'ls'],
      ['network', 'rm'],
    ],
  ] as const) {
    const { stdout } = await ask(runtime, [...list, '--quiet', '--filter', filter]);
    const ids = stdout.split('\n').filter((id) => id !== '');
    if (ids.length === 0) continue;
    const { code, stderr } = await ask(runtime, [...remove, ...ids]);
    if (code === 0) log.info(`removed ${ids.length} containers or networks of a killed agent`);
    else log.error(`could not remove containers of a killed agent: ${lastLineOf(stderr)}`);
  }
}

/**
 * A tool may leave directories without write permission (Go's module cache does), which even their owner can't empty.
 */
export async function removeFolder(path: string, log: Log): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 2 });
  try {
    await remove().catch(async (error: unknown) => {
      if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
      await openFolders(path);
      await remove();
    });
  } catch (error) {
    log.warn({ err: error }, `could not remove ${path}; the next agent that starts here tries again`);
  }
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name));
  }
}

/** Identifies the kernel and the pid namespace, within which a process id has a meaning. */
function place(): string {
  if (!linux) return process.platform;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return `${boot}_${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
}

/** Start time of a process. Undefined if it does not exist, or is a zombie. */
async function startOf(pid: number): Promise<string | undefined> {
  if (linux) {
    const [state = 'Z', ...fields] = statFields(pid) ?? [];
    return 'ZX'.includes(state) ? undefined : fields[18];
  }
  const text = await new Promise<string>((resolve) => {
    execFile('ps', ['-o', 'state=,lstart=', '-p', String(pid)], (_error, stdout) => resolve(stdout));
  });
  return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '').replace(/\W+/g, '_');
}

export function nothing(error: unknown): string[] {
  if (isErrno(error, 'ENOENT')) return [];
  throw error;
}
