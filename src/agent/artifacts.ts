import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, open, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { isArtifactName, isLinkTarget } from './artifactPatterns';
import { persistFurther } from './backoff';
import { LocalFileError, ServerRefusal, ServerUnavailable } from './httpClient';
import { findOutputs, type OutputFile } from './outputs';
import type { EndReason, JobInput } from '../contract/agentProtocol';
import type { ArtifactClient, JobClient, SentArtifact } from './protocolClient';
import type { Mask } from './secretMask';
import { isErrno } from '../kernel/errno';
import { LinkInTheWay, makeFolder } from './workFolder';

/** Transfers in parallel per job: enough to hide the round trip, few enough to leave room for other jobs. */
const SIDE_BY_SIDE = 4;
const READ_BYTES = 256 * 1024;
/** Longest target of a link that the server accepts. */
const MAX_TARGET_BYTES = 4096;

/** Problem with the files of a job that prevents it from continuing. */
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
 * Downloads the inputs into the working directory. A file counts only after its size and SHA-256 are verified. Nothing
 * is ever written through a link: those of a checkout are refused, and inputs that are links come last.
 */
export async function downloadInputs(
  work: string,
  inputs: readonly JobInput[],
  client: JobClient,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, JobInput>();
  for (const input of inputs) {
    const { name, type } = input;
    if (!isArtifactName(name))
      throw new ArtifactFailure('INPUT_MISSING', `"${name}" is not a path within the working directory.`);
    if (known.has(name) && (type !== 'FOLDER' || known.get(name)?.type !== 'FOLDER'))
      throw new ArtifactFailure('INPUT_MISSING', `Two inputs have the name ${name}.`);
    known.set(name, input);
  }
  const all = [...known.values()];
  const targets = new Map<JobInput, string>();
  await sideBySide(all, signal, async (input, stop) => {
    const path = join(work, input.name);
    const folder = input.type === 'FOLDER' ? input.name : dirname(input.name);
    await toPath(input, stop, () => makeFolder(work, folder));
    if (input.type === 'FOLDER') return;
    if (input.type === 'FILE') await toPath(input, stop, () => download(path, input, client, stop));
    else targets.set(input, await toPath(input, stop, () => targetOf(input, client, stop)));
  });
  for (const [input, target] of targets) await toPath(input, signal, () => symlink(target, join(work, input.name)));
  for (const { type, name, mode } of all) if (type !== 'LINK') await chmod(join(work, name), Number.parseInt(mode, 8));
}

/** Turns errors with one input into an ArtifactFailure. */
async function toPath<T>({ name }: JobInput, signal: AbortSignal, put: () => Promise<T>): Promise<T> {
  try {
    return await put();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ServerRefusal) {
      throw new ArtifactFailure('INPUT_MISSING', `Could not download the input ${name}: ${error.message}`);
    }
    if (error instanceof LinkInTheWay || isErrno(error, 'ELOOP')) {
      const why = error instanceof LinkInTheWay ? error.message : `${name} is a link`;
      const message = `The input ${name} can’t be written: ${why}, and inputs are never written through links.`;
      throw new ArtifactFailure('INPUT_MISSING', message);
    }
    if (isErrno(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) {
      throw new ArtifactFailure('INPUT_MISSING', `The input ${name} conflicts with the path of another file.`);
    }
    throw error;
  }
}

async function download(path: string, input: JobInput, client: JobClient, signal: AbortSignal): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o666);
  try {
    await receiveChecked(input, client, signal, async (chunk, position) => {
      for (let done = 0; done < chunk.length; ) {
        done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
      }
    });
  } finally {
    await file.close();
  }
}

async function targetOf(input: JobInput, client: JobClient, signal: AbortSignal): Promise<string> {
  const bytes = Buffer.alloc(Math.min(input.size, MAX_TARGET_BYTES));
  await receiveChecked(input, client, signal, async (chunk, position) => void chunk.copy(bytes, position));
  const target = bytes.toString();
  if (!isLinkTarget(input.name, target))
    throw new ArtifactFailure('INPUT_MISSING', `The link ${input.name} leads out of the working directory.`);
  return target;
}

type Write = (chunk: Buffer, position: number) => Promise<void>;

