import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export const breaks = ['close', 'reset', 'stall'] as const;
export type Break = (typeof breaks)[number];

interface Planned {
  readonly how: Break;
  /** Share of the server's next bytes that still arrives, from 0 to 1. */
  readonly share: number;
  readonly happened: () => void;
}

/** Proxy between one client and its servers that breaks connections as networks do. Forwards bytes without waiting. */
export class FlakyProxy {
  private readonly sockets = new Set<Socket>();
  private readonly stalled: Socket[] = [];
  private readonly stalls = new Set<() => void>();
  private planned: Planned | undefined;
  /** Treatment of new connections: forwarded, refused, or accepted without ever responding. */
  accepts: 'all' | 'none' | 'silently' = 'all';
  /** Delay of each chunk, in both directions. */
  delayMs = 0;
  /** Server of the newest connection. */
  server = '';

  private constructor(
    private readonly listener: Server,
    readonly url: string,
  ) {}

  /** Each connection goes to the address that `target` returns at that moment. */
  static async start(target: () => string): Promise<FlakyProxy> {
    const listener = createServer({ noDelay: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const proxy = new FlakyProxy(listener, `http://127.0.0.1:${port}`);
    listener.on('connection', (client) => proxy.join(client, target()));
    return proxy;
  }

  /**
   * Breaks the connection in the middle of the server's next bytes; resolves when it is broken. It is closed, reset, or
   * stalled: a stalled connection stays open on both sides, but passes nothing, and neither side is notified.
   */
  breakNext(how: Break, share: number): Promise<void> {
    return new Promise((happened) => {
      this.planned = { how, share, happened };
    });
  }

  /** Stalls every open connection. Later ones work. */
  stallAll(): void {
    for (const stall of this.stalls) stall();
  }

  /** Acts like a client's time limit: gives up stalled connections. Their servers don't notice. */
  giveUpStalled(): void {
    for (const client of this.stalled.splice(0)) client.resetAndDestroy();
  }

  /** Ends all connections. New ones go to the current target. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.listener.close();
    this.cut();
    await once(this.listener, 'close');
  }

  private join(client: Socket, target: string): void {
    if (this.accepts === 'none') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    this.server = target;
    const { hostname, port } = new URL(target);
    const server = connect({ host: hostname, port: Number(port), noDelay: true });
    let stalled = false;
    const stall = () => {
      stalled = true;
      this.stalled.push(client);
      // Stops reading, so that the server's messages pile up as behind a dead network.
      server.pause();
    };
    this.stalls.add(stall);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      // The close that follows informs the other side.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.stalls.delete(stall);
        if (!stalled) other.destroy();
      });
    }
    if (this.accepts === 'silently') stall();
    const toServer = this.passTo(server, () => !stalled);
    const toClient = this.passTo(client, () => !stalled);
    client.on('data', (chunk) => {
      if (!stalled) toServer(chunk);
    });
    server.on('data', (chunk) => {
      if (stalled) return;
      const { planned } = this;
      if (planned === undefined) {
        toClient(chunk);
        return;
      }
      this.planned = undefined;
      client.write(chunk.subarray(0, Math.floor(chunk.length * planned.share)));
      if (planned.how === 'stall') {
        stall();
      } else if (planned.how === 'reset') {
        client.resetAndDestroy();
        server.resetAndDestroy();
      } else {
        client.end();
        server.end();
      }
      planned.happened();
    });
  }

  /** One direction of a connection: chunks arrive in order, each delayed by `delayMs`. */
  private passTo(socket: Socket, open: () => boolean): (chunk: Buffer) => void {
    let last: Promise<void> | undefined;
    return (chunk) => {
      if (last === undefined && this.delayMs === 0) return void socket.write(chunk);
      const due = performance.now() + this.delayMs;
      const own = (last ?? Promise.resolve())
        .then(() => pause(Math.max(0, due - performance.now())))
        .then(() => {
          if (last === own) last = undefined;
          if (open() && socket.writable) socket.write(chunk);
        });
      last = own;
    };
  }
}
