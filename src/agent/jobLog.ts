import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { AgentSettings, OutputStream } from '../contract/agentProtocol';
import type { Clock } from '../kernel/clock';
import type { Log } from '../kernel/log';
import { backOff } from './backoff';
import { ServerRefusal, ServerUnavailable } from './httpClient';
import { encodeAppend, LogFramer } from './logRecords';
import { LogSpool } from './logSpool';
import type { JobClient } from './protocolClient';
import type { Mask } from './secretMask';

/** Above this size in memory, the disk is slower than the command. */
const MEMORY_BYTES = 1024 * 1024;
/**
 * Above this size of unsent output, the server is slower than the command. The disk would take more, but not without
 * limit.
 */
const UNSENT_BYTES = 64 * 1024 * 1024;
/** An append that is rejected as too large is retried with half the size, down to this. */
const SMALLEST_BODY_BYTES = 512;
/** Output that comes after a pause is sent this soon, together with what else comes until then. */
const SOON_MS = 30;
/** After this time without a response, output moves to the disk, where it survives this process. */
const LATE_MS = 1000;
/** Consecutive appends after which the server's log has not grown. */
const MOST_WITHOUT_PROGRESS = 5;

export interface JobLogOptions {
  readonly client: JobClient;
  readonly spoolFile: string;
  /** The log of a killed agent, instead of a new one. */
  readonly spool?: LogSpool;
  readonly settings: Pick<AgentSettings, 'logFlushMs' | 'logMaxBytes'> & Partial<Pick<AgentSettings, 'logData'>>;
  /** Aborts when the claim has ended and the log is useless. */
  readonly gone: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** All output is masked before it is stored, even on disk. */
  readonly mask?: Mask | undefined;
}

/**
 * Log of one job on its way from the pipes to the server. Output is spooled, and sent from where the server's log ends.
 * If the server or the disk falls behind, the pipes are not read, so the command blocks in its next write: no output is
 * lost, and none fills the memory. If a log can't be delivered, the job continues without it, and its end reports an
 * incomplete log.
 */
export class JobLog {
  private readonly spool: LogSpool;
  private readonly framer: LogFramer;
  private readonly hash = createHash('sha256');
  /** Output that was read after the log was lost. */
  private discarded = 0;
  private readonly streams = new Set<Readable>();
  private paused = false;
  /** The server has everything before this offset. */
  private position = 0;
  private maxBodyBytes: number;
  /** A performance.now() time. */
  private sentAt = Number.NEGATIVE_INFINITY;
  private sender: Promise<void> | undefined;
  private wakeSender: (() => void) | undefined;
  private ended = false;
  private lost = false;
  private failures = 0;
  /** The server does not respond, or not soon enough. */
  private behind = false;
  private withoutProgress = 0;

  constructor(private readonly options: JobLogOptions) {
    this.spool = options.spool ?? new LogSpool(options.spoolFile);
    this.framer = new LogFramer((record) => {
      this.hash.update(record.data);
      this.spool.append(record);
    }, options.settings.logData ?? true);
    this.maxBodyBytes = options.settings.logMaxBytes;
    options.gone.addEventListener('abort', () => this.discard(), { once: true });
  }

  /** True while the streams are held back because the log can't be delivered. */
  get isPaused(): boolean {
    return this.paused;
  }

  read(stream: Readable, name: OutputStream): void {
    this.streams.add(stream);
    const masked = this.options.mask?.stream();
    stream.on('data', (chunk: Buffer) => {
      if (this.lost) {
        this.discarded += chunk.length;
        return;
      }
      this.framer.add(name, masked === undefined ? chunk : masked.write(chunk), this.now());
      this.onChange();
    });
    stream.once('close', () => {
      this.streams.delete(stream);
      if (masked !== undefined) this.framer.add(name, masked.end(), this.now());
      this.framer.end(name, this.now());
    });
    stream.on('error', (error) => this.options.log.warn({ err: error }, `could not read ${name}`));
    if (this.paused) stream.pause();
  }

  /** Adds a line of the agent. */
  note(text: string): void {
    if (this.lost) return;
    const shown = this.options.mask?.hide(text) ?? text;
    this.framer.add('stderr', Buffer.from(`slipway: ${shown}\n`), this.now());
    this.onChange();
  }

  /**
   * Called when all output has been read. Delivers the rest and returns the length of the log, or null if the server
   * does not have all of it.
   */
  end(): Promise<number | null> {
    this.ended = true;
    this.framer.flush();
    return this.deliverAll();
  }

  /** Size of all output, including what the server does not have. */
  get written(): number {
    return this.length + this.discarded;
  }

  /** SHA-256 of the log. Call it when all output has been read. */
  sha256(): string {
    return this.hash.copy().digest('hex');
  }

  /** The server has less than expected. */
  resend(offset: number): Promise<number | null> {
    this.position = Math.min(offset, this.length);
    return this.deliverAll();
  }

  close(): Promise<void> {
    return this.spool.close();
  }

  private get length(): number {
    return this.spool.end + this.framer.openBytes;
  }