async function receiveChecked(input: JobInput, client: JobClient, signal: AbortSignal, write: Write): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    if ((await receive(input, client, signal, write)) === input.sha256) return;
    if (attempt === 2)
      throw new ArtifactFailure(
        'INPUT_MISSING',
        `The content of ${input.name} differs from what the server announced.`,
      );
  }
}

/** Returns the SHA-256 of the content; null if it is longer than announced. Continues when a connection breaks. */
async function receive(input: JobInput, client: JobClient, signal: AbortSignal, write: Write): Promise<string | null> {
  let hash = createHash('sha256');
  let size = 0;
  let isLonger = false;
  const transfer = async () => {
    const response = await client.getArtifact(input.artifactId, size, signal);
    if (response.statusCode === 200) [hash, size] = [createHash('sha256'), 0];
    try {
      for await (const chunk of response) {
        isLonger = size + chunk.length > input.size;
        if (isLonger) return;
        await write(chunk, size);
        hash.update(chunk);
        size += chunk.length;
      }
    } catch (error) {
      // Only disk errors name a system call on a path. Everything else is a connection error and is retried.
      if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'EFBIG'))
        throw error;
      throw new ServerUnavailable(`the download of ${input.name} was interrupted`, { cause: error });
    }
    if (size < input.size) throw new ServerUnavailable(`the download of ${input.name} ended early`);
  };
  await persistFurther(signal, transfer, async () => size);
  return isLonger ? null : hash.digest('hex');
}

/** Uploads all files that the patterns match. */
export async function uploadOutputs(
  work: string,
  patterns: readonly string[],
  client: JobClient,
  signal: AbortSignal,
  mask?: Mask,
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
  if (mask !== undefined && files.some((file) => showsSecret(file, mask)))
    throw new ArtifactFailure('SECRET_IN_OUTPUT', 'the name of a file to upload contains a secret.');
  await sideBySide(files, signal, (file, stop) => upload(file, client, stop));
}

const showsSecret = (file: OutputFile, mask: Mask): boolean =>
  mask.isIn(file.name) || (file.type === 'LINK' && mask.isIn(file.target));

/** Uploads all existing files that the patterns match, for a job that has already failed. */
export async function uploadWhatIsThere(
  work: string,
  patterns: readonly string[],
  client: JobClient,
  signal: AbortSignal,
  mask?: Mask,
): Promise<void> {
  if (patterns.length === 0) return;
  const { files } = await findOutputs(work, patterns);
  const named = files.filter((file) => isArtifactName(file.name) && (mask === undefined || !showsSecret(file, mask)));
  await sideBySide(named, signal, (file, stop) => upload(file, client, stop));
}

/** Uploads a file, link or folder. Continues when a connection breaks, and starts again if the file has changed. */
export async function upload(file: OutputFile, client: ArtifactClient, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send(file, client, signal);
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
async function send(file: OutputFile, client: ArtifactClient, signal: AbortSignal): Promise<void> {
  const { artifact, read } = await announced(file, signal);
  let offset = 0;
  const transfer = () => client.sendArtifact(artifact, offset, read(offset), signal);
  const progress = async () => {
    offset = await client.artifactOffset(artifact, signal);
    return offset;
  };
  await persistFurther(signal, transfer, progress);
}

/** Announcement of an object to the server, and how to read its content from an offset. */
async function announced(
  file: OutputFile,
  signal: AbortSignal,
): Promise<{ readonly artifact: SentArtifact; read(from: number): Readable }> {
  const { name, type } = file;
  if (file.type !== 'FILE') {
    // The content of a link is its target; a folder has none.
    const bytes = Buffer.from(file.type === 'LINK' ? file.target : '');
    const mode = file.type === 'LINK' ? '777' : await modeOf(file.path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      artifact: { name, type, mode, size: bytes.length, sha256 },
      read: (from) => Readable.from(from < bytes.length ? [bytes.subarray(from)] : []),
    };
  }
  const mode = await modeOf(file.path);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file.path, { signal, highWaterMark: READ_BYTES })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return {
    artifact: { name, type, mode, size, sha256: hash.digest('hex') },
    // Sends no more bytes than it counted: a growing file would break the request instead of failing the check.
    read: (start) =>
      start < size
        ? createReadStream(file.path, { start, end: size - 1, highWaterMark: READ_BYTES })
        : Readable.from([]),
  };
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8).padStart(3, '0');

/** Runs a limited number in parallel. The first failure stops the others. */
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
