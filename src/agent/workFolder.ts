import { lstat, mkdir, readdir, realpath, rename } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { isErrno } from '../kernel/errno';

/**
 * Writing into the working directory of a job before its command runs. A checkout may contain links to anywhere on the
 * machine, and the agent's user may write to more than the job.
 */

/** A link is where the agent would write. */
export class LinkInTheWay extends Error {}

/** Creates a folder within the working directory, and those above it. Throws LinkInTheWay if one of them is a link. */
export async function makeFolder(work: string, name: string): Promise<string> {
  let path = work;
  for (const part of name.split('/')) {
    path = join(path, part);
    // Never follows a link, not even one to nowhere.
    await mkdir(path).catch(ignoreExisting);
    const found = await lstat(path);
    if (found.isSymbolicLink()) throw new LinkInTheWay(`${relative(work, path)} is a link`);
    if (!found.isDirectory()) throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR' });
  }
  return path;
}

/** Creates a folder, which links may lead to as long as they stay within `work`. False if they lead out of it. */
export async function makeFolderWithin(work: string, path: string): Promise<boolean> {
  const root = await realpath(work);
  let at = root;
  for (const part of relative(resolve(work), path).split(sep)) {
    const next = join(at, part);
    await mkdir(next).catch(ignoreExisting);
    at = await realpath(next);
    if (!isWithin(at, root)) return false;
  }
  return true;
}

/** Moves all entries of a folder into another one and replaces files there. Throws LinkInTheWay, as above. */
export async function moveEntries(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const there = await lstat(target).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (!entry.isDirectory() || there === undefined) await rename(source, target);
    else if (there.isDirectory()) await moveEntries(source, target);
    else throw new LinkInTheWay(`${entry.name} exists and is not a folder`);
  }
}

export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

function ignoreExisting(error: unknown): void {
  if (!isErrno(error, 'EEXIST')) throw error;
}
