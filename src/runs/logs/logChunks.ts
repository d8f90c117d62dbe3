import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { LogChunk, LogFrame } from './jobLog';

/** Largest number of bytes of a log in one row. */
export const CHUNK_BYTES = 65_536;
/** Compresses logs about tenfold, at 60 MB/s. */
const QUALITY = 5;
const LINE_END = 10;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Bytes of a log with their streams and times. */
export interface LogPart {
  readonly data: Buffer;
  readonly frames: readonly LogFrame[];
}

/** A part as one row, at a position relative to where the first of them begins. */
export type CutPart = LogPart &
  Pick<LogChunk, 'start' | 'length' | 'line' | 'lines' | 'marked'> & { readonly at: string };

/** Cuts bytes into rows, after a line end where there is one in the second half of a row. */
export function cutIntoChunks({ data, frames }: LogPart): CutPart[] {
  const parts: CutPart[] = [];
  let line = 0;
  let rest = frames;
  for (let start = 0; start < data.length; ) {
    const end = endOfChunk(data, start);
    const own = data.subarray(start, end);
    const lines = countLines(own);
    const taken = framesBefore(rest, own.length);
    rest = framesAfter(rest, own.length);
    // Both "::group::" and "::endgroup::" contain it.
    const marked = own.includes('group::');
    parts.push({ start, length: own.length, line, lines, marked, at: taken[0]?.at ?? '', data: own, frames: taken });
    line += lines;
    start = end;
  }
  return parts;
}

function endOfChunk(data: Buffer, start: number): number {
  const most = start + CHUNK_BYTES;
  if (most >= data.length) return data.length;
  const lineEnd = data.lastIndexOf(LINE_END, most - 1);
  if (lineEnd >= start + CHUNK_BYTES / 2) return lineEnd + 1;
  for (let end = most; end > most - 4; end--) if (((data[end] ?? 0) & 0xc0) !== 0x80) return end;
  return most;
}

export function countLines(data: Buffer): number {
  let lines = 0;
  for (let at = data.indexOf(LINE_END); at !== -1; at = data.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}

/** Offset after the given number of line ends, or -1 if there are fewer. */
export function afterLines(data: Buffer, lines: number): number {
  let at = 0;
  for (let left = lines; left > 0; left--) {
    const found = data.indexOf(LINE_END, at);
    if (found === -1) return -1;
    at = found + 1;
  }
  return at;
}

export function framesAfter(frames: readonly LogFrame[], skip: number): LogFrame[] {
  let left = skip;
  return frames.flatMap((frame) => {
    const cut = Math.min(left, frame.bytes);
    left -= cut;
    return frame.bytes > cut ? [{ ...frame, bytes: frame.bytes - cut }] : [];
  });
}

export function framesBefore(frames: readonly LogFrame[], length: number): LogFrame[] {
  let left = length;
  return frames.flatMap((frame) => {
    const bytes = Math.min(left, frame.bytes);
    left -= bytes;
    return bytes > 0 ? [{ ...frame, bytes }] : [];
  });
}

/** Compresses bytes and frames together. Frames that differ only in their time compress to a few bits. */
export async function pack({ data, frames }: LogPart): Promise<Buffer> {
  const list = frames.map(({ stream, at, bytes }) => [stream === 'stdout' ? 1 : 2, Date.parse(at), bytes]);
  const header = Buffer.from(JSON.stringify(list));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  const whole = Buffer.concat([length, header, data]);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  return compress(whole, { params: { [BROTLI_PARAM_QUALITY]: QUALITY, [BROTLI_PARAM_SIZE_HINT]: whole.length } });
}

export async function unpack(packed: Buffer): Promise<LogPart> {
  const whole = await decompress(packed);
  const end = 4 + whole.readUInt32BE(0);
  const list: readonly [number, number, number][] = JSON.parse(whole.toString('utf8', 4, end));
  const frames = list.map(([stream, at, bytes]): LogFrame => {
    return { stream: stream === 1 ? 'stdout' : 'stderr', at: new Date(at).toISOString(), bytes };
  });
  return { data: whole.subarray(end), frames };
}
