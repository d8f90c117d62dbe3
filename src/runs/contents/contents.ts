import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Clock } from '../../kernel/clock';
import type { Database } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import { deleteUnused, lookAgain } from './contents.store';
import type { ByteRange, Content, ContentStore } from './contentStore';
import { Incoming, type OwnFile } from './incoming';

/**
 * Time for which content is kept without a reference. The row that refers to it is written after the content, by
 * another transaction.
 */
const GRACE_MS = 3_600_000;
/** An upload that has been cut may continue for this long. */
const UNFINISHED_MS = 24 * 3_600_000;
const SWEEP = 200;

/**
 * All content that the server keeps, by SHA-256: the same bytes are stored once. Store the content first, then commit
 * the row that refers to it, within the hour. Code that deletes such a row calls `release` in the same transaction.
 * `contents.store.ts` lists the tables that refer to content.
 */
export class Contents {
  private readonly incoming: Incoming;
  /** Uploads whose content is being checked and stored. A repeated request joins the first. */
  private readonly completing = new Map<string, Promise<void>>();

  /** `folder` is for files that are still arriving, in the same file system as a `DiskStore`. */
  constructor(
    private readonly database: Database,
    private readonly store: ContentStore,
    folder: string,
    private readonly clock: Clock,
  ) {
    this.incoming = new Incoming(folder);
  }

  /** Stores bytes of unknown size and digest, up to a limit. Holds little in memory. */
  async put(source: Readable | Buffer, limit = Number.MAX_SAFE_INTEGER): Promise<Content> {
    const own = await this.incoming.keep(source instanceof Readable ? source : Readable.from([source]), limit);
    await this.keep(own);
    return own.content;
  }

  /** Number of bytes that have arrived of an upload. */
  offsetOf(uploadId: string): Promise<number> {
    return this.incoming.offset(uploadId);
  }

  /**
   * Takes a part of an upload of announced content. Returns the number of bytes that have arrived; once all have, the
   * content is checked and stored. If it differs, the upload is discarded and ARTIFACT_MISMATCH is thrown.
   */
  async receive(uploadId: string, announced: Content, offset: number, source: Readable): Promise<number> {
    let completing = this.completing.get(uploadId);
    if (completing === undefined) {
      const received = await this.incoming.write(uploadId, offset, source, announced.size);
      if (received < announced.size) return received;
      completing = this.completing.get(uploadId);
    }
    if (completing === undefined) {
      completing = this.complete(uploadId, announced).finally(() => this.completing.delete(uploadId));
      this.completing.set(uploadId, completing);
    }
    await completing;
    return announced.size;
  }

  /** Throws ContentMissing. */
  open(sha256: string, range?: ByteRange): Promise<Readable> {
    return this.store.open(sha256, range);
  }

  has(sha256: string): Promise<boolean> {
    return this.store.has(sha256);
  }

  /** Removes content that nothing refers to, without waiting for the sweep, unless it was uploaded in the last hour. */
  async remove(sha256: string): Promise<void> {
    await this.database.transaction((db) => deleteUnused(db, this.remover, { only: sha256, now: this.clock.now() }));
  }

  /** Deletes content that has had no reference for an hour, and unfinished uploads. Returns their number. */
  async sweep(until?: AbortSignal): Promise<number> {
    const now = this.clock.now();
    let removed = await this.incoming.sweep(new Date(now.getTime() - UNFINISHED_MS));
    for (;;) {
      const { looked, deleted } = await this.database.transaction((db) =>
        deleteUnused(db, this.remover, { before: now, limit: SWEEP }),
      );
      removed += deleted;
      if (looked < SWEEP || until?.aborted) return removed;
    }
  }

  close(): void {
    this.store.close();
  }

  private readonly remover = (sha256: string): Promise<void> => this.store.remove(sha256);

  private async complete(uploadId: string, announced: Content): Promise<void> {
    const own = await this.incoming.copy(uploadId, announced.size);
    const { size, sha256 } = own.content;
    const isRight = sha256 === announced.sha256 && size === announced.size;
    if (isRight) await this.keep(own);
    else await rm(own.path, { force: true });
    await this.incoming.remove(uploadId);
    if (isRight) return;
    const message = `Received ${size} bytes with SHA-256 ${sha256}; announced were ${announced.size} bytes with ${announced.sha256}.`;
    throw new Refusal('ARTIFACT_MISMATCH', message);
  }

  /** From the first statement on, no sweep deletes the content; so whatever is found in the store afterwards stays. */
  private async keep({ path, content }: OwnFile): Promise<void> {
    try {
      await lookAgain(this.database, [content], new Date(this.clock.now().getTime() + GRACE_MS));
      if (!(await this.store.has(content.sha256))) await this.store.adopt(path, content);
    } finally {
      await rm(path, { force: true });
    }
  }
}
