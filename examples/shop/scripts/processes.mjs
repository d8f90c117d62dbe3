import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './task.mjs';

/** Where a service lives in one environment. `folder` is <TARGET_ROOT>/<environment>/<service>. */
export const placesIn = (folder) => ({
  releases: join(folder, 'releases'), // an unpacked release each: <version>-<job id>
  current: join(folder, 'current'), // link to the release in use
  process: join(folder, 'process.json'), // what was started last: pid, version, release, port
  log: join(folder, 'service.log'), // what all its processes wrote
  lock: join(folder, 'deploy.lock'), // link that "points" to the pid of the deploy at work
});

/** The command line of a living process. Empty if there is none, or only its zombie. */
export function commandLine(pid) {
  if (!Number.isInteger(pid) || pid < 2) return '';
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** A pid proves nothing, numbers are used again: ours is a process that runs a release out of this very folder. */
export const isOurs = (folder, pid) => commandLine(pid).includes(`${placesIn(folder).releases}/`);

/** What process.json says of the process that was started last, if that is still there and ours. */
export function knownProcess(folder) {
  try {
    const known = JSON.parse(readFileSync(placesIn(folder).process, 'utf8'));
    return isOurs(folder, known.pid) ? known : undefined;
  } catch {
    return undefined;
  }
}

/** Asks a process of ours to end; after 5 s it has to. */
export async function stop(folder, pid) {
  const gone = async (milliseconds) => {
    for (const end = Date.now() + milliseconds; isOurs(folder, pid) && Date.now() < end; ) await sleep(50);
    return !isOurs(folder, pid);
  };
  signal(pid, 'SIGTERM');
  if (!(await gone(5000))) signal(pid, 'SIGKILL');
  if (!(await gone(2000))) throw new Failure(`process ${pid} cannot be stopped`);
  rmSync(placesIn(folder).process, { force: true });
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // ended by itself meanwhile
  }
}

export function isPortTaken(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const answer = (taken) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

/** GET /health of what listens on a port: the answer as text for people, and its JSON (empty if there is none). */
export async function askHealth(port) {
  try {
    const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(2000) };
    const response = await fetch(`http://127.0.0.1:${port}/health`, options);
    const text = await response.text();
    return { text: `${response.status} ${text.slice(0, 500)}`, health: parse(text) };
  } catch (error) {
    return { text: `none (${error.cause?.code ?? error.message})`, health: {} };
  }
}

function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
