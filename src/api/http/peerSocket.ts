import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { slowReader } from './subscribeOperation';

/** Bytes buffered per socket before its streams wait. Enough to keep a fast reader busy during a round trip. */
const MOST_BUFFERED = 64 * 1024;
/** RFC 6455: try again later. graphql-ws clients reconnect. */
const TRY_AGAIN_LATER = 1013;

interface Waiting {
  readonly cursor: string | undefined;
  readonly giveUp: (error: Error) => void;
}

/**
 * Back-pressure of one WebSocket. Streams wait for a slow reader, each with at most one pending message. A reader that
 * takes nothing for `drainWithinMs` gets an error with its cursor, and the socket closes.
 */
export class PeerSocket {
  private readonly waiting = new Set<Waiting>();
  private stuck: NodeJS.Timeout | undefined;
  private alive = true;
  private collecting = false;

  constructor(
    private readonly socket: WebSocket,
    /** Underlying TCP or TLS socket. */
    private readonly carrier: Duplex,
    private readonly drainWithinMs: number,
    onError: (error: Error) => void,
  ) {
    // On a frame that breaks the protocol or is too large, `ws` closes the socket with the right code.
    socket.on('error', onError);
    socket.on('pong', () => {
      this.alive = true;
    });
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  onMessage(heard: (text: string) => void): void {
    this.socket.on('message', (data) => heard(String(data)));
  }

  onClose(closed: (code: number, reason: string) => void): void {
    this.socket.once('close', (code, reason) => {
      clearTimeout(this.stuck);
      closed(code, String(reason));
    });
  }

  /** Resolves when the operating system has accepted the bytes. */
  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return resolve();
      this.socket.send(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  /**
   * Sends a message made of these parts. Returns a promise if the reader is behind; it resolves when the operating
   * system has accepted the message. Bypasses `ws`, which would encode the text again for each subscriber and write the
   * header separately. Without compression `ws` holds nothing back, so the order is preserved.
   */
  sendInStream(parts: readonly Buffer[], cursor: string | undefined): Promise<void> | undefined {
    if (!this.isOpen) return undefined;
    this.collect();
    if (this.carrier.writableLength < MOST_BUFFERED) {
      this.carrier.write(textFrame(parts));
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { cursor, giveUp: reject };
      this.waiting.add(waiting);
      this.startWatch();
      this.carrier.write(textFrame(parts), (error) => {
        this.waiting.delete(waiting);
        clearTimeout(this.stuck);
        this.stuck = undefined;
        if (error) return reject(error);
        // A reader that makes room is alive, even if the ping is still queued.
        this.alive = true;
        if (this.waiting.size > 0) this.startWatch();
        resolve();
      });
    });
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }

  ping(): void {
    this.alive = false;
    if (this.isOpen) this.socket.ping();
  }

  terminateIfDead(): void {
    if (!this.alive) this.terminate();
  }

  /** Messages of one event loop turn leave in one system call, which is most of the cost of a page of events. */
  private collect(): void {
    if (this.collecting) return;
    this.collecting = true;
    this.carrier.cork();
    if (collecting.push(this) === 1) process.nextTick(writeCollected);
  }

  uncork(): void {
    this.collecting = false;
    this.carrier.uncork();
  }

  private startWatch(): void {
    this.stuck ??= setTimeout(() => {
      for (const { cursor, giveUp } of this.waiting) giveUp(slowReader(this.drainWithinMs, cursor));
      // Close after the error messages of the streams.
      setImmediate(() => this.close(TRY_AGAIN_LATER, 'Too slow: continue from your last cursor'));
    }, this.drainWithinMs);
  }
}

/** Sockets with messages from this event loop turn. */
let collecting: PeerSocket[] = [];

function writeCollected(): void {
  const collected = collecting;
  collecting = [];
  for (const socket of collected) socket.uncork();
}

/** An unmasked text frame in one buffer, and so in one write (RFC 6455, section 5.2). */
export function textFrame(parts: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  let at = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(at + length);
  frame[0] = 0x81;
  if (at === 2) frame[1] = length;
  else if (at === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
