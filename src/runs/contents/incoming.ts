import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../kernel/errors';
import type { Content } from './contentStore';

/** Result of one request of an upload. */
export interface Received {
  /** Bytes of the upload that the server has. */
  readonly offset: number;
  /** Digest of all bytes, if this request sent all of them. */
  readonly sha256: string | null;
}

/**
 * Files that are still arriving. An upload may be cut at any point and continue, at any time and at any server that
 * shares the directory: its offset is the size of its file. Nothing here counts as content before it was checked.
 */
export class Incoming {
  /** The request that writes to each file, in this process. */
  private readonly writers = new Map<string, { readonly stop: AbortController; readonly ended: Promise<unknown> }>();

  constructor(private readonly folder: string) {}

  path(id: string): string {
    return join(this.folder, id);
  }

  /** Number of bytes that have arrived. */
  async offset(id: string): Promise<number> {
    try {
      return (await stat(this.path(id))).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  /**
   * Writes what `source` sends, from `offset`. Bytes that are there already are written again, so a repeated request
   * does no harm; a gap is refused. A new request ends the previous one, whose connection is usually dead.
   */
  async write(id: string, offset: number, source: Readable, limit: number): Promise<Received> {
    const previous = this.writers.get(id);
    const stop = new AbortController();
    const written = (async () => {
      previous?.stop.abort(new Refusal('UPLOAD_GAP', 'The upload continues in another request.'));
      await previous?.ended;
      stop.signal.throwIfAborted();
      return this.append(id, offset, source, limit, stop.signal);
    })();
    const writer = { stop, ended: written.catch(() => undefined) };
    this.writers.set(id, writer);
    try {
      return await written;
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      if (this.writers.get(id) === writer) this.writers.delete(id);
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** Deletes files that nothing was written to since that time. */
  async sweep(before: Date): Promise<number> {
    let removed = 0;
    for (const name of await namesIn(this.folder)) {
      const found = await stat(this.path(name)).catch(() => undefined);
      if (found === undefined || found.mtime >= before) continue;
      await this.remove(name);
      removed++;
    }
    return removed;
  }

  private async append(
    id: string,
    offset: number,
    source: Readable,
    limit: number,
    signal: AbortSignal,
  ): Promise<Received> {
    await mkdir(this.folder, { recursive: true });
    const file = await open(this.path(id), offset === 0 ? 'a' : 'r+', 0o600).catch((error: unknown) => {
      throw isMissing(error) ? gap(0) : error;
    });
    await file.close();
    const size = await this.offset(id);
    if (offset > size) throw gap(size);
    const hash = createHash('sha256');
    const handle = await open(this.path(id), 'r+');
    let position = offset;
    try {
      const write = async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          if (position + chunk.length > limit) {
            throw new Refusal('ARTIFACT_MISMATCH', `Received more than the announced ${limit} bytes.`);
          }
          await writeAt(handle, chunk, position);
          position += chunk.length;
          if (offset === 0) hash.update(chunk);
        }
      };
      await pipeline(source, write, { signal });
      // A file that is complete is about to be promised, so it must be on disk, not in a cache.
      if (position === limit) await handle.sync();
    } finally {
      await handle.close();
    }
    return { offset: position, sha256: offset === 0 ? hash.digest('hex') : null };
  }
}

/** Size and digest of a file. Reads all of it. */
export async function contentOf(path: string): Promise<Content> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

const gap = (offset: number): Refusal =>
  new Refusal('UPLOAD_GAP', `Bytes are missing; continue from ${offset}.`, { offset });

async function writeAt(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
