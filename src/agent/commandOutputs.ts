import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { EndReason, JobOutput } from '../contract/agentProtocol';
import { isErrno } from './sessions';

const MAX_FILE_BYTES = 256 * 1024;
const MAX_LINE = 65_536;

/** The output that a command left for later tasks can't be read, so its try has failed. */
export class BadOutput extends Error {
  constructor(
    message: string,
    readonly reason: EndReason = 'BAD_OUTPUT',
  ) {
    super(message);
  }
}

/** Last non-empty line of a stream of any size. Keeps only enough of a longer line to show that it is too long. */
export class LastLine {
  private readonly decoder = new StringDecoder('utf8');
  private open = '';
  private last = '';

  add(chunk: Buffer): void {
    const lines = (this.open + this.decoder.write(chunk)).split('\n');
    this.open = (lines.pop() ?? '').slice(0, MAX_LINE);
    this.last = lines.findLast((line) => line.trim() !== '') ?? this.last;
  }

  get value(): string {
    const line = this.open.trim() === '' ? this.last : this.open;
    return line.replace(/\r$/, '');
  }
}

/** Lines `NAME=value` of the command's SLIPWAY_OUTPUT file. Empty if it wrote none. */
export async function readOutputFile(file: string): Promise<JobOutput[]> {
  const text = await readBounded(file);
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [, name, value] = /^([^=]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new BadOutput(`line ${index + 1} of $SLIPWAY_OUTPUT is not of the form NAME=value`);
    }
    return [{ name, value }];
  });
}

async function readBounded(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > MAX_FILE_BYTES) throw new BadOutput(`$SLIPWAY_OUTPUT exceeds ${MAX_FILE_BYTES} bytes`);
      return buffer.toString('utf8', 0, length);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    if (error instanceof BadOutput) throw error;
    throw new BadOutput(`could not read $SLIPWAY_OUTPUT: ${error instanceof Error ? error.message : error}`);
  }
}
