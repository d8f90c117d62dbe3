import { readdirSync, readFileSync } from 'node:fs';

/**
 * Every command runs in a session of its own, whose number is the process id of its first process. What must end with the job is that
 * session and not just the first process's group: `timeout`, `set -m` and interactive shells put their children in groups
 * of their own, which a signal to the one group would miss. A process that has made a session for itself has left the job on purpose, as a
 * deployed service does, and is never touched. Other groups of a session can be found on Linux only; elsewhere it is the one group.
 */

/** Signals what is left of a session; false when nothing is. */
export function signalSession(session: number, signal: NodeJS.Signals): boolean {
  let any = signalGroup(session, signal);
  for (const member of sessionMembers(session)) {
    if (member.group !== session) any = signalGroup(member.group, signal) || any;
  }
  return any;
}

/** Whether anything of the first process's group is left. One system call: this is asked after each command. */
export const isGroupLeft = (group: number): boolean => signalGroup(group, 0);

/**
 * Whether anything of the session still runs. Zombies do not count: where the agent is the first process of a container, nobody buries the orphans, and
 * they would be waited for in vain.
 */
export function isSessionLeft(session: number): boolean {
  return process.platform === 'linux' ? sessionMembers(session).length > 0 : isGroupLeft(session);
}

export interface SessionMember {
  readonly pid: number;
  readonly group: number;
}

/** Living processes of a session. Always empty where there is no /proc. */
export function sessionMembers(session: number): SessionMember[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    const [state = '', , group, itsSession] = statFields(pid) ?? [];
    return Number(itsSession) === session && !'ZX'.includes(state) ? [{ pid, group: Number(group) }] : [];
  });
}

/** The fields of /proc/<pid>/stat from the state on; undefined when there is no such process. */
export function statFields(pid: number): string[] | undefined {
  const text = readProcess(pid, 'stat');
  // The command's name comes before, in parentheses, and may itself hold anything.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A file of /proc/<pid>; undefined when the process is gone, or belongs to somebody else and hides it. */
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
    // EPERM: it is there, and has become somebody else's (sudo). The agent can't do more about it.
    if (isErrno(error, 'ESRCH', 'EPERM')) return isErrno(error, 'EPERM');
    throw error;
  }
}

export const isErrno = (error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code);
