import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Log } from '../kernel/log';
import type { ContainerRuntime } from './containers/runtime';

/**
 * An agent killed with SIGKILL can't end its commands, which would run alongside the copy of another agent. So each
 * agent has a small process that ends every recorded session once its pipe from the agent closes. It first renames the
 * directory, so that a command about to start can't write its process id and gives up. One watchdog per job would leave
 * an orphan per job, which nothing reaps in some containers. It leaves the claims and logs for the next agent, no longer
 * than the leases of the jobs may last.
 */
const WATCHDOG = `
trap '' HUP INT TERM
while read -r line; do :; done
cd / && mv "$1" "$1.dead" || exit 0
end() {
  found=' ' marks= left=
  for file in "$1.dead"/jobs/*/pid; do
    pid=
    read -r pid <"$file"
    case $pid in
      *[!0-9]* | '') ;;
      *)
        found="$found$pid "; kill "-$2" "-$pid" && left=1
        job=\${file%/pid}; job=\${job##*/}
        marks="\${marks}SLIPWAY_JOB_ID=\${job#*-}
" ;;
    esac
  done
  [ -z "$marks" ] || for file in $(grep -lsF "\${marks%?}" /proc/[0-9]*/environ); do
    file=\${file#/proc/}; kill "-$2" "\${file%/environ}" && left=1
  done
  for file in /proc/[0-9]*/stat; do
    read -r line <"$file" || continue
    name=$1 signal=$2
    set -- \${line##*) }
    case $found in
      *" $4 "*) [ "$3" = "$4" ] || { kill "-$signal" "-$3" && left=1; } ;;
    esac
    set -- "$name" "$signal"
  done
}
end "$1" TERM
waited=0
while [ -n "$left" ] && [ "$waited" -lt "$2" ]; do
  sleep 1
  waited=$((waited + 1))
  end "$1" 0
done
end "$1" KILL
folder=$1 keep=$3
shift 3
clean() {
  "$@" ps --all --quiet --filter "label=slipway.agent=$agent" | while read -r id; do
    "$@" rm --force --volumes "$id" </dev/null
  done
  "$@" network ls --quiet --filter "label=slipway.agent=$agent" | while read -r id; do
    "$@" network rm "$id" </dev/null
  done
}
if read -r agent <"$folder.dead/containers" || [ -n "$agent" ]; then
  clean "$@"
  # A container may just have been on its way.
  sleep 2
  clean "$@"
fi
rm -rf "$folder.dead"/jobs/*/work "$folder.dead"/jobs/*/io "$folder.dead"/jobs/*/pid
for claim in "$folder.dead"/jobs/*/claim; do
  [ -f "$claim" ] || continue
  mv "$folder.dead" "$folder.lost"
  while [ -d "$folder.lost" ] && [ "$keep" -gt 0 ]; do
    sleep 2
    keep=$((keep - 2))
  done
  break
done
rm -rf "$folder.dead" "$folder.lost"
`;

/**
 * Start wrapper of a command. It becomes the command: the same process, with the command's exit code and signals. It
 * exits with 125 if it can't write its process id. Arguments: the file for the id; the program and its arguments.
 */
export const GUARD = 'echo $$ >"$1" || exit 125; shift; exec "$@"';
/** The same with one stream for both outputs, which keeps the order in which they were written. */
export const MERGING_GUARD = `${GUARD} 2>&1`;
export const GUARD_REFUSES = 125;

export const jobsIn = (folder: string) => join(folder, 'jobs');
/** File whose existence says that containers may have to be removed. */
export const containersMark = (folder: string) => join(folder, 'containers');
export const spoolFileIn = (jobFolder: string) => join(jobFolder, 'spool');
export const pidFileIn = (jobFolder: string) => join(jobFolder, 'pid');
/** State of an agent's directory, as the watchdog sees it. */
export const DEAD = '.dead';
/** Everything of the killed agent has ended. What remains are the claims and logs of its jobs, for the next agent. */
export const LOST = '.lost';

const RESTART_MS = 1000;

export class Watchdog {
  private child: ChildProcess | undefined;
  private closing = false;

  constructor(
    private readonly folder: string,
    /** Time between SIGTERM and SIGKILL. */
    private readonly graceSeconds: number,
    /** Time after which the claims of its jobs are void. */
    private readonly keepSeconds: number,
    private readonly log: Log,
    private readonly runtime?: ContainerRuntime,
  ) {
    this.start();
  }

  /** Call this when the directory is removed and nothing is left to do. */
  async close(): Promise<void> {
    this.closing = true;
    const { child } = this;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.stdin?.end();
    });
  }

  private start(): void {
    const args = [
      '-c',
      WATCHDOG,
      'slipway-watchdog',
      this.folder,
      String(this.graceSeconds),
      String(this.keepSeconds),
      ...(this.runtime?.command ?? []),
    ];
    // A separate session: Ctrl-C in the agent's terminal must not reach it.
    const child = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.child = child;
    const again = (what: string) => {
      if (this.child !== child) return;
      this.child = undefined;
      if (this.closing) return;
      this.log.warn(`the watchdog ${what}; until a new one runs, jobs would outlive a killed agent`);
      setTimeout(() => this.closing || this.start(), RESTART_MS).unref();
    };
    child.once('error', (error) => again(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => again(`exited with ${signal ?? code}`));
    child.stdin?.on('error', (error) => this.log.debug({ err: error }, 'the watchdog’s pipe'));
  }
}
