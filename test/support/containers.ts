import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Image that tests make of busybox, because a test machine may reach no registry. */
export const IMAGE = 'localhost/slipway-test:1';

export interface TestRuntime {
  /** Settings of an agent that runs containers here. */
  readonly settings: Readonly<Record<string, string>>;
  /** Runs a subcommand and returns its output. */
  run(...args: readonly string[]): string;
  /** Removes its images and containers. */
  remove(): void;
}

const busybox = ['/bin/busybox', '/usr/bin/busybox', '/usr/sbin/busybox'];
/** Some machines have no systemd, and their kernel allows no higher limits. */
const bare = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];

/** A runtime with an image of its own, or the reason why this machine has none. Installs nothing. */
export function findTestRuntime(): TestRuntime | string {
  const program = busybox.find((path) => existsSync(path));
  if (program === undefined) return 'no busybox to make an image of';
  if (spawnSync('podman', ['--version']).status !== 0) return 'no podman';
  const folder = mkdtempSync(join(tmpdir(), 'slipway-containers-'));
  const root = join(folder, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  mkdirSync(join(root, 'etc'));
  copyFileSync(program, join(root, 'bin/busybox'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n');
  for (const name of 'sh cat ls echo sleep env id httpd wget sed kill touch mkdir head tr stat chmod true'.split(' '))
    symlinkSync('busybox', join(root, 'bin', name));
  const storage = ['--storage-driver', 'vfs', '--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
  let problem = '';
  for (const more of existsSync('/run/systemd/system') ? [[], bare] : [bare, []]) {
    const command = ['podman', ...more, ...storage];
    const limits = more === bare ? ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1000:1000'] : [];
    const run = (...args: readonly string[]) => {
      const [name = '', ...before] = command;
      const { status, stdout, stderr } = spawnSync(name, [...before, ...args], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`podman ${args.join(' ')}: ${stderr}`);
      return stdout;
    };
    try {
      const archive = join(folder, 'image.tar');
      spawnSync('tar', ['-C', root, '-cf', archive, '.']);
      run('import', '--change', 'ENV FROM_IMAGE=yes', archive, IMAGE);
      run('run', '--rm', ...limits, IMAGE, '/bin/sh', '-c', 'true');
      const settings = {
        SLIPWAY_AGENT_CONTAINER_COMMAND: command.join(' '),
        SLIPWAY_AGENT_CONTAINER_ARGUMENTS: limits.join(' '),
      };
      return { settings, run, remove: () => rmSync(folder, { recursive: true, force: true }) };
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return problem;
}
