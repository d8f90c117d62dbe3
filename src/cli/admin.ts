import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { exit, Failure, Followed } from './failure';
import { type Terminal, Ui } from './ui';

/**
 * `slipway admin create-key`: creates a key in the server's database with the server's own program, for people who
 * control its machine. So it needs no key and no running server.
 */
export async function createKey(name: string, json: boolean, terminal: Terminal): Promise<void> {
  const ui = new Ui(json, terminal);
  const child = spawn(process.execPath, [join(__dirname, '../main.js'), 'admin', 'create-key', name], {
    env: terminal.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [key, problem, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Failure(exit.failed, 'NOT_CREATED', problem.trim());
  if (problem !== '') terminal.stderr.write(problem);
  const value = key.trim();
  ui.answer({ name, value });
  if (!json) ui.say(value);
}

/**
 * `slipway admin backup`, `restore` and `check`: the server's own program does them, with this terminal, and reports
 * what went wrong itself.
 */
export async function onThisMachine(args: readonly string[], json: boolean, terminal: Terminal): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(__dirname, '../main.js'), 'admin', ...args, ...(json ? ['--json'] : [])],
    { env: terminal.env, stdio: 'inherit' },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Followed('ADMIN_FAILED', `"slipway admin ${args[0]}" failed.`, code ?? exit.failed);
}
