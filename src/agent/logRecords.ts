import { StringDecoder } from 'node:string_decoder';
import type { OutputStream } from '../contract/agentProtocol';

/** Piece of a log: the result of one read of one stream. Its bytes are valid UTF-8 and whole characters. */
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

/**
 * Turns the reads of two pipes into records, in order. Each stream has its own decoder, because a read may end within a
 * character and bytes of the other stream may come in between.
 */
export class LogFramer {
  private readonly decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  private open: { stream: OutputStream; at: number; text: string } | undefined;
  private bytes = 0;

  constructor(private readonly emit: (record: LogRecord) => void) {}

  /** Bytes read but not yet emitted as a record. */
  get openBytes(): number {
    return this.bytes;
  }

  add(stream: OutputStream, chunk: Buffer, at: number): void {
    this.addText(stream, this.decoders[stream].write(chunk), at);
  }

  /** Handles the end of a stream, possibly within a character. */
  end(stream: OutputStream, at: number): void {
    this.addText(stream, this.decoders[stream].end(), at);
  }

  /** Emits the open record. */
  flush(): void {
    const { open } = this;
    if (open === undefined) return;
    this.open = undefined;
    this.bytes = 0;
    this.emit({ stream: open.stream, at: open.at, data: Buffer.from(open.text, 'utf8') });
  }

  private addText(stream: OutputStream, text: string, at: number): void {
    if (text === '') return;
    const { open } = this;
    const fits =
      open?.stream === stream && at - open.at <= TOGETHER_MS && open.text.length + text.length <= TOGETHER_LENGTH;
    if (!fits) this.flush();
    if (this.open === undefined) this.open = { stream, at, text };
    else this.open.text += text;
    this.bytes += Buffer.byteLength(text, 'utf8');
  }
}

/** Longest prefix of at most `length` bytes that does not cut a character. */
export function cutAtCharacter(data: Buffer, length: number): number {
  if (length >= data.length) return data.length;
  let end = Math.max(0, length);
  while (end > 0 && ((data[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}

export interface EncodedAppend {
  readonly body: string;
  /** Number of log bytes it holds. */
  readonly bytes: number;
}

/**
 * Body of an append with as many of the records as fit into `maxBytes`, and at least one character. The body is
 * measured, not its text: proxies measure bodies too, and control characters take six times their size in JSON.
 */
export function encodeAppend(offset: number, records: Iterable<LogRecord>, maxBytes: number): EncodedAppend {
  const frames: string[] = [];
  let room = maxBytes - `{"offset":${offset},"frames":[]}`.length;
  let bytes = 0;
  for (const record of records) {
    let data = record.data;
    let frame = encodeFrame(record, data);
    for (let size = sizeOf(frame); size > room; size = sizeOf(frame)) {
      const length = cutAtCharacter(data, Math.min(data.length - 1, Math.floor((data.length * room) / size)));
      if (length > 0) data = data.subarray(0, length);
      else if (frames.length > 0) return { body: bodyOf(offset, frames), bytes };
      else {
        data = data.subarray(0, firstCharacter(data));
        frame = encodeFrame(record, data);
        break;
      }
      frame = encodeFrame(record, data);
    }
    frames.push(frame);
    bytes += data.length;
    room -= sizeOf(frame);
    if (data.length < record.data.length) break;
  }
  return { body: bodyOf(offset, frames), bytes };
}

const bodyOf = (offset: number, frames: readonly string[]) => `{"offset":${offset},"frames":[${frames.join(',')}]}`;

const encodeFrame = ({ stream, at }: LogRecord, data: Buffer) =>
  `{"stream":"${stream}","at":"${new Date(at).toISOString()}","text":${JSON.stringify(data.toString('utf8'))}}`;

/** Includes the comma. */
const sizeOf = (frame: string) => Buffer.byteLength(frame, 'utf8') + 1;

function firstCharacter(data: Buffer): number {
  let end = 1;
  while (end < data.length && ((data[end] ?? 0) & 0xc0) === 0x80) end++;
  return end;
}
