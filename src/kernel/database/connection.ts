import type { Socket } from 'node:net';
import type { PoolClient, QueryResult } from 'pg';
import type { Backends } from './backends';
import { cancelStatement, type Session } from './cancelStatement';
import { forOneKey } from './oneKey';
import { isStorageFull } from './outage';
import type { Traffic } from './traffic';

interface Queued {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly settle: (error: Error | undefined, result?: QueryResult) => void;
}

/** Time in which a live session must respond to a cancellation. */
const CANCEL_MS = 1_000;
const QUERY_CANCELED = '57014';

/**
 * A connection while it is out of the pool. Statements that are queued in the same tick are sent together and in order:
 * one flush, one round trip. Inside a transaction, PostgreSQL rejects everything after a failed statement.
 */
export class Connection {
  /** First error of any statement; inside a transaction it explains all later ones. */
  failure: Error | undefined;
  /** True once a statement was sent. */
  used = false;
  private queue: Queued[] = [];
  private scheduled = false;
  private released = false;
  private unfit = false;
  /** Number of statements that were sent and have no response yet. */
  private unanswered = 0;
  private patience: NodeJS.Timeout | undefined;
  /** Time since the last response, counted whenever `patience` ends. */
  private silentMs = 0;
  /**
   * Set while a response is overdue: either it is unknown if the connection is dead or PostgreSQL slow, or it is slow.
   */
  private doubt: 'dead or slow' | 'slow' | undefined;

  constructor(
    private readonly client: PoolClient,
    private readonly traffic: Traffic,
    /** Time without a response after which the connection is given up, in milliseconds. */
    private readonly answerMs: number,
    private readonly backends: Backends,
  ) {
    client.on('error', ignore);
  }

  /** Sends a statement, after those that were queued before it. */
  send(text: string, values: readonly unknown[] = []): Promise<QueryResult> {
    return new Promise<QueryResult>((resolve, reject) => {
      this.enqueue(text, values, (error, result) => (result === undefined ? reject(error) : resolve(result)));
      if (this.scheduled) return;
      this.scheduled = true;
      // After pending promise reactions, so that functions that run in parallel share a flush.
      process.nextTick(() => this.flush());
    }).catch((error: Error) => {
      // The driver's stack starts at a socket; this one starts at the caller.
      Error.captureStackTrace(error);
      throw error;
    });
  }

  /** Queues a statement that is sent with the next flush. `failure` holds its error. */
  defer(text: string, values: readonly unknown[] = []): void {
    this.enqueue(text, values, ignore);
  }

  /** Discards the statements that were not sent. */
  drop(): void {
    for (const { settle } of this.queue.splice(0)) settle(new Error('the transaction ended before this statement'));
  }

  /** Closes the connection when it is released, because its transaction may still be open. */
  discard(): void {
    this.unfit = true;
  }

  release(): void {
    this.released = true;
    clearTimeout(this.patience);
    this.client.off('error', ignore);
    // The cancellation may still arrive, and must not hit a statement of the next user.
    this.client.release(this.unfit || this.doubt !== undefined);
  }

  private enqueue(text: string, values: readonly unknown[], settle: Queued['settle']): void {
    if (this.released) throw new Error('the transaction of this statement has ended');
    this.queue.push({ text, values, settle });
  }

  private flush(): void {
    this.scheduled = false;
    const batch = this.queue.splice(0);
    if (batch.length === 0) return;
    this.used = true;
    this.waitForAnswers(batch.length);
    const { stream } = this.client.connection;
    stream.cork();
    try {
      this.traffic.flushing(batch.map(({ text }) => text));
      for (const queued of batch) this.submit(queued);
    } catch (error) {
      for (const { settle } of batch) settle(error as Error);
    } finally {
      stream.uncork();
    }
  }

  /**
   * A half-open connection never responds. Without these limits, its statements would wait for hours, and so would
   * everything that waits for them.
   */
  private waitForAnswers(count: number): void {
    this.silentMs = 0;
    if (this.unanswered === 0) this.patience = setTimeout(() => this.onSilence(), this.silenceMs);
    else this.patience?.refresh();
    this.unanswered += count;
  }

  private answered(): void {
    this.silentMs = 0;
    if (this.doubt !== undefined) this.doubt = 'slow';
    if (--this.unanswered === 0) clearTimeout(this.patience);
    else if (!this.released) this.patience?.refresh();
  }

  private get silenceMs(): number {
    return Math.min(this.answerMs, this.backends.silenceMs);
  }

  private onSilence(): void {
    this.silentMs += this.silenceMs;
    if (this.silentMs >= this.answerMs) {
      this.cancel();
    } else {
      this.patience?.refresh();
      void this.look();
    }
  }

  /** Gives up the connection if no response can come. A slow statement continues: it may be a write that succeeds. */
  private async look(): Promise<void> {
    const stream = this.client.connection.stream as Socket;
    const progress = () => stream.bytesRead - stream.writableLength;
    const before = progress();
    const lost = await this.backends.isLost((this.client as unknown as Session).processID);
    if (!lost || this.released || this.unanswered === 0 || progress() !== before) return;
    clearTimeout(this.patience);
    this.giveUp(new Error('Connection terminated: PostgreSQL is not working on its statement'));
  }

  /**
   * Distinguishes a slow server, which responds to a cancellation, from a dead connection. Also relieves the slow
   * server.
   */
  private cancel(): void {
    this.doubt ??= 'dead or slow';
    cancelStatement(this.client, CANCEL_MS);
    this.patience = setTimeout(() => this.giveUp(this.late()), CANCEL_MS);
  }

  private giveUp(why: Error): void {
    if (this.doubt !== 'slow') this.traffic.silences++;
    this.client.connection.stream.destroy(why);
  }

  private late(): Error {
    return new Error(`Connection terminated: no answer within ${this.answerMs} ms`);
  }

  private submit({ text: given, values, settle }: Queued): void {
    let submitting = true;
    const text = forOneKey(given, values);
    const name = this.traffic.nameOf(text);
    this.client.query({ text, values: [...values], ...(name && { name }) }, (error: Error | null, result) => {
      this.answered();
      if (!error) return settle(undefined, result);
      const canceled = this.doubt !== undefined && Reflect.get(error, 'code') === QUERY_CANCELED;
      const cause = canceled ? this.late() : error;
      this.failure ??= cause;
      if (isStorageFull(cause)) this.traffic.storageFull = true;
      settle(cause);
      // A value that the driver can't encode never reaches PostgreSQL, so the transaction would continue without its
      // statement, and the driver's list of prepared statements would be wrong. Ending the connection prevents both.
      if (submitting) void this.client.end();
    });
    submitting = false;
  }
}

/** A lost connection rejects its statements; the event adds nothing. */
const ignore = () => undefined;
