import { spawnSync } from 'node:child_process';

/** What somebody has to put right: shown as its message alone, without a stack. */
export class Failure extends Error {}

/** Runs a script's main function. Whatever it throws makes the process, and so the task, fail. */
export async function run(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Failure ? `FAILED: ${error.message}` : error);
    process.exitCode = 1;
  }
}

export function required(name, meaning) {
  const value = process.env[name];
  if (!value) throw new Failure(`${name} is not set. It is ${meaning}.`);
  return value;
}

/** A version becomes part of names of files and folders, so it must not be able to lead out of them. */
export function checkVersion(version, source) {
  if (/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) return version;
  throw new Failure(`"${version}" (from ${source}) is no version: one looks like 1.2.3 or 1.2.3-rc.1`);
}

export function tar(...args) {
  const { status, error, stderr } = spawnSync('tar', args, { encoding: 'utf8' });
  if (status !== 0) throw new Failure(`tar ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
