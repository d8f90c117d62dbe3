import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { EndReason, JobOutput } from '../contract/agentProtocol';
import { isErrno } from '../kernel/errno';

/** Limit for all values together; the protocol limits their number and their names. */
const MAX_BYTES = 256 * 1024;
const MAX_OUTPUTS = 1000;
const MAX_NAME = 1000;
const MAX_LINE = 65_536;

/** The outputs of a command can't be read. Its try has failed, although the command has not. */
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

const MAX_TAIL = 4096;

/** The end of a stream of any size. */
export class Tail {
  private kept = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.kept = Buffer.concat([this.kept, chunk]).subarray(-MAX_TAIL);
  }

  get text(): string {
    return this.kept.toString('utf8');
  }
}

/**
 * Values that a command wrote for later tasks: `NAME=value` lines of the file SLIPWAY_OUTPUT, multi-line values as
 * `NAME<<WORD` … `WORD`, and each file of the folder SLIPWAY_OUTPUTS. Empty if there are none.
 */
export async function readOutputs(file: string, folder: string): Promise<JobOutput[]> {
  const outputs = [...parseOutputFile(await readBounded(file, '$SLIPWAY_OUTPUT')), ...(await readFolder(folder))];
  if (outputs.length > MAX_OUTPUTS) {
    throw new BadOutput(`it sets ${outputs.length} variables; the limit is ${MAX_OUTPUTS}`);
  }
  const total = outputs.reduce((sum, { name, value }) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (total > MAX_BYTES) throw new BadOutput(`its values have more than ${MAX_BYTES} bytes`);
  const long = outputs.find(({ name }) => name.length > MAX_NAME);
  if (long !== undefined) throw new BadOutput(`it sets "${long.name.slice(0, 50)}…", whose name is too long`);
  return outputs;
}

function parseOutputFile(text: string): JobOutput[] {
  const lines = text.split(/\r?\n/);
  const outputs: JobOutput[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line.trim() === '') continue;
    const [, name, sign, rest] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    const what = `line ${index + 1} of $SLIPWAY_OUTPUT`;
    if (name === undefined || rest === undefined || (sign === '<<' && rest === '')) {
      throw new BadOutput(`${what} is neither NAME=value nor NAME<<WORD`);
    }
    if (sign === '=') {
      outputs.push({ name, value: rest });
      continue;
    }
    const end = lines.indexOf(rest, index + 1);
    if (end === -1)
      throw new BadOutput(`${what} begins a value, and no later line is "${rest.slice(0, 50)}", which would end it`);
    outputs.push({ name, value: lines.slice(index + 1, end).join('\n') });
    index = end;
  }
  return outputs;
}

/** The file name is the variable name; a trailing line end is not part of the value. */
async function readFolder(folder: string): Promise<JobOutput[]> {
  const outputs: JobOutput[] = [];
  for (const entry of await entriesOf(folder)) {
    const { name } = entry;
    const what = `$SLIPWAY_OUTPUTS/${name.slice(0, 100)}`;
    if (!entry.isFile()) throw new BadOutput(`${what} is not a regular file`);
    if (outputs.length === MAX_OUTPUTS) throw new BadOutput(`$SLIPWAY_OUTPUTS has more than ${MAX_OUTPUTS} files`);
    outputs.push({ name, value: (await readBounded(join(folder, name), what)).replace(/\r?\n$/, '') });
  }
  return outputs;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) throw new Error('it is not a folder');
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw new BadOutput(`could not read $SLIPWAY_OUTPUTS: ${error instanceof Error ? error.message : error}`);
  }
}

export async function readBounded(file: string, what: string): Promise<string> {
  try {
    // Without O_NONBLOCK, a named pipe at this path would block the agent. A link that a container left could lead out of it.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const buffer = Buffer.alloc(MAX_BYTES + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > MAX_BYTES) throw new BadOutput(`${what} exceeds ${MAX_BYTES} bytes`);
      return buffer.toString('utf8', 0, length);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    if (error instanceof BadOutput) throw error;
    throw new BadOutput(`could not read ${what}: ${error instanceof Error ? error.message : error}`);
  }
}
