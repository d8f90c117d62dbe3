import { readdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../kernel/errno';

/**
 * Every command runs in a separate session, numbered by the process id of its first process. The whole session ends
 * with the job, because `timeout`, `set -m` and interactive shells put children into separate groups. Groups other than
 * the first are found on Linux only. Processes that started a new session are in escapedProcesses.ts.
 */

/** Signals the remaining processes of a session. Returns false if there are none. */
export function signalSession(session: number, signal: NodeJS.Signals): boolean {
  let any = signalGroup(session, signal);
  for (const member of sessionMembers(session)) {
    if (member.group !== session) any = signalGroup(member.group, signal) || any;
  }
  return any;
}

/** True if anything of the first process group is left. One system call, made after each command. */
export const isGroupLeft = (group: number): boolean => signalGroup(group, 0);

/**
 * True if anything of the session still runs. Zombies don't count: if the agent is the first process of a container,
 * nothing reaps the orphans.
 */
export function isSessionLeft(session: number): boolean {
  return process.platform === 'linux' ? sessionMembers(session).length > 0 : isGroupLeft(session);
}

export interface SessionMember {
  readonly pid: number;
  readonly group: number;
}

/** Living processes of a session. Always empty without /proc. */
export function sessionMembers(session: number): SessionMember[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    const [state = '', , group, itsSession] = statFields(pid) ?? [];
    return Number(itsSession) === session && !'ZX'.includes(state) ? [{ pid, group: Number(group) }] : [];
  });
}

/** Fields of /proc/<pid>/stat, starting with the state. Undefined if there is no such process. */
export function statFields(pid: number): string[] | undefined {
  const text = readProcess(pid, 'stat');
  // The command's name comes first, in parentheses, and may contain any characters.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** File of /proc/<pid>. Undefined if the process is gone, or hidden by another owner. */
export function readProcess(pid: number, file: 'stat' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user (sudo). The agent can't signal it.
    if (isErrno(error, 'ESRCH', 'EPERM')) return isErrno(error, 'EPERM');
    throw error;
  }
}
