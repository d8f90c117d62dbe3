import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcess, statFields } from './sessions';

/** A job that runs longer could outlive one round of process ids, so all processes are searched after it. */
const ONE_ROUND_MS = 10_000;
const linux = process.platform === 'linux';

/** A process that left the session of its job, as a daemon does, but still has the job's id in its environment. */
export interface EscapedProcess {
  readonly pid: number;
  readonly name: string;
}

/** True if the environment of a process has the id of the job. Only its owner may read it. */
export function isOfJob(pid: number, jobId: string): boolean {
  return `\0${readProcess(pid, 'environ') ?? ''}\0`.includes(`\0SLIPWAY_JOB_ID=${jobId}\0`);
}

/**
 * Living processes of a job, in any session. Process ids grow, so after a short job only processes that are younger than
 * its first one are examined. Always empty without /proc.
 */
export function escapedProcesses(jobId: string, first = 0, ranMs = Number.POSITIVE_INFINITY): EscapedProcess[] {
  if (!linux) return [];
  const oldest = ranMs < ONE_ROUND_MS && newestProcess() >= first ? first : 0;
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!(pid > oldest) || pid === process.pid || !isOfJob(pid, jobId)) return [];
    return isAlive(pid) ? [{ pid, name: nameOf(pid) }] : [];
  });
}

/** Ends processes: SIGTERM, then SIGKILL after the grace period. Returns when none is left. */
export async function endProcesses(processes: readonly EscapedProcess[], graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let left = signalAll(processes, 'SIGTERM');
  for (let step = 10; left.length > 0; step = Math.min(200, step * 1.5)) {
    if (performance.now() >= deadline) left = signalAll(left, 'SIGKILL');
    await delay(step);
    left = left.filter(({ pid }) => isAlive(pid));
  }
}

/** Returns the processes that the signal reached. */
function signalAll(processes: readonly EscapedProcess[], signal: NodeJS.Signals): EscapedProcess[] {
  return processes.filter(({ pid }) => {
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // It has ended, or belongs to another user.
    }
  });
}

function isAlive(pid: number): boolean {
  const [state = 'X'] = statFields(pid) ?? [];
  return !'ZX'.includes(state);
}

const nameOf = (pid: number): string => /\((.*)\)/s.exec(readProcess(pid, 'stat') ?? '')?.[1] ?? 'process';

const newestProcess = (): number => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[4]);
