import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { Content } from './contentStore';
import { isErrno } from '../../kernel/errno';

const READ_BYTES = 256 * 1024;

/** A file that no upload writes to, and its content. Remove it if nothing adopts it. */
export interface OwnFile {
  readonly path: string;
  readonly content: Content;
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
      if (isErrno(error, 'ENOENT')) return 0;
      throw error;
    }
  }

  /**
   * Writes what `source` sends, from `offset`. Bytes that are there already are written again, so a repeated request
   * does no harm; a gap is refused. A new request ends the previous one, whose connection is usually dead. Returns the
   * number of bytes that have arrived.
   */
  async write(id: string, offset: number, source: Readable, limit: number): Promise<number> {
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

  /**
   * Copies what has arrived, because a request of another server may still have the file open and write to it. Only a
   * copy can be checked and then stored unchanged.
   */
  async copy(id: string, limit: number): Promise<OwnFile> {
    const file = await open(this.path(id), 'r').catch((error: unknown) => {
      throw isErrno(error, 'ENOENT') ? gap(0) : error;
    });
    return this.keep(file.createReadStream({ highWaterMark: READ_BYTES }), limit);
  }

  /** Writes a stream to a new file. When this resolves, the file is on disk. */
  async keep(source: Readable, limit: number): Promise<OwnFile> {
    await mkdir(this.folder, { recursive: true });
    const path = this.path(newId());
    const hash = createHash('sha256');
    let size = 0;
    const measured = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > limit) throw tooLong(limit);
        hash.update(chunk);
        yield chunk;
      }
    };
    try {
      // The row that is written later promises the content, so it must be on disk, not in a cache.
      await pipeline(source, measured, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return { path, content: { sha256: hash.digest('hex'), size } };
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
  ): Promise<number> {
    await mkdir(this.folder, { recursive: true });
    const file = await open(this.path(id), offset === 0 ? 'a' : 'r+', 0o600).catch((error: unknown) => {
      throw isErrno(error, 'ENOENT') ? gap(0) : error;
    });
    await file.close();
    const size = await this.offset(id);
    if (offset > size) throw gap(size);
    const handle = await open(this.path(id), 'r+');
    let position = offset;
    try {
      const write = async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          if (position + chunk.length > limit) throw tooLong(limit);
          await writeAt(handle, chunk, position);
          position += chunk.length;
        }
      };
      await pipeline(source, write, { signal });
    } finally {
      await handle.close();
    }
    return position;
  }
}

const gap = (offset: number): Refusal =>
  new Refusal('UPLOAD_GAP', `Bytes are missing; continue from ${offset}.`, { offset });

const tooLong = (limit: number): Refusal =>
  new Refusal('ARTIFACT_MISMATCH', `Received more than the announced ${limit} bytes.`);

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
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
