import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { OutputStream } from '../contract/agentProtocol';

/** Piece of a log: the result of one read of one stream, as the command wrote it. Cuts no character. */
export interface LogRecord {
  readonly stream: OutputStream;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly data: Buffer;
}

/**
 * Reads of one stream within this interval become one record, so that a program that writes byte by byte does not cost
 * a frame for each byte.
 */
const TOGETHER_MS = 25;
const TOGETHER_LENGTH = 16_384;
const DIGEST_LENGTH = 64;
const NOTHING = Buffer.alloc(0);

/**
 * Turns the reads of two pipes into records, in order, without changing a byte. A read may end within a character, and
 * bytes of the other stream may come in between, so the beginning of a character waits for its end.
 */
export class LogFramer {
  private readonly begun = { stdout: NOTHING, stderr: NOTHING };
  private open: { stream: OutputStream; at: number; parts: Buffer[]; length: number } | undefined;

  constructor(
    private readonly emit: (record: LogRecord) => void,
    /** False for a server that takes text only: other bytes are then replaced with U+FFFD. */
    private readonly exact = true,
  ) {}

  /** Bytes read but not yet emitted as a record. */
  get openBytes(): number {
    return this.open?.length ?? 0;
  }

  add(stream: OutputStream, chunk: Buffer, at: number): void {
    const begun = this.begun[stream];
    const data = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    const whole = data.length - lengthOfBegun(data);
    // A copy, because a few bytes would keep the whole read in memory.
    this.begun[stream] = whole === data.length ? NOTHING : Buffer.from(data.subarray(whole));
    this.addBytes(stream, data.subarray(0, whole), at);
  }

  /** Handles the end of a stream, possibly within a character. */
  end(stream: OutputStream, at: number): void {
    this.addBytes(stream, this.begun[stream], at);
    this.begun[stream] = NOTHING;
  }

  /** Emits the open record. */
  flush(): void {
    const { open } = this;
    if (open === undefined) return;
    this.open = undefined;
    const [first] = open.parts;
    const data = first !== undefined && open.parts.length === 1 ? first : Buffer.concat(open.parts, open.length);
    this.emit({ stream: open.stream, at: open.at, data });
  }

  private addBytes(stream: OutputStream, bytes: Buffer, at: number): void {
    if (bytes.length === 0) return;
    const data = this.exact || isUtf8(bytes) ? bytes : Buffer.from(bytes.toString('utf8'));
    const { open } = this;
    const fits = open?.stream === stream && at - open.at <= TOGETHER_MS && open.length + data.length <= TOGETHER_LENGTH;
    if (!fits) this.flush();
    this.open ??= { stream, at, parts: [], length: 0 };
    this.open.parts.push(data);
    this.open.length += data.length;
  }
}

/** Number of bytes at the end that begin a character of UTF-8 and do not complete it. */
function lengthOfBegun(data: Buffer): number {
  for (let back = 1; back <= 3 && back <= data.length; back++) {
    const byte = data[data.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf8 ? 0 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Longest prefix of at most `length` bytes that does not cut a character. Bytes that are not text are cut anywhere. */
export function cutAtCharacter(data: Buffer, length: number): number {
  if (length >= data.length) return data.length;
  const most = Math.max(0, length);
  for (let end = most; end >= 0 && end > most - 4; end--) {
    if (((data[end] ?? 0) & 0xc0) !== 0x80) return end;
  }
  return most;
}

export interface EncodedAppend {
  readonly body: string;
  /** Number of log bytes it holds. */
  readonly bytes: number;
}

/**
 * Body of an append with as many of the records as fit into `maxBytes`, at least one character, and their digest. The body is
 * measured, not its text: proxies measure bodies too, and control characters take six times their size in JSON.
 */
export function encodeAppend(offset: number, records: Iterable<LogRecord>, maxBytes: number): EncodedAppend {
  const frames: string[] = [];
  const hash = createHash('sha256');
  const body = () => `{"offset":${offset},"frames":[${frames.join(',')}],"sha256":"${hash.digest('hex')}"}`;
  let room = maxBytes - `{"offset":${offset},"frames":[],"sha256":""}`.length - DIGEST_LENGTH;
  let bytes = 0;
  for (const record of records) {
    let data = record.data;
    let frame = encodeFrame(record, data);
    for (let size = sizeOf(frame); size > room; size = sizeOf(frame)) {
      const length = cutAtCharacter(data, Math.min(data.length - 1, Math.floor((data.length * room) / size)));
      if (length > 0) data = data.subarray(0, length);
      else if (frames.length > 0) return { body: body(), bytes };
      else {
        data = data.subarray(0, firstCharacter(data));
        frame = encodeFrame(record, data);
        break;
      }
      frame = encodeFrame(record, data);
    }
    frames.push(frame);
    hash.update(data);
    bytes += data.length;
    room -= sizeOf(frame);
    if (data.length < record.data.length) break;
  }
  return { body: body(), bytes };
}

const encodeFrame = ({ stream, at }: LogRecord, data: Buffer) => {
  const content = isUtf8(data)
    ? `"text":${JSON.stringify(data.toString('utf8'))}`
    : `"data":"${data.toString('base64')}"`;
  return `{"stream":"${stream}","at":"${new Date(at).toISOString()}",${content}}`;
};

/** Includes the comma. */
const sizeOf = (frame: string) => Buffer.byteLength(frame, 'utf8') + 1;

function firstCharacter(data: Buffer): number {
  let end = 1;
  while (end < Math.min(4, data.length) && ((data[end] ?? 0) & 0xc0) === 0x80) end++;
  return end;
}
