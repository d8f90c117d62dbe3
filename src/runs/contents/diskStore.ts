import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type ByteRange, type Content, ContentMissing, type ContentStore, placeOf } from './contentStore';
import { isErrno } from '../../kernel/errno';

/** Content in a directory. Servers that share a database share the directory. */
export class DiskStore implements ContentStore {
  constructor(private readonly folder: string) {}

  async adopt(file: string, { sha256 }: Content): Promise<void> {
    const path = this.path(sha256);
    const created = await mkdir(dirname(path), { recursive: true });
    await rename(file, path);
    // The row that is written next promises the file, so its name must be on disk, not in a cache.
    await sync(dirname(path));
    if (created !== undefined) await sync(this.folder);
  }

  async open(sha256: string, range?: ByteRange): Promise<Readable> {
    try {
      const file = await open(this.path(sha256), 'r');
      return file.createReadStream({ ...range, highWaterMark: 256 * 1024 });
    } catch (error) {
      throw isErrno(error, 'ENOENT') ? new ContentMissing(sha256) : error;
    }
  }

  async has(sha256: string): Promise<boolean> {
    try {
      await access(this.path(sha256));
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }

  close(): void {}

  private path(sha256: string): string {
    return join(this.folder, placeOf(sha256));
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
