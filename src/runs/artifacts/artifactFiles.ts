import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newId } from '../../kernel/ids';
import { Refusal } from '../../kernel/errors';

/**
 * Content of artifacts in a directory. Each file is named by its SHA-256, so that the same content is stored once, and
 * a file that exists is complete. Servers that share a database share this directory.
 */
export class ArtifactFiles {
  constructor(private readonly folder: string) {}

  /** Stores a stream if it has the announced size and SHA-256. */
  async store(source: Readable, size: number, sha256: string): Promise<void> {
    const incoming = join(this.folder, 'incoming', newId());
    await mkdir(dirname(incoming), { recursive: true });
    try {
      const found = await receive(source, incoming, size);
      if (found.size !== size || found.sha256 !== sha256) {
        const message = `Received ${found.size} bytes with SHA-256 ${found.sha256}; announced were ${size} bytes with ${sha256}.`;
        throw new Refusal('ARTIFACT_MISMATCH', message);
      }
      const path = this.path(sha256);
      await mkdir(dirname(path), { recursive: true });
      // The row that is written next promises the file, so the file must be on disk, not in a cache.
      await sync(incoming);
      await rename(incoming, path);
    } finally {
      await rm(incoming, { force: true });
    }
  }

  async read(sha256: string): Promise<ReadStream> {
    const path = this.path(sha256);
    await stat(path);
    return createReadStream(path);
  }

  private path(sha256: string): string {
    return join(this.folder, sha256.slice(0, 2), sha256);
  }
}

async function receive(source: Readable, path: string, limit: number): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (size > limit) done(new Refusal('ARTIFACT_MISMATCH', `Received more than the announced ${limit} bytes.`));
      else done(null, chunk);
    },
  });
  await pipeline(source, meter, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return { size, sha256: hash.digest('hex') };
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
