import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Log } from '../kernel/log';

/**
 * An agent that is killed with SIGKILL can't end what it runs, and a command in a session of its own would run on beside the copy that
 * another agent gets. Linux could send the command a signal at its parent's death, but only to what asks for it itself, which a shell can't.
 *
 * So there is a small process, one for each agent, that reads from a pipe which nobody writes to: the pipe ends when the agent does, however
 * it ends. It then ends every session that has written its number into the agent's folder. No command can be missed: a command runs only
 * after it has written its number, and the watchdog renames the folder before it looks, so that a command which is about to start finds no place
 * to write to and gives up. A watchdog for each job would also do, but would leave an orphan behind each job, which nobody
 * buries where the agent is the first process of a container.
 */
const WATCHDOG = `
trap '' HUP INT TERM
while read -r line; do :; done
cd / && mv "$1" "$1.dead" || exit 0
end() {
  found=' '
  for file in "$1.dead"/jobs/*/pid; do
    pid=
    read -r pid <"$file"
    case $pid in
      *[!0-9]* | '') ;;
      *) found="$found$pid "; kill "-$2" "-$pid" ;;
    esac
  done
  for file in /proc/[0-9]*/stat; do
    read -r line <"$file" || continue
    name=$1 signal=$2
    set -- \${line##*) }
    case $found in
      *" $4 "*) [ "$3" = "$4" ] || kill "-$signal" "-$3" ;;
    esac
    set -- "$name" "$signal"
  done
}
end "$1" TERM
[ "$found" = ' ' ] || sleep "$2"
end "$1" KILL
rm -rf "$1.dead"
`;

/**
 * What a command is started with. It becomes the command: the same process, so its exit code and signals are the command's. 125 is what it says
 * when there is no place to write its number to.
 */
export const GUARD = 'echo $$ >"$2" || exit 125; exec /bin/sh -e -c "$1"';
export const GUARD_REFUSES = 125;

export const jobsIn = (folder: string) => join(folder, 'jobs');
export const pidFileIn = (jobFolder: string) => join(jobFolder, 'pid');
/** What the watchdog makes of an agent's folder. */
export const DEAD = '.dead';

const RESTART_MS = 1000;

export class Watchdog {
  private child: ChildProcess | undefined;
  private closing = false;

  constructor(
    private readonly folder: string,
    /** Between SIGTERM and SIGKILL. */
    private readonly graceSeconds: number,
    private readonly log: Log,
  ) {
    this.start();
  }

  /** Call it when the folder is gone: then there is nothing that it would do. */
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
    const args = ['-c', WATCHDOG, 'slipway-watchdog', this.folder, String(this.graceSeconds)];
    // A session of its own: Ctrl-C in the agent's terminal must not reach it.
    const child = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.child = child;
    const again = (what: string) => {
      if (this.child !== child) return;
      this.child = undefined;
      if (this.closing) return;
      this.log.warn(`the watchdog ${what}; until there is a new one, jobs would outlive an agent that is killed`);
      setTimeout(() => this.closing || this.start(), RESTART_MS).unref();
    };
    child.once('error', (error) => again(`can’t be started: ${error.message}`));
    child.once('exit', (code, signal) => again(`has ended with ${signal ?? code}`));
    child.stdin?.on('error', (error) => this.log.debug({ err: error }, 'the watchdog’s pipe'));
  }
}
