import { createHash, type Hash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { z } from 'zod';
import { StartError } from '../../kernel/startError';

/**
 * The archive of a backup: a gzipped tar file. `backup.json` comes first and says what follows; `end.json` comes last
 * and has the counts and digests of what came. An archive without its end was cut off.
 */
export const FORMAT = 1;

export const headerShape = z.object({
  format: z.number(),
  /** Version of Slipway that wrote it. */
  slipway: z.string(),
  createdAt: z.string(),
  migrations: z.array(z.string()),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
  /** False if the artifacts are kept, and backed up, elsewhere. */
  artifacts: z.boolean(),
  /** Ids of the keys that the secrets are encrypted with. */
  keys: z.array(z.string()),
  /** True if `secret.key` follows. */
  hasKey: z.boolean(),
  /** Variables of the environment that were set, without those that are secret. */
  settings: z.record(z.string(), z.string()),
});
export type Header = z.infer<typeof headerShape>;

export const endShape = z.object({
  tables: z.record(z.string(), z.object({ rows: z.number(), sha256: z.string() })),
  sequences: z.array(z.object({ name: z.string(), value: z.string() })),
  artifacts: z.object({ count: z.number(), bytes: z.number() }),
  /** Digests of artifacts that the database lists, but that the store had lost or damaged before the backup. */
  missing: z.array(z.string()),
});
export type End = z.infer<typeof endShape>;

/** Writes entries one after the other, as fast as the target takes them. */
export class ArchiveWriter {
  private readonly pack = pack();
  private readonly written: Promise<void>;

  constructor(target: Writable) {
    // The fastest level: artifacts are mostly compressed already, and the database is the smaller part.
    this.written = pipeline(this.pack, createGzip({ level: 1 }), target);
    this.written.catch(() => undefined);
  }

  async add(name: string, bytes: Buffer): Promise<void> {
    await this.orFailed(
      new Promise<void>((resolve, reject) => {
        this.pack.entry({ name, mode: 0o600 }, bytes, (error) => (error ? reject(error) : resolve()));
      }),
    );
  }

  /** Adds `size` bytes of a stream. */
  async stream(name: string, size: number, source: Readable): Promise<void> {
    await this.orFailed(
      new Promise<void>((resolve, reject) => {
        const entry = this.pack.entry({ name, size, mode: 0o600 }, (error) => (error ? reject(error) : resolve()));
        pipeline(source, entry as unknown as Writable).catch(reject);
      }),
    );
  }

  async end(): Promise<void> {
    this.pack.finalize();
    await this.written;
  }

  /** The target may fail, for example because its disk is full, while an entry waits for it. */
  private async orFailed(entry: Promise<void>): Promise<void> {
    await Promise.race([entry, this.written]);
  }
}

export interface Entry {
  readonly name: string;
  readonly size: number;
  /** Has to be read to its end before the next entry comes. */
  readonly bytes: Readable;
}

/** Reads the entries of an archive in their order. */
export async function* readArchive(source: Readable): AsyncGenerator<Entry> {
  const unpack = extract();
  const read = pipeline(source, createGunzip(), unpack);
  read.catch(() => undefined);
  try {
    for await (const entry of unpack) {
      const { name, size = 0 } = entry.header;
      yield { name, size, bytes: Readable.from(entry as AsyncIterable<Buffer>) };
    }
    await read;
  } finally {
    source.destroy();
  }
}

/** Explains an error that the bytes of an archive cause, wherever they were read. */
export const archiveFault = (error: unknown): unknown =>
  isDamage(error) ? new StartError(`The backup can’t be read: ${reasonOf(error)}. ${DAMAGED}`) : error;

const DAMAGED = 'It is not a backup of Slipway, or it was cut off or changed. Use another copy.';
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
const isDamage = (error: unknown): boolean =>
  error instanceof Error &&
  (/^Z_/.test(String(Reflect.get(error, 'code'))) ||
    /tar|end of data|unexpected end|premature close/i.test(error.message));

/** What differs from what `end.json` announces. */
export const damaged = (what: string): StartError => new StartError(`The backup is damaged: ${what}. ${DAMAGED}`);

export async function readJson<T>(entry: Entry, shape: z.ZodType<T>): Promise<T> {
  const text = await textOf(entry);
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw damaged(`${entry.name} is not what it should be`);
  }
}

export async function textOf({ bytes }: Entry): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Passes a stream on and adds its bytes to a digest. */
export async function* hashed(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const part of source) {
    hash.update(part);
    yield part;
  }
}

export const sha256 = (): Hash => createHash('sha256');
