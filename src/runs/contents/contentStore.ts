import type { Readable } from 'node:stream';

/** A sequence of bytes, identified by its SHA-256 in hex. */
export interface Content {
  readonly sha256: string;
  readonly size: number;
}

/** Positions of the first and the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Place in which content is kept by its digest: a directory, or a bucket. Content is visible only when it is whole.
 * Only `Contents` uses it, which counts, checks, and keeps track of what is stored.
 */
export interface ContentStore {
  /**
   * Stores a file whose size and digest were checked, and to which nobody writes. May move the file. Durable when it
   * resolves.
   */
  adopt(file: string, content: Content): Promise<void>;
  /** Throws ContentMissing before the first byte. The stream holds little in memory. */
  open(sha256: string, range?: ByteRange): Promise<Readable>;
  has(sha256: string): Promise<boolean>;
  /** Succeeds if there is nothing to remove. */
  remove(sha256: string): Promise<void>;
  /** Releases connections. */
  close(): void;
}

/** Content that a row promises is not in the store: somebody removed it from the disk or the bucket. */
export class ContentMissing extends Error {
  constructor(sha256: string) {
    super(`the content ${sha256} is not in the store`);
  }
}

/** Folders of 256 names keep directories and listings short. */
export const placeOf = (sha256: string): string => `${sha256.slice(0, 2)}/${sha256}`;
