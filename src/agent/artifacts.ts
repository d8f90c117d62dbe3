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

/** Files on their way at the same time, for each job: enough to hide the way there and back, few enough for a job not to take all. */
const SIDE_BY_SIDE = 4;

/** The job can't go on because of its files. */
export class ArtifactFailure extends Error {
  override readonly name = 'ArtifactFailure';

  constructor(
    readonly reason: EndReason,
    message: string,
  ) {
    super(message);
  }
}

/** Puts the inputs into the working folder. Nothing is there that was not checked against its size and SHA-256. */
export async function downloadInputs(
  work: string,
  inputs: readonly JobInput[],
  client: JobClient,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (!isArtifactName(name))
      throw new ArtifactFailure('INPUT_MISSING', `"${name}" is not a path within the working folder.`);
    if (names.has(name)) throw new ArtifactFailure('INPUT_MISSING', `There are two inputs with the name ${name}.`);
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
        throw new ArtifactFailure('INPUT_MISSING', `What the server sends as ${input.name} is not what it announced.`);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ServerRefusal) {
      throw new ArtifactFailure('INPUT_MISSING', `The input ${input.name} can’t be had: ${error.message}`);
    }
    if (isErrno(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) {
      throw new ArtifactFailure(
        'INPUT_MISSING',
        `The input ${input.name} is in the way of another one, or that one of it.`,
      );
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
    // Of what can go wrong here only the disk speaks in system calls on a path; the rest is the connection, and worth another try.
    if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'EFBIG'))
      throw error;
    throw new ServerUnavailable(`the input ${input.name} broke off`, { cause: error });
  }
  return { size: meter.size, sha256: meter.sha256() };
}

/** Counts and hashes what goes through, and lets no more through than was announced. */
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

/** Uploads what the patterns name, all of it. */
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
    throw new ArtifactFailure('UPLOAD_FAILED', `Links that lead out of the working folder are not uploaded: ${names}.`);
  }
  if (missing.length > 0) throw new ArtifactFailure('OUTPUT_MISSING', `${missing.slice(0, 5).join('. ')}.`);
  const odd = files.find(({ name }) => !isArtifactName(name));
  if (odd !== undefined) throw new ArtifactFailure('UPLOAD_FAILED', `The name "${odd.name}" can’t be uploaded.`);
  if (mask !== undefined && files.some(({ name }) => mask.isIn(name)))
    throw new ArtifactFailure('SECRET_IN_OUTPUT', 'The name of a file to upload holds a secret.');
  await sideBySide(files, signal, (file, stop) => upload(file, client, stop));
}

/** Uploads what there is of what the patterns name: for a job that has failed already. */
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
        throw new ArtifactFailure('UPLOAD_FAILED', `${file.name} can’t be uploaded: ${message}`);
      }
      throw error;
    }
  }
}

/** Reads the file twice: the hash stands before the bytes. What changes in between is found out by the server. */
async function send(file: OutputFile, client: JobClient, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file.path, { signal })) {
    hash.update(chunk);
    size += chunk.length;
  }
  // No more than was counted, or a file that grows would break the request instead of being refused.
  const body = size > 0 ? createReadStream(file.path, { end: size - 1 }) : Readable.from([]);
  await client.putArtifact(file.name, body, size, hash.digest('hex'), signal);
}

/** Some at a time; the first failure stops the others. */
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
