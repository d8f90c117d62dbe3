import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Log } from '../kernel/log';

const AT_A_TIME = 16;

/** Pipe from a command to the agent. */
export interface Pipe {
  readonly reader: Socket;
  /** The command's end. Call `closeWriter` as soon as the command has it; otherwise the reader never sees the end. */
  readonly writer: number;
  closeWriter(): void;
}

/**
 * Named pipes for the output of commands. Node gives a child a socket, which can't be opened by name: `echo failed
 * >/dev/stderr` and `tee /dev/stdout`, which most pipelines use, would fail with "No such device or address". Pipes are
 * created in batches, and reused after the reader saw the end, which comes only when no process holds the other side.
 */
export class PipePool {
  private readonly free: string[] = [];
  private made = 0;
  private making: Promise<void> | undefined;
  private unavailable = false;

  private constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  static async open(folder: string, log: Log): Promise<PipePool> {
    await mkdir(folder, { recursive: true });
    return new PipePool(folder, log);
  }

  /** Undefined if named pipes are not available: then the command gets sockets. */
  async take(): Promise<Pipe | undefined> {
    for (;;) {
      const path = this.free.pop();
      if (path !== undefined) return this.openPipe(path);
      if (this.unavailable) return undefined;
      this.making ??= this.make().finally(() => {
        this.making = undefined;
      });
      await this.making;
    }
  }

  private openPipe(path: string): Pipe {
    // In this order, neither side blocks.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    let writer: number;
    try {
      writer = openSync(path, constants.O_WRONLY);
    } catch (error) {
      closeSync(readEnd);
      throw error;
    }
    const reader = new Socket({ fd: readEnd, readable: true, writable: false });
    let ended = false;
    reader.once('end', () => {
      ended = true;
    });
    reader.once('close', () => {
      if (ended) this.free.push(path);
      else void this.discard(path);
    });
    return { reader, writer, closeWriter: () => closeSync(writer) };
  }

  private async make(): Promise<void> {
    const paths = Array.from({ length: AT_A_TIME }, () => join(this.folder, String(this.made++)));
    const error = await new Promise<Error | null>((resolve) => {
      execFile('mkfifo', ['-m', '600', ...paths], resolve);
    });
    if (error === null) {
      this.free.push(...paths);
      return;
    }
    this.unavailable = true;
    const [why] = error.message.split('\n');
    this.log.warn(
      `named pipes are not available (${why}): commands get sockets, and can’t open /dev/stdout or /dev/stderr`,
    );
  }

  /** Another process may still hold it, so it can't be reused. */
  private async discard(path: string): Promise<void> {
    try {
      await rm(path, { force: true });
    } catch (error) {
      this.log.warn({ err: error }, `could not remove ${path}`);
    }
  }
}