  private get unsent(): number {
    return this.length - this.position;
  }

  private now(): number {
    return this.options.clock.now().getTime();
  }

  private onChange(): void {
    if (this.spool.wantsSpill || (this.behind && this.spool.canSpill)) void this.spill();
    this.holdBack();
    if (this.unsent >= this.maxBodyBytes) this.wakeSender?.();
    if (this.unsent > 0 && !this.lost) this.startSender();
  }

  private holdBack(): void {
    // A lost log discards what it reads: streams that were paused now would never be resumed.
    if (this.lost) return;
    const share = this.paused ? 0.5 : 1;
    const full = this.spool.memoryBytes > MEMORY_BYTES * share || this.unsent > UNSENT_BYTES * share;
    if (full === this.paused) return;
    this.paused = full;
    for (const stream of this.streams) {
      if (full) stream.pause();
      else stream.resume();
    }
  }

  private async spill(): Promise<void> {
    try {
      const moved = await this.spool.spill();
      if (!moved) this.options.log.warn('the disk is full: logs wait in memory until the server has them');
      if (!this.lost) this.onChange();
    } catch (error) {
      this.giveUp('could not write it to disk', error);
    }
  }

  private async deliverAll(): Promise<number | null> {
    this.wakeSender?.();
    while (this.unsent > 0 && !this.lost) await this.startSender();
    return this.lost ? null : this.length;
  }

  /** Runs only while there is something to send: a job without output has no sender. */
  private startSender(): Promise<void> {
    this.sender ??= this.send().finally(() => {
      this.sender = undefined;
    });
    return this.sender;
  }

  private async send(): Promise<void> {
    try {
      while (this.unsent > 0 && !this.lost) {
        await this.untilWorthIt();
        if (!this.lost) await this.sendOnce();
        this.holdBack();
      }
    } catch (error) {
      this.giveUp('sending it failed', error);
    }
  }

  private async untilWorthIt(): Promise<void> {
    if (this.ended || this.unsent >= this.maxBodyBytes) return;
    const { logFlushMs } = this.options.settings;
    const waitMs = Math.max(Math.min(SOON_MS, logFlushMs), this.sentAt + logFlushMs - performance.now());
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.wakeSender = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeSender = undefined;
  }

  private async sendOnce(): Promise<void> {
    this.sentAt = performance.now();
    this.framer.flush();
    const { offset, records } = await this.spool.read(this.position, this.maxBodyBytes);
    const { body, bytes } = encodeAppend(offset, records, this.maxBodyBytes);
    const { client, gone } = this.options;
    const late = setTimeout(() => this.fallBehind(), LATE_MS);
    try {
      this.moveTo(await client.appendLog(body, gone));
      this.failures = 0;
      this.behind = false;
    } catch (error) {
      if (this.lost || gone.aborted) return;
      if (error instanceof ServerUnavailable) {
        this.fallBehind();
        await backOff(++this.failures, gone);
      } else if (!(error instanceof ServerRefusal)) throw error;
      else if (error.code === 'LOG_GAP' && error.offset !== undefined) this.moveTo(error.offset);
      else if (error.status === 413 && error.offset !== undefined) this.fill(error.offset, error);
      else if (error.status === 413) this.sendLess(bytes, body, error);
      else this.giveUp(`the server rejected it: ${error.code}: ${error.message}`);
    } finally {
      clearTimeout(late);
    }
  }

  private fallBehind(): void {
    if (this.lost) return;
    this.behind = true;
    this.framer.flush();
    this.onChange();
  }

  private moveTo(offset: number): void {
    this.withoutProgress = offset > this.position ? 0 : this.withoutProgress + 1;
    this.position = Math.min(offset, this.spool.end);
    this.spool.acknowledge(this.position);
    if (this.withoutProgress > MOST_WITHOUT_PROGRESS) this.giveUp(`the server’s log stays at ${offset} bytes`);
  }

  /** The server has stored as much as its limit allows. */
  private fill(offset: number, refusal: ServerRefusal): void {
    this.position = Math.min(offset, this.spool.end);
    this.giveUp(`it is full: ${refusal.message}`);
  }

  /**
   * Either one request was too large for the server or a proxy, or the log has reached the limit of an older server.
   * Smaller pieces solve the first case, and fill the log nearly to its limit in the second.
   */
  private sendLess(bytes: number, body: string, refusal: ServerRefusal): void {
    this.maxBodyBytes = Math.floor(Math.min(this.maxBodyBytes, Buffer.byteLength(body)) / 2);
    if (this.maxBodyBytes < SMALLEST_BODY_BYTES || bytes <= 1) this.giveUp(`it is too long: ${refusal.message}`);
  }

  private giveUp(why: string, error?: unknown): void {
    if (this.lost) return;
    this.options.log.warn({ err: error }, `the log is not delivered from byte ${this.position}: ${why}`);
    this.discard();
  }

  private discard(): void {
    this.lost = true;
    this.paused = false;
    this.wakeSender?.();
    for (const stream of this.streams) stream.resume();
  }
}
