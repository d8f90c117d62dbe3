import { type FileHandle, open } from 'node:fs/promises';
import { cutAtCharacter, type LogRecord } from './logRecords';
import { absent, isErrno } from '../kernel/errno';

/** Above this size, memory moves to the file. */
const SPILL_BYTES = 131_072;
/** Header of a record in the file: one byte for the stream, eight for the time, four for the length. */
const HEADER_BYTES = 13;
const INDEX_EVERY_BYTES = 65_536;

/**
 * The whole log of a job, for as long as the agent holds it: a server that lost the end of a log in a crash may ask for
 * any offset. The end of the log is in memory and everything before it in a file; each byte is in exactly one of them.
 * Most logs never touch the disk unless the server is behind, and a log of any length takes bounded memory. On a full disk, only memory is used.
 */
export class LogSpool {
  private readonly recent: LogRecord[] = [];
  private recentStart = 0;
  private file: FileHandle | undefined;
  private filePosition = 0;
  /** Offset in the log at which the file ends. */
  private fileEnd = 0;
  private readonly index: { readonly offset: number; readonly position: number }[] = [];
  private spilling: Promise<void> | undefined;
  private total = 0;
  /** The disk is full: what the server has is forgotten instead of moved to the file. */
  private diskFull = false;

  constructor(private readonly path: string) {}

  /** The part of a log that a killed agent had on disk. A record that it was writing is not part of it. */
  static async reopen(path: string): Promise<LogSpool> {
    const spool = new LogSpool(path);
    const file = await open(path, 'r').catch(absent);
    if (file === undefined) return spool;
    spool.file = file;
    const { size } = await file.stat();
    const header = Buffer.alloc(HEADER_BYTES);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(header, 0, HEADER_BYTES, position);
      const end = position + HEADER_BYTES + header.readUInt32BE(9);
      if (bytesRead < HEADER_BYTES || end > size) return spool;
      const offset = spool.total;
      if (offset - (spool.index.at(-1)?.offset ?? Number.NEGATIVE_INFINITY) >= INDEX_EVERY_BYTES) {
        spool.index.push({ offset, position });
      }
      spool.total = spool.recentStart = spool.fileEnd = offset + header.readUInt32BE(9);
      spool.filePosition = position = end;
    }
  }

  /** Bytes of the log. */
  get end(): number {
    return this.total;
  }

  get memoryBytes(): number {
    return this.total - this.recentStart;
  }

  append(record: LogRecord): void {
    this.recent.push(record);
    this.total += record.data.length;
  }

  get wantsSpill(): boolean {
    return this.memoryBytes > SPILL_BYTES && this.canSpill;
  }

  get canSpill(): boolean {
    return this.spilling === undefined && this.memoryBytes > 0 && !this.diskFull;
  }

  /** Moves the memory to the file, one move at a time. Returns false if the disk is full. */
  async spill(): Promise<boolean> {
    this.spilling ??= this.move();
    try {
      await this.spilling;
      return true;
    } catch (error) {
      if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
      this.diskFull = true;
      return false;
    } finally {
      this.spilling = undefined;
    }
  }

  /** On a full disk, frees the memory of what the server has. It can't be sent again. */
  acknowledge(offset: number): void {
    if (!this.diskFull) return;
    let count = 0;
    for (const record of this.recent) {
      if (this.recentStart + record.data.length > offset) break;
      this.recentStart += record.data.length;
      count++;
    }
    this.recent.splice(0, count);
  }

  /**
   * About `length` bytes of records from an offset, at least one record. They begin at the offset, or at the character
   * that it cuts.
   */
  async read(offset: number, length: number): Promise<{ readonly offset: number; readonly records: LogRecord[] }> {
    // Taken from memory before the first await, so that a move that ends meanwhile can't remove it.
    if (offset >= this.recentStart) return cutBefore(this.recent, this.recentStart, offset, length);
    if (this.diskFull && offset >= this.fileEnd) throw new Error('The disk is full, so the agent has no copy of it.');
    const entry = this.entryBefore(offset);
    const bytes = await this.readFile(entry.position, offset - entry.offset + length);
    return cutBefore(parseRecords(bytes), entry.offset, offset, length);
  }

  async close(): Promise<void> {
    // The caller that requested the move gets its error.
    await Promise.allSettled([this.spilling]);
    await this.file?.close();
    this.file = undefined;
  }

  private async move(): Promise<void> {
    const batch = this.recent.slice();
    let offset = this.recentStart;
    let position = this.filePosition;
    const parts: Buffer[] = [];
    const entries: { offset: number; position: number }[] = [];
    let indexed = this.index.at(-1)?.offset ?? Number.NEGATIVE_INFINITY;
    for (const record of batch) {
      if (offset - indexed >= INDEX_EVERY_BYTES) {
        entries.push({ offset, position });
        indexed = offset;
      }
      parts.push(headerOf(record), record.data);
      offset += record.data.length;
      position += HEADER_BYTES + record.data.length;
    }
    this.file ??= await open(this.path, 'w+', 0o600);
    await writeAll(this.file, Buffer.concat(parts), this.filePosition);
    this.index.push(...entries);
    this.filePosition = position;
    this.fileEnd = offset;
    this.recent.splice(0, batch.length);
    this.recentStart = offset;
  }

  private entryBefore(offset: number): { readonly offset: number; readonly position: number } {
    let low = 0;
    let high = this.index.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.index[middle]?.offset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.index[low] ?? { offset: 0, position: 0 };
  }

  /** Whole records with at least `length` bytes of log from the beginning of a record, as far as the file goes. */
  private async readFile(position: number, length: number): Promise<Buffer> {
    const available = this.filePosition - position;
    for (let size = length + 64 * 1024; ; size *= 2) {
      const bytes = Buffer.allocUnsafe(Math.min(size, available));
      const { bytesRead } = (await this.file?.read(bytes, 0, bytes.length, position)) ?? { bytesRead: 0 };
      if (bytesRead < bytes.length) throw new Error('The spool of a log is shorter than before.');
      if (size >= available || logBytesIn(bytes) >= length) return bytes;
    }
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

function headerOf(record: LogRecord): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt8(record.stream === 'stdout' ? 1 : 2, 0);
  header.writeDoubleBE(record.at, 1);
  header.writeUInt32BE(record.data.length, 9);
  return header;
}

/** Whole records at the beginning of these bytes. */
function parseRecords(bytes: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 9);
    if (end > bytes.length) break;
    const stream = bytes.readUInt8(at) === 1 ? 'stdout' : 'stderr';
    records.push({ stream, at: bytes.readDoubleBE(at + 1), data: bytes.subarray(at + HEADER_BYTES, end) });
    at = end;
  }
  return records;
}

const logBytesIn = (bytes: Buffer) => parseRecords(bytes).reduce((sum, { data }) => sum + data.length, 0);

/** The part from `offset` of records that begin at `start`. */
function cutBefore(records: readonly LogRecord[], start: number, offset: number, length: number) {
  const found: LogRecord[] = [];
  let from = offset;
  let end = start;
  let bytes = 0;
  for (const record of records) {
    const begin = end;
    end += record.data.length;
    if (end <= offset) continue;
    if (begin >= offset) found.push(record);
    else {
      const cut = cutAtCharacter(record.data, offset - begin);
      from = begin + cut;
      found.push({ ...record, data: record.data.subarray(cut) });
    }
    bytes += end - Math.max(begin, offset);
    if (bytes >= length) break;
  }
  return { offset: from, records: found };
}
