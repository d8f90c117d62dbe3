import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isArtifactName } from './artifactPatterns';
import { persist } from './backoff';
import { LocalFileError, ServerRefusal, ServerUnavailable } from './httpClient';
import { findOutputs, type OutputFile } from './outputs';
import type { EndReason, JobInput } from '../contract/agentProtocol';
import type { JobClient } from './protocolClient';
import type { SecretMask } from './secretMask';
import { isErrno } from './sessions';

/** Transfers in parallel per job: enough to hide the round trip, few enough to leave room for other jobs. */
const SIDE_BY_SIDE = 4;

/** The files of a job prevent it from continuing. */
export class ArtifactFailure extends Error {
  override readonly name = 'ArtifactFailure';

  constructor(
    readonly reason: EndReason,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Downloads the inputs into the working directory. A file appears there only after its size and SHA-256 were checked.
 */
export async function downloadInputs(
  work: string,
  inputs: readonly JobInput[],
  client: JobClient,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (!isArtifactName(name))
      throw new ArtifactFailure('INPUT_MISSING', `"${name}" is not a path within the working directory.`);
    if (names.has(name)) throw new ArtifactFailure('INPUT_MISSING', `Two inputs have the name ${name}.`);
    names.add(name);
  }
  await sideBySide(inputs, signal, (input, stop) => download(join(work, input.name), input, client, stop));
}

async function download(path: string, input: JobInput, client: JobClient, signal: AbortSignal): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    for (let attempt = 1; ; attempt++) {
      const got = await persist(signal, () => receive(path, input, client, signal));
      if (got.size === input.size && got.sha256 === input.sha256) return;
      if (attempt === 2)
        throw new ArtifactFailure(
          'INPUT_MISSING',
          `The content of ${input.name} differs from what the server announced.`,
        );
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ServerRefusal) {
      throw new ArtifactFailure('INPUT_MISSING', `Could not download the input ${input.name}: ${error.message}`);
    }
    if (isErrno(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) {
      throw new ArtifactFailure('INPUT_MISSING', `The input ${input.name} conflicts with the path of another input.`);
    }
    throw error;
  }
}

async function receive(path: string, input: JobInput, client: JobClient, signal: AbortSignal) {
  const response = await client.getArtifact(input.artifactId, signal);
  const meter = new Meter(input.size);
  try {
    await pipeline(response, meter, createWriteStream(path), { signal });
  } catch (error) {
    // Only disk errors name a system call on a path. Everything else is a connection error, worth another try.
    if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'EFBIG'))
      throw error;
    throw new ServerUnavailable(`the download of ${input.name} broke off`, { cause: error });
  }
  return { size: meter.size, sha256: meter.sha256() };
}

/** Counts and hashes the stream, and passes no more than was announced. */
class Meter extends Transform {
  size = 0;
  private readonly hash = createHash('sha256');

  constructor(private readonly limit: number) {
    super();
  }

  sha256(): string {
    return this.hash.digest('hex');
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, data?: Buffer) => void): void {
    this.size += chunk.length;
    if (this.size > this.limit) {
      done(null);
      return;
    }
    this.hash.update(chunk);
    done(null, chunk);
  }
}

/** Uploads all files that the patterns match. */
export async function uploadOutputs(
  work: string,
  patterns: readonly string[],
  client: JobClient,
  signal: AbortSignal,
  mask?: SecretMask,
): Promise<void> {
  if (patterns.length === 0) return;
  const { files, missing, escaping } = await findOutputs(work, patterns);
  if (escaping.length > 0) {
    const names = escaping.slice(0, 5).join(', ');
    throw new ArtifactFailure(
      'UPLOAD_FAILED',
      `links that lead out of the working directory are not uploaded: ${names}.`,
    );
  }
  if (missing.length > 0) throw new ArtifactFailure('OUTPUT_MISSING', `${missing.slice(0, 5).join('. ')}.`);
  const odd = files.find(({ name }) => !isArtifactName(name));
  if (odd !== undefined) throw new ArtifactFailure('UPLOAD_FAILED', `a file named "${odd.name}" can’t be uploaded.`);
  if (mask !== undefined && files.some(({ name }) => mask.isIn(name)))
    throw new ArtifactFailure('SECRET_IN_OUTPUT', 'the name of a file to upload contains a secret.');
  await sideBySide(files, signal, (file, stop) => upload(file, client, stop));
}

/** Uploads whatever the patterns match, for a job that has already failed. */
export async function uploadWhatIsThere(
  work: string,
  patterns: readonly string[],
  client: JobClient,
  signal: AbortSignal,
  mask?: SecretMask,
): Promise<void> {
  if (patterns.length === 0) return;
  const { files } = await findOutputs(work, patterns);
  const named = files.filter(({ name }) => isArtifactName(name) && mask?.isIn(name) !== true);
  await sideBySide(named, signal, (file, stop) => upload(file, client, stop));
}

async function upload(file: OutputFile, client: JobClient, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await persist(signal, () => send(file, client, signal));
      return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const again = error instanceof ServerRefusal && ['ARTIFACT_EXISTS', 'ARTIFACT_MISMATCH'].includes(error.code);
      if (again && attempt === 1) continue;
      if (
        again ||
        error instanceof ServerRefusal ||
        error instanceof LocalFileError ||
        isErrno(error, 'ENOENT', 'EACCES')
      ) {
        const { message } = error;
        throw new ArtifactFailure('UPLOAD_FAILED', `could not upload ${file.name}: ${message}`);
      }
      throw error;
    }
  }
}

/** Reads the file twice, because the hash is sent before the content. The server detects a change in between. */
async function send(file: OutputFile, client: JobClient, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file.path, { signal })) {
    hash.update(chunk);
    size += chunk.length;
  }
  // Sends no more than was counted: a growing file would break the request instead of failing the check.
  const body = size > 0 ? createReadStream(file.path, { end: size - 1 }) : Readable.from([]);
  await client.putArtifact(file.name, body, size, hash.digest('hex'), signal);
}

/** Runs some at a time. The first failure stops the others. */
async function sideBySide<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item, stop);
  };
  const lanes = Array.from({ length: Math.min(SIDE_BY_SIDE, items.length) }, async () => {
    try {
      await lane();
    } catch (error) {
      if (!stop.aborted) failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(lanes);
  stop.throwIfAborted();
}
