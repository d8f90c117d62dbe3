import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { eventually } from '../support/eventually';

interface Relay {
  readonly url: string;
  /** Number of event streams opened through it. */
  streams(): number;
  /** Breaks all connections, rejects the next two, and waits for them. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

/** Passes bytes to the server. */
export async function createRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let refusals = 0;
  let streams = 0;
  const relay = createServer((client) => {
    if (refusals > 0) {
      refusals--;
      client.destroy();
      return;
    }
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    server.on('data', (bytes) => {
      if (bytes.includes('text/event-stream')) streams++;
    });
    client.pipe(server).pipe(client);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => relay.once('listening', resolve));
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    streams: () => streams,
    async cut() {
      refusals = 2;
      breakAll();
      await eventually(
        () => refusals,
        (left) => left === 0,
        { what: 'attempts to connect again' },
      );
    },
    async close() {
      breakAll();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}
